import { LOWEST_BYTE, NEWEST, NUMBER, OLDEST, ORDINARY, RECORD_WORDS } from '../fast-path/layout.js';
import type { DeferredFlows } from './deferred-flows.js';
import type { SegmentJournal } from './segment-journal.js';

/** Segments that the journal may hold of flows that have left, besides a quarter of what is needed: a megabyte of them. */
const SLACK = 1 << 15;
/** In how many parts the journal is looked at. */
const PARTS = 64;
/** Parts are given up where all that they hold is so many times what is needed of it; and where most of all is not needed. */
const WORTH = 16;
const WORTH_AT_LAST = 2;

/**
 * Gives up what a journal holds of flows that have left. Most of them leave in the order in which they came, and its oldest pages
 * with them; what is needed of those that stayed is written once more where it is little, so that it does not hold the others'
 * memory.
 */
export class JournalRoom {
  readonly #journal: SegmentJournal;
  readonly #flows: DeferredFlows;
  /** How long the journal may become before it is looked through again. */
  #enough = 0;

  /** @param flows those whose segments the journal holds */
  constructor(journal: SegmentJournal, flows: DeferredFlows) {
    this.#journal = journal;
    this.#flows = flows;
  }

  /** @param needed segments of all flows */
  make(needed: number): void {
    this.#journal.forgetUnused();
    const { length } = this.#journal;
    if (length > this.#enough && length > SLACK + needed + (needed >> 2)) this.#tidy(needed);
  }

  #tidy(needed: number): void {
    const journal = this.#journal;
    const begin = (journal.end - journal.length) | 0;
    const part = Math.ceil(journal.length / PARTS);
    const neededOf = this.#neededOfParts(begin, part);
    const worth = journal.length > WORTH_AT_LAST * needed + SLACK ? WORTH_AT_LAST : WORTH;
    let parts = 0;
    let sum = 0;
    for (let index = 0; index < PARTS; index++) {
      sum += neededOf[index];
      if (sum * worth <= part * (index + 1)) parts = index + 1;
    }
    const limit = (begin + Math.min(parts * part, journal.length)) | 0;
    this.#rewrite(limit);
    journal.forget(limit);
    this.#enough = journal.length + (journal.length >> 3) + SLACK;
  }

  /** Of each part: how many segments the flows have that began in it. */
  #neededOfParts(begin: number, part: number): Int32Array {
    const needed = new Int32Array(PARTS);
    const { i32, ranges } = this.#flows;
    for (const { first, end } of ranges) {
      for (let at = first * RECORD_WORDS; at < end * RECORD_WORDS; at += RECORD_WORDS) {
        if (i32[at + NUMBER] === 0) continue;
        needed[Math.floor(((i32[at + OLDEST] - begin) | 0) / part)] += i32[at + ORDINARY] & LOWEST_BYTE;
      }
    }
    return needed;
  }

  /** Moves the segments of flows that began before this place to the end. */
  #rewrite(limit: number): void {
    const { i32, path, ranges } = this.#flows;
    const journal = this.#journal;
    for (const { first, end } of ranges) {
      for (let at = first * RECORD_WORDS; at < end * RECORD_WORDS; at += RECORD_WORDS) {
        if (i32[at + NUMBER] === 0 || ((i32[at + OLDEST] - limit) | 0) >= 0) continue;
        path.countBegun(i32[at + OLDEST], -1);
        path.countBegun(journal.end, 1);
        i32[at + OLDEST] = journal.end;
        i32[at + NEWEST] = journal.rewrite(i32[at + NEWEST], i32[at + ORDINARY] & LOWEST_BYTE);
      }
    }
  }
}
