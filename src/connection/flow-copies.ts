import { I, STRIDE } from './flow-record.js';
import type { FlowSource } from './flow-source.js';
import { EntryCopies, SegmentLog } from './segment-log.js';

/** Flows that have ended, as what can be handed to another thread. */
export interface CopiedFlows {
  readonly count: number;
  /** One after the other, as flow-record.ts says. */
  readonly records: ArrayBuffer;
  /** Of their logs, as segment-log.ts says. */
  readonly entries: ArrayBuffer;
}

/** Takes copies of flows that are ending, their logs complete. Networks as parts of a key are not copied. */
export class FlowCopies {
  #count = 0;
  readonly #records: Int32Array<ArrayBuffer>;
  readonly #entries = new EntryCopies();

  constructor(readonly capacity: number) {
    this.#records = new Int32Array(capacity * STRIDE);
  }

  get isFull(): boolean {
    return this.#count === this.capacity;
  }

  /** @returns how many were copied before it */
  add({ table, log }: FlowSource, record: number): number {
    const to = this.#count * STRIDE;
    const at = record * STRIDE;
    this.#records.set(table.i32.subarray(at, at + STRIDE), to);
    this.#records[to + I.logTail] = this.#entries.add(log, table.i32[at + I.logTail]);
    return this.#count++;
  }

  /** All of them: to be read, or to be handed over. */
  get all(): CopiedFlows {
    return { count: this.#count, records: this.#records.buffer, entries: this.#entries.buffer };
  }
}

/** Copies, to be read as the tracker is. Nothing is known of other flows of their listeners. */
export function copiedSource({ records, entries }: CopiedFlows): FlowSource {
  return {
    table: { i32: new Int32Array(records), f64: new Float64Array(records), networkOf: () => null },
    log: SegmentLog.of(entries),
    listenerSigns: () => [],
  };
}
