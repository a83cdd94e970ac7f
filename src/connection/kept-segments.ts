import { ACK, FIN, type Segment, SYN } from '../decode/segment.js';
import {
  KEPT_BITS,
  KEPT_FRAME,
  KEPT_LENGTH,
  KEPT_NUMBER,
  KEPT_SILENCE,
  KEPT_SILENCE_SHIFT,
  KEPT_TS_ECR,
  KEPT_TS_VAL,
  SEGMENT_WORDS,
} from '../fast-path/layout.js';
import type { Time } from './model.js';

/*
 * Segments of deferred flows that are kept one by one (fast-path/kept-segments.ts): all but ordinary ones of established connections,
 * of which the flow's record tells enough (ordinary-segments.ts).
 */

const FLAGS = 0x1ff;
const FROM_B = 1 << 9;
const TIMESTAMPS = 1 << 10;
const SILENCE_BITS = 0x1f;

/** Reads segments of a flow from a copy, one after the other. */
export class SegmentReader {
  /** Per direction: one past the highest sequence number sent. */
  readonly next = [0, 0];

  /** @param time of the last segment; before the first one, its own */
  constructor(public time: Time) {}

  /** Overwrites `s` by the segment of a copy that stands at `at`; addresses and ports are left alone. @returns its direction */
  read(copy: Int32Array, at: number, s: Segment): number {
    const { next } = this;
    const bits = copy[at + KEPT_BITS];
    const d = directionOf(bits);
    const isSyn = (bits & SYN) !== 0;
    this.time += silenceOf(copy, at);
    s.time = this.time;
    s.frame = copy[at + KEPT_FRAME] >>> 0;
    s.flags = bits & FLAGS;
    s.seq = isSyn ? copy[at + KEPT_NUMBER] : next[d];
    if (isSyn) s.ack = (bits & ACK) === 0 ? 0 : next[1 - d];
    else s.ack = copy[at + KEPT_NUMBER];
    s.windowScale = isSyn ? (copy[at + KEPT_LENGTH] >>> 16) - 1 : -1;
    s.hasTimestamps = (bits & TIMESTAMPS) !== 0;
    s.tsVal = copy[at + KEPT_TS_VAL];
    s.tsEcr = copy[at + KEPT_TS_ECR];
    s.length = isSyn ? 0 : copy[at + KEPT_LENGTH] >>> 16;
    s.window = copy[at + KEPT_LENGTH] & 0xffff;
    s.ipId = s.ipVersion === 6 ? -1 : bits >>> 16;
    next[d] = (s.seq + s.length + (isSyn ? 1 : 0) + (s.flags & FIN)) | 0;
    return d;
  }
}

/** @returns where in a copy, from `begin` to `end`, the first FIN stands; `end` where there is none */
export function firstFin(copy: Int32Array, begin: number, end: number): number {
  let at = begin;
  while (at < end && (copy[at + KEPT_BITS] & FIN) === 0) at += SEGMENT_WORDS;
  return at;
}

/** Takes back from `reader`, which stands behind these segments of a copy, none of them a SYN, what they have moved it. */
export function unread(copy: Int32Array, begin: number, end: number, reader: SegmentReader): void {
  for (let at = begin; at < end; at += SEGMENT_WORDS) {
    const bits = copy[at + KEPT_BITS];
    const d = directionOf(bits);
    reader.time -= silenceOf(copy, at);
    reader.next[d] = (reader.next[d] - (copy[at + KEPT_LENGTH] >>> 16) - (bits & FIN)) | 0;
  }
}

function directionOf(bits: number): number {
  return (bits & FROM_B) === 0 ? 0 : 1;
}

/** Since the flow's segment before it. */
function silenceOf(copy: Int32Array, at: number): Time {
  return (copy[at + KEPT_SILENCE] >>> 0) + ((copy[at + KEPT_BITS] >>> KEPT_SILENCE_SHIFT) & SILENCE_BITS) * 2 ** 32;
}
