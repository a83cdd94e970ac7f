import { ACK, FIN, RST, type Segment, SYN } from '../decode/segment.js';
import { sackOf } from './flow-log.js';
import { BIT, D, DF, DIRECTION, F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import type { Time } from './model.js';
import { copyWindow, isIdentified, occupies, RecentSegments } from './recent-segments.js';
import { LOG } from './segment-log.js';
import { seqAfter, seqBefore, seqWithin } from './sequence.js';

/** Packets that a host sends between a segment and a late copy of it: identifications further apart tell nothing. */
const MOST_BETWEEN = 255;

/** Tells the same frame once more (mirror ports, several interfaces) from what a host sent again. */
export class Copies {
  readonly #table: FlowTable;
  /** From the first copy on. */
  #recent: RecentSegments | null = null;

  constructor(table: FlowTable) {
    this.#table = table;
  }

  /** No flow has shown any. */
  get none(): boolean {
    return this.#recent === null;
  }

  /** In a flow that showed copies: counts the segment, if it is one, or remembers it. */
  repeats(s: Segment, flow: number, d: number): boolean {
    const recent = this.#recent;
    if (recent === null) return false;
    const i32 = this.#table.i32;
    const at = flow * STRIDE;
    const previous = i32[at + I.previous];
    const copiesBefore = previous < 0 ? 0 : i32[previous * STRIDE + I.copies];
    if (i32[at + I.copies] + copiesBefore === 0) return false;
    const isOld = this.#isOld(s, at, d);
    const askedAt = this.#askedAt(s, at, 1 - d);
    let copied = flow;
    if (!recent.holds(s, flow, d, isOld, askedAt)) {
      if (copiesBefore === 0 || !recent.holds(s, previous, d, true, askedAt)) {
        recent.add(s, flow, d, askedAt);
        return false;
      }
      copied = previous;
    }
    i32[copied * STRIDE + I.copies]++;
    return true;
  }

  /**
   * Counts a copy by what the flow's record tells.
   * @returns how many the flow has shown with this one; 0 where it is none
   */
  count(s: Segment, flow: number, d: number): number {
    const { i32, f64 } = this.#table;
    const at = flow * STRIDE;
    const isNext = this.#isCopy(s, at, d);
    if (!isNext && !this.#isLateCopy(s, flow, d)) return 0;
    const count = ++i32[at + I.copies];
    if (count === 1) {
      const original = f64[isNext ? (at + d * DIRECTION) / 2 + DF.time : flow * STRIDE_F64 + F.start];
      this.#recent ??= new RecentSegments();
      this.#recent.begin(this.#table, flow, s.time, original);
    }
    return count;
  }

  /** Its sender has acknowledged more since, or sent more than a bare ACK knows of. */
  #isOld(s: Segment, at: number, d: number): boolean {
    const i32 = this.#table.i32;
    if ((s.flags & (ACK | RST)) !== ACK) return false;
    const acknowledged = (i32[at + I.bits] & (BIT.acked << d)) !== 0;
    if (acknowledged && seqBefore(s.ack, i32[at + I.acked + d])) return true;
    return !occupies(s) && seqBefore(s.seq, i32[at + I.next + d]);
  }

  /** When the receiver, `d`, asked for this segment by SACK blocks above it, or drew this RST; else -Infinity. */
  #askedAt(s: Segment, at: number, d: number): Time {
    const i32 = this.#table.i32;
    const last = at + d * DIRECTION;
    const asks = (i32[last + D.marks] & LOG.sack) !== 0 && i32[last + D.ack] === s.seq;
    return asks || ((s.flags & RST) !== 0 && i32[last + D.frame] !== 0)
      ? this.#table.f64[last / 2 + DF.time]
      : Number.NEGATIVE_INFINITY;
  }

  /** The last segment of its direction once more, sooner than any repetition. Bare ACKs may be equal and yet two. */
  #isCopy(s: Segment, at: number, d: number): boolean {
    const i32 = this.#table.i32;
    const last = at + d * DIRECTION;
    if (i32[last + D.frame] === 0 || s.seq !== i32[last + D.seq] || s.length !== i32[last + D.length]) return false;
    if (s.ipVersion === 4 && s.ipId !== i32[last + D.ipId]) return false;
    return (
      s.time - this.#table.f64[last / 2 + DF.time] < copyWindow(s, i32[at + I.copies] > 0) &&
      (isIdentified(s) || occupies(s)) &&
      i32[last + D.ack] === s.ack &&
      (i32[last + D.marks] & LOG.flags) === s.flags &&
      i32[last + D.window] === s.window &&
      (!s.hasTimestamps || (i32[last + D.tsVal] === s.tsVal && i32[last + D.tsEcr] === s.tsEcr)) &&
      (s.sackCount === 0 || i32[at + I.sack + d] === sackOf(s))
    );
  }

  /**
   * A segment once more after its sender's next ones, and older than they are by all that tells: what TCP repeats is newer.
   * The host counts its packets, so that between two identifications there is room for a number of segments.
   */
  #isLateCopy(s: Segment, flow: number, d: number): boolean {
    const i32 = this.#table.i32;
    const at = flow * STRIDE;
    const bits = i32[at + I.bits];
    const last = at + d * DIRECTION;
    const showedCopies = i32[at + I.copies] > 0;
    if (showedCopies && this.#recent?.mayLack(flow, s.time) !== true) return false;
    const silence = s.time - this.#table.f64[last / 2 + DF.time];
    if (i32[last + D.frame] === 0 || silence >= copyWindow(s, showedCopies)) return false;
    // Whoever has said something else since has no SYN to repeat.
    const isSame = (bits & (BIT.isn << d)) !== 0 && i32[at + I.isn + d] === s.seq;
    const between = (i32[last + D.ipId] - s.ipId) & 0xffff;
    const isEarlier = between > 0 && between <= MOST_BETWEEN;
    const isDoubtful = !isIdentified(s) || i32[last + D.ipId] === 0;
    if ((s.flags & SYN) !== 0) return isSame && (i32[last + D.marks] & SYN) === 0 && (isEarlier || isDoubtful);
    const end = (s.seq + s.length + (s.flags & FIN)) | 0;
    const isBeyond = (bits & (BIT.next << d)) === 0 || seqAfter(end, i32[at + I.next + d]);
    if (isBeyond || (s.flags & RST) !== 0) return false;
    if (seqWithin(s.seq, i32[at + I.holeLeft + d], i32[at + I.holeRight + d])) return false;
    if (s.hasTimestamps && seqAfter(s.tsVal, i32[last + D.tsVal])) return false;
    if (!occupies(s) && !(showedCopies && this.#isOld(s, at, d))) return false;
    if (!isIdentified(s)) {
      const isOlder = s.hasTimestamps && seqBefore(s.tsVal, i32[last + D.tsVal]);
      return showedCopies && (isOlder || this.#askedAt(s, at, 1 - d) === Number.NEGATIVE_INFINITY);
    }
    const distance = (i32[last + D.seq] - s.seq) | 0;
    const room = showedCopies ? distance : between * Math.max(s.length, i32[last + D.length], 1);
    return isEarlier && distance >= 0 && distance <= room;
  }
}
