import type { Segment } from '../decode/segment.js';
import { BIT, D, DF, DIRECTION, DIRECTION_F64, F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import { LOG, marksOf, SegmentLog } from './segment-log.js';

/** Marks of entries that are not the flow's own segments. */
const FOREIGN = LOG.icmp | LOG.successor | LOG.predecessor | LOG.oldDuplicate | LOG.copy;

/**
 * What is kept of each flow. Its ordinary segments are folded into a run, but for the last one of each direction; run and
 * last segments stand in the flow's record, and become entries of the log only when something else comes.
 */
export class FlowLog {
  readonly entries = new SegmentLog();
  readonly #table: FlowTable;
  readonly #detail: number;

  /** @param detail ordinary segments of a flow that are kept for display, beside their run */
  constructor(table: FlowTable, detail: number) {
    this.#table = table;
    this.#detail = detail;
  }

  /** Folds the last segment of the direction, where it waits for that; to be called before the record counts the next one. */
  fold(flow: number, d: number): void {
    const { i32, f64 } = this.#table;
    const at = flow * STRIDE;
    const bits = i32[at + I.bits];
    if ((bits & (BIT.pending << d)) === 0) return;
    const frame = i32[at + d * DIRECTION + D.frame];
    i32[at + I.bits] &= ~(BIT.pending << d);
    // The directions are folded one after the other, not in the order of their frames.
    if ((bits & BIT.run) === 0) this.#beginRun(flow, d, bits);
    else if (((frame - i32[at + I.runFrame]) | 0) < 0) this.#startRun(flow, d);
    if ((bits & BIT.run) === 0 || ((frame - i32[at + I.runLastFrame]) | 0) > 0) {
      i32[at + I.runLastFrame] = frame;
      f64[flow * STRIDE_F64 + F.runLast] = f64[flow * STRIDE_F64 + d * DIRECTION_F64 + DF.time];
    }
    if (this.#detail > 0 && i32[at + I.displayed] < this.#detail) {
      this.#link(at, this.entries.ofLast(i32[at + I.logTail], this.#table, flow, d, LOG.display));
      // Segments beyond the bound belong to another run, which does not claim to be shown.
      if (++i32[at + I.displayed] === this.#detail) this.#endRun(flow, LOG.shown);
    }
  }

  /** Keeps an ordinary segment until the next one of its direction comes. */
  keep(flow: number, s: Segment, d: number, marks: number): void {
    this.#table.i32[flow * STRIDE + I.bits] |= BIT.pending << d;
    this.#remember(flow, s, d, marks);
  }

  /** Logs what was folded and what waits for that; to be called before the record counts the segment that is appended next. */
  flush(flow: number): void {
    const { i32 } = this.#table;
    const at = flow * STRIDE;
    if ((i32[at + I.bits] & (BIT.run | (3 * BIT.pending))) === 0) return;
    if ((i32[at + I.bits] & BIT.run) !== 0) this.#endRun(flow, i32[at + I.displayed] < this.#detail ? LOG.shown : 0);
    for (let d = 0; d < 2; d++) {
      if ((i32[at + I.bits] & (BIT.pending << d)) === 0) continue;
      this.#link(at, this.entries.ofLast(i32[at + I.logTail], this.#table, flow, d, 0));
      i32[at + I.logCount]++;
    }
    i32[at + I.bits] &= ~(3 * BIT.pending);
  }

  /** Logs a segment on its own. */
  append(flow: number, s: Segment, d: number, marks: number): void {
    this.flush(flow);
    const { i32, f64 } = this.#table;
    const at = flow * STRIDE;
    const busySince = f64[flow * STRIDE_F64 + d * DIRECTION_F64 + DF.busySince];
    const bits = marks | (d === 1 ? LOG.fromB : 0);
    this.#link(at, this.entries.ofSegment(i32[at + I.logTail], s, bits, busySince));
    i32[at + I.logCount]++;
    if ((marks & FOREIGN) === 0) this.#remember(flow, s, d, marks);
  }

  /** Puts a flow's entries back into use. */
  release(flow: number): void {
    const i32 = this.#table.i32;
    const at = flow * STRIDE;
    this.entries.release(i32[at + I.logTail], i32[at + I.logHead]);
  }

  /** The last segment of its direction: what a copy is compared with, and the log is given. */
  #remember(flow: number, s: Segment, d: number, marks: number): void {
    const i32 = this.#table.i32;
    const at = flow * STRIDE + d * DIRECTION;
    this.#table.f64[flow * STRIDE_F64 + d * DIRECTION_F64 + DF.time] = s.time;
    i32[at + D.frame] = s.frame;
    i32[at + D.seq] = s.seq;
    i32[at + D.ack] = s.ack;
    i32[at + D.length] = s.length;
    i32[at + D.tsVal] = s.tsVal;
    i32[at + D.tsEcr] = s.tsEcr;
    i32[at + D.window] = s.window;
    i32[at + D.marks] = marks | (d === 1 ? LOG.fromB : 0) | marksOf(s);
    i32[at + D.ipId] = s.ipId;
    if (s.sackCount > 0) i32[flow * STRIDE + I.sack + d] = sackOf(s);
  }

  #beginRun(flow: number, d: number, bits: number): void {
    const { i32, f64 } = this.#table;
    const at = flow * STRIDE;
    const at64 = flow * STRIDE_F64;
    for (let side = 0; side < 2; side++) {
      const waits = (bits & (BIT.pending << side)) !== 0;
      const of = at + side * DIRECTION;
      i32[at + I.runPackets + side] = i32[of + D.packets] - (waits ? 1 : 0);
      f64[at64 + F.runBytes + side] = f64[at64 + side * DIRECTION_F64 + DF.bytes] - (waits ? i32[of + D.length] : 0);
    }
    i32[at + I.bits] |= BIT.run;
    this.#startRun(flow, d);
  }

  /** The last segment of the direction is the first of the run. */
  #startRun(flow: number, d: number): void {
    const { i32, f64 } = this.#table;
    const at = flow * STRIDE;
    const at64 = flow * STRIDE_F64;
    i32[at + I.runDirection] = d;
    i32[at + I.runFrame] = i32[at + d * DIRECTION + D.frame];
    f64[at64 + F.runStart] = f64[at64 + d * DIRECTION_F64 + DF.time];
  }

  #endRun(flow: number, bits: number): void {
    const { i32, f64 } = this.#table;
    const at = flow * STRIDE;
    const at64 = flow * STRIDE_F64;
    const flags = i32[at + I.bits];
    const waits = (d: number): boolean => (flags & (BIT.pending << d)) !== 0;
    const segments = (d: number): number =>
      i32[at + d * DIRECTION + D.packets] - i32[at + I.runPackets + d] - (waits(d) ? 1 : 0);
    const bytes = (d: number): number =>
      f64[at64 + d * DIRECTION_F64 + DF.bytes] -
      f64[at64 + F.runBytes + d] -
      (waits(d) ? i32[at + d * DIRECTION + D.length] : 0);
    const run = {
      frame: i32[at + I.runFrame],
      start: f64[at64 + F.runStart],
      lastFrame: i32[at + I.runLastFrame],
      last: f64[at64 + F.runLast],
      segments: [segments(0), segments(1)],
      bytes: [bytes(0), bytes(1)],
    } as const;
    const from = i32[at + I.runDirection] === 1 ? LOG.fromB : 0;
    this.#link(at, this.entries.ofRun(i32[at + I.logTail], run, bits | from));
    i32[at + I.bits] &= ~BIT.run;
  }

  #link(at: number, entry: number): void {
    const i32 = this.#table.i32;
    if (i32[at + I.logHead] < 0) i32[at + I.logHead] = entry;
    i32[at + I.logTail] = entry;
  }
}

/** The edges of the first SACK block, mixed into one number. */
export function sackOf(s: Segment): number {
  return (Math.imul(s.sack[0], 0x9e3779b1) + s.sack[1]) | 0;
}
