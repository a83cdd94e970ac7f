import { FIN, RST, type Segment, SYN } from '../decode/segment.js';
import { sackOf } from './flow-log.js';
import { D, DF, DIRECTION, I, STRIDE } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import type { Time } from './model.js';
import { LOG } from './segment-log.js';
import { SECOND } from './time.js';

/** Segments that are remembered: a power of two. Each may stand in the slots of one set, where the oldest makes room. */
const SLOTS = 2 ** 14;
const SET = 4;
const WORDS = 16;
/** Flows whose first copy is remembered: a power of two. */
const FIRST_COPIES = 2 ** 10;

/** Words of a slot; `time` is a double. */
const W = {
  time: 0,
  /** Record and direction; 0 in an empty slot. */
  owner: 2,
  seq: 3,
  ack: 4,
  length: 5,
  flagsAndWindow: 6,
  ipId: 7,
  tsVal: 8,
  tsEcr: 9,
  sack: 10,
  place: 11,
  state: 12,
} as const;

/** Of a direction's last segment: what tells where it stands. */
const LAST = [D.seq, D.ack, D.length, D.ipId, D.tsVal] as const;

/** It was seen at another place, too. */
const SEEN_ELSEWHERE = 1;
/** It was sent because its receiver asked for it. */
const ANSWERS = 2;
/** In place of a place. */
const NOWHERE = 0;

/** A copy may have waited in the queue of a router or mirror port; no timer of TCP is shorter than 200 ms on Linux. */
const QUEUED: Time = 0.15 * SECOND;
/** Data may be repeated that soon, where the round trip is short. */
const COPY: Time = SECOND / 200;
/** Two bare ACKs may be equal, and yet two, where no clock tells. */
const EQUAL_ACK: Time = SECOND / 1000;

/** With IPv4 the identification tells a copy from a repetition (RFC 6864), where it is used. */
export function isIdentified(s: Segment): boolean {
  return s.ipVersion === 4 && s.ipId !== 0;
}

/** It takes up sequence numbers: nothing but a repetition is equal to it. */
export function occupies(s: Segment): boolean {
  return s.length > 0 || (s.flags & (SYN | FIN)) !== 0;
}

/**
 * How long after a segment an equal one of its direction is a copy rather than a repetition. An equal TSval says that it was
 * not sent later, and is believed where copies were seen.
 */
export function copyWindow(s: Segment, showedCopies: boolean): Time {
  const isDated = s.hasTimestamps || (s.flags & RST) !== 0;
  return isIdentified(s) || (s.flags & SYN) !== 0 || (showedCopies && isDated) ? QUEUED : COPY;
}

/**
 * The segments of the last moments, of flows that showed copies. Where several are under way, or both sides of a router are
 * seen, a copy is not the next segment of its direction, and may differ in what the way changes: TTL, tags, tunnels.
 */
export class RecentSegments {
  readonly #i32 = new Int32Array(SLOTS * WORDS);
  readonly #f64 = new Float64Array(this.#i32.buffer);
  /** Records, and until when copies of what came before the first copy may follow. */
  readonly #flows = new Int32Array(FIRST_COPIES).fill(-1);
  readonly #until = new Float64Array(FIRST_COPIES);

  /**
   * Whether the segment is a copy of one that was added.
   *
   * @param flow its record
   * @param isOld its sender has said more since: it cannot send that again
   * @param askedAt when its receiver asked for a segment of this number once more, or drew this RST; else -Infinity
   */
  holds(s: Segment, flow: number, d: number, isOld: boolean, askedAt: Time): boolean {
    const i32 = this.#i32;
    const at = this.#find(s, flow, d);
    if (at < 0) return false;
    const time = this.#f64[at / 2];
    const age = Math.abs(s.time - time);
    if (age >= (isOld ? QUEUED : copyWindow(s, true))) return false;
    if (isOld || isIdentified(s) || (s.flags & SYN) !== 0) return true;
    if (occupies(s)) return (i32[at + W.state] & ANSWERS) !== 0 || askedAt < time;
    if ((s.flags & RST) !== 0) return age < COPY || askedAt < time;
    if (i32[at + W.place] === NOWHERE) {
      i32[at + W.place] = placeOf(s);
      return true;
    }
    if (i32[at + W.place] !== placeOf(s)) {
      i32[at + W.state] |= SEEN_ELSEWHERE;
      return true;
    }
    return (age < EQUAL_ACK || s.hasTimestamps) && (i32[at + W.state] & SEEN_ELSEWHERE) === 0;
  }

  /** Remembers a segment that is no copy. */
  add(s: Segment, flow: number, d: number, askedAt: Time): void {
    const i32 = this.#i32;
    const known = this.#find(s, flow, d);
    const at =
      known >= 0 ? known : this.#oldestOf(setOf(2 * flow + d, s.seq, s.ack, s.length, s.ipId, s.tsVal, blocksOf(s)));
    this.#f64[at / 2] = s.time;
    i32[at + W.owner] = 2 * flow + d + 1;
    i32[at + W.seq] = s.seq;
    i32[at + W.ack] = s.ack;
    i32[at + W.length] = s.length;
    i32[at + W.flagsAndWindow] = flagsAndWindow(s);
    i32[at + W.ipId] = s.ipId;
    i32[at + W.tsVal] = s.tsVal;
    i32[at + W.tsEcr] = s.tsEcr;
    i32[at + W.sack] = blocksOf(s);
    i32[at + W.place] = placeOf(s);
    i32[at + W.state] = askedAt > Number.NEGATIVE_INFINITY ? ANSWERS : 0;
  }

  /**
   * The flow showed its first copy: from now on its segments are remembered. From its record, the last one of each direction
   * is; copies of those before may still come.
   *
   * @param original when the copied segment was seen at the earliest
   */
  begin(table: FlowTable, flow: number, time: Time, original: Time): void {
    const at = flow & (FIRST_COPIES - 1);
    this.#flows[at] = flow;
    this.#until[at] = time + Math.min(COPY + 4 * (time - original), QUEUED);
    this.#addLast(table, flow, 0);
    this.#addLast(table, flow, 1);
  }

  /** A copy at this time may be of a segment that came before the flow's first copy, and was not remembered. */
  mayLack(flow: number, time: Time): boolean {
    const at = flow & (FIRST_COPIES - 1);
    return this.#flows[at] === flow && time < this.#until[at];
  }

  /** The slot of an equal segment, or -1. */
  #find(s: Segment, flow: number, d: number): number {
    const first = setOf(2 * flow + d, s.seq, s.ack, s.length, s.ipId, s.tsVal, blocksOf(s));
    for (let at = first; at < first + SET * WORDS; at += WORDS) if (isEqual(this.#i32, at, s, flow, d)) return at;
    return -1;
  }

  #oldestOf(first: number): number {
    const f64 = this.#f64;
    let oldest = first;
    for (let at = first; at < first + SET * WORDS; at += WORDS) {
      if (this.#i32[at + W.owner] === 0) return at;
      if (f64[at / 2] < f64[oldest / 2]) oldest = at;
    }
    return oldest;
  }

  /** Remembers the last segment of a direction from the flow's record; where it was seen is not known. */
  #addLast(table: FlowTable, flow: number, d: number): void {
    const i32 = this.#i32;
    const record = table.i32;
    const last = flow * STRIDE + d * DIRECTION;
    if (record[last + D.frame] === 0) return;
    const marks = record[last + D.marks];
    const sack = (marks & LOG.sack) !== 0 ? record[flow * STRIDE + I.sack + d] : 0;
    const flags = ((marks & LOG.flags) << 16) | record[last + D.window];
    const [seq, ack, length, ipId, tsVal] = LAST.map((word) => record[last + word]);
    const at = this.#oldestOf(setOf(2 * flow + d, seq, ack, length, ipId, tsVal, sack));
    this.#f64[at / 2] = table.f64[last / 2 + DF.time];
    i32[at + W.owner] = 2 * flow + d + 1;
    i32[at + W.seq] = seq;
    i32[at + W.ack] = ack;
    i32[at + W.length] = length;
    i32[at + W.flagsAndWindow] = flags;
    i32[at + W.ipId] = ipId;
    i32[at + W.tsVal] = tsVal;
    i32[at + W.tsEcr] = record[last + D.tsEcr];
    i32[at + W.sack] = sack;
    i32[at + W.place] = NOWHERE;
    i32[at + W.state] = 0;
  }
}

function isEqual(i32: Int32Array, at: number, s: Segment, flow: number, d: number): boolean {
  return (
    i32[at + W.owner] === 2 * flow + d + 1 &&
    i32[at + W.seq] === s.seq &&
    i32[at + W.ack] === s.ack &&
    i32[at + W.length] === s.length &&
    i32[at + W.flagsAndWindow] === flagsAndWindow(s) &&
    i32[at + W.ipId] === s.ipId &&
    i32[at + W.tsVal] === s.tsVal &&
    i32[at + W.tsEcr] === s.tsEcr &&
    i32[at + W.sack] === blocksOf(s)
  );
}

/** Index of the set's first word. */
function setOf(
  owner: number,
  seq: number,
  ack: number,
  length: number,
  ipId: number,
  tsVal: number,
  sack: number,
): number {
  const hash = mix(mix(mix(owner ^ seq) ^ ack) ^ length);
  return (mix(mix(mix(hash ^ ipId) ^ tsVal) ^ sack) & (SLOTS / SET - 1)) * SET * WORDS;
}

const blocksOf = (s: Segment): number => (s.sackCount > 0 ? sackOf(s) : 0);

const flagsAndWindow = (s: Segment): number => (s.flags << 16) | s.window;

/** Where on its way the segment was seen: what routers, tags and tunnels change. */
function placeOf(s: Segment): number {
  const tags = (s.ttl << 24) ^ (s.vlan << 12) ^ s.innerVlan;
  return (mix(mix(tags) ^ s.tunnel) ^ s.tunnelId) | 1;
}

function mix(value: number): number {
  const product = Math.imul(value, 0x9e3779b1);
  return product ^ (product >>> 15);
}
