import type { Segment } from '../decode/segment.js';
import { F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import type { Time } from './model.js';
import { LOG, SegmentLog } from './segment-log.js';

/** Marks of entries that are not the flow's own segments. */
const FOREIGN = LOG.icmp | LOG.successor | LOG.predecessor | LOG.oldDuplicate | LOG.copy;

/** What is kept of each flow: its entries in the segment log, ordinary ones folded into runs. */
export class FlowLog {
  readonly entries = new SegmentLog();
  readonly #table: FlowTable;
  readonly #detail: number;

  /** @param detail ordinary segments of a flow that are kept for display, beside their run */
  constructor(table: FlowTable, detail: number) {
    this.#table = table;
    this.#detail = detail;
  }

  /** Keeps a segment; a foldable one only until the next foldable one of its direction comes. */
  append(flow: number, s: Segment, d: number, marks: number, time: Time, frame: number, foldable: boolean): void {
    const table = this.#table;
    const i32 = table.i32;
    const at = flow * STRIDE;
    const log = this.entries;
    const busySince = table.f64[flow * STRIDE_F64 + F.busySince + d];
    const bits = marks | (d === 1 ? LOG.fromB : 0);
    if (foldable) {
      const last = i32[at + I.lastOrdinary + d];
      if (last >= 0) {
        this.#fold(at, last);
        log.fill(last, s, bits, frame, time, busySince);
      } else {
        const entry = this.#link(at, log.create(s, bits, frame, time, busySince));
        i32[at + I.lastOrdinary + d] = entry;
        i32[at + I.lastEntry + d] = entry;
        i32[at + I.logCount]++;
      }
      i32[at + I.lastIpId + d] = s.ipId;
      return;
    }
    i32[at + I.logCount]++;
    const entry = this.#link(at, log.create(s, bits, frame, time, busySince));
    if ((marks & FOREIGN) === 0) {
      i32[at + I.lastEntry + d] = entry;
      i32[at + I.lastIpId + d] = s.ipId;
    }
    i32[at + I.run] = -1;
    i32[at + I.lastOrdinary] = -1;
    i32[at + I.lastOrdinary + 1] = -1;
  }

  /** Puts a flow's entries back into use. */
  release(flow: number): void {
    const i32 = this.#table.i32;
    const at = flow * STRIDE;
    this.entries.release(i32[at + I.logTail], i32[at + I.logHead]);
  }

  /** Adds an ordinary segment to the flow's run, and keeps it for display where that is asked for. */
  #fold(at: number, entry: number): void {
    const i32 = this.#table.i32;
    const log = this.entries;
    const shown = i32[at + I.displayed] < this.#detail;
    let run = i32[at + I.run];
    if (run < 0 || (!shown && (log.bits(run) & LOG.shown) !== 0)) {
      run = this.#link(at, log.createRun(entry));
      if (shown) log.mark(run, LOG.shown);
      i32[at + I.run] = run;
    }
    if (shown) {
      this.#link(at, log.copy(entry, LOG.display));
      i32[at + I.displayed]++;
    }
    log.fold(run, entry);
  }

  #link(at: number, entry: number): number {
    const i32 = this.#table.i32;
    // Newest first: the entry before, long out of the cache, need not be touched.
    this.entries.link(entry, i32[at + I.logTail]);
    if (i32[at + I.logHead] < 0) i32[at + I.logHead] = entry;
    i32[at + I.logTail] = entry;
    return entry;
  }
}
