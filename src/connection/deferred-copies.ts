import { LOWEST_BYTE, ORDINARY, RECORD_WORDS, SEGMENT_WORDS } from '../fast-path/layout.js';
import type { FlowRecords } from './flow-record.js';
import type { FlowSource } from './flow-source.js';
import { CLOSING_DETAIL } from './segment-log.js';

const FEWEST_WORDS = 0x8000;

/** With more, some may be folded where a flow is followed in full: entries of the log are few, but for these two. */
export const MOST_COPIED = CLOSING_DETAIL - 2;

/** Whether the history of a deferred flow can be read from a copy, if it is sound. @param at where its record begins */
export const isCopied = (words: Int32Array, at: number): boolean => (words[at + ORDINARY] & LOWEST_BYTE) <= MOST_COPIED;

/** What follows flows, and defers some. */
export interface DeferringSource extends FlowSource {
  /** Copies a deferred flow, while it is told of. @returns how many were copied before it */
  copyDeferred(flow: number, to: DeferredCopies): number;
}

/** Deferred flows that have ended, as what can be handed to another thread: each its record, and its segments behind it. */
export class DeferredCopies {
  #words: Int32Array<ArrayBuffer>;
  #end = 0;
  /** Where each begins, in words. */
  readonly places: number[] = [];

  /** @param buffer that nobody reads any more */
  constructor(buffer: ArrayBuffer | null = null) {
    this.#words = buffer === null ? new Int32Array(FEWEST_WORDS) : new Int32Array(buffer);
  }

  /** With room for a single one. */
  static forOne(): DeferredCopies {
    return new DeferredCopies(
      new ArrayBuffer((RECORD_WORDS + MOST_COPIED * SEGMENT_WORDS) * Int32Array.BYTES_PER_ELEMENT),
    );
  }

  /** @param at where a flow's record begins, with its segments behind it @returns how many were copied before it */
  add({ i32 }: FlowRecords, at: number): number {
    const length = RECORD_WORDS + (i32[at + ORDINARY] & LOWEST_BYTE) * SEGMENT_WORDS;
    const to = this.#end;
    this.#end += length;
    if (this.#end > this.#words.length) this.#grow();
    const words = this.#words;
    for (let word = 0; word < length; word++) words[to + word] = i32[at + word];
    return this.places.push(to) - 1;
  }

  /** To be read by `recordsOf`, or to be handed over. */
  get buffer(): ArrayBuffer {
    return this.#words.buffer;
  }

  #grow(): void {
    const words = new Int32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
  }
}

export const recordsOf = (copies: ArrayBuffer): FlowRecords => ({
  i32: new Int32Array(copies),
  f64: new Float64Array(copies),
});
