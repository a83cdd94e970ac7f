import { ACK, FIN, RST, Segment, SYN } from '../decode/segment.js';
import { DeferredSegments, MOST_PAYLOAD, segmentsOf } from './deferred-segments.js';
import { BIT, F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import { seqAfter, seqBefore } from './sequence.js';
import { LONG_SILENCE } from './soundness.js';

/** Segments of one flow that are kept at most: seven in its record, and seven chunks. Longer flows take less memory folded. */
const MOST = 63;
/** Of the handshake: SYN, SYN+ACK, ACK. */
const HANDSHAKE = 3;

const KINDS = SYN | ACK | FIN | RST;

/**
 * Most connections are short, and do nothing but open, exchange data in order and close. To follow them in full, for a
 * post-mortem that has nothing to tell, is what an analysis would take most of its time for. So the segments of a flow that
 * begins with a SYN are kept as they came, and of its record only what tells its end (postmortem/ordinary.ts) and that the
 * next segment is sound, too. Where one is not, or they are too many, the tracker takes them as if they came now.
 *
 * A flow is deferred while its `logCount` is negative: the number of segments that are kept.
 */
export class Deferral {
  readonly #table: FlowTable;
  readonly #segments: DeferredSegments;
  readonly #segment = new Segment();

  constructor(table: FlowTable) {
    this.#table = table;
    this.#segments = new DeferredSegments(table);
  }

  /** Whether a flow that begins with this segment can be deferred. */
  static accepts(s: Segment): boolean {
    return (s.flags & KINDS) === SYN && s.length === 0 && s.ack === 0 && !s.fastOpen && !s.sackCount;
  }

  /** A flow begins, its record is new. */
  begin(s: Segment, flow: number, d: number): void {
    const { i32 } = this.#table;
    const at = flow * STRIDE;
    this.#segments.append(at, 0, s, d);
    i32[at + I.logCount] = -1;
    const roles = d === 1 ? BIT.openedByB : 0;
    i32[at + I.bits] = (i32[at + I.bits] & ~BIT.openedByB) | BIT.rolesKnown | roles;
    this.#noteSyn(s, at, d);
  }

  /**
   * Keeps the segment of a deferred flow, if it is as sound as those before.
   * @returns false where it is not: the flow cannot be deferred any longer
   */
  take(s: Segment, flow: number, d: number): boolean {
    const { i32, f64 } = this.#table;
    const at = flow * STRIDE;
    const at64 = flow * STRIDE_F64;
    const count = -i32[at + I.logCount];
    const silence = s.time - f64[at64 + F.last];
    if (count === MOST || s.sackCount !== 0 || s.window === 0 || !(silence >= 0 && silence <= LONG_SILENCE))
      return false;
    if (s.length > MOST_PAYLOAD) return false;
    if (count >= HANDSHAKE) {
      if (!this.#goesOn(s, at, at64, d)) return false;
    } else if (!this.#opens(s, at, at64, d, count)) {
      return false;
    }
    i32[at + I.acked + d] = s.ack;
    f64[at64 + F.last] = s.time;
    this.#segments.append(at, count, s, d);
    i32[at + I.logCount] = -count - 1;
    return true;
  }

  /**
   * The end of a flow's deferral: hands its segments to `take`, one after the other, as they came but for addresses and
   * ports. Its record may be used otherwise from the first one on.
   */
  replay(flow: number, take: (s: Segment, d: number) => void): void {
    const { i32 } = this.#table;
    const at = flow * STRIDE;
    const segment = this.#segment;
    const copy = this.#segments.copy(flow, -i32[at + I.logCount]);
    this.release(flow);
    segment.ipVersion = (i32[at + I.bits] & BIT.ipv6) === 0 ? 4 : 6;
    for (const d of segmentsOf(copy, [i32[at + I.isn], i32[at + I.isn + 1]], segment)) take(segment, d);
  }

  /** Frees a flow's segments. */
  release(flow: number): void {
    this.#segments.release(flow, -this.#table.i32[flow * STRIDE + I.logCount]);
  }

  /** SYN+ACK and the bare ACK of it. */
  #opens(s: Segment, at: number, at64: number, d: number, count: number): boolean {
    const { i32, f64 } = this.#table;
    const opener = (i32[at + I.bits] & BIT.openedByB) !== 0 ? 1 : 0;
    if (s.length > 0 || s.ack !== i32[at + I.next + 1 - d]) return false;
    if (count === 1) {
      if ((s.flags & KINDS) !== (SYN | ACK) || s.fastOpen || d === opener) return false;
      i32[at + I.bits] |= BIT.acked << d;
      f64[at64 + F.synAck] = s.time;
      this.#noteSyn(s, at, d);
      return true;
    }
    if ((s.flags & KINDS) !== ACK || d !== opener || s.seq !== i32[at + I.next + d]) return false;
    i32[at + I.bits] |= (BIT.acked | BIT.spoke) << d;
    f64[at64 + F.ack] = s.time;
    return true;
  }

  #noteSyn(s: Segment, at: number, d: number): void {
    const { i32 } = this.#table;
    i32[at + I.isn + d] = s.seq;
    i32[at + I.next + d] = s.seq + 1;
    i32[at + I.bits] |= (BIT.isn | BIT.next) << d;
    if (!s.hasTimestamps) return;
    i32[at + I.bits] |= BIT.synTimestamps << d;
    i32[at + I.synTsVal + d] = s.tsVal;
  }

  /** Data, acknowledgements of something new, and a FIN of each end that knows of the one before. */
  #goesOn(s: Segment, at: number, at64: number, d: number): boolean {
    const { i32, f64 } = this.#table;
    const other = 1 - d;
    let bits = i32[at + I.bits];
    if (s.seq !== i32[at + I.next + d]) return false;
    if (seqBefore(s.ack, i32[at + I.acked + d]) || seqAfter(s.ack, i32[at + I.next + other])) return false;
    if ((s.flags & KINDS) === ACK) {
      if (s.length > 0 ? (bits & (3 * BIT.fin)) !== 0 : s.ack === i32[at + I.acked + d]) return false;
    } else {
      if ((s.flags & KINDS) !== (FIN | ACK) || (bits & (BIT.fin << d)) !== 0) return false;
      if ((bits & (BIT.fin << other)) === 0) {
        i32[at + I.closer] = d;
        f64[at64 + F.fin] = s.time;
      } else {
        if (s.length > 0 || s.ack !== i32[at + I.next + other]) return false;
        f64[at64 + F.secondFin] = s.time;
      }
      bits |= BIT.fin << d;
    }
    bits |= BIT.spoke << d;
    if ((bits & (3 * BIT.spoke)) === 3 * BIT.spoke) bits |= BIT.synchronized;
    i32[at + I.bits] = bits;
    i32[at + I.next + d] = s.seq + s.length + (s.flags & FIN);
    return true;
  }
}
