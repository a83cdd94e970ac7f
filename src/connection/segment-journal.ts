import { bufferApart } from '../capture/apart.js';
import { ACK, FIN, type Segment, SYN } from '../decode/segment.js';
import { MOST_SEGMENTS, PAGE_SHIFT, PAGES_COUNTED, SEGMENT_WORDS } from '../fast-path/layout.js';
import type { DeferredFlows } from './deferred-flows.js';
import type { Time } from './model.js';

/** Words of a segment, as fast-path/journal.ts writes them. Its sequence number follows from those before it, but for a SYN. */
const W = {
  /** Nanoseconds since the flow's segment before it: the lower 32 bits. */
  silence: 0,
  frame: 1,
  /** Of a SYN, whose acknowledgement is known without: its own number. */
  ackOrSeq: 2,
  tsVal: 3,
  tsEcr: 4,
  /** Payload in the upper half; of a SYN, which has none, 1 + the shift of its window scale. */
  lengthAndWindow: 5,
  /** Flags and what is below; the IPv4 identification in the upper half. */
  bits: 6,
  /** Where the same flow's segment before it stands. */
  before: 7,
} as const;
const FLAGS = 0x1ff;
const FROM_B = 1 << 9;
const TIMESTAMPS = 1 << 10;
/** The upper bits of the silence: up to 137 s. */
const SILENCE_SHIFT = 11;
const SILENCE_BITS = 0x1f;

const PAGE = 1 << PAGE_SHIFT;

/**
 * Segments of many flows in the order in which they came, 32 bytes each, those of one flow linked: but for ordinary ones of
 * established connections, of which the flow's record tells enough (ordinary-segments.ts).
 *
 * A place is a number modulo 2^32, one higher for each segment.
 */
export class SegmentJournal {
  readonly #flows: DeferredFlows;
  /** The full ones. */
  readonly #pages: Int32Array[] = [];
  /** The one that is written to. */
  #page: Int32Array;
  /** Pages in the memory of the fast path that nothing needs. */
  readonly #free: Int32Array[] = [];
  /** Of the segments of one flow. */
  readonly #places = new Int32Array(MOST_SEGMENTS);
  /** Of the first page's first segment. Begins where it soon wraps, so that no capture is the first to do that. */
  #begin = 0x7fffffff & -PAGE;

  /** @param flows those whose segments it holds; they have no other journal */
  constructor(flows: DeferredFlows) {
    this.#flows = flows;
    this.#page = flows.page;
    flows.path.turnPage(this.#begin, this.#page.byteOffset);
    flows.onFullPage = () => this.#turnPage();
  }

  /** The place of the next segment. */
  get end(): number {
    return this.#flows.path.journalEnd();
  }

  /** Segments that take memory, needed or not. */
  get length(): number {
    return (this.end - this.#begin) | 0;
  }

  /** Copies a flow's segments, one behind the other, from its newest one. */
  copy(newest: number, count: number): Int32Array<ArrayBuffer> {
    const words = new Int32Array(count * SEGMENT_WORDS);
    this.copyTo(newest, count, words, 0);
    return words;
  }

  /** The same to `words`, from `at` on. */
  copyTo(newest: number, count: number, words: Int32Array, at: number): void {
    let place = newest;
    for (let to = at + (count - 1) * SEGMENT_WORDS; to >= at; to -= SEGMENT_WORDS) {
      const page = this.#pageOf(place);
      copySegment(page, place, words, to);
      place = page[wordOf(place) + W.before];
    }
  }

  /**
   * Looks at the segments of flows that will soon be copied. One flow's are read one after the other, since each names the one
   * before it, and nothing of them is in the cache; to wait for those of many flows together takes less than half of the time.
   *
   * @param newest of each flow, its newest segment's place; is overwritten
   * @param counts of each, how many there are; is overwritten
   */
  foresee(newest: Int32Array, counts: Int32Array): void {
    for (let isLeft = true; isLeft; ) {
      isLeft = false;
      for (let i = 0; i < counts.length; i++) {
        if (counts[i] === 0) continue;
        const place = newest[i];
        newest[i] = this.#pageOf(place)[wordOf(place) + W.before];
        if (--counts[i] > 0) isLeft = true;
      }
    }
  }

  /** Writes a flow's segments once more, at the end. @returns the place of its newest one */
  rewrite(newest: number, count: number): number {
    const places = this.#places;
    for (let i = count - 1, place = newest; i >= 0; i--) {
      places[i] = place;
      place = this.#pageOf(place)[wordOf(place) + W.before];
    }
    const { path } = this.#flows;
    let { end } = this;
    for (let i = 0; i < count; i++) {
      const place = places[i];
      copySegment(this.#pageOf(place), place, this.#page, wordOf(end));
      this.#page[wordOf(end) + W.before] = end - 1;
      path.nextPlace();
      end = (end + 1) | 0;
    }
    return (end - 1) | 0;
  }

  /** Gives up the pages before the first one where a flow has its oldest segment. */
  forgetUnused(): void {
    const { begunInPages } = this.#flows;
    let unused = 0;
    while (unused < this.#pages.length && begunInPages[this.#numberOf(unused)] === 0) unused++;
    if (unused > 0) this.forget((this.#begin + unused * PAGE) | 0);
  }

  /** Nothing before this place is needed any more. */
  forget(place: number): void {
    const pages = ((place - this.#begin) | 0) >>> PAGE_SHIFT;
    for (const page of this.#pages.splice(0, pages))
      if (page.buffer instanceof SharedArrayBuffer) this.#free.push(page);
    this.#begin = (this.#begin + pages * PAGE) | 0;
  }

  /** Modulo those that are counted. */
  #numberOf(index: number): number {
    return ((this.#begin >>> PAGE_SHIFT) + index) % PAGES_COUNTED;
  }

  #pageOf(place: number): Int32Array {
    return this.#pages[((place - this.#begin) | 0) >>> PAGE_SHIFT] ?? this.#page;
  }

  #turnPage(): void {
    const flows = this.#flows;
    this.#pages.push(this.#page === flows.page ? this.#copyOf(flows.page) : this.#page);
    this.#page = this.#emptyPage() ?? flows.page;
    flows.path.turnPage(this.end, this.#page.byteOffset);
  }

  /** @returns null where the fast path's memory has no more */
  #emptyPage(): Int32Array | null {
    return this.#free.pop() ?? this.#flows.addPage();
  }

  #copyOf(page: Int32Array): Int32Array {
    const copy = this.#emptyPage() ?? newPage();
    copy.set(page);
    return copy;
  }
}

/** Where in its page a segment stands. */
function wordOf(place: number): number {
  return (place & (PAGE - 1)) * SEGMENT_WORDS;
}

function copySegment(page: Int32Array, place: number, words: Int32Array, to: number): void {
  const at = wordOf(place);
  for (let word = 0; word < SEGMENT_WORDS; word++) words[to + word] = page[at + word];
}

/** Where the fast path's memory holds no more of them. */
function newPage(): Int32Array {
  const { buffer, byteOffset } = bufferApart(PAGE * SEGMENT_WORDS * Int32Array.BYTES_PER_ELEMENT);
  return new Int32Array(buffer, byteOffset);
}

/** Reads segments of a flow from copies of what a journal holds, one after the other. */
export class SegmentReader {
  /** Per direction: one past the highest sequence number sent. */
  readonly next = [0, 0];

  /** @param time of the last segment; before the first one, its own */
  constructor(public time: Time) {}

  /** Overwrites `s` by the segment of a copy that stands at `at`; addresses and ports are left alone. @returns its direction */
  read(copy: Int32Array, at: number, s: Segment): number {
    const { next } = this;
    const bits = copy[at + W.bits];
    const d = directionOf(bits);
    const isSyn = (bits & SYN) !== 0;
    this.time += silenceOf(copy, at);
    s.time = this.time;
    s.frame = copy[at + W.frame] >>> 0;
    s.flags = bits & FLAGS;
    s.seq = isSyn ? copy[at + W.ackOrSeq] : next[d];
    if (isSyn) s.ack = (bits & ACK) === 0 ? 0 : next[1 - d];
    else s.ack = copy[at + W.ackOrSeq];
    s.windowScale = isSyn ? (copy[at + W.lengthAndWindow] >>> 16) - 1 : -1;
    s.hasTimestamps = (bits & TIMESTAMPS) !== 0;
    s.tsVal = copy[at + W.tsVal];
    s.tsEcr = copy[at + W.tsEcr];
    s.length = isSyn ? 0 : copy[at + W.lengthAndWindow] >>> 16;
    s.window = copy[at + W.lengthAndWindow] & 0xffff;
    s.ipId = s.ipVersion === 6 ? -1 : bits >>> 16;
    next[d] = (s.seq + s.length + (isSyn ? 1 : 0) + (s.flags & FIN)) | 0;
    return d;
  }
}

/** @returns where in a copy, from `begin` to `end`, the first FIN stands; `end` where there is none */
export function firstFin(copy: Int32Array, begin: number, end: number): number {
  let at = begin;
  while (at < end && (copy[at + W.bits] & FIN) === 0) at += SEGMENT_WORDS;
  return at;
}

/** Takes back from `reader`, which stands behind these segments of a copy, none of them a SYN, what they have moved it. */
export function unread(copy: Int32Array, begin: number, end: number, reader: SegmentReader): void {
  for (let at = begin; at < end; at += SEGMENT_WORDS) {
    const bits = copy[at + W.bits];
    const d = directionOf(bits);
    reader.time -= silenceOf(copy, at);
    reader.next[d] = (reader.next[d] - (copy[at + W.lengthAndWindow] >>> 16) - (bits & FIN)) | 0;
  }
}

function directionOf(bits: number): number {
  return (bits & FROM_B) === 0 ? 0 : 1;
}

/** Since the flow's segment before it. */
function silenceOf(copy: Int32Array, at: number): Time {
  return (copy[at + W.silence] >>> 0) + ((copy[at + W.bits] >>> SILENCE_SHIFT) & SILENCE_BITS) * 2 ** 32;
}
