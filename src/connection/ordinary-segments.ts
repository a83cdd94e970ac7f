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
  WRAPS_BITS,
} from '../fast-path/layout.js';
import { BIT, D, DF, DIRECTION, DIRECTION_F64, F, type FlowRecords, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { Time } from './model.js';

/** What DIR_BITS has of a log entry's bits. */
const MARKS = 0x7ff;

/** What the record of a deferred flow says of its ordinary segments, which stand nowhere else. */
export class OrdinarySegments {
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  readonly #at: number;

  /** @param at where the record begins, in words */
  constructor({ i32, f64 }: FlowRecords, at: number) {
    this.#i32 = i32;
    this.#f64 = f64;
    this.#at = at;
  }

  get isEmpty(): boolean {
    return this.count(0) + this.count(1) === 0;
  }

  count(d: number): number {
    return this.#i32[this.#at + ORDINARY + d] >>> ORDINARY_SHIFT;
  }

  /** Payload of all of one direction. @param before sequence number that they began with @param next the one behind them */
  bytes(d: number, before: number, next: number): number {
    const wraps = (this.#i32[this.#at + ORDINARY + 1] >>> (d * WRAPS_BITS)) & MOST_WRAPS;
    return (next >>> 0) - (before >>> 0) + wraps * 2 ** 32;
  }

  /* All but the last ones of each direction, as one run. */

  get isRun(): boolean {
    return this.count(0) > 1 || this.count(1) > 1;
  }
  /** Of its first segment. */
  get runDirection(): number {
    return this.count(1) > 1 && (this.count(0) < 2 || this.#firstFrame(1) < this.#firstFrame(0)) ? 1 : 0;
  }
  get runFrame(): number {
    return this.#firstFrame(this.runDirection);
  }
  get runStart(): Time {
    return this.#f64[this.#at / 2 + FIRST_TIME + this.runDirection];
  }
  get runLastFrame(): number {
    return this.#i32[this.#at + FOLDED_FRAME] >>> 0;
  }
  get runLast(): Time {
    return this.#f64[this.#at / 2 + FOLDED_TIME];
  }

  /* The last one of a direction. */

  frame(d: number): number {
    return this.#i32[this.#at + FRAME + d] >>> 0;
  }
  /** @param last time of the last one of both */
  time(d: number, last: Time): Time {
    const isLast = (this.#i32[this.#at + BITS] & LAST_FROM_B) === (d === 0 ? 0 : LAST_FROM_B);
    return isLast ? last : this.#f64[this.#at / 2 + OTHER_TIME];
  }
  busySince(d: number): Time {
    return this.#f64[this.#at / 2 + BUSY_SINCE + d];
  }
  ack(d: number): number {
    const hasFin = (this.#i32[this.#at + BITS] & (3 * BIT.fin)) !== 0;
    return this.#i32[this.#at + (hasFin ? ACKED_BEFORE_FIN : ACKED) + d];
  }
  payload(d: number): number {
    return this.#i32[this.#line(d) + DIR_WND] >>> 16;
  }
  window(d: number): number {
    return this.#i32[this.#line(d) + DIR_WND] & 0xffff;
  }
  tsVal(d: number): number {
    return this.#i32[this.#line(d) + DIR_TS_VAL];
  }
  tsEcr(d: number): number {
    return this.#i32[this.#line(d) + DIR_TS_ECR];
  }
  /** Bits of its log entry: flags and what is above. */
  bits(d: number): number {
    return this.#i32[this.#line(d) + DIR_BITS] & MARKS;
  }
  /** Of IPv4. */
  ipId(d: number): number {
    return this.#i32[this.#line(d) + DIR_BITS] >>> 16;
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
    if (this.isRun) this.#beginRun(records, to, to64);
    for (let d = 0; d < 2; d++) if (this.count(d) > 0) this.#putDirection(records, record, d, next[d], last);
    records.f64[to64 + F.last] = last;
  }

  #beginRun({ i32, f64 }: FlowRecords, to: number, to64: number): void {
    for (let d = 0; d < 2; d++) {
      i32[to + I.runPackets + d] = i32[to + d * DIRECTION + D.packets];
      f64[to64 + F.runBytes + d] = f64[to64 + d * DIRECTION_F64 + DF.bytes];
    }
    i32[to + I.runDirection] = this.runDirection;
    i32[to + I.runFrame] = this.runFrame;
    f64[to64 + F.runStart] = this.runStart;
    i32[to + I.runLastFrame] = this.runLastFrame;
    f64[to64 + F.runLast] = this.runLast;
    i32[to + I.bits] |= BIT.run;
  }

  #putDirection({ i32, f64 }: FlowRecords, record: number, d: number, next: number, last: Time): void {
    const to = record * STRIDE;
    const direction = to + d * DIRECTION;
    const direction64 = record * STRIDE_F64 + d * DIRECTION_F64;
    const isIpv4 = (this.#i32[this.#at + BITS] & BIT.ipv6) === 0;
    f64[direction64 + DF.bytes] += this.bytes(d, i32[to + I.next + d], next);
    f64[direction64 + DF.time] = this.time(d, last);
    f64[direction64 + DF.busySince] = this.busySince(d);
    i32[to + I.next + d] = next;
    i32[to + I.acked + d] = this.ack(d);
    i32[direction + D.packets] += this.count(d);
    i32[direction + D.frame] = this.frame(d);
    i32[direction + D.seq] = next - this.payload(d);
    i32[direction + D.ack] = this.ack(d);
    i32[direction + D.length] = this.payload(d);
    i32[direction + D.tsVal] = this.tsVal(d);
    i32[direction + D.tsEcr] = this.tsEcr(d);
    i32[direction + D.window] = this.window(d);
    i32[direction + D.marks] = this.bits(d);
    i32[direction + D.ipId] = isIpv4 ? this.ipId(d) : -1;
    i32[to + I.bits] |= BIT.pending << d;
  }

  #firstFrame(d: number): number {
    return this.#i32[this.#at + FIRST_FRAME + d] >>> 0;
  }

  #line(d: number): number {
    return this.#at + DIRECTION_LINE + d * DIRECTION_WORDS;
  }
}
