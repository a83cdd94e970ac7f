import { I, STRIDE } from '../connection/flow-record.js';
import type { FlowTable } from '../connection/flow-table.js';
import type { Time } from '../connection/model.js';
import { MILLISECOND, SECOND } from '../connection/time.js';
import { formatAddress } from '../decode/address.js';
import { ACK, FIN, RST, type Segment, SYN } from '../decode/segment.js';
import type { TapIndex } from './compared-flow.js';
import { FlowSides, S, SD } from './flow-sides.js';
import { D, L, LINK, Links } from './links.js';
import { P, PENDING, PendingSegments } from './pending-segments.js';
import { RecentFrames } from './recent-frames.js';
import { Rewriting, SACK_PERMITTED } from './rewriting.js';

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

/** Flags that no path changes. */
const CORE = SYN | FIN | RST | ACK;
const CONTROL = SYN | FIN | RST;
/** Pending segments that are looked at for one match: around where the last one was found, and from the oldest on. */
const NEAR = 64;
const FAR = 128;
/** Equal segments are told apart by their delay, where it differs by more than this from the usual one. */
const USUAL: Time = 25 * MILLISECOND;
/** The same where no delay is known yet, and the clocks roughly. */
const UNKNOWN: Time = 400 * MILLISECOND;
/** A segment that was not found after this long never passed the other tap. */
const PATIENCE = 5 * SECOND;
/** Pending segments of a link before they are looked at all together. */
const LEAST_PENDING = 32;
/** Pairs that one look at all of them may compare. */
const MOST_COMPARED = 1 << 20;
/** Unmatched segments of one flow that are kept: of one that has some in common, and of one that the other tap may never see. */
const MOST_UNMATCHED = 1 << 14;
const MOST_ALONE = 64;
/** Hosts that are remembered of each tap. */
const MOST_HOSTS = 1 << 16;
const MOST_COUNTED = 1 << 30;

interface Clocks {
  /** What the second tap's clock is ahead, in nanoseconds, at a time of the first one's. */
  difference(time: Time): Time;
  forward(time: Time, difference: Time): void;
  backward(time: Time, difference: Time): void;
}

/**
 * Finds each segment of one tap again at the other one, as they come. What is found is counted and forgotten, so that only
 * what is on its way, and what was lost or injected, takes memory.
 */
export class Matcher {
  readonly sides: readonly [FlowSides, FlowSides] = [new FlowSides(), new FlowSides()];
  readonly links = new Links();
  /** What passed one tap only, by the number of its flow there. */
  readonly unmatched: readonly [Map<number, Unmatched>, Map<number, Unmatched>] = [new Map(), new Map()];
  /** What a middlebox changes on a link. */
  readonly rewriting = new Map<number, Rewriting>();
  /** Segments found at both taps, and frames that passed either. */
  matches = 0;
  /** Segments found at both taps at the very same time, by both clocks as they are. */
  simultaneous = 0;

  readonly #tables: readonly [FlowTable, FlowTable];
  readonly #clocks: Clocks;
  readonly #pending = new PendingSegments();
  readonly #recent: readonly [RecentFrames, RecentFrames] = [new RecentFrames(), new RecentFrames()];
  /** Links by what address translation leaves of a SYN: its number or, where that is rewritten, its timestamp. */
  readonly #opened: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  readonly #openedBy = new Map<number, readonly number[]>();
  readonly #hosts: readonly [Set<number | string>, Set<number | string>] = [new Set(), new Set()];
  readonly #now: [Time, Time] = [0, 0];

  constructor(tables: readonly [FlowTable, FlowTable], clocks: Clocks) {
    this.#tables = tables;
    this.#clocks = clocks;
  }

  /** Takes a segment that the tap's tracker has taken before. */
  segment(tap: TapIndex, s: Segment, time: Time, frame: number): void {
    const table = this.#tables[tap];
    const record = table.find(s);
    if (record < 0) return;
    const raw = table.direction;
    const sides = this.sides[tap];
    const number = table.i32[record * STRIDE + I.number];
    if (sides.numberOf(record) !== number) this.#begin(tap, record, number, s, raw);
    const at = sides.at(record);
    const link = sides.i32[at + S.link];
    const { links } = this;
    const at32 = links.at(link);
    const l32 = links.i32;
    const bits = l32[at32 + L.bits];
    const d = raw ^ ((bits >> tap) & 1);
    this.#now[tap] = time;
    if (this.#recent[tap].isCopy(s, link * 2 + d, time)) {
      sides.i32[at + S.copies + d]++;
      return;
    }
    const shifted = tap === 1;
    const seq = (shifted ? s.seq - l32[at32 + L.seqShift + d] : s.seq) | 0;
    const ack = (s.flags & ACK) === 0 ? 0 : (shifted ? s.ack - l32[at32 + L.seqShift + 1 - d] : s.ack) | 0;
    const stamped = s.hasTimestamps && (bits & LINK.timestampsRemoved) === 0;
    const tsVal = stamped ? (shifted ? s.tsVal - l32[at32 + L.tsShift + d] : s.tsVal) | 0 : 0;
    const tsEcr = stamped && s.tsEcr !== 0 ? (shifted ? s.tsEcr - l32[at32 + L.tsShift + 1 - d] : s.tsEcr) | 0 : 0;
    const ipId = s.ipId > 0 && (bits & LINK.idsRewritten) === 0 ? s.ipId : 0;
    const isSyn = (s.flags & SYN) !== 0;
    const window = isSyn ? s.window | ((s.windowScale + 1) << 16) | (s.sackPermitted ? SACK_PERMITTED : 0) : s.window;
    const list = at32 + 2 * (1 - tap) + d;
    let covered = 0;
    if (l32[list + L.count] > 0) {
      const found = this.#find(tap, link, d, list, s, time, seq, ack, tsVal, tsEcr, ipId, stamped);
      if (found >= 0) {
        this.#matched(tap, link, d, found, record, time, s.flags, window, s.mss);
        this.#remove(list, found);
        return;
      }
      if (s.length > 0 && (s.flags & (SYN | RST)) === 0) {
        covered = this.#cover(tap, link, d, list, record, s, time, seq);
        if (covered >= s.length) return;
      }
    }
    const pending = this.#pending;
    const entry = pending.allocate();
    const p32 = pending.i32;
    p32[entry + P.record] = record;
    p32[entry + P.number] = number;
    p32[entry + P.frame] = frame;
    p32[entry + P.seq] = seq;
    p32[entry + P.ack] = ack;
    p32[entry + P.length] = s.length;
    p32[entry + P.bits] = s.flags | (stamped ? PENDING.timestamps : 0);
    p32[entry + P.tsVal] = tsVal;
    p32[entry + P.tsEcr] = tsEcr;
    p32[entry + P.ipId] = ipId;
    p32[entry + P.covered] = isSyn ? s.mss : covered;
    p32[entry + P.window] = window;
    pending.setTime(entry, time);
    this.#append(at32 + 2 * tap + d, entry);
    const all = l32[at32 + L.count] + l32[at32 + L.count + 1] + l32[at32 + L.count + 2] + l32[at32 + L.count + 3];
    if (all >= l32[at32 + L.sweepAt]) l32[at32 + L.sweepAt] = Math.max(LEAST_PENDING, 2 * this.settle(link, false));
  }

  /** Whether the tap has seen a host, or nothing at all; `key` as in History.hosts. */
  knows(tap: TapIndex, key: number | string): boolean {
    const hosts = this.#hosts[tap];
    return hosts.size === 0 || hosts.size >= MOST_HOSTS || hosts.has(key);
  }

  /** Segments of the link that were not found yet. */
  pendingOf(link: number): number {
    const { i32 } = this.links;
    const at = this.links.at(link) + L.count;
    return i32[at] + i32[at + 1] + i32[at + 2] + i32[at + 3];
  }

  /**
   * Looks at all that is pending of a link: for what came later than usual, was changed on the way, or cut otherwise. What
   * is not found then, and was waited for long enough, passed one tap only.
   * @param over nothing more will come
   * @returns how many are still pending
   */
  settle(link: number, over: boolean): number {
    this.#findRewriting(link);
    for (let d = 0; d < 2; d++) {
      this.#pairUp(link, d, false);
      this.#pairUp(link, d, true);
      this.#pairBytes(link, d);
      for (const tap of [0, 1] as const) this.#giveUp(link, d, tap, over);
    }
    return this.pendingOf(link);
  }

  /** Forgets a link whose flows are over, and which is settled. */
  release(link: number): void {
    for (const mark of this.#openedBy.get(link) ?? [])
      for (const map of this.#opened) if (map.get(mark) === link) map.delete(mark);
    this.#openedBy.delete(link);
    this.rewriting.delete(link);
    this.links.release(link);
  }

  #noteHosts(tap: TapIndex, s: Segment): void {
    const hosts = this.#hosts[tap];
    if (hosts.size >= MOST_HOSTS) return;
    if (s.ipVersion === 4) hosts.add(s.source3 >>> 0).add(s.destination3 >>> 0);
    else
      hosts
        .add(formatAddress(6, s.source0, s.source1, s.source2, s.source3))
        .add(formatAddress(6, s.destination0, s.destination1, s.destination2, s.destination3));
  }

  #begin(tap: TapIndex, record: number, number: number, s: Segment, raw: number): void {
    this.#noteHosts(tap, s);
    let link = this.#linkOf(tap, record, s);
    if (link < 0 && (s.flags & (SYN | RST)) === SYN) {
      const marks = marksOf(s);
      for (const mark of marks) if (link < 0) link = this.#opened[1 - tap].get(mark) ?? -1;
      if (link >= 0) this.#flip(tap, link, raw, s);
      else {
        link = this.links.create(LEAST_PENDING);
        for (const mark of marks) this.#opened[tap].set(mark, link);
        this.#openedBy.set(link, marks);
      }
    }
    if (link < 0) link = this.links.create(LEAST_PENDING);
    this.links.i32[this.links.at(link) + L.alive]++;
    this.sides[tap].begin(record, number, link);
  }

  /** The link of the same addresses and ports: at the other tap, or of the incarnation before. */
  #linkOf(tap: TapIndex, record: number, s: Segment): number {
    const own = this.#tables[tap];
    const previous = own.i32[record * STRIDE + I.previous];
    if (previous >= 0 && this.sides[tap].numberOf(previous) === own.i32[previous * STRIDE + I.number])
      return this.sides[tap].i32[this.sides[tap].at(previous) + S.link];
    const other = this.#tables[1 - tap];
    const there = other.find(s);
    if (there < 0) return -1;
    const sides = this.sides[1 - tap];
    if (sides.numberOf(there) !== other.i32[there * STRIDE + I.number]) return -1;
    return sides.i32[sides.at(there) + S.link];
  }

  /** Address translation may have turned the order of the two ends around. */
  #flip(tap: TapIndex, link: number, raw: number, s: Segment): void {
    const at = this.links.at(link);
    const opener = (s.flags & ACK) === 0 ? raw : 1 - raw;
    const l32 = this.links.i32;
    for (let d = 0; d < 2; d++) {
      const list = at + 2 * (1 - tap) + d;
      for (let e = l32[list + L.head]; e >= 0; e = this.#pending.i32[e + P.next]) {
        const flags = this.#pending.i32[e + P.bits];
        if ((flags & SYN) === 0) continue;
        const openerThere = (flags & ACK) === 0 ? d : 1 - d;
        if (openerThere !== opener) l32[at + L.bits] |= LINK.flipped << tap;
        return;
      }
    }
  }

  /** The pending segment that is the same one; -1 where there is none, or where it came at so odd a time that another may be. */
  #find(
    tap: TapIndex,
    link: number,
    d: number,
    list: number,
    s: Segment,
    time: Time,
    seq: number,
    ack: number,
    tsVal: number,
    tsEcr: number,
    ipId: number,
    stamped: boolean,
  ): number {
    const p32 = this.#pending.i32;
    const l32 = this.links.i32;
    const cursor = l32[list + L.cursor];
    const flags = (s.flags & CORE) | (stamped ? PENDING.timestamps : 0);
    let from = cursor < 0 ? l32[list + L.head] : p32[cursor + P.next];
    let left = cursor < 0 ? NEAR + FAR : NEAR;
    for (let pass = cursor < 0 ? 1 : 0; pass < 2; pass++) {
      for (let e = from; e >= 0 && left > 0; e = p32[e + P.next], left--) {
        if (p32[e + P.seq] !== seq || p32[e + P.ack] !== ack || p32[e + P.length] !== s.length) continue;
        if ((p32[e + P.bits] & (CORE | PENDING.timestamps)) !== flags) continue;
        if (p32[e + P.tsVal] !== tsVal || p32[e + P.tsEcr] !== tsEcr) continue;
        const id = p32[e + P.ipId];
        if (id !== 0 && ipId !== 0 && id !== ipId) continue;
        if ((id !== 0 && id === ipId) || stamped) return e;
        if (this.#isUsual(tap, link, d, e, time)) return e;
      }
      from = l32[list + L.head];
      left = FAR;
    }
    return -1;
  }

  #isUsual(tap: TapIndex, link: number, d: number, entry: number, time: Time): boolean {
    return this.#gap(tap, link, d, entry, time) <= this.#tolerance(link, d);
  }

  #tolerance(link: number, d: number): Time {
    return Number.isNaN(this.links.f64[this.links.at64(link) + D.usual + d]) ? UNKNOWN : USUAL;
  }

  /** How far the delay of a possible match lies from the usual one. */
  #gap(tap: TapIndex, link: number, d: number, entry: number, time: Time): Time {
    const there = this.#pending.time(entry);
    const [first, second] = tap === 0 ? [time, there] : [there, time];
    const usual = this.links.f64[this.links.at64(link) + D.usual + d];
    return Math.abs(second - first - (Number.isNaN(usual) ? this.#clocks.difference(first) : usual));
  }

  /** A segment was found at both taps. */
  #matched(
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
    const pending = this.#pending;
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
      if (before >> 16 !== after >> 16 || mss0 !== mss1) this.#rewritingOf(link).options(d, before, after, mss0, mss1);
    }
  }

  #rewritingOf(link: number): Rewriting {
    const known = this.rewriting.get(link);
    if (known !== undefined) return known;
    const rewriting = new Rewriting();
    this.rewriting.set(link, rewriting);
    return rewriting;
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

  /** Segments cut otherwise at the two taps (TSO, GRO): the bytes are what is found again. */
  #cover(
    tap: TapIndex,
    link: number,
    d: number,
    list: number,
    record: number,
    s: Segment,
    time: Time,
    seq: number,
  ): number {
    const p32 = this.#pending.i32;
    const l32 = this.links.i32;
    let covered = 0;
    let left = NEAR;
    const cursor = l32[list + L.cursor];
    for (let e = cursor < 0 ? l32[list + L.head] : p32[cursor + P.next]; e >= 0 && left > 0; left--) {
      const next = p32[e + P.next];
      const ahead = (seq - p32[e + P.seq]) | 0;
      const length = p32[e + P.length];
      const plain = length > 0 && (p32[e + P.bits] & (SYN | RST)) === 0 && length !== s.length;
      if (plain && this.#isUsual(tap, link, d, e, time)) {
        if (ahead >= 0 && ahead + s.length <= length) {
          p32[e + P.covered] += s.length;
          if (p32[e + P.covered] >= length) {
            this.#matched(tap, link, d, e, record, time, p32[e + P.bits], p32[e + P.window], -1);
            this.#remove(list, e);
          }
          return s.length;
        }
        if (ahead <= 0 && length - ahead <= s.length) {
          covered += length;
          this.#matched(tap, link, d, e, record, time, p32[e + P.bits], p32[e + P.window], -1);
          this.#remove(list, e);
          if (covered >= s.length) return covered;
        }
      }
      e = next;
    }
    return covered;
  }

  /**
   * SYNs of one direction that passed both taps, and were not the same: one that kept its number, timestamp or
   * identification and came when it had to was rewritten on the way. What follows is looked for accordingly.
   */
  #findRewriting(link: number): void {
    const at = this.links.at(link);
    const l32 = this.links.i32;
    const p32 = this.#pending.i32;
    let found = false;
    for (let d = 0; d < 2; d++) {
      if (!Number.isNaN(this.links.f64[this.links.at64(link) + D.usual + d])) continue;
      const a = this.#firstSyn(at + d);
      const b = this.#firstSyn(at + 2 + d);
      if (a < 0 || b < 0 || ((p32[a + P.bits] ^ p32[b + P.bits]) & CORE) !== 0 || this.#isSame(a, b)) continue;
      if (this.#gap(1, link, d, a, this.#pending.time(b)) > UNKNOWN) continue;
      const stamps = [p32[a + P.bits] & PENDING.timestamps, p32[b + P.bits] & PENDING.timestamps];
      const sameStamp = stamps[0] !== 0 && stamps[1] !== 0 && p32[a + P.tsVal] === p32[b + P.tsVal];
      const sameId = p32[a + P.ipId] !== 0 && p32[a + P.ipId] === p32[b + P.ipId];
      const sameSeq = p32[a + P.seq] === p32[b + P.seq];
      if (!sameStamp && !sameId && !sameSeq && !found) continue;
      found = true;
      const rewriting = this.#rewritingOf(link);
      if (!sameSeq) {
        rewriting.sequenceNumbers[d] = true;
        l32[at + L.seqShift + d] = (p32[b + P.seq] - p32[a + P.seq]) | 0;
      }
      if (stamps[0] !== stamps[1]) {
        rewriting.timestamps = 'removed';
        l32[at + L.bits] |= LINK.timestampsRemoved;
      } else if (stamps[0] !== 0 && !sameStamp) {
        rewriting.timestamps = 'rewritten';
        l32[at + L.tsShift + d] = (p32[b + P.tsVal] - p32[a + P.tsVal]) | 0;
      }
      if (!sameId && p32[a + P.ipId] !== 0 && p32[b + P.ipId] !== 0) l32[at + L.bits] |= LINK.idsRewritten;
    }
    if (found) this.#undoRewriting(at);
  }

  #firstSyn(list: number): number {
    const p32 = this.#pending.i32;
    for (let e = this.links.i32[list + L.head]; e >= 0; e = p32[e + P.next])
      if ((p32[e + P.bits] & SYN) !== 0) return e;
    return -1;
  }

  /** Brings what is pending to the numbers of the first tap. */
  #undoRewriting(at: number): void {
    const l32 = this.links.i32;
    const p32 = this.#pending.i32;
    const bits = l32[at + L.bits];
    for (let list = 0; list < 4; list++) {
      const d = list & 1;
      for (let e = l32[at + list + L.head]; e >= 0; e = p32[e + P.next]) {
        if ((bits & LINK.idsRewritten) !== 0) p32[e + P.ipId] = 0;
        if ((bits & LINK.timestampsRemoved) !== 0) {
          p32[e + P.bits] &= ~PENDING.timestamps;
          p32[e + P.tsVal] = 0;
          p32[e + P.tsEcr] = 0;
        }
        if (list < 2) continue;
        p32[e + P.seq] -= l32[at + L.seqShift + d];
        if ((p32[e + P.bits] & ACK) !== 0) p32[e + P.ack] -= l32[at + L.seqShift + 1 - d];
        if ((p32[e + P.bits] & PENDING.timestamps) === 0) continue;
        p32[e + P.tsVal] -= l32[at + L.tsShift + d];
        if (p32[e + P.tsEcr] !== 0) p32[e + P.tsEcr] -= l32[at + L.tsShift + 1 - d];
      }
    }
  }

  /** Pairs what is pending at both taps: the same segments at any delay or, `changed`, such as kept a mark of their own. */
  #pairUp(link: number, d: number, changed: boolean): void {
    const at = this.links.at(link);
    const l32 = this.links.i32;
    const [first, second] = [at + d, at + 2 + d];
    if (l32[first + L.count] === 0 || l32[second + L.count] === 0) return;
    if (l32[first + L.count] * l32[second + L.count] > MOST_COMPARED) return;
    const p32 = this.#pending.i32;
    for (let b = l32[second + L.head]; b >= 0; ) {
      const next = p32[b + P.next];
      let best = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let a = l32[first + L.head]; a >= 0; a = p32[a + P.next]) {
        if (!(changed ? this.#isChanged(a, b) : this.#isSame(a, b))) continue;
        const gap = this.#gap(1, link, d, a, this.#pending.time(b));
        if (gap < least && (!changed || gap < UNKNOWN)) {
          best = a;
          least = gap;
        }
      }
      if (best >= 0) {
        this.#matchedLate(link, d, best, b);
        this.#remove(first, best);
        this.#remove(second, b);
      }
      b = next;
    }
  }

  #matchedLate(link: number, d: number, first: number, second: number): void {
    const p32 = this.#pending.i32;
    const record = p32[second + P.record];
    if (this.sides[1].numberOf(record) !== p32[second + P.number]) return;
    const flags = p32[second + P.bits] & PENDING.flags;
    const time = this.#pending.time(second);
    this.#matched(1, link, d, first, record, time, flags, p32[second + P.window], p32[second + P.covered]);
  }

  #isSame(a: number, b: number): boolean {
    const p32 = this.#pending.i32;
    const [idA, idB] = [p32[a + P.ipId], p32[b + P.ipId]];
    return (
      p32[a + P.seq] === p32[b + P.seq] &&
      p32[a + P.ack] === p32[b + P.ack] &&
      p32[a + P.length] === p32[b + P.length] &&
      ((p32[a + P.bits] ^ p32[b + P.bits]) & (CORE | PENDING.timestamps)) === 0 &&
      p32[a + P.tsVal] === p32[b + P.tsVal] &&
      p32[a + P.tsEcr] === p32[b + P.tsEcr] &&
      (idA === 0 || idB === 0 || idA === idB)
    );
  }

  /** The same sequence numbers, and the same identification or timestamp, but not all else. */
  #isChanged(a: number, b: number): boolean {
    const p32 = this.#pending.i32;
    if (p32[a + P.seq] !== p32[b + P.seq] || p32[a + P.length] !== p32[b + P.length]) return false;
    if (((p32[a + P.bits] ^ p32[b + P.bits]) & CONTROL) !== 0) return false;
    const id = p32[a + P.ipId] !== 0 && p32[a + P.ipId] === p32[b + P.ipId];
    const stamped = (p32[a + P.bits] & p32[b + P.bits] & PENDING.timestamps) !== 0;
    return id || (stamped && p32[a + P.tsVal] === p32[b + P.tsVal]);
  }

  /** Data cut otherwise at the two taps, and come at any time. */
  #pairBytes(link: number, d: number): void {
    const at = this.links.at(link);
    const l32 = this.links.i32;
    const p32 = this.#pending.i32;
    const lists = [at + d, at + 2 + d] as const;
    if (l32[lists[0] + L.count] * l32[lists[1] + L.count] > MOST_COMPARED) return;
    for (const [large, small] of [lists, [lists[1], lists[0]] as const]) {
      for (let e = l32[large + L.head]; e >= 0; ) {
        const next = p32[e + P.next];
        const length = p32[e + P.length];
        if (length > 0 && (p32[e + P.bits] & (SYN | RST)) === 0) {
          const parts: number[] = [];
          let bytes = p32[e + P.covered];
          for (let part = l32[small + L.head]; part >= 0; part = p32[part + P.next]) {
            const ahead = (p32[part + P.seq] - p32[e + P.seq]) | 0;
            const partLength = p32[part + P.length];
            if (partLength === 0 || partLength >= length || ahead < 0 || ahead + partLength > length) continue;
            parts.push(part);
            bytes += partLength;
          }
          if (bytes >= length) {
            const whole = parts.pop();
            for (const part of parts) this.#remove(small, part);
            if (whole !== undefined) {
              if (small === lists[1]) this.#matchedLate(link, d, e, whole);
              else this.#matchedLate(link, d, whole, e);
              this.#remove(small, whole);
            }
            this.#remove(large, e);
          }
        }
        e = next;
      }
    }
  }

  /** What is pending for too long passed one tap only. */
  #giveUp(link: number, d: number, tap: TapIndex, over: boolean): void {
    const at = this.links.at(link);
    const l32 = this.links.i32;
    const list = at + 2 * tap + d;
    const p32 = this.#pending.i32;
    const most = l32[at + L.matches] > 0 ? MOST_UNMATCHED : MOST_ALONE;
    const until = over ? Number.POSITIVE_INFINITY : this.#now[tap] - PATIENCE;
    for (let e = l32[list + L.head]; e >= 0; ) {
      const next = p32[e + P.next];
      const time = this.#pending.time(e);
      const number = p32[e + P.number];
      if (time <= until || this.sides[tap].numberOf(p32[e + P.record]) !== number) {
        let of = this.unmatched[tap].get(number);
        if (of === undefined) {
          of = { segments: [], more: 0 };
          this.unmatched[tap].set(number, of);
        }
        const shift = tap === 1 ? l32[at + L.seqShift + d] : 0;
        const shiftBack = tap === 1 ? l32[at + L.seqShift + 1 - d] : 0;
        if (of.segments.length >= most) of.more++;
        else {
          of.segments.push({
            frame: p32[e + P.frame],
            time,
            direction: d,
            seq: (p32[e + P.seq] + shift) >>> 0,
            ack: (p32[e + P.ack] + shiftBack) >>> 0,
            length: p32[e + P.length],
            flags: p32[e + P.bits] & PENDING.flags,
          });
        }
        this.#remove(list, e);
      }
      e = next;
    }
  }

  #append(list: number, entry: number): void {
    const l32 = this.links.i32;
    const p32 = this.#pending.i32;
    const tail = l32[list + L.tail];
    p32[entry + P.previous] = tail;
    p32[entry + P.next] = -1;
    if (tail >= 0) p32[tail + P.next] = entry;
    else l32[list + L.head] = entry;
    l32[list + L.tail] = entry;
    l32[list + L.count]++;
  }

  #remove(list: number, entry: number): void {
    const l32 = this.links.i32;
    const p32 = this.#pending.i32;
    const [previous, next] = [p32[entry + P.previous], p32[entry + P.next]];
    if (previous >= 0) p32[previous + P.next] = next;
    else l32[list + L.head] = next;
    if (next >= 0) p32[next + P.previous] = previous;
    else l32[list + L.tail] = previous;
    l32[list + L.cursor] = previous;
    l32[list + L.count]--;
    this.#pending.release(entry);
  }
}

/** What address translation leaves of a SYN or SYN+ACK: the opener's initial sequence number, and the timestamp of its SYN. */
function marksOf(s: Segment): number[] {
  const isSynAck = (s.flags & ACK) !== 0;
  const stamp = isSynAck ? s.tsEcr : s.tsVal;
  const isn = (isSynAck ? s.ack - 1 : s.seq) >>> 0;
  return s.hasTimestamps && stamp !== 0 ? [isn, 2 ** 32 + stamp] : [isn];
}
