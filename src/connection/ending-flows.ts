import type { LiveFlows } from './live-flows.js';
import type { Time } from './model.js';

const WORDS = 3;
/** Flows that have left are forgotten together. */
const MOST_LEFT = 4096;

/** Flows whose both ends are done, in the order in which that was seen: they leave after a silence, as TIME_WAIT does. */
export class EndingFlows {
  /** When the first of them may leave. */
  nextEnd: Time = Number.POSITIVE_INFINITY;
  readonly #flows: LiveFlows;
  readonly #linger: Time;
  /** Of each: the flow, its number, and since when it was silent. */
  readonly #queue: number[] = [];
  /** Flows that are deferred no longer since they were added, by number. */
  readonly #renamed = new Map<number, number>();
  #head = 0;

  /** @param linger the silence */
  constructor(flows: LiveFlows, linger: Time) {
    this.#flows = flows;
    this.#linger = linger;
  }

  add(flow: number, time: Time): void {
    this.#queue.push(flow, this.#flows.numberOf(flow), time);
    this.nextEnd = Math.min(this.nextEnd, time + this.#linger);
  }

  /** A flow that was added has another name now, but its number. */
  rename(flow: number): void {
    this.#renamed.set(this.#flows.numberOf(flow), flow);
  }

  /** @returns the next one whose silence has lasted, which is not asked about again; null for none */
  take(now: Time): number | null {
    const queue = this.#queue;
    for (; this.#head < queue.length; this.#head += WORDS) {
      const number = queue[this.#head + 1];
      const flow = this.#nameOf(queue[this.#head], number);
      // It may have left on another way, its record be another one's.
      if (this.#flows.numberOf(flow) !== number) continue;
      const last = this.#flows.lastOf(flow);
      if (now < last + this.#linger) {
        if (last > queue[this.#head + 2]) {
          // It has spoken since: others that were silent before it need not wait for it.
          queue.push(flow, number, last);
          continue;
        }
        queue[this.#head] = flow;
        this.nextEnd = last + this.#linger;
        return null;
      }
      this.#head += WORDS;
      this.#forget();
      return flow;
    }
    this.nextEnd = Number.POSITIVE_INFINITY;
    return null;
  }

  /** The name that a flow has now. */
  #nameOf(flow: number, number: number): number {
    const renamed = this.#renamed.get(number);
    if (renamed === undefined) return flow;
    this.#renamed.delete(number);
    return renamed;
  }

  #forget(): void {
    if (this.#head <= WORDS * MOST_LEFT || this.#head * 2 <= this.#queue.length) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }
}
