import {
  ACKED,
  ACKED_BEFORE_FIN,
  BITS,
  BUSY_SINCE,
  DIR_BITS,
  DIR_TS_ECR,
  DIR_TS_VAL,
  DIR_WND,
  DIRECTION as DIRECTION_LINE,
  DIRECTION_WORDS,
  FIRST_FRAME,
  FIRST_TIME,
  FOLDED_FRAME,
  FOLDED_TIME,
  FRAME,
  LAST_FROM_B,
  MOST_WRAPS,
  ORDINARY,
  ORDINARY_SHIFT,
  OTHER_TIME,
  RECORD_WORDS,
  WRAPS_BITS,
} from '../fast-path/layout.js';
import { BIT, D, DF, DIRECTION, DIRECTION_F64, F, type FlowRecords, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { Time } from './model.js';

/** What DIR_BITS has of a log entry's bits. */
const MARKS = 0x7ff;

/** What the record of a deferred flow says of its ordinary segments, which stand nowhere else. */
export class OrdinarySegments {
  readonly #flows: FlowRecords;
  readonly #at: number;

  constructor(flows: FlowRecords, flow: number) {
    this.#flows = flows;
    this.#at = flow * RECORD_WORDS;
  }

  get isEmpty(): boolean {
    return this.#count(0) + this.#count(1) === 0;
  }

  /**
   * Counts them to a record of those that are followed in full, as if they had come one after the other: the last one of each
   * direction waits to be logged, the others are folded into a run.
   *
   * @param records hold that record, as it was before them
   * @param next per direction: one past the highest sequence number sent, behind them
   * @param last time of the last of them
   */
  putInto(records: FlowRecords, record: number, next: readonly number[], last: Time): void {
    const to = record * STRIDE;
    const to64 = record * STRIDE_F64;
    const isRun = this.#count(0) > 1 || this.#count(1) > 1;
    if (isRun) this.#beginRun(records, to, to64);
    for (let d = 0; d < 2; d++) if (this.#count(d) > 0) this.#putDirection(records, record, d, next[d], last);
    records.f64[to64 + F.last] = last;
  }

  #count(d: number): number {
    return this.#flows.i32[this.#at + ORDINARY + d] >>> ORDINARY_SHIFT;
  }

  /** All but the last ones of each direction. */
  #beginRun({ i32, f64 }: FlowRecords, to: number, to64: number): void {
    const of = this.#flows.i32;
    const of64 = this.#flows.f64;
    const at64 = this.#at / 2;
    const frame = (d: number): number => of[this.#at + FIRST_FRAME + d] >>> 0;
    const direction = this.#count(1) > 1 && (this.#count(0) < 2 || frame(1) < frame(0)) ? 1 : 0;
    for (let d = 0; d < 2; d++) {
      i32[to + I.runPackets + d] = i32[to + d * DIRECTION + D.packets];
      f64[to64 + F.runBytes + d] = f64[to64 + d * DIRECTION_F64 + DF.bytes];
    }
    i32[to + I.runDirection] = direction;
    i32[to + I.runFrame] = frame(direction);
    f64[to64 + F.runStart] = of64[at64 + FIRST_TIME + direction];
    i32[to + I.runLastFrame] = of[this.#at + FOLDED_FRAME];
    f64[to64 + F.runLast] = of64[at64 + FOLDED_TIME];
    i32[to + I.bits] |= BIT.run;
  }

  #putDirection({ i32, f64 }: FlowRecords, record: number, d: number, next: number, last: Time): void {
    const of = this.#flows.i32;
    const at = this.#at;
    const at64 = at / 2;
    const line = at + DIRECTION_LINE + d * DIRECTION_WORDS;
    const to = record * STRIDE;
    const direction = to + d * DIRECTION;
    const direction64 = record * STRIDE_F64 + d * DIRECTION_F64;
    const bits = of[line + DIR_BITS];
    const isLast = (of[at + BITS] & LAST_FROM_B) === (d === 0 ? 0 : LAST_FROM_B);
    const wraps = (of[at + ORDINARY + 1] >>> (d * WRAPS_BITS)) & MOST_WRAPS;
    const hasFin = (of[at + BITS] & (3 * BIT.fin)) !== 0;
    const length = of[line + DIR_WND] >>> 16;
    const acked = of[at + (hasFin ? ACKED_BEFORE_FIN : ACKED) + d];
    f64[direction64 + DF.bytes] += (next >>> 0) - (i32[to + I.next + d] >>> 0) + wraps * 2 ** 32;
    f64[direction64 + DF.time] = isLast ? last : this.#flows.f64[at64 + OTHER_TIME];
    f64[direction64 + DF.busySince] = this.#flows.f64[at64 + BUSY_SINCE + d];
    i32[to + I.next + d] = next;
    i32[to + I.acked + d] = acked;
    i32[direction + D.packets] += this.#count(d);
    i32[direction + D.frame] = of[at + FRAME + d];
    i32[direction + D.seq] = next - length;
    i32[direction + D.ack] = acked;
    i32[direction + D.length] = length;
    i32[direction + D.tsVal] = of[line + DIR_TS_VAL];
    i32[direction + D.tsEcr] = of[line + DIR_TS_ECR];
    i32[direction + D.window] = of[line + DIR_WND] & 0xffff;
    i32[direction + D.marks] = bits & MARKS;
    i32[direction + D.ipId] = (of[at + BITS] & BIT.ipv6) === 0 ? bits >>> 16 : -1;
    i32[to + I.bits] |= BIT.pending << d;
  }
}
