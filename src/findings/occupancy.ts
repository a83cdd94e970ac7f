import type { Time } from '../connection/model.js';
import { SECOND } from '../connection/time.js';

/** Seconds of a capture that are told apart; beyond, they share the last one. */
const MOST_SECONDS = 100_000;

/**
 * How many of something existed at a time, second by second: intervals are added in any order, the peak is asked for at the
 * end. What began and ended within one second does not count: it does not pile up.
 */
export class Occupancy {
  flows = 0;
  readonly examples: number[] = [];
  readonly #changes = new Map<number, number>();
  readonly #begins = new Change();
  readonly #ends = new Change();

  add(flow: number, from: Time, until: Time): void {
    this.flows++;
    if (this.examples.length < 10) this.examples.push(flow);
    this.#change(this.#begins, from, 1);
    this.#change(this.#ends, Math.max(until, from), -1);
  }

  /** The most at a time, and the second in which that was first so. */
  peak(): { readonly count: number; readonly at: Time } {
    let count = 0;
    let best = 0;
    let at = 0;
    this.#settle(this.#begins);
    this.#settle(this.#ends);
    for (const second of [...this.#changes.keys()].sort((a, b) => a - b)) {
      count += this.#changes.get(second) ?? 0;
      if (count <= best) continue;
      best = count;
      at = second * SECOND;
    }
    return { count: best, at };
  }

  #change(change: Change, time: Time, by: number): void {
    const second = Math.min(Math.floor(time / SECOND), MOST_SECONDS);
    if (second !== change.second) this.#settle(change);
    change.second = second;
    change.by += by;
  }

  #settle(change: Change): void {
    if (change.by !== 0) this.#changes.set(change.second, (this.#changes.get(change.second) ?? 0) + change.by);
    change.by = 0;
  }
}

/** What was added in one second: connections end in the order of time, thousands of a busy host in the same one. */
class Change {
  second = 0;
  by = 0;
}
