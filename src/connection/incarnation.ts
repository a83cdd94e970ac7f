import { ACK, FIN, RST, type Segment, SYN } from '../decode/segment.js';
import { isClosed } from './accounting.js';
import { BIT, D, DIRECTION, I, STRIDE } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import { seqBefore, seqWithin } from './sequence.js';

/* Which of the connections that had the same addresses and ports a segment belongs to. */

/** Of an opening connection that began with `isn`: its SYN may have carried data (RFC 7413), and some may have followed. */
const isNear = (seq: number, isn: number): boolean => seqWithin(seq, isn, isn + 0x10000);

/** A SYN from before this incarnation: a copy that was late. */
export function isOldDuplicate(table: FlowTable, s: Segment, at: number, d: number): boolean {
  const i32 = table.i32;
  const bits = i32[at + I.bits];
  if ((bits & (BIT.isn << d)) !== 0 && i32[at + I.isn + d] === s.seq) return isClosed(table, at);
  if ((bits & (BIT.previousIsn << d)) !== 0 && i32[at + I.previousIsn + d] === s.seq) return true;
  return (
    (bits & (BIT.isn << d)) !== 0 &&
    (bits & (BIT.synTimestamps << d)) !== 0 &&
    s.hasTimestamps &&
    seqBefore(s.tsVal, i32[at + I.synTsVal + d])
  );
}

/** RFC 9293, section 3.10.7.4: a SYN that is not the one that this connection began with starts another one. */
export function opensNewIncarnation(table: FlowTable, s: Segment, at: number, d: number): boolean {
  const i32 = table.i32;
  const bits = i32[at + I.bits];
  if ((bits & (BIT.isn << d)) !== 0) return i32[at + I.isn + d] !== s.seq;
  // The other end's SYN may have crossed this one, or its SYN+ACK may have been recorded before it.
  const other = 1 - d;
  if ((bits & (BIT.isn << other)) === 0) return true;
  if ((bits & (BIT.acked << other)) !== 0) return i32[at + I.acked + other] !== ((s.seq + 1) | 0);
  return false;
}

/** The SYN+ACK that takes a new incarnation in: whoever sends it has nothing left of the one before. */
export function isAnswerToSyn(table: FlowTable, s: Segment, flow: number, d: number): boolean {
  const i32 = table.i32;
  const at = flow * STRIDE;
  return (
    (s.flags & (SYN | ACK | RST)) === (SYN | ACK) &&
    (i32[at + I.bits] & (BIT.isn << (1 - d))) !== 0 &&
    isNear(s.ack - 1, i32[at + I.isn + 1 - d])
  );
}

/**
 * The client refuses an ACK that does not acknowledge its SYN: the number of its RST is that of the ACK (RFC 9293, section
 * 3.10.7.3). So the peer still has a connection from before the capture, and that ACK was of it.
 */
export function refusesAck(table: FlowTable, s: Segment, at: number, d: number): boolean {
  const i32 = table.i32;
  const bits = i32[at + I.bits];
  const other = 1 - d;
  const last = at + other * DIRECTION;
  const onlySyn = (bits & (BIT.isn << d)) !== 0 && (bits & (BIT.spoke << d)) === 0;
  const onlyAck = (bits & (BIT.isn << other)) === 0 && i32[last + D.packets] === 1 && i32[last + D.length] === 0;
  return (
    (s.flags & (SYN | ACK | RST)) === RST &&
    onlySyn &&
    onlyAck &&
    (i32[last + D.marks] & (SYN | ACK | RST | FIN)) === ACK &&
    i32[last + D.ack] === s.seq &&
    s.seq !== ((i32[at + I.isn + d] + 1) | 0)
  );
}

/** Forgets what direction `d` has said: it was of another connection. The other direction has sent no more than a SYN. */
export function disown(table: FlowTable, at: number, d: number): void {
  const i32 = table.i32;
  const other = 1 - d;
  i32[at + I.bits] &= ~(((BIT.next | BIT.acked | BIT.spoke) << d) | (BIT.stalled << other));
  i32[at + I.next + other] = i32[at + I.isn + other] + 1;
  i32[at + d * DIRECTION + D.frame] = 0;
  i32[at + d * DIRECTION + D.packets] = 0;
}

/**
 * While a new incarnation is opening, the peer may still answer for the old one: a challenge ACK and the RST that it
 * draws (RFC 5961, section 4) carry the old one's numbers.
 */
export function isForPrevious(table: FlowTable, s: Segment, flow: number, d: number, previous: number): boolean {
  const i32 = table.i32;
  const at = flow * STRIDE;
  const bits = i32[at + I.bits];
  const other = 1 - d;
  if ((bits & (BIT.isn << d)) !== 0) {
    if (isNear(s.seq, i32[at + I.isn + d])) return false;
  }
  if ((s.flags & ACK) !== 0 && (bits & (BIT.isn << other)) !== 0) {
    if (isNear(s.ack - 1, i32[at + I.isn + other])) return false;
  }
  const before = previous * STRIDE;
  const earlier = i32[before + I.bits];
  const isOld =
    (earlier & (BIT.next << d)) !== 0 &&
    seqWithin(s.seq, i32[before + I.next + d] - 0x10000, i32[before + I.next + d] + 0x10000);
  const answersOld =
    (s.flags & ACK) !== 0 && (earlier & (BIT.isn << other)) !== 0 && isNear(s.ack - 1, i32[before + I.isn + other]);
  return isOld || answersOld || (bits & (BIT.isn << d)) !== 0 || (s.flags & SYN) === 0;
}
