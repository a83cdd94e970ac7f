import { ACK, FIN, RST, type Segment, SYN } from '../decode/segment.js';
import { BIT, D, DF, DIRECTION, DIRECTION_F64, I } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import { LOG } from './segment-log.js';
import { seqAfter, seqBefore, seqWithin } from './sequence.js';

/** Payload of a segment that was cut by the MSS rather than by the application: the least MSS of RFC 9293, section 3.7.1. */
export const BULK = 536;

/**
 * Counts any other segment to its flow, and keeps what it tells of the connection.
 *
 * @param isSyn a SYN without ACK
 * @returns marks for the log
 */
export function note(table: FlowTable, s: Segment, at: number, at64: number, d: number, isSyn: boolean): number {
  const i32 = table.i32;
  const other = 1 - d;
  let bits = i32[at + I.bits];
  let marks = 0;
  i32[at + d * DIRECTION + D.packets]++;
  if ((s.flags & SYN) !== 0) {
    // A server with SYN cookies answers each SYN with a new number: the last one is the one that may be acknowledged.
    if ((bits & (BIT.isn << d)) === 0 || (i32[at + I.isn + d] !== s.seq && (bits & (BIT.spoke << d)) === 0)) {
      bits |= (BIT.isn | BIT.next) << d;
      i32[at + I.isn + d] = s.seq;
      i32[at + I.next + d] = s.seq + 1 + s.length;
      i32[at + I.windowScales] &= ~(0xff << (8 * d));
      i32[at + I.windowScales] |= (s.windowScale + 1) << (8 * d);
      if (s.hasTimestamps) {
        bits |= BIT.synTimestamps << d;
        i32[at + I.synTsVal + d] = s.tsVal;
      }
    } else {
      marks |= LOG.retransmission;
      i32[at + I.retransmissions + d]++;
    }
    if (s.fastOpen) marks |= LOG.fastOpen;
    if ((bits & BIT.rolesKnown) === 0) {
      bits |= BIT.rolesKnown;
      const opener = isSyn ? d : other;
      bits = opener === 1 ? bits | BIT.openedByB : bits & ~BIT.openedByB;
    }
  } else if ((s.flags & RST) !== 0) {
    const exact =
      (bits & (BIT.next << d)) === 0 ||
      s.seq === i32[at + I.next + d] ||
      ((bits & (BIT.acked << other)) !== 0 && s.seq === i32[at + I.acked + other]);
    if (exact || (s.flags & ACK) !== 0) bits |= BIT.rst << d;
  } else {
    bits |= BIT.spoke << d;
    const end = (s.seq + s.length + (s.flags & FIN)) | 0;
    if ((bits & (BIT.next << d)) === 0) {
      bits |= BIT.next << d;
      i32[at + I.next + d] = end;
      table.f64[at64 + d * DIRECTION_F64 + DF.bytes] += s.length;
    } else {
      marks |= advanceUnusual(table, s, at, at64, d, end);
    }
    if ((s.flags & FIN) !== 0) bits |= BIT.fin << d;
  }
  if ((s.flags & ACK) !== 0 && (s.flags & RST) === 0) {
    if ((bits & (BIT.next << other)) !== 0 && seqAfter(s.ack, i32[at + I.next + other])) {
      marks |= LOG.gap;
      i32[at + I.next + other] = s.ack;
    }
    if ((bits & (BIT.acked << d)) === 0 || seqAfter(s.ack, i32[at + I.acked + d])) {
      bits |= BIT.acked << d;
      i32[at + I.acked + d] = s.ack;
      bits &= ~(BIT.stalled << other);
    }
    if ((s.flags & SYN) === 0) {
      if (s.window === 0 && (bits & (BIT.stalled << other)) === 0) {
        bits |= BIT.stalled << other;
        if (isIdle(table, at, other)) table.f64[at64 + other * DIRECTION_F64 + DF.busySince] = s.time;
      }
    }
  }
  if ((bits & BIT.synchronized) === 0 && isSynchronized(table, at, bits)) bits |= BIT.synchronized;
  i32[at + I.bits] = bits;
  return marks;
}

/** Sequence numbers of a segment that may repeat, skip or fill. @returns marks for the log */
function advanceUnusual(table: FlowTable, s: Segment, at: number, at64: number, d: number, end: number): number {
  const i32 = table.i32;
  const f64 = table.f64;
  const next = i32[at + I.next + d];
  const occupies = s.length > 0 || (s.flags & FIN) !== 0;
  if (seqAfter(end, next)) {
    if (isIdle(table, at, d) && (i32[at + I.bits] & (BIT.stalled << d)) === 0 && !isClocked(table, at, d))
      f64[at64 + d * DIRECTION_F64 + DF.busySince] = s.time;
    if (seqAfter(s.seq, next)) {
      i32[at + I.holeLeft + d] = next;
      i32[at + I.holeRight + d] = s.seq;
    }
    i32[at + I.next + d] = end;
    f64[at64 + d * DIRECTION_F64 + DF.bytes] += s.length;
    return 0;
  }
  if (!occupies) return 0;
  const left = i32[at + I.holeLeft + d];
  const right = i32[at + I.holeRight + d];
  if (left !== right && seqWithin(s.seq, left, right)) {
    if (s.seq === left) i32[at + I.holeLeft + d] = seqBefore(end, right) ? end : right;
    f64[at64 + d * DIRECTION_F64 + DF.bytes] += s.length;
    return 0;
  }
  if (s.length <= 1 && end === next && (s.flags & FIN) === 0) return 0; // a keep-alive or window probe is not data
  i32[at + I.retransmissions + d]++;
  return LOG.retransmission;
}

/** Counts an ordinary segment to its flow. */
export function advance(table: FlowTable, s: Segment, at: number, at64: number, d: number): void {
  const i32 = table.i32;
  i32[at + d * DIRECTION + D.packets]++;
  if (s.length > 0) {
    const f64 = table.f64;
    if (i32[at + I.next + d] === i32[at + I.acked + 1 - d] && !isClocked(table, at, d))
      f64[at64 + d * DIRECTION_F64 + DF.busySince] = s.time;
    i32[at + I.next + d] = s.seq + s.length;
    f64[at64 + d * DIRECTION_F64 + DF.bytes] += s.length;
  }
  i32[at + I.acked + d] = s.ack;
}

/**
 * The peer's last segment was a bare ACK of a large one: whoever sends on now may have had more waiting all the time, held
 * back by the congestion window or by the peer's.
 */
function isClocked(table: FlowTable, at: number, d: number): boolean {
  const i32 = table.i32;
  return i32[at + (1 - d) * DIRECTION + D.length] === 0 && i32[at + d * DIRECTION + D.length] >= BULK;
}

/** Everything that direction `d` has sent is acknowledged, as far as is known. */
function isIdle(table: FlowTable, at: number, d: number): boolean {
  const i32 = table.i32;
  const known = (BIT.acked << (1 - d)) | (BIT.next << d);
  return (i32[at + I.bits] & known) !== known || !seqBefore(i32[at + I.acked + 1 - d], i32[at + I.next + d]);
}

/** Both ends have shown that they are beyond the handshake, or the capture began there. */
function isSynchronized(table: FlowTable, at: number, bits: number): boolean {
  const i32 = table.i32;
  const both = 3 * BIT.acked;
  if ((bits & both) !== both || (bits & (3 * BIT.spoke)) !== 3 * BIT.spoke) return false;
  if ((bits & (3 * BIT.isn)) === 0) return i32[at + I.logCount] > 3;
  for (let d = 0; d < 2; d++) {
    if ((bits & (BIT.isn << (1 - d))) !== 0 && !seqAfter(i32[at + I.acked + d], i32[at + I.isn + 1 - d])) return false;
  }
  return true;
}

/** Both ends have closed in order, and both FINs are acknowledged. */
export function isClosed(table: FlowTable, at: number): boolean {
  return (table.i32[at + I.bits] & (3 * BIT.fin)) === 3 * BIT.fin && isIdle(table, at, 0) && isIdle(table, at, 1);
}
