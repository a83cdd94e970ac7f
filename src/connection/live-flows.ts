import type { DeferredFlows } from './deferred-flows.js';
import { BIT, F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import type { Time } from './model.js';

/** How many numbers there may be for each flow: most flows alive have begun one soon after the other. */
const MOST_RANGE = 16;

/**
 * All flows alive, those that are followed in full and those that are deferred. A flow is named by its record's index, and
 * where it is deferred, by the complement of what names it there, which is negative.
 */
export class LiveFlows {
  readonly #table: FlowTable;
  /** Null where none is deferred. */
  readonly #deferred: DeferredFlows | null;

  constructor(table: FlowTable, deferred: DeferredFlows | null) {
    this.#table = table;
    this.#deferred = deferred;
  }

  get size(): number {
    return this.#table.size + (this.#deferred?.size ?? 0);
  }

  all(): Int32Array {
    const flows = new Int32Array(this.size);
    let length = this.#deferred?.list(flows) ?? 0;
    for (let index = 0; index < length; index++) flows[index] = ~flows[index];
    for (const record of this.#table.records()) flows[length++] = record;
    return flows;
  }

  /** All, by number. */
  inOrder(): Int32Array {
    const flows = this.all();
    const numbers = new Int32Array(flows.length);
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    // Each is asked for once: of hundreds of thousands, none is in the cache.
    for (let index = 0; index < flows.length; index++) {
      const number = this.numberOf(flows[index]);
      numbers[index] = number;
      first = Math.min(first, number);
      last = Math.max(last, number);
    }
    // Of none, there is no first one.
    if (last - first < MOST_RANGE * flows.length && flows.length > 0) return putInOrder(flows, numbers, first, last);
    return flows.sort((a, b) => this.numberOf(a) - this.numberOf(b));
  }

  /** 0 where no flow has that name any more. */
  numberOf(flow: number): number {
    if (flow >= 0) return this.#table.i32[flow * STRIDE + I.number];
    return this.#deferred?.path.numberOf(~flow) ?? 0;
  }

  /** Tap time of its last segment. */
  lastOf(flow: number): Time {
    if (flow >= 0) return this.#table.f64[flow * STRIDE_F64 + F.last];
    return this.#deferred?.path.lastOf(~flow) ?? 0;
  }

  /** Both ends are done, or another incarnation has taken its place: nothing is lost with it. */
  isDone(flow: number): boolean {
    if ((this.#bitsOf(flow) & BIT.ending) !== 0) return true;
    return flow >= 0 && this.#table.i32[flow * STRIDE + I.successor] >= 0;
  }

  /** Both ends are known to be beyond the handshake. */
  isSynchronized(flow: number): boolean {
    return (this.#bitsOf(flow) & BIT.synchronized) !== 0;
  }

  #bitsOf(flow: number): number {
    if (flow >= 0) return this.#table.i32[flow * STRIDE + I.bits];
    return this.#deferred?.path.bitsOf(~flow) ?? 0;
  }
}

/** Each in the place of its number, and then without those that are empty: 200,000 of them are sorted in twenty times as long. */
function putInOrder(flows: Int32Array, numbers: Int32Array, first: number, last: number): Int32Array {
  const places = new Int32Array(last - first + 1);
  for (let index = 0; index < flows.length; index++) places[numbers[index] - first] = index + 1;
  let length = 0;
  for (let index = 0; index < places.length; index++) {
    const place = places[index];
    if (place !== 0) places[length++] = flows[place - 1];
  }
  return places.subarray(0, length);
}
