import type { Segment } from '../decode/segment.js';
import { D, DF, DIRECTION, DIRECTION_F64, type FlowRecords, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { Time } from './model.js';

/**
 * What is kept of each flow's segments for its post-mortem: entries of fixed size in pages, linked per flow, reused when the
 * flow has ended. Ordinary segments of an established connection are folded by the tracker, so a flow's share is bounded.
 */
const PAGE_SHIFT = 12;
const PAGE_ENTRIES = 1 << PAGE_SHIFT;
const WORDS = 16;
/** Entries of one flow that stand together: what follows each other is in the cache together, too. A power of two. */
const GROUP = 4;

/** Words of an entry; `time` and a run's `lastTime` are doubles. */
const W = {
  next: 0,
  frame: 1,
  time: 2,
  seq: 4,
  ack: 5,
  length: 6,
  bits: 7,
  window: 8,
  tsVal: 9,
  tsEcr: 10,
  sackLeft: 11,
  sackRight: 12,
  count: 13,
  extra: 14,
  // Of a run, in the words that it has no use for; `extra` is its last time.
  runLastFrame: 8,
  runSegments: 9,
  runBytes: 11,
} as const;

/** Entries of a flow up to which its closing segments are logged one by one, before in-order ones are folded. */
export const CLOSING_DETAIL = 32;

/** Bits of an entry above the nine TCP flags. */
export const LOG = {
  flags: 0x1ff,
  /** Sent by the key's higher endpoint. */
  fromB: 1 << 9,
  timestamps: 1 << 10,
  sack: 1 << 11,
  run: 1 << 12,
  icmp: 1 << 13,
  ipv6: 1 << 14,
  /** All of it, or part, had been sent before. */
  retransmission: 1 << 15,
  /** A SYN that opened the next incarnation of the 4-tuple: it ends this one. */
  successor: 1 << 16,
  /** A late copy of the SYN of the incarnation before. */
  oldDuplicate: 1 << 17,
  /** Belongs to the incarnation before, whose end still answered when this one was opening. */
  predecessor: 1 << 20,
  /** Kept for display only: the diagnosis knows it as part of a run, whatever is kept. */
  display: 1 << 23,
  /** A run whose segments are all kept for display, too. */
  shown: 1 << 24,
  /** Acknowledges what the capture does not hold. */
  gap: 1 << 21,
  /** The same frame once more: a mirror port, or several interfaces captured together. */
  copy: 1 << 22,
  fastOpen: 1 << 18,
} as const;

/** The bits of a segment's own. */
export function marksOf(s: Segment): number {
  return s.flags | (s.hasTimestamps ? LOG.timestamps : 0) | (s.sackCount > 0 ? LOG.sack : 0);
}

/** Ordinary segments that followed each other, as one. */
export interface FoldedRun {
  readonly frame: number;
  readonly start: Time;
  readonly lastFrame: number;
  readonly last: Time;
  readonly segments: readonly [number, number];
  readonly bytes: readonly [number, number];
}

class Page {
  readonly i32 = new Int32Array(PAGE_ENTRIES * WORDS);
  readonly f64 = new Float64Array(this.i32.buffer);
}

export class SegmentLog {
  readonly #pages: Page[] = [];
  #unused = 0;
  #free = -1;

  /** A new entry of a segment, behind `after` (-1 for none). */
  ofSegment(after: number, s: Segment, bits: number, busySince: number): number {
    const entry = this.#allocate(after);
    const page = this.#pages[entry >>> PAGE_SHIFT];
    const at = this.#at(entry);
    const i32 = page.i32;
    i32[at + W.next] = after;
    i32[at + W.frame] = s.frame;
    page.f64[(at + W.time) >> 1] = s.time;
    i32[at + W.seq] = s.seq;
    i32[at + W.ack] = s.ack;
    i32[at + W.length] = s.length;
    i32[at + W.bits] = bits | marksOf(s);
    i32[at + W.window] = s.window;
    i32[at + W.tsVal] = s.tsVal;
    i32[at + W.tsEcr] = s.tsEcr;
    if (s.sackCount > 0) {
      i32[at + W.sackLeft] = s.sack[0];
      i32[at + W.sackRight] = s.sack[1];
    }
    i32[at + W.count] = s.icmpType < 0 ? 1 : (s.icmpType << 8) | s.icmpCode;
    page.f64[(at + W.extra) >> 1] = busySince;
    return entry;
  }

  /** The same of the last segment of direction `d`, from its flow's record. It had no SACK block. */
  ofLast(after: number, records: FlowRecords, flow: number, d: number, bits: number): number {
    const entry = this.#allocate(after);
    const page = this.#pages[entry >>> PAGE_SHIFT];
    const to = this.#at(entry);
    const i32 = page.i32;
    const record = records.i32;
    const at = flow * STRIDE + d * DIRECTION;
    const at64 = flow * STRIDE_F64 + d * DIRECTION_F64;
    i32[to + W.next] = after;
    i32[to + W.frame] = record[at + D.frame];
    page.f64[(to + W.time) >> 1] = records.f64[at64 + DF.time];
    i32[to + W.seq] = record[at + D.seq];
    i32[to + W.ack] = record[at + D.ack];
    i32[to + W.length] = record[at + D.length];
    i32[to + W.bits] = bits | (record[at + D.marks] & ~LOG.sack);
    i32[to + W.window] = record[at + D.window];
    i32[to + W.tsVal] = record[at + D.tsVal];
    i32[to + W.tsEcr] = record[at + D.tsEcr];
    i32[to + W.count] = 1;
    page.f64[(to + W.extra) >> 1] = records.f64[at64 + DF.busySince];
    return entry;
  }

  /** An entry that stands for folded segments. Counts are per direction of the key, bytes modulo 2^32. */
  ofRun(after: number, run: FoldedRun, bits: number): number {
    const entry = this.#allocate(after);
    const page = this.#pages[entry >>> PAGE_SHIFT];
    const at = this.#at(entry);
    const i32 = page.i32;
    i32[at + W.next] = after;
    i32[at + W.frame] = run.frame;
    page.f64[(at + W.time) >> 1] = run.start;
    i32[at + W.bits] = bits | LOG.run;
    i32[at + W.runLastFrame] = run.lastFrame;
    page.f64[(at + W.extra) >> 1] = run.last;
    i32[at + W.runSegments] = run.segments[0];
    i32[at + W.runSegments + 1] = run.segments[1];
    i32[at + W.runBytes] = run.bytes[0];
    i32[at + W.runBytes + 1] = run.bytes[1];
    return entry;
  }

  /** An entry is found to be something else than it was taken for. */
  remark(entry: number, bits: number): void {
    this.#i32(entry)[this.#at(entry) + W.bits] = bits;
  }

  /** Puts a flow's whole list back into use. */
  release(newest: number, oldest: number): void {
    this.#i32(oldest)[this.#at(oldest) + W.next] = this.#free;
    this.#free = newest;
  }

  next(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.next];
  }
  bits(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.bits];
  }
  frame(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.frame] >>> 0;
  }
  time(entry: number): number {
    return this.#pages[entry >>> PAGE_SHIFT].f64[(this.#at(entry) + W.time) >> 1];
  }
  /** Since when the sender had something unacknowledged under way, this segment included. */
  busySince(entry: number): number {
    return this.#pages[entry >>> PAGE_SHIFT].f64[(this.#at(entry) + W.extra) >> 1];
  }
  seq(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.seq];
  }
  ack(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.ack];
  }
  length(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.length];
  }
  window(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.window];
  }
  tsVal(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.tsVal];
  }
  tsEcr(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.tsEcr];
  }
  sackLeft(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.sackLeft];
  }
  sackRight(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.sackRight];
  }
  icmp(entry: number): number {
    return this.#i32(entry)[this.#at(entry) + W.count];
  }

  /** Folded segments of a run, by direction of the key. */
  runSegments(run: number, direction: number): number {
    return this.#i32(run)[this.#at(run) + W.runSegments + direction];
  }
  /** Payload bytes of a run, by direction of the key, modulo 2^32. */
  runBytes(run: number, direction: number): number {
    return this.#i32(run)[this.#at(run) + W.runBytes + direction] >>> 0;
  }
  runLastFrame(run: number): number {
    return this.#i32(run)[this.#at(run) + W.runLastFrame] >>> 0;
  }
  runLastTime(run: number): number {
    return this.#pages[run >>> PAGE_SHIFT].f64[(this.#at(run) + W.extra) >> 1];
  }

  #at(entry: number): number {
    return (entry & (PAGE_ENTRIES - 1)) * WORDS;
  }
  #i32(entry: number): Int32Array {
    return this.#pages[entry >>> PAGE_SHIFT].i32;
  }
  /** The entry behind `after` in its group, or the first one of a group of its own. */
  #allocate(after: number): number {
    if (after >= 0 && (after & (GROUP - 1)) !== GROUP - 1) return after + 1;
    const free = this.#free;
    if (free >= 0) {
      const first = free & -GROUP;
      this.#free = this.next(first);
      return first;
    }
    if (this.#unused >>> PAGE_SHIFT === this.#pages.length) this.#pages.push(new Page());
    const first = this.#unused;
    this.#unused += GROUP;
    return first;
  }
}
