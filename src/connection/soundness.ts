import { ACK, FIN, RST, type Segment, SYN } from '../decode/segment.js';
import { LONGEST_KEPT_SILENCE } from '../fast-path/layout.js';
import { BIT, D, DIRECTION, F, I } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import type { Time } from './model.js';
import { CLOSING_DETAIL } from './segment-log.js';
import { seqAfter, seqBefore } from './sequence.js';
import { SECOND } from './time.js';

/* What sound connections show, and what is more than that. */

/** A silence that may be worth a finding, and so an entry of its own. */
export const LONG_SILENCE: Time = 60 * SECOND;
/** Flags of segments that open, close or refuse. */
export const CONTROL = SYN | FIN | RST;

/** In order, acknowledging, with an open window and nothing that tells of loss: what most segments are. */
export function isOrdinary(table: FlowTable, s: Segment, at: number, d: number, bits: number): boolean {
  const i32 = table.i32;
  return (
    (s.flags & (CONTROL | ACK)) === ACK &&
    s.seq === i32[at + I.next + d] &&
    s.sackCount === 0 &&
    s.window !== 0 &&
    (s.length > 0 || s.ack !== i32[at + I.acked + d] || s.window !== i32[at + d * DIRECTION + D.window]) &&
    !seqBefore(s.ack, i32[at + I.acked + d]) &&
    !seqAfter(s.ack, i32[at + I.next + 1 - d]) &&
    ((bits & ((3 * BIT.fin) | (3 * BIT.rst) | (3 * BIT.stalled))) === 0 ||
      ((bits & ((3 * BIT.rst) | (3 * BIT.stalled))) === 0 && i32[at + I.logCount] > CLOSING_DETAIL))
  );
}

/**
 * Whether a segment that is not ordinary is more than the opening, the exchange and the close that every sound connection shows. A
 * silence before it needs no entry: it has its own.
 */
export function isIncident(
  table: FlowTable,
  s: Segment,
  at: number,
  d: number,
  before: number,
  acked: number,
  next: number,
  silence: Time,
): boolean {
  const other = 1 - d;
  if ((s.flags & RST) !== 0 || s.sackCount !== 0 || s.fastOpen) return true;
  if (silence > LONGEST_KEPT_SILENCE || silence < 0) return true;
  if ((s.flags & SYN) !== 0)
    return s.length > 0 || (s.flags & FIN) !== 0 || ((s.flags & ACK) === 0) === ((before & (3 * BIT.isn)) !== 0);
  if ((s.flags & ACK) === 0 || s.window === 0) return true;
  if ((before & (BIT.next << d)) !== 0 && s.seq !== next) return true;
  if ((before & (BIT.acked << d)) !== 0 && s.length === 0 && (s.flags & FIN) === 0 && s.ack === acked) return true;
  if (s.length > 0 && (before & (BIT.fin << other)) !== 0) return true;
  const opener = (table.i32[at + I.bits] & BIT.openedByB) !== 0 ? 1 : 0;
  return d === opener && (before & (BIT.spoke << d)) === 0 && (s.length > 0 || (s.flags & FIN) !== 0);
}

/** When a connection without incident passed its milestones: all that its end needs to be known (postmortem/ordinary.ts). */
export function passMilestone(table: FlowTable, s: Segment, at: number, at64: number, d: number): void {
  const i32 = table.i32;
  const f64 = table.f64;
  const opener = (i32[at + I.bits] & BIT.openedByB) !== 0 ? 1 : 0;
  if ((s.flags & SYN) !== 0) {
    if ((s.flags & ACK) !== 0) f64[at64 + F.synAck] = s.time;
  } else if (d === opener && f64[at64 + F.ack] === 0) {
    f64[at64 + F.ack] = s.time;
  }
  const closer = i32[at + I.closer];
  if ((s.flags & FIN) !== 0) {
    if (closer < 0) {
      i32[at + I.closer] = d;
      f64[at64 + F.fin] = s.time;
    } else {
      // Not knowing of the first FIN, it crossed it: a simultaneous close.
      if (closer === d || s.ack !== i32[at + I.next + closer]) i32[at + I.bits] |= BIT.incident;
      f64[at64 + F.secondFin] = s.time;
    }
  }
}
