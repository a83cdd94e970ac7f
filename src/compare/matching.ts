import type { Time } from '../connection/model.js';
import { MILLISECOND } from '../connection/time.js';
import { SYN } from '../decode/segment.js';
import type { TapIndex } from './compared-flow.js';
import { FlowSides, S, SD } from './flow-sides.js';
import { D, L, LINK, Links } from './links.js';
import { P, PENDING, PendingSegments } from './pending-segments.js';
import { Rewriting } from './rewriting.js';

/** A segment that passed one of the taps only. */
export interface UnmatchedSegment {
  readonly frame: number;
  /** By its tap's clock. */
  readonly time: Time;
  /** Of the link. */
  readonly direction: number;
  /** As in the header. */
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly flags: number;
}

/** The segments of one flow that passed one of the taps only: the first ones, and how many more there were. */
export interface Unmatched {
  readonly segments: UnmatchedSegment[];
  more: number;
}

/** Equal segments are told apart by their delay, where it differs by more than this from the usual one. */
const USUAL: Time = 25 * MILLISECOND;
/** The same where no delay is known yet, and the clocks roughly. */
export const UNKNOWN: Time = 400 * MILLISECOND;
const MOST_COUNTED = 1 << 30;

export interface Clocks {
  /** What the second tap's clock is ahead, in nanoseconds, at a time of the first one's. */
  difference(time: Time): Time;
  forward(time: Time, difference: Time): void;
  backward(time: Time, difference: Time): void;
}

/** What is known of the segments of both taps, and what happens when one is found at both. */
export class Matching {
  readonly sides: readonly [FlowSides, FlowSides] = [new FlowSides(), new FlowSides()];
  readonly links = new Links();
  /** What was not found at the other tap yet. */
  readonly pending = new PendingSegments();
  /** What passed one tap only, by the number of its flow there. */
  readonly unmatched: readonly [Map<number, Unmatched>, Map<number, Unmatched>] = [new Map(), new Map()];
  /** What a middlebox changes on a link. */
  readonly rewriting = new Map<number, Rewriting>();
  /** Time of the newest segment of each tap. */
  readonly now: [Time, Time] = [0, 0];
  /** Segments found at both taps. */
  matches = 0;
  /** Those with the very same time at both, by both clocks as they are. */
  simultaneous = 0;

  readonly #clocks: Clocks;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** Segments of the link that were not found yet. */
  pendingOf(link: number): number {
    const { i32 } = this.links;
    const at = this.links.at(link) + L.count;
    return i32[at] + i32[at + 1] + i32[at + 2] + i32[at + 3];
  }

  isUsual(tap: TapIndex, link: number, d: number, entry: number, time: Time): boolean {
    return this.gap(tap, link, d, entry, time) <= this.#tolerance(link, d);
  }

  /** How far the delay of a possible match lies from the usual one. */
  gap(tap: TapIndex, link: number, d: number, entry: number, time: Time): Time {
    const there = this.pending.time(entry);
    const [first, second] = tap === 0 ? [time, there] : [there, time];
    const usual = this.links.f64[this.links.at64(link) + D.usual + d];
    return Math.abs(second - first - (Number.isNaN(usual) ? this.#clocks.difference(first) : usual));
  }

  /** How far the times of one segment at both taps lie from what the clocks differ by. */
  distance(first: Time, second: Time): Time {
    return Math.abs(second - first - this.#clocks.difference(first));
  }

  /** A segment was found at both taps. */
  matched(
    tap: TapIndex,
    link: number,
    d: number,
    entry: number,
    record: number,
    time: Time,
    flags: number,
    window: number,
    mss: number,
  ): void {
    const pending = this.pending;
    const p32 = pending.i32;
    const there = pending.time(entry);
    const first = tap === 0 ? time : there;
    const second = tap === 0 ? there : time;
    const difference = second - first;
    const own = this.sides[tap];
    const at = own.at(record);
    const other = this.sides[1 - tap];
    const partner = p32[entry + P.record];
    const at2 = other.at(partner);
    if (own.i32[at + S.partnerNumber] === 0 && other.i32[at2 + S.number] === p32[entry + P.number]) {
      own.i32[at + S.partner] = partner;
      own.i32[at + S.partnerNumber] = p32[entry + P.number];
    }
    if (other.i32[at2 + S.number] === p32[entry + P.number] && other.i32[at2 + S.partnerNumber] === 0) {
      other.i32[at2 + S.partner] = record;
      other.i32[at2 + S.partnerNumber] = own.i32[at + S.number];
    }
    own.i32[at + S.delivered + d]++;
    const isSyn = (flags & SYN) !== 0;
    if (((p32[entry + P.bits] ^ flags) & PENDING.flags) !== 0 || ((p32[entry + P.window] ^ window) & 0xffff) !== 0) {
      own.i32[at + S.altered + d]++;
    }
    const o64 = own.at64(record);
    const of64 = own.f64;
    if (difference < of64[o64 + SD.least + d]) of64[o64 + SD.least + d] = difference;
    if (difference > of64[o64 + SD.most + d]) of64[o64 + SD.most + d] = difference;
    of64[o64 + SD.sum + d] += difference;
    const { links } = this;
    const l64 = links.at64(link);
    const f64 = links.f64;
    if (first < f64[l64 + D.latestFirst + d] !== second < f64[l64 + D.latestSecond + d])
      own.i32[at + S.reordered + d]++;
    if (first > f64[l64 + D.latestFirst + d]) f64[l64 + D.latestFirst + d] = first;
    if (second > f64[l64 + D.latestSecond + d]) f64[l64 + D.latestSecond + d] = second;
    const usual = f64[l64 + D.usual + d];
    f64[l64 + D.usual + d] = Number.isNaN(usual) ? difference : usual + (difference - usual) / 8;
    const l32 = links.i32;
    const at32 = links.at(link);
    if (l32[at32 + L.matches] < MOST_COUNTED) l32[at32 + L.matches]++;
    this.matches++;
    if (difference === 0) this.simultaneous++;
    this.#tellClocks(at32, l64, d, first, difference);
    if (isSyn) {
      const [before, after] = tap === 0 ? [window, p32[entry + P.window]] : [p32[entry + P.window], window];
      const [mss0, mss1] = tap === 0 ? [mss, p32[entry + P.covered]] : [p32[entry + P.covered], mss];
      if (before >> 16 !== after >> 16 || mss0 !== mss1) this.rewritingOf(link).options(before, after, mss0, mss1);
    }
  }

  rewritingOf(link: number): Rewriting {
    const known = this.rewriting.get(link);
    if (known !== undefined) return known;
    const rewriting = new Rewriting();
    this.rewriting.set(link, rewriting);
    return rewriting;
  }

  append(list: number, entry: number): void {
    const l32 = this.links.i32;
    const p32 = this.pending.i32;
    const tail = l32[list + L.tail];
    p32[entry + P.previous] = tail;
    p32[entry + P.next] = -1;
    if (tail >= 0) p32[tail + P.next] = entry;
    else l32[list + L.head] = entry;
    l32[list + L.tail] = entry;
    l32[list + L.count]++;
  }

  remove(list: number, entry: number): void {
    const l32 = this.links.i32;
    const p32 = this.pending.i32;
    const [previous, next] = [p32[entry + P.previous], p32[entry + P.next]];
    if (previous >= 0) p32[previous + P.next] = next;
    else l32[list + L.head] = next;
    if (next >= 0) p32[next + P.previous] = previous;
    else l32[list + L.tail] = previous;
    l32[list + L.cursor] = previous;
    l32[list + L.count]--;
    this.pending.release(entry);
  }

  #tolerance(link: number, d: number): Time {
    return Number.isNaN(this.links.f64[this.links.at64(link) + D.usual + d]) ? UNKNOWN : USUAL;
  }

  /** A segment of known direction bounds what the clocks differ by. */
  #tellClocks(at32: number, l64: number, d: number, first: Time, difference: Time): void {
    const { i32, f64 } = this.links;
    const bits = i32[at32 + L.bits];
    if ((bits & (LINK.forward0 | LINK.forward1)) === 0) {
      const other = f64[l64 + D.usual + 1 - d];
      if (Number.isNaN(other) || other === difference) return;
      // What goes from the first tap to the second takes its time on top of what the clocks differ by.
      const forward = difference > other ? d : 1 - d;
      i32[at32 + L.bits] |= forward === 0 ? LINK.forward0 : LINK.forward1;
      if (forward === d) this.#clocks.backward(first, other);
      else this.#clocks.forward(first, other);
    }
    const isForward = (i32[at32 + L.bits] & (d === 0 ? LINK.forward0 : LINK.forward1)) !== 0;
    if (isForward) this.#clocks.forward(first, difference);
    else this.#clocks.backward(first, difference);
  }
}
