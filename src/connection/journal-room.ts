import { LOWEST_BYTE, NEWEST, NUMBER, OLDEST, ORDINARY, RECORD_WORDS } from '../fast-path/layout.js';
import type { DeferredFlows } from './deferred-flows.js';
import type { SegmentJournal } from './segment-journal.js';

/**
 * The journal is looked through where it holds so many times what is needed, and a megabyte of segments more; it is left with
 * one and a half times that. Where most flows are short, half of it leaves by itself: with a quarter more than is needed in place
 * of twice as much, an analysis took a twelfth longer.
 */
const MOST_HELD = 2;
const SLACK = 1 << 15;
const MOST_LEFT = 1.5;
/** In how many parts the journal is looked at. */
const PARTS = 64;

/**
 * Gives up what a journal holds of flows that have left. Most of them leave in the order in which they came, and its oldest pages
 * with them; where too many have left and others stayed, what is needed of those is written once more, the oldest first.
 */
export class JournalRoom {
  readonly #journal: SegmentJournal;
  readonly #flows: DeferredFlows;

  /** @param flows those whose segments the journal holds */
  constructor(journal: SegmentJournal, flows: DeferredFlows) {
    this.#journal = journal;
    this.#flows = flows;
  }

  /** @param needed segments of all flows */
  make(needed: number): void {
    this.#journal.forgetUnused();
    const { length } = this.#journal;
    if (length > MOST_HELD * needed + SLACK) this.#tidy(MOST_LEFT * needed);
  }

  /** Gives up the oldest parts, as few as leave no more than so many segments. */
  #tidy(most: number): void {
    const journal = this.#journal;
    const { length } = journal;
    const begin = (journal.end - length) | 0;
    const part = Math.ceil(length / PARTS);
    const neededOf = this.#neededOfParts(begin, part);
    let parts = 0;
    for (let left = length; parts < PARTS && left > most; parts++) left += neededOf[parts] - part;
    const limit = (begin + Math.min(parts * part, length)) | 0;
    this.#rewrite(limit);
    journal.forget(limit);
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
