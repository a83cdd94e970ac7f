import type { Time } from '../connection/model.js';
import { SECOND } from '../connection/time.js';

/** Seconds of a capture that are told apart, behind its first frame or before; beyond, they share the last one. */
const MOST_SECONDS = 100_000;

/** Changes that there is room for at first. */
const FEWEST_CHANGES = 16;
/** Of a number for a second and what changed in it, which is less than half of that either way. */
const RADIX = 2 ** 33;

/**
 * How many of something existed at a time, second by second: intervals are added in any order, the peak is asked for at the
 * end. What began and ended within one second does not count: it does not pile up.
 */
export class Occupancy {
  flows = 0;
  readonly examples: number[] = [];
  /** Pairs of a second and what changed in it: a `Map` of them takes several times as much, and leaves as much behind as it grows. */
  #changes = new Int32Array(2 * FEWEST_CHANGES);
  #length = 0;
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
    this.#merge();
    for (let i = 0; i < this.#length; i += 2) {
      count += this.#changes[i + 1];
      if (count <= best) continue;
      best = count;
      at = this.#changes[i] * SECOND;
    }
    return { count: best, at };
  }

  #change(change: Change, time: Time, by: number): void {
    const second = Math.max(-MOST_SECONDS, Math.min(Math.floor(time / SECOND), MOST_SECONDS));
    if (second !== change.second) this.#settle(change);
    change.second = second;
    change.by += by;
  }

  #settle(change: Change): void {
    if (change.by === 0) return;
    if (this.#length === this.#changes.length) this.#makeRoom();
    this.#changes[this.#length++] = change.second;
    this.#changes[this.#length++] = change.by;
    change.by = 0;
  }

  #makeRoom(): void {
    this.#merge();
    if (2 * this.#length <= this.#changes.length) return;
    const changes = new Int32Array(2 * this.#changes.length);
    changes.set(this.#changes);
    this.#changes = changes;
  }

  /** Puts changes into the order of time; those of one second become one. */
  #merge(): void {
    const changes = this.#changes;
    const sorted = Float64Array.from(
      { length: this.#length / 2 },
      (_, i) => changes[2 * i] * RADIX + changes[2 * i + 1],
    );
    this.#length = 0;
    for (const pair of sorted.sort()) {
      const second = Math.round(pair / RADIX);
      const by = pair - second * RADIX;
      const before = this.#length - 2;
      if (before >= 0 && changes[before] === second) {
        changes[before + 1] += by;
      } else {
        changes[this.#length++] = second;
        changes[this.#length++] = by;
      }
    }
  }
}

/** What was added in one second: connections end in the order of time, thousands of a busy host in the same one. */
class Change {
  second = 0;
  by = 0;
}
