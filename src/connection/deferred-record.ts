import { BIT, F, I } from './flow-record.js';
import type { RecordLayout } from './flow-table.js';

/*
 * Layout of a deferred flow (see deferral.ts), in one buffer that is seen as Int32Array and as Float64Array. A segment touches
 * the first 48 bytes: with 10,000 flows open these fit into the processor's second cache, and a segment takes half the time
 * that it takes where they do not.
 */
export const DEFERRED_STRIDE = 32;
export const DEFERRED_STRIDE_F64 = DEFERRED_STRIDE / 2;

/** Fields of the Int32Array. The first ones stand where a flow that is followed in full has them. */
export const DI = {
  lowA: I.lowA,
  lowB: I.lowB,
  ports: I.ports,
  bits: I.bits,
  /** Per direction. */
  next: I.next,
  acked: I.acked,
  /** Where its newest segment stands in the journal, and the oldest. */
  newest: 10,
  oldest: 12,
  /** Segments that are kept. */
  count: 11,
  tcpStream: 13,
  /** TSval of the opener's SYN. */
  synTsVal: 14,
  number: 15,
  /** Three words for each address. */
  upper: 26,
} as const;

/** Fields of the Float64Array: times of the tap. */
export const DF64 = {
  last: F.last,
  start: 8,
  synAck: 9,
  ack: 10,
  fin: 11,
  secondFin: 12,
} as const;

/** Direction 1 sent the first FIN. Flows that are followed in full have another use for this bit. */
export const CLOSED_BY_B = BIT.run;

export const DEFERRED: RecordLayout = { stride: DEFERRED_STRIDE, number: DI.number, upper: DI.upper };
