import { ACK, FIN, type Segment, SYN } from '../decode/segment.js';
import { DEFERRED_AT, DEFERRED_END, I, STRIDE } from './flow-record.js';
import type { FlowTable } from './flow-table.js';

/** Words of a segment; `time` is a double. Its sequence number follows from those before it. */
const W = {
  time: 0,
  frame: 2,
  /** Of a SYN, whose acknowledgement is known without: 1 + the shift of its window scale, 0 where it has none. */
  ackOrScale: 3,
  tsVal: 4,
  tsEcr: 5,
  /** Payload in the upper half. */
  lengthAndWindow: 6,
  /** Flags and the two bits below; the IPv4 identification in the upper half. */
  bits: 7,
} as const;
const WORDS = 8;
const FLAGS = 0x1ff;
const FROM_B = 1 << 9;
const TIMESTAMPS = 1 << 10;

/** Segments of one flow that stand together. A power of two. */
const CHUNK = 8;
const PAGE_SHIFT = 9;
const PAGE_CHUNKS = 1 << PAGE_SHIFT;
/** Segments that have room in the flow's record. */
const IN_RECORD = (DEFERRED_END - DEFERRED_AT) / WORDS;

/** The longest payload that can be kept. */
export const MOST_PAYLOAD = 0xffff;

class Page {
  readonly i32 = new Int32Array(PAGE_CHUNKS * CHUNK * WORDS);
  readonly f64 = new Float64Array(this.i32.buffer);
  /** Per chunk: the same flow's next one, and behind its newest the oldest; of a free one: the next that is free. */
  readonly next = new Int32Array(PAGE_CHUNKS);
}

/**
 * Segments as they came, 32 bytes each: a flow's first ones in its record, the others in chunks, a ring of them per flow,
 * which are used again when the flow needs them no more.
 */
export class DeferredSegments {
  readonly #table: FlowTable;
  readonly #pages: Page[] = [];
  #unused = 0;
  #free = -1;

  constructor(table: FlowTable) {
    this.#table = table;
  }

  /** Keeps a segment behind the `count` that the flow has; `at` is the first word of its record. */
  append(at: number, count: number, s: Segment, d: number): void {
    let { i32, f64 } = this.#table;
    let to = at + DEFERRED_AT + count * WORDS;
    if (count >= IN_RECORD) {
      const place = (count - IN_RECORD) & (CHUNK - 1);
      const chunk = place === 0 ? this.#grow(at, count === IN_RECORD) : i32[at + I.logTail];
      const page = this.#pages[chunk >>> PAGE_SHIFT];
      i32 = page.i32;
      f64 = page.f64;
      to = ((chunk & (PAGE_CHUNKS - 1)) * CHUNK + place) * WORDS;
    }
    f64[to >> 1] = s.time;
    i32[to + W.frame] = s.frame;
    i32[to + W.ackOrScale] = (s.flags & SYN) !== 0 ? s.windowScale + 1 : s.ack;
    i32[to + W.tsVal] = s.tsVal;
    i32[to + W.tsEcr] = s.tsEcr;
    i32[to + W.lengthAndWindow] = (s.length << 16) | s.window;
    i32[to + W.bits] = s.flags | (d << 9) | (s.hasTimestamps ? TIMESTAMPS : 0) | (s.ipId << 16);
  }

  /** A flow's segments, one after the other. */
  copy(flow: number, count: number): Int32Array<ArrayBuffer> {
    const i32 = this.#table.i32;
    const at = flow * STRIDE;
    const words = new Int32Array(count * WORDS);
    words.set(i32.subarray(at + DEFERRED_AT, at + DEFERRED_AT + Math.min(count, IN_RECORD) * WORDS));
    let chunk = i32[at + I.logTail];
    for (let done = IN_RECORD; done < count; done += CHUNK) {
      chunk = this.#next(chunk);
      const from = (chunk & (PAGE_CHUNKS - 1)) * CHUNK * WORDS;
      const to = from + Math.min(count - done, CHUNK) * WORDS;
      words.set(this.#pages[chunk >>> PAGE_SHIFT].i32.subarray(from, to), done * WORDS);
    }
    return words;
  }

  /** Puts a flow's chunks back into use. */
  release(flow: number, count: number): void {
    if (count <= IN_RECORD) return;
    const newest = this.#table.i32[flow * STRIDE + I.logTail];
    const oldest = this.#next(newest);
    this.#link(newest, this.#free);
    this.#free = oldest;
  }

  #grow(at: number, isFirst: boolean): number {
    const i32 = this.#table.i32;
    let chunk = this.#free;
    if (chunk >= 0) this.#free = this.#next(chunk);
    else {
      chunk = this.#unused++;
      if (chunk >>> PAGE_SHIFT === this.#pages.length) this.#pages.push(new Page());
    }
    const newest = i32[at + I.logTail];
    this.#link(chunk, isFirst ? chunk : this.#next(newest));
    if (!isFirst) this.#link(newest, chunk);
    i32[at + I.logTail] = chunk;
    return chunk;
  }

  #next(chunk: number): number {
    return this.#pages[chunk >>> PAGE_SHIFT].next[chunk & (PAGE_CHUNKS - 1)];
  }

  #link(chunk: number, next: number): void {
    this.#pages[chunk >>> PAGE_SHIFT].next[chunk & (PAGE_CHUNKS - 1)] = next;
  }
}

/**
 * Overwrites `s` by each segment of a copy; addresses and ports are left alone.
 *
 * @param isn per direction, where it had a SYN
 * @returns after each of them its direction
 */
export function* segmentsOf(
  copy: Int32Array<ArrayBuffer>,
  isn: readonly [number, number],
  s: Segment,
): Generator<number> {
  const times = new Float64Array(copy.buffer);
  const next = [...isn];
  for (let at = 0; at < copy.length; at += WORDS) {
    const bits = copy[at + W.bits];
    const d = (bits & FROM_B) === 0 ? 0 : 1;
    const isSyn = (bits & SYN) !== 0;
    const word = copy[at + W.ackOrScale];
    s.time = times[at / 2];
    s.frame = copy[at + W.frame];
    s.flags = bits & FLAGS;
    s.seq = next[d];
    if (isSyn) s.ack = (bits & ACK) === 0 ? 0 : next[1 - d];
    else s.ack = word;
    s.windowScale = isSyn ? word - 1 : -1;
    s.hasTimestamps = (bits & TIMESTAMPS) !== 0;
    s.tsVal = copy[at + W.tsVal];
    s.tsEcr = copy[at + W.tsEcr];
    s.length = copy[at + W.lengthAndWindow] >>> 16;
    s.window = copy[at + W.lengthAndWindow] & 0xffff;
    s.ipId = s.ipVersion === 6 ? -1 : bits >>> 16;
    next[d] = (s.seq + s.length + (isSyn ? 1 : 0) + (s.flags & FIN)) | 0;
    yield d;
  }
}
