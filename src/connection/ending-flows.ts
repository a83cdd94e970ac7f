import { F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import type { Time } from './model.js';

const WORDS = 3;
/** Flows that have left are forgotten together. */
const MOST_LEFT = 4096;

/** Flows whose both ends are done, in the order in which that was seen: they leave after a silence, as TIME_WAIT does. */
export class EndingFlows {
  /** When the first of them may leave. */
  nextEnd: Time = Number.POSITIVE_INFINITY;
  readonly #table: FlowTable;
  readonly #linger: Time;
  /** Of each: record, flow number, and since when it was silent. */
  readonly #queue: number[] = [];
  #head = 0;

  /** @param linger the silence */
  constructor(table: FlowTable, linger: Time) {
    this.#table = table;
    this.#linger = linger;
  }

  add(flow: number, time: Time): void {
    this.#queue.push(flow, this.#table.i32[flow * STRIDE + I.number], time);
    this.nextEnd = Math.min(this.nextEnd, time + this.#linger);
  }

  /** @returns the next one whose silence has lasted, which is not asked about again; -1 for none */
  take(now: Time): number {
    const { i32, f64 } = this.#table;
    const queue = this.#queue;
    for (; this.#head < queue.length; this.#head += WORDS) {
      const flow = queue[this.#head];
      // It may have left on another way, its record be another one's.
      if (i32[flow * STRIDE + I.number] !== queue[this.#head + 1]) continue;
      const last = f64[flow * STRIDE_F64 + F.last];
      if (now < last + this.#linger) {
        if (last > queue[this.#head + 2]) {
          // It has spoken since: others that were silent before it need not wait for it.
          queue.push(flow, queue[this.#head + 1], last);
          continue;
        }
        this.nextEnd = last + this.#linger;
        return -1;
      }
      this.#head += WORDS;
      this.#forget();
      return flow;
    }
    this.nextEnd = Number.POSITIVE_INFINITY;
    return -1;
  }

  #forget(): void {
    if (this.#head <= WORDS * MOST_LEFT || this.#head * 2 <= this.#queue.length) return;
    this.#queue.splice(0, this.#head);
    this.#head = 0;
  }
}
