import { EndingQueue } from './ending-queue.js';
import type { LiveFlows } from './live-flows.js';
import type { Time } from './model.js';

/** Flows whose both ends are done, in the order in which that was seen: they leave after a silence, as TIME_WAIT does. */
export class EndingFlows {
  /** When the first of them may leave. */
  nextEnd: Time = Number.POSITIVE_INFINITY;
  /** How many of them are followed in full. */
  #followed = 0;
  readonly #flows: LiveFlows;
  readonly #linger: Time;
  /** With the time of each since when it was silent. */
  readonly #queue = new EndingQueue();
  /** Flows that are deferred no longer since they were added, by number. */
  readonly #renamed = new Map<number, number>();
  /** Numbers of deferred flows that have left on another way since they were added. */
  readonly #left = new Set<number>();

  /** @param linger the silence */
  constructor(flows: LiveFlows, linger: Time) {
    this.#flows = flows;
    this.#linger = linger;
  }

  /**
   * Up to when segments may be taken without asking for flows that may leave: of a deferred flow, whose ends are gone by then,
   * the same is told at any time after that.
   */
  get nextExactEnd(): Time {
    return this.#followed > 0 ? this.nextEnd : Number.POSITIVE_INFINITY;
  }

  /** @param time of its last segment */
  add(flow: number, number: number, time: Time): void {
    if (flow >= 0) this.#followed++;
    this.#queue.push(flow, number, time);
    this.nextEnd = Math.min(this.nextEnd, time + this.#linger);
  }

  /** A flow that was added has another name now, but its number. */
  rename(flow: number): void {
    this.#followed++;
    this.#renamed.set(this.#flows.numberOf(flow), flow);
  }

  /** A deferred flow that was added leaves, without `take` having named it. */
  noteLeft(flow: number): void {
    this.#left.add(this.#flows.numberOf(flow));
  }

  /** @returns the next one whose silence has lasted, which is not asked about again; null for none */
  take(now: Time): number | null {
    const queue = this.#queue;
    for (; queue.length > 0; queue.shift()) {
      const number = queue.numberAt(0);
      const flow = this.#nameOf(queue.flowAt(0), number);
      if (this.#hasLeft(flow, number)) {
        this.#uncount(flow);
        continue;
      }
      // One that is deferred is so no longer where it has spoken since.
      const last = flow < 0 ? queue.timeAt(0) : this.#flows.lastOf(flow);
      if (now < last + this.#linger) {
        if (last > queue.timeAt(0)) {
          // It has spoken since: others that were silent before it need not wait for it.
          queue.push(flow, number, last);
          continue;
        }
        queue.renameFirst(flow);
        this.nextEnd = last + this.#linger;
        return null;
      }
      queue.shift();
      this.#uncount(flow);
      return flow;
    }
    this.nextEnd = Number.POSITIVE_INFINITY;
    return null;
  }

  /**
   * Names deferred flows that `take` is to return by now, in every fourth word of `to`; some may have left on another way.
   * @returns how many
   */
  foresee(now: Time, to: Int32Array): number {
    const queue = this.#queue;
    let count = 0;
    for (let index = 0; index < queue.length && now >= queue.timeAt(index) + this.#linger; index++) {
      if (4 * count === to.length) break;
      const flow = queue.flowAt(index);
      if (flow < 0) to[4 * count++] = ~flow;
    }
    return count;
  }

  /** Of a deferred flow, nothing is asked for that is not in the cache. */
  #hasLeft(flow: number, number: number): boolean {
    if (flow < 0) return this.#left.size > 0 && this.#left.delete(number);
    // Its record may be another one's.
    return this.#flows.numberOf(flow) !== number;
  }

  #uncount(flow: number): void {
    if (flow >= 0) this.#followed--;
  }

  /** The name that a flow has now. */
  #nameOf(flow: number, number: number): number {
    if (this.#renamed.size === 0) return flow;
    const renamed = this.#renamed.get(number);
    if (renamed === undefined) return flow;
    this.#renamed.delete(number);
    return renamed;
  }
}
