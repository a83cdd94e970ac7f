import { DEFERRED_STRIDE, DEFERRED_STRIDE_F64, DF64, DI } from './deferred-record.js';
import { BIT, F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import type { Time } from './model.js';

/**
 * All flows alive, those that are followed in full and those that are deferred. A flow is named by its record's index, and
 * where it is deferred, by the complement of that, which is negative.
 */
export class LiveFlows {
  readonly #table: FlowTable;
  /** Null where none is deferred. */
  readonly #deferred: FlowTable | null;

  constructor(table: FlowTable, deferred: FlowTable | null) {
    this.#table = table;
    this.#deferred = deferred;
  }

  get size(): number {
    return this.#table.size + (this.#deferred?.size ?? 0);
  }

  *all(): Generator<number> {
    yield* this.#table.records();
    if (this.#deferred !== null) for (const record of this.#deferred.records()) yield ~record;
  }

  /** 0 where no flow has that name any more. */
  numberOf(flow: number): number {
    if (flow >= 0) return this.#table.i32[flow * STRIDE + I.number];
    return this.#deferred === null ? 0 : this.#deferred.i32[~flow * DEFERRED_STRIDE + DI.number];
  }

  /** Tap time of its last segment. */
  lastOf(flow: number): Time {
    if (flow >= 0) return this.#table.f64[flow * STRIDE_F64 + F.last];
    return this.#deferred === null ? 0 : this.#deferred.f64[~flow * DEFERRED_STRIDE_F64 + DF64.last];
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
    return this.#deferred === null ? 0 : this.#deferred.i32[~flow * DEFERRED_STRIDE + DI.bits];
  }
}
