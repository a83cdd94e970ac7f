import type { Segment } from '../decode/segment.js';

/**
 * What is kept of each flow's segments for its post-mortem: entries of fixed size in pages, linked per flow, reused when the
 * flow has ended. Ordinary segments of an established connection are folded by the tracker, so a flow's share is bounded.
 */
const PAGE_ENTRIES = 1 << 14;
const PAGE_SHIFT = 14;
const WORDS = 16;

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
} as const;

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

class Page {
  readonly i32 = new Int32Array(PAGE_ENTRIES * WORDS);
  readonly f64 = new Float64Array(this.i32.buffer);
}

export class SegmentLog {
  readonly #pages: Page[] = [];
  #unused = 0;
  #free = -1;

  /** A new entry filled from the segment, not linked yet. */
  create(segment: Segment, bits: number, frame: number, time: number, busySince: number): number {
    const entry = this.#allocate();
    this.fill(entry, segment, bits, frame, time, busySince);
    this.#i32(entry)[this.#at(entry) + W.next] = -1;
    return entry;
  }

  /** Overwrites an entry, which keeps its place in the list. */
  fill(entry: number, segment: Segment, bits: number, frame: number, time: number, busySince: number): void {
    const page = this.#pages[entry >>> PAGE_SHIFT];
    const at = this.#at(entry);
    const i32 = page.i32;
    page.f64[(at + W.time) >> 1] = time;
    page.f64[(at + W.extra) >> 1] = busySince;
    i32[at + W.frame] = frame;
    i32[at + W.seq] = segment.seq;
    i32[at + W.ack] = segment.ack;
    i32[at + W.length] = segment.length;
    i32[at + W.window] = segment.window;
    let all = bits | segment.flags;
    if (segment.hasTimestamps) {
      all |= LOG.timestamps;
      i32[at + W.tsVal] = segment.tsVal;
      i32[at + W.tsEcr] = segment.tsEcr;
    }
    if (segment.sackCount > 0) {
      all |= LOG.sack;
      i32[at + W.sackLeft] = segment.sack[0];
      i32[at + W.sackRight] = segment.sack[1];
    }
    i32[at + W.count] = segment.icmpType < 0 ? 1 : (segment.icmpType << 8) | segment.icmpCode;
    i32[at + W.bits] = all;
  }

  link(after: number, entry: number): void {
    this.#i32(after)[this.#at(after) + W.next] = entry;
  }

  /** An entry that counts folded segments, made of the first of them; see `fold`. */
  createRun(first: number): number {
    const entry = this.#allocate();
    const from = this.#at(first);
    const at = this.#at(entry);
    const i32 = this.#i32(entry);
    i32.set(this.#i32(first).subarray(from, from + WORDS), at);
    i32[at + W.next] = -1;
    i32[at + W.bits] = (i32[at + W.bits] & LOG.fromB) | LOG.run;
    // A run counts segments and bytes per direction in the words of fields that it has no use for.
    i32[at + W.count] = 0;
    i32[at + W.length] = 0;
    i32[at + W.sackLeft] = 0;
    i32[at + W.sackRight] = 0;
    return entry;
  }

  /** Another entry with the same content and some more bits. */
  copy(of: number, bits: number): number {
    const entry = this.#allocate();
    const from = this.#at(of);
    const at = this.#at(entry);
    const i32 = this.#i32(entry);
    i32.set(this.#i32(of).subarray(from, from + WORDS), at);
    i32[at + W.next] = -1;
    i32[at + W.bits] |= bits;
    return entry;
  }

  mark(entry: number, bits: number): void {
    this.#i32(entry)[this.#at(entry) + W.bits] |= bits;
  }

  /** Adds an ordinary segment's entry to a run. */
  fold(run: number, entry: number): void {
    const page = this.#pages[run >>> PAGE_SHIFT];
    const at = this.#at(run);
    const source = this.#pages[entry >>> PAGE_SHIFT];
    const from = this.#at(entry);
    if ((source.i32[from + W.bits] & LOG.fromB) === 0) {
      page.i32[at + W.count]++;
      page.i32[at + W.sackLeft] += source.i32[from + W.length];
    } else {
      page.i32[at + W.length]++;
      page.i32[at + W.sackRight] += source.i32[from + W.length];
    }
    page.i32[at + W.window] = source.i32[from + W.frame];
    page.f64[(at + W.extra) >> 1] = source.f64[(from + W.time) >> 1];
  }

  /** Puts a flow's whole list back into use. */
  release(head: number, tail: number): void {
    this.#i32(tail)[this.#at(tail) + W.next] = this.#free;
    this.#free = head;
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
    return this.#i32(run)[this.#at(run) + (direction === 0 ? W.count : W.length)];
  }
  /** Payload bytes of a run, by direction of the key, modulo 2^32. */
  runBytes(run: number, direction: number): number {
    return this.#i32(run)[this.#at(run) + (direction === 0 ? W.sackLeft : W.sackRight)] >>> 0;
  }
  runLastFrame(run: number): number {
    return this.#i32(run)[this.#at(run) + W.window] >>> 0;
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
  #allocate(): number {
    const free = this.#free;
    if (free >= 0) {
      this.#free = this.next(free);
      return free;
    }
    if (this.#unused >>> PAGE_SHIFT === this.#pages.length) this.#pages.push(new Page());
    return this.#unused++;
  }
}
