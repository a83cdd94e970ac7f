import { FIRST_CLOSED } from '../fast-path/layout.js';
import type { DeferredFlows } from './deferred-flows.js';
import { EndingQueue } from './ending-queue.js';
import type { LiveFlows } from './live-flows.js';
import type { Time } from './model.js';

/** A flow that was deferred when it closed, and is followed in full. */
interface Recalled {
  readonly flow: number;
  readonly number: number;
  /** Since when it was silent when it closed. */
  readonly time: Time;
}

/** What became of a flow that was asked about: it leaves; it does not yet; another one is next. */
type Taken = number | 'waits' | 'passed';

/**
 * Flows whose both ends are done, in the order in which that was seen: they leave after a silence, as TIME_WAIT does. Those that
 * are deferred wait where they are (fast-path/closed-flows.ts), others in a queue beside them.
 */
export class EndingFlows {
  /** When the first of them may leave. */
  nextEnd: Time = Number.POSITIVE_INFINITY;
  /** How many of them are followed in full. */
  #followed = 0;
  readonly #flows: LiveFlows;
  readonly #deferred: DeferredFlows | null;
  readonly #linger: Time;
  /** Those that have no place there, each with the time since when it was silent. */
  readonly #queue = new EndingQueue();
  /** By the name that it had when it closed, which keeps its place. */
  readonly #recalled = new Map<number, Recalled>();
  /** Those of the queue that are followed in full, but were not when they were added: by number. */
  readonly #renamed = new Map<number, number>();
  /** Of those that were foreseen: how many, and how many were taken. */
  #foreseen = 0;
  #taken = 0;

  /** @param linger the silence */
  constructor(flows: LiveFlows, deferred: DeferredFlows | null, linger: Time) {
    this.#flows = flows;
    this.#deferred = deferred;
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
  add(flow: number, time: Time): void {
    if (flow >= 0) this.#followed++;
    if (flow >= 0 || ~flow < FIRST_CLOSED) this.#push(flow, this.#flows.numberOf(flow), time);
    this.nextEnd = Math.min(this.nextEnd, time + this.#linger);
  }

  /** A deferred flow that was added is followed in full from now on. @param time of its last segment before */
  noteRecalled(deferred: number, flow: number, time: Time): void {
    this.#followed++;
    const number = this.#flows.numberOf(flow);
    if (deferred >= FIRST_CLOSED) this.#recalled.set(deferred, { flow, number, time });
    else this.#renamed.set(number, flow);
  }

  /** Names deferred flows that `take` is to return by now, as `flows.closed` has them. @param most of them @returns how many */
  foresee(now: Time, most: number): number {
    this.#taken = 0;
    this.#foreseen = this.#deferred?.path.noteLeaving(now, this.#linger, most) ?? 0;
    return this.#foreseen;
  }

  /** @returns the next one whose silence has lasted, which is to leave before another one is asked for; null for none */
  take(now: Time): number | null {
    if (this.#taken < this.#foreseen && this.#queue.length === 0 && this.#recalled.size === 0) {
      const closed = this.#deferred?.closed[4 * this.#taken++];
      if (closed !== undefined) return ~closed;
    }
    this.#foreseen = 0;
    for (;;) {
      const closed = this.#deferred?.path.firstClosed() ?? -1;
      if (closed < 0 && this.#queue.length === 0) break;
      const taken = this.#isQueued(closed) ? this.#takeQueued(now) : this.#takeDeferred(closed, now);
      if (taken === 'waits') return null;
      if (taken !== 'passed') return taken;
    }
    this.nextEnd = Number.POSITIVE_INFINITY;
    return null;
  }

  /** Whether the first one of the queue comes before the first one that is deferred. @param closed -1 for none */
  #isQueued(closed: number): boolean {
    if (closed < 0 || this.#queue.length === 0) return closed < 0;
    return ((this.#queue.behindAt(0) - (this.#deferred?.path.closedBegin() ?? 0)) | 0) <= 0;
  }

  #takeDeferred(closed: number, now: Time): Taken {
    const recalled = this.#recalled.get(closed);
    if (recalled === undefined) {
      const last = this.#flows.lastOf(~closed);
      return now < last + this.#linger ? this.#wait(last) : ~closed;
    }
    const { flow, number, time } = recalled;
    const taken = this.#consider(flow, number, time, now);
    if (taken === 'waits') return taken;
    this.#recalled.delete(closed);
    this.#deferred?.path.dismiss(closed);
    return taken;
  }

  #takeQueued(now: Time): Taken {
    const queue = this.#queue;
    const number = queue.numberAt(0);
    const taken = this.#consider(this.#renamed.get(number) ?? queue.flowAt(0), number, queue.timeAt(0), now);
    if (taken === 'waits') return taken;
    this.#renamed.delete(number);
    queue.shift();
    return taken;
  }

  /** @param time since when it was silent when it got its place */
  #consider(flow: number, number: number, time: Time, now: Time): Taken {
    // It may have left on another way, its record be another one's.
    if (this.#flows.numberOf(flow) !== number) return this.#leaves(flow, 'passed');
    const last = this.#flows.lastOf(flow);
    if (now >= last + this.#linger) return this.#leaves(flow, flow);
    if (!(last > time)) return this.#wait(last);
    // It has spoken since: others that were silent before it need not wait for it.
    this.#push(flow, number, last);
    return 'passed';
  }

  #wait(last: Time): 'waits' {
    this.nextEnd = last + this.#linger;
    return 'waits';
  }

  #leaves(flow: number, taken: Taken): Taken {
    if (flow >= 0) this.#followed--;
    return taken;
  }

  #push(flow: number, number: number, time: Time): void {
    this.#queue.push(flow, number, time, this.#deferred?.path.closedEnd() ?? 0);
  }
}
