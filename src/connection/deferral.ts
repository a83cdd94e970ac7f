import { ACK, FIN, RST, Segment, SYN } from '../decode/segment.js';
import { CLOSED_BY_B, DEFERRED, DEFERRED_STRIDE, DEFERRED_STRIDE_F64, DF64, DI } from './deferred-record.js';
import type { FlowKey } from './flow-key.js';
import { BIT, F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import { FlowTable } from './flow-table.js';
import { JournalRoom } from './journal-room.js';
import { MOST_PAYLOAD, SegmentJournal, segmentsOf } from './segment-journal.js';
import { seqAfter, seqBefore } from './sequence.js';
import { LONG_SILENCE } from './soundness.js';

/** Segments of one flow that are kept at most: longer flows take less memory folded. */
const MOST = 63;
/** Of the handshake: SYN, SYN+ACK, ACK. */
const HANDSHAKE = 3;

const KINDS = SYN | ACK | FIN | RST;

/**
 * Most connections are short, and do nothing but open, exchange data in order and close. To follow them in full, for a
 * post-mortem that has nothing to tell, is what an analysis would take most of its time for. So the segments of a flow that
 * begins with a SYN are kept as they came, and in a small record what tells its end (postmortem/ordinary.ts) and that the
 * next segment is sound, too. Where one is not, or they are too many, the tracker takes them as if they came now.
 */
export class Deferral {
  /** Laid out as deferred-record.ts says. */
  readonly flows: FlowTable;
  readonly #journal = new SegmentJournal();
  readonly #segment = new Segment();
  readonly #room: JournalRoom;
  /** Segments of all flows. */
  #needed = 0;

  /** @param key that of the tracker's table */
  constructor(key: FlowKey) {
    this.flows = new FlowTable(undefined, [], DEFERRED, key);
    this.#room = new JournalRoom(this.#journal, this.flows);
  }

  /** Whether a flow that begins with this segment can be deferred. */
  static accepts(s: Segment): boolean {
    return (s.flags & KINDS) === SYN && s.length === 0 && s.ack === 0 && !s.fastOpen && s.sackCount === 0;
  }

  /** A flow of the key as it stands begins with this segment. */
  begin(s: Segment, number: number, tcpStream: number): void {
    this.#room.make(this.#needed);
    const { flows } = this;
    const d = flows.key.direction;
    const flow = flows.insert(-1);
    const { i32, f64 } = flows;
    const at = flow * DEFERRED_STRIDE;
    const at64 = flow * DEFERRED_STRIDE_F64;
    i32[at + DI.bits] = flows.key.version | BIT.rolesKnown | (d === 1 ? BIT.openedByB : 0);
    this.#noteSyn(s, at, d);
    i32[at + DI.synTsVal] = s.tsVal;
    i32[at + DI.number] = number;
    i32[at + DI.tcpStream] = tcpStream;
    i32[at + DI.count] = 1;
    i32[at + DI.oldest] = i32[at + DI.newest] = this.#journal.append(s, d, 0, 0);
    f64[at64 + DF64.start] = f64[at64 + DF64.last] = s.time;
    this.#needed++;
  }

  /**
   * Keeps the segment of a deferred flow, if it is as sound as those before.
   * @returns false where it is not: the flow cannot be deferred any longer
   */
  take(s: Segment, flow: number, d: number): boolean {
    const { i32, f64 } = this.flows;
    const at = flow * DEFERRED_STRIDE;
    const at64 = flow * DEFERRED_STRIDE_F64;
    const count = i32[at + DI.count];
    const silence = s.time - f64[at64 + DF64.last];
    if (count === MOST || s.sackCount !== 0 || s.window === 0 || !(silence >= 0 && silence <= LONG_SILENCE))
      return false;
    if (s.length > MOST_PAYLOAD) return false;
    if (count >= HANDSHAKE) {
      if (!this.#goesOn(s, at, at64, d)) return false;
    } else if (!this.#opens(s, at, at64, d, count)) {
      return false;
    }
    i32[at + DI.acked + d] = s.ack;
    f64[at64 + DF64.last] = s.time;
    i32[at + DI.newest] = this.#journal.append(s, d, silence, i32[at + DI.newest]);
    i32[at + DI.count] = count + 1;
    this.#needed++;
    return true;
  }

  /** Whether both ends have closed, and both FINs are acknowledged, since the last segment of the flow. */
  hasClosed(flow: number): boolean {
    const { i32 } = this.flows;
    const at = flow * DEFERRED_STRIDE;
    return (
      (i32[at + DI.bits] & ((3 * BIT.fin) | BIT.ending)) === 3 * BIT.fin &&
      i32[at + DI.acked] === i32[at + DI.next + 1] &&
      i32[at + DI.acked + 1] === i32[at + DI.next]
    );
  }

  /** Writes what tells the flow's end into a record of a table of flows that are followed in full: zeros, but for its key. */
  describe(flow: number, table: FlowTable, record: number): void {
    const { i32, f64 } = this.flows;
    const from = flow * DEFERRED_STRIDE;
    const from64 = flow * DEFERRED_STRIDE_F64;
    const to = record * STRIDE;
    const to64 = record * STRIDE_F64;
    const bits = i32[from + DI.bits];
    const closer = (bits & CLOSED_BY_B) !== 0 ? 1 : 0;
    table.i32[to + I.bits] = bits & ~CLOSED_BY_B;
    for (let d = 0; d < 2; d++) {
      table.i32[to + I.next + d] = i32[from + DI.next + d];
      table.i32[to + I.acked + d] = i32[from + DI.acked + d];
    }
    table.i32[to + I.closer] = (bits & (3 * BIT.fin)) === 0 ? -1 : closer;
    table.i32[to + I.synTsVal + ((bits & BIT.openedByB) !== 0 ? 1 : 0)] = i32[from + DI.synTsVal];
    table.i32[to + I.number] = i32[from + DI.number];
    table.i32[to + I.tcpStream] = i32[from + DI.tcpStream];
    table.i32[to + I.previous] = -1;
    table.i32[to + I.successor] = -1;
    table.f64[to64 + F.start] = f64[from64 + DF64.start];
    table.f64[to64 + F.synAck] = f64[from64 + DF64.synAck];
    table.f64[to64 + F.ack] = f64[from64 + DF64.ack];
    table.f64[to64 + F.fin] = f64[from64 + DF64.fin];
    table.f64[to64 + F.secondFin] = f64[from64 + DF64.secondFin];
    table.f64[to64 + F.last] = f64[from64 + DF64.last];
  }

  /** Hands a flow's segments to `take`, one after the other, as they came but for addresses and ports. */
  replay(flow: number, take: (s: Segment, d: number) => void): void {
    const { i32, f64 } = this.flows;
    const at = flow * DEFERRED_STRIDE;
    const segment = this.#segment;
    segment.ipVersion = (i32[at + DI.bits] & BIT.ipv6) === 0 ? 4 : 6;
    const copy = this.#journal.copy(i32[at + DI.newest], i32[at + DI.count]);
    for (const d of segmentsOf(copy, f64[flow * DEFERRED_STRIDE_F64 + DF64.start], segment)) take(segment, d);
  }

  /** The flow is not deferred any longer. */
  remove(flow: number): void {
    this.#needed -= this.flows.i32[flow * DEFERRED_STRIDE + DI.count];
    this.flows.remove(flow, true);
  }

  /** SYN+ACK and the bare ACK of it. */
  #opens(s: Segment, at: number, at64: number, d: number, count: number): boolean {
    const { i32, f64 } = this.flows;
    const opener = (i32[at + DI.bits] & BIT.openedByB) !== 0 ? 1 : 0;
    if (s.length > 0 || s.ack !== i32[at + DI.next + 1 - d]) return false;
    if (count === 1) {
      if ((s.flags & KINDS) !== (SYN | ACK) || s.fastOpen || d === opener) return false;
      i32[at + DI.bits] |= BIT.acked << d;
      f64[at64 + DF64.synAck] = s.time;
      this.#noteSyn(s, at, d);
      return true;
    }
    if ((s.flags & KINDS) !== ACK || d !== opener || s.seq !== i32[at + DI.next + d]) return false;
    i32[at + DI.bits] |= (BIT.acked | BIT.spoke) << d;
    f64[at64 + DF64.ack] = s.time;
    return true;
  }

  #noteSyn(s: Segment, at: number, d: number): void {
    const { i32 } = this.flows;
    i32[at + DI.next + d] = s.seq + 1;
    i32[at + DI.bits] |= (BIT.isn | BIT.next | (s.hasTimestamps ? BIT.synTimestamps : 0)) << d;
  }

  /** Data, acknowledgements of something new, and a FIN of each end that knows of the one before. */
  #goesOn(s: Segment, at: number, at64: number, d: number): boolean {
    const { i32, f64 } = this.flows;
    const other = 1 - d;
    let bits = i32[at + DI.bits];
    if (s.seq !== i32[at + DI.next + d]) return false;
    if (seqBefore(s.ack, i32[at + DI.acked + d]) || seqAfter(s.ack, i32[at + DI.next + other])) return false;
    if ((s.flags & KINDS) === ACK) {
      if (s.length > 0 ? (bits & (3 * BIT.fin)) !== 0 : s.ack === i32[at + DI.acked + d]) return false;
    } else {
      if ((s.flags & KINDS) !== (FIN | ACK) || (bits & (BIT.fin << d)) !== 0) return false;
      if ((bits & (BIT.fin << other)) === 0) {
        if (d === 1) bits |= CLOSED_BY_B;
        f64[at64 + DF64.fin] = s.time;
      } else {
        if (s.length > 0 || s.ack !== i32[at + DI.next + other]) return false;
        f64[at64 + DF64.secondFin] = s.time;
      }
      bits |= BIT.fin << d;
    }
    bits |= BIT.spoke << d;
    if ((bits & (3 * BIT.spoke)) === 3 * BIT.spoke) bits |= BIT.synchronized;
    i32[at + DI.bits] = bits;
    i32[at + DI.next + d] = s.seq + s.length + (s.flags & FIN);
    return true;
  }
}
