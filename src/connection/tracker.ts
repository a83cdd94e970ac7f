import { ACK, FIN, RST, type Segment, SYN } from '../decode/segment.js';
import { Deferral } from './deferral.js';
import { firstToLeave, isDone } from './eviction.js';
import { FlowLog, sackOf } from './flow-log.js';
import type { KeyPart } from './flow-network.js';
import { BIT, D, DF, DIRECTION, DIRECTION_F64, F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { FlowSource } from './flow-source.js';
import { FlowTable } from './flow-table.js';
import { Listeners } from './listeners.js';
import type { Time } from './model.js';
import { copyWindow, isIdentified, occupies, RecentSegments } from './recent-segments.js';
import { LOG, type SegmentLog } from './segment-log.js';
import { seqAfter, seqBefore, seqWithin } from './sequence.js';
import { StreamNumbers } from './stream-numbers.js';
import { SECOND } from './time.js';

/** Segments that a flow may log before ordinary-looking ones among the closing or lossy are folded, too. */
const LOG_BOUND = 256;
/** Control segments (SYN, FIN, RST, ICMP) are logged up to this bound: a flow of nothing else must not fill the memory. */
const CONTROL_BOUND = 1024;
/** Closing segments that are logged one by one before in-order data of a half-closed connection is folded. */
const CLOSING_DETAIL = 32;
/** A silence that is worth an entry of its own while one end waits for the other to close. */
const HALF_CLOSED_BREAK: Time = SECOND / 2;

/** A silence that may be worth a finding, and so an entry of its own. */
const LONG_SILENCE: Time = 60 * SECOND;
/** Payload of a segment that was cut by the MSS rather than by the application: the least MSS of RFC 9293, section 3.7.1. */
const BULK = 536;

/** Packets that a host sends between a segment and a late copy of it: identifications further apart tell nothing. */
const MOST_BETWEEN = 255;

/** Flows that one segment ends, after a long pause: each is held until it was taken. */
const MOST_AT_ONCE = 1000;

const CONTROL = SYN | FIN | RST;

/** Of an opening connection that began with `isn`: its SYN may have carried data (RFC 7413), and some may have followed. */
const isNear = (seq: number, isn: number): boolean => seqWithin(seq, isn, isn + 0x10000);

export interface TrackerOptions {
  /** What joins addresses and ports in the flows' key; by default nothing. */
  readonly key?: readonly KeyPart[];
  /** Ordinary segments of a flow that are kept for display; 0 where only the diagnosis counts. */
  readonly detail: number;
  /** Sound flows are not followed in full (see deferral.ts): whoever wants to read their log calls `recall` first. */
  readonly defers?: boolean;
  /** Silence after both ends are done before the flow leaves the table. */
  readonly linger: Time;
  /** Flows that are followed at a time, at most; beyond them, some are given up (see eviction.ts). */
  readonly maxFlows: number;
  /** Called when a flow is complete; its record and log are reused after the call. */
  readonly onEnd: (flow: number) => void;
  /** Called when a flow is given up, while more of it may come. */
  readonly onGiveUp: (flow: number) => void;
}

/**
 * Follows every 4-tuple through its incarnations, and keeps of each what its post-mortem needs. What it concludes while
 * reading is only which incarnation a segment belongs to, whether it is ordinary, and when a flow is over; states are
 * reconstructed from the log, with hindsight, by postmortem/.
 */
export class Tracker implements FlowSource {
  readonly table: FlowTable;
  /** The last number that was given to a flow. */
  flows = 0;

  readonly #listeners = new Listeners();

  readonly #options: TrackerOptions;
  readonly #streams: StreamNumbers;
  readonly #kept: FlowLog;
  /** Null where every flow is followed in full. */
  readonly #deferral: Deferral | null;
  /** Deferred segments are taken: what they told at their time was heard. */
  #isRecalling = false;
  /** From the first copy on. */
  #recent: RecentSegments | null = null;
  /** Flows whose both ends are done, in the order in which that was seen: record and flow number, alternating. */
  readonly #ending: number[] = [];
  #endingHead = 0;
  /** When the first of them may leave. */
  #nextEnd: Time = Number.POSITIVE_INFINITY;
  /** Records that make room for newcomers, the next one last, and when they were searched for. */
  #leaving: number[] = [];
  #leavingSince: Time = 0;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.table = new FlowTable(undefined, options.key);
    this.#streams = new StreamNumbers(this.table);
    this.#kept = new FlowLog(this.table, options.detail);
    this.#deferral = options.defers === true ? new Deferral(this.table) : null;
  }

  /** The entries of all flows. */
  get log(): SegmentLog {
    return this.#kept.entries;
  }

  /** Takes a TCP segment. Segments come in the order of the capture. */
  segment(segment: Segment): void {
    const table = this.table;
    const flow = table.find(segment);
    const d = table.direction;
    if (flow < 0 || !this.#defers(segment, flow, d)) this.#follow(segment, flow, d);
    if (segment.time >= this.#nextEnd) this.#endDone(segment.time);
  }

  /** Keeps the segment of a deferred flow; a flow that cannot be deferred any longer is followed from its start. */
  #defers(segment: Segment, flow: number, d: number): boolean {
    const i32 = this.table.i32;
    const at = flow * STRIDE;
    if (this.#deferral === null || i32[at + I.logCount] >= 0) return false;
    if (this.#isSign(segment, at, d) || !this.#deferral.take(segment, flow, d)) {
      this.#recall(flow);
      return false;
    }
    if ((i32[at + I.bits] & (3 * BIT.fin)) === 3 * BIT.fin) this.#considerEnd(flow, segment.time);
    return true;
  }

  /** Takes a segment of the flow that was found for it; -1 for none. */
  #follow(segment: Segment, flow: number, d: number): void {
    const table = this.table;
    if (flow >= 0) {
      const at = flow * STRIDE;
      const i32 = table.i32;
      const bits = i32[at + I.bits];
      if (this.#recent !== null && this.#repeats(this.#recent, segment, flow, d)) return;
      if ((bits & BIT.synchronized) !== 0 && this.#isOrdinary(segment, at, d, bits)) {
        const f64 = table.f64;
        const at64 = flow * STRIDE_F64;
        const { time } = segment;
        const silence = time - f64[at64 + F.last];
        if (silence > LONG_SILENCE || silence < 0) i32[at + I.bits] |= BIT.incident;
        f64[at64 + F.last] = time;
        if (silence > HALF_CLOSED_BREAK && this.#isBreak(silence, bits) && i32[at + I.logCount] < LOG_BOUND) {
          this.#kept.flush(flow);
          this.#advance(segment, at, at64, d);
          this.#kept.append(flow, segment, d, 0);
        } else {
          this.#kept.fold(flow, d);
          this.#advance(segment, at, at64, d);
          this.#kept.keep(flow, segment, d, 0);
        }
        return;
      }
    }
    this.#unusual(flow, d, segment);
  }

  /**
   * Follows a deferred flow in full, from its start to where it stands: to be called before its log is read at its end.
   * Does nothing to other flows.
   */
  recall(flow: number): void {
    if (this.table.i32[flow * STRIDE + I.logCount] >= 0) return;
    this.#recall(flow);
    this.#kept.flush(flow);
  }

  #recall(flow: number): void {
    const deferral = this.#deferral;
    if (deferral === null) return;
    this.#isRecalling = true;
    let isFirst = true;
    deferral.replay(flow, (segment, d) => {
      if (isFirst) {
        this.#beginAgain(flow, segment, d);
        this.#record(flow, d, segment, 0, true);
      } else {
        this.#follow(segment, flow, d);
      }
      isFirst = false;
    });
    this.#isRecalling = false;
  }

  /** Takes an ICMP error that quotes a segment: it belongs to the flow of the quoted segment, if that is known and its sequence number was quoted. */
  icmpError(segment: Segment): void {
    let flow = this.table.find(segment);
    if (flow < 0 || !segment.quotedSeq) return;
    const d = this.table.direction;
    if (this.table.i32[flow * STRIDE + I.logCount] < 0) this.#recall(flow);
    const previous = this.table.i32[flow * STRIDE + I.previous];
    if (previous >= 0 && this.#isForPrevious(segment, flow, d, previous)) flow = previous;
    if (this.table.i32[flow * STRIDE + I.logCount] >= CONTROL_BOUND) return;
    this.table.i32[flow * STRIDE + I.bits] |= BIT.incident;
    const bits = LOG.icmp | (segment.ipVersion === 6 ? LOG.ipv6 : 0);
    this.#kept.append(flow, segment, d, bits);
  }

  /**
   * The capture is over: every flow that is left ends with it, in the order of their first segments. Pauses after each one,
   * so that whoever takes them need not hold them all.
   */
  *end(): Generator<void> {
    const i32 = this.table.i32;
    const left = [...this.table.records()].sort((x, y) => i32[x * STRIDE + I.number] - i32[y * STRIDE + I.number]);
    for (const flow of left) {
      this.#finish(flow);
      yield;
    }
  }

  /** A silence that is worth an entry of its own. */
  #isBreak(silence: Time, bits: number): boolean {
    return silence > ((bits & (3 * BIT.fin)) === 0 ? LONG_SILENCE : HALF_CLOSED_BREAK);
  }

  /** In order, acknowledging, with an open window and nothing that tells of loss: what most segments are. */
  #isOrdinary(s: Segment, at: number, d: number, bits: number): boolean {
    const i32 = this.table.i32;
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

  #unusual(found: number, d: number, s: Segment): void {
    const table = this.table;
    let flow = found;
    let marks = 0;
    const isSyn = (s.flags & (SYN | ACK | RST | FIN)) === SYN;
    if (flow >= 0) this.#streams.number(s, flow * STRIDE, d, isSyn);
    if (flow < 0) {
      if (table.size >= this.#options.maxFlows) this.#makeRoom(s.time);
      flow = this.#begin(-1, s, d);
      if (this.#deferral !== null && Deferral.accepts(s)) {
        this.#deferral.begin(s, flow, d);
        return;
      }
    } else if (isSyn) {
      const at = flow * STRIDE;
      if (this.#isOldDuplicate(s, at, d)) {
        marks = LOG.oldDuplicate;
      } else if (this.#opensNewIncarnation(s, at, d)) {
        this.#kept.append(flow, s, d, LOG.successor);
        table.i32[flow * STRIDE + I.bits] |= BIT.incident;
        flow = this.#begin(flow, s, d);
      }
    } else {
      const previous = table.i32[flow * STRIDE + I.previous];
      if (previous >= 0 && this.#isAnswerToSyn(s, flow, d)) {
        this.#kept.append(previous, s, d, LOG.successor);
      } else if (previous >= 0 && this.#isForPrevious(s, flow, d, previous)) {
        this.#kept.append(flow, s, d, LOG.predecessor);
        flow = previous;
      } else if ((s.flags & (SYN | ACK | RST)) === (SYN | ACK) && this.#isClosed(flow * STRIDE)) {
        // A listener that has forgotten the connection takes a late copy of its SYN for a new one.
        marks = LOG.oldDuplicate;
      }
    }
    this.#record(flow, d, s, marks, isSyn);
  }

  #record(flow: number, d: number, s: Segment, mark: number, isSyn: boolean): void {
    const table = this.table;
    let marks = mark;
    const at = flow * STRIDE;
    const at64 = flow * STRIDE_F64;
    const i32 = table.i32;
    if (marks === 0 || marks === LOG.oldDuplicate) {
      const isNext = this.#isCopy(s, at, d);
      if (isNext || this.#isLateCopy(s, flow, d)) {
        if (i32[at + I.copies]++ > 0) return;
        marks = LOG.copy;
        const original = table.f64[isNext ? (at + d * DIRECTION) / 2 + DF.time : at64 + F.start];
        this.#recent ??= new RecentSegments();
        this.#recent.begin(table, flow, s.time, original);
      }
    }
    const before = i32[at + I.bits];
    const acked = i32[at + I.acked + d];
    const next = i32[at + I.next + d];
    const control = (s.flags & CONTROL) !== 0;
    const count = i32[at + I.logCount];
    const folds = count >= LOG_BOUND && !(control && count < CONTROL_BOUND);
    if (folds) this.#kept.fold(flow, d);
    else this.#kept.flush(flow);
    if (marks === LOG.oldDuplicate) i32[at + d * DIRECTION + D.packets]++;
    if (marks === 0) marks = this.#note(s, at, at64, d, isSyn);
    if (marks !== 0 || this.#isIncident(s, at, d, before, acked, next, s.time - table.f64[at64 + F.last]))
      i32[at + I.bits] |= BIT.incident;
    table.f64[at64 + F.last] = s.time;
    this.#passMilestone(s, at, at64, d);
    this.#watchListener(s, at, d, marks);
    if (folds) this.#kept.keep(flow, s, d, marks);
    else this.#kept.append(flow, s, d, marks);
    this.#considerEnd(flow, s.time);
  }

  /** In a flow that showed copies: counts the segment, if it is one, or remembers it. */
  #repeats(recent: RecentSegments, s: Segment, flow: number, d: number): boolean {
    const i32 = this.table.i32;
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
    this.#streams.number(s, at, d, (s.flags & (SYN | ACK | RST | FIN)) === SYN);
    i32[copied * STRIDE + I.copies]++;
    return true;
  }

  /** Its sender has acknowledged more since, or sent more than a bare ACK knows of. */
  #isOld(s: Segment, at: number, d: number): boolean {
    const i32 = this.table.i32;
    if ((s.flags & (ACK | RST)) !== ACK) return false;
    const acknowledged = (i32[at + I.bits] & (BIT.acked << d)) !== 0;
    if (acknowledged && seqBefore(s.ack, i32[at + I.acked + d])) return true;
    return !occupies(s) && seqBefore(s.seq, i32[at + I.next + d]);
  }

  /** When the receiver, `d`, asked for this segment by SACK blocks above it, or drew this RST; else -Infinity. */
  #askedAt(s: Segment, at: number, d: number): Time {
    const i32 = this.table.i32;
    const last = at + d * DIRECTION;
    const asks = (i32[last + D.marks] & LOG.sack) !== 0 && i32[last + D.ack] === s.seq;
    return asks || ((s.flags & RST) !== 0 && i32[last + D.frame] !== 0)
      ? this.table.f64[last / 2 + DF.time]
      : Number.NEGATIVE_INFINITY;
  }

  /** The last segment of its direction once more, sooner than any repetition. Bare ACKs may be equal and yet two. */
  #isCopy(s: Segment, at: number, d: number): boolean {
    const i32 = this.table.i32;
    const last = at + d * DIRECTION;
    if (i32[last + D.frame] === 0 || s.seq !== i32[last + D.seq] || s.length !== i32[last + D.length]) return false;
    if (s.ipVersion === 4 && s.ipId !== i32[last + D.ipId]) return false;
    return (
      s.time - this.table.f64[last / 2 + DF.time] < copyWindow(s, i32[at + I.copies] > 0) &&
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
    const i32 = this.table.i32;
    const at = flow * STRIDE;
    const bits = i32[at + I.bits];
    const last = at + d * DIRECTION;
    const showedCopies = i32[at + I.copies] > 0;
    if (showedCopies && this.#recent?.mayLack(flow, s.time) !== true) return false;
    const silence = s.time - this.table.f64[last / 2 + DF.time];
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

  /** Updates the record by a segment that is not ordinary. @returns marks for the log. */
  #note(s: Segment, at: number, at64: number, d: number, isSyn: boolean): number {
    const i32 = this.table.i32;
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
        this.table.f64[at64 + d * DIRECTION_F64 + DF.bytes] += s.length;
      } else {
        marks |= this.#advanceUnusual(s, at, at64, d, end);
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
          if (this.#isIdle(at, other)) this.table.f64[at64 + other * DIRECTION_F64 + DF.busySince] = s.time;
        }
      }
    }
    if ((bits & BIT.synchronized) === 0 && this.#isSynchronized(at, bits)) bits |= BIT.synchronized;
    i32[at + I.bits] = bits;
    if ((bits & BIT.synchronized) !== 0 && i32[at + I.previous] >= 0) this.#finish(i32[at + I.previous]);
    return marks;
  }

  /** When a connection without incident passed its milestones: all that its end needs to be known (postmortem/ordinary.ts). */
  #passMilestone(s: Segment, at: number, at64: number, d: number): void {
    const i32 = this.table.i32;
    const f64 = this.table.f64;
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

  /** Whether a segment is more than the opening, the exchange and the close that every sound connection shows. */
  #isIncident(s: Segment, at: number, d: number, before: number, acked: number, next: number, silence: Time): boolean {
    const other = 1 - d;
    if ((s.flags & RST) !== 0 || s.sackCount !== 0 || s.fastOpen || silence > LONG_SILENCE || silence < 0) return true;
    if ((s.flags & SYN) !== 0)
      return s.length > 0 || (s.flags & FIN) !== 0 || ((s.flags & ACK) === 0) === ((before & (3 * BIT.isn)) !== 0);
    if ((s.flags & ACK) === 0 || s.window === 0) return true;
    if ((before & (BIT.next << d)) !== 0 && s.seq !== next) return true;
    if ((before & (BIT.acked << d)) !== 0 && s.length === 0 && (s.flags & FIN) === 0 && s.ack === acked) return true;
    if (s.length > 0 && (before & (BIT.fin << other)) !== 0) return true;
    const opener = (this.table.i32[at + I.bits] & BIT.openedByB) !== 0 ? 1 : 0;
    return d === opener && (before & (BIT.spoke << d)) === 0 && (s.length > 0 || (s.flags & FIN) !== 0);
  }

  /** See listeners.ts: a repeated SYN+ACK makes a listener suspect; from then on its application's signs of life count. */
  #watchListener(s: Segment, at: number, d: number, marks: number): void {
    const repeated = (s.flags & SYN) !== 0 && (s.flags & ACK) !== 0 && (marks & LOG.retransmission) !== 0;
    if ((!repeated && this.#listeners.none) || this.#isRecalling) return;
    const i32 = this.table.i32;
    const server = (i32[at + I.bits] & BIT.openedByB) !== 0 ? 0 : 1;
    if (d !== server) return;
    const key = this.#listenerOf(at, server);
    if (repeated) this.#listeners.suspect(key);
    else if (s.length > 0 || (s.flags & FIN) !== 0) this.#listeners.active(key, s.time);
  }

  /** Whether a segment of a deferred flow is a sign of life of a suspect listener's application. */
  #isSign(s: Segment, at: number, d: number): boolean {
    if (this.#listeners.none || (s.length === 0 && (s.flags & FIN) === 0)) return false;
    const server = (this.table.i32[at + I.bits] & BIT.openedByB) !== 0 ? 0 : 1;
    return d === server && this.#listeners.isSuspect(this.#listenerOf(at, server));
  }

  listenerSigns(record: number, d: number): readonly Time[] {
    return this.#listeners.none ? [] : this.#listeners.signsOf(this.#listenerOf(record * STRIDE, d));
  }

  /** Address and port of one direction, as one text. */
  #listenerOf(at: number, d: number): string {
    const i32 = this.table.i32;
    const upper = at + (d === 0 ? I.upperA : I.upperB);
    const low = i32[at + (d === 0 ? I.lowA : I.lowB)];
    const port = d === 0 ? i32[at + I.ports] >>> 16 : i32[at + I.ports] & 0xffff;
    return `${i32[upper]},${i32[upper + 1]},${i32[upper + 2]},${low},${port}`;
  }

  /** Sequence accounting of a segment that may repeat, skip or fill. */
  #advanceUnusual(s: Segment, at: number, at64: number, d: number, end: number): number {
    const i32 = this.table.i32;
    const f64 = this.table.f64;
    const next = i32[at + I.next + d];
    const occupies = s.length > 0 || (s.flags & FIN) !== 0;
    if (seqAfter(end, next)) {
      if (this.#isIdle(at, d) && (i32[at + I.bits] & (BIT.stalled << d)) === 0 && !this.#isClocked(at, d))
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

  /** The same for an ordinary segment. */
  #advance(s: Segment, at: number, at64: number, d: number): void {
    const i32 = this.table.i32;
    i32[at + d * DIRECTION + D.packets]++;
    if (s.length > 0) {
      const f64 = this.table.f64;
      if (i32[at + I.next + d] === i32[at + I.acked + 1 - d] && !this.#isClocked(at, d))
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
  #isClocked(at: number, d: number): boolean {
    const i32 = this.table.i32;
    return i32[at + (1 - d) * DIRECTION + D.length] === 0 && i32[at + d * DIRECTION + D.length] >= BULK;
  }

  /** Everything that direction `d` has sent is acknowledged, as far as is known. */
  #isIdle(at: number, d: number): boolean {
    const i32 = this.table.i32;
    const known = (BIT.acked << (1 - d)) | (BIT.next << d);
    return (i32[at + I.bits] & known) !== known || !seqBefore(i32[at + I.acked + 1 - d], i32[at + I.next + d]);
  }

  /** Both ends have shown that they are beyond the handshake, or the capture began there. */
  #isSynchronized(at: number, bits: number): boolean {
    const i32 = this.table.i32;
    const both = 3 * BIT.acked;
    if ((bits & both) !== both || (bits & (3 * BIT.spoke)) !== 3 * BIT.spoke) return false;
    if ((bits & (3 * BIT.isn)) === 0) return i32[at + I.logCount] > 3;
    for (let d = 0; d < 2; d++) {
      if ((bits & (BIT.isn << (1 - d))) !== 0 && !seqAfter(i32[at + I.acked + d], i32[at + I.isn + 1 - d]))
        return false;
    }
    return true;
  }

  /** Both ends have closed in order, and both FINs are acknowledged. */
  #isClosed(at: number): boolean {
    return (this.table.i32[at + I.bits] & (3 * BIT.fin)) === 3 * BIT.fin && this.#isIdle(at, 0) && this.#isIdle(at, 1);
  }

  /** A SYN from before this incarnation: a copy that was late. */
  #isOldDuplicate(s: Segment, at: number, d: number): boolean {
    const i32 = this.table.i32;
    const bits = i32[at + I.bits];
    if ((bits & (BIT.isn << d)) !== 0 && i32[at + I.isn + d] === s.seq) return this.#isClosed(at);
    if ((bits & (BIT.previousIsn << d)) !== 0 && i32[at + I.previousIsn + d] === s.seq) return true;
    return (
      (bits & (BIT.isn << d)) !== 0 &&
      (bits & (BIT.synTimestamps << d)) !== 0 &&
      s.hasTimestamps &&
      seqBefore(s.tsVal, i32[at + I.synTsVal + d])
    );
  }

  /** RFC 9293, section 3.10.7.4: a SYN that is not the one that this connection began with starts another one. */
  #opensNewIncarnation(s: Segment, at: number, d: number): boolean {
    const i32 = this.table.i32;
    const bits = i32[at + I.bits];
    if ((bits & (BIT.isn << d)) !== 0) return i32[at + I.isn + d] !== s.seq;
    // The other end's SYN may have crossed this one, or its SYN+ACK may have been recorded before it.
    const other = 1 - d;
    if ((bits & (BIT.isn << other)) === 0) return true;
    if ((bits & (BIT.acked << other)) !== 0) return i32[at + I.acked + other] !== ((s.seq + 1) | 0);
    return false;
  }

  /** The SYN+ACK that takes a new incarnation in: whoever sends it has nothing left of the one before. */
  #isAnswerToSyn(s: Segment, flow: number, d: number): boolean {
    const i32 = this.table.i32;
    const at = flow * STRIDE;
    return (
      (s.flags & (SYN | ACK | RST)) === (SYN | ACK) &&
      (i32[at + I.bits] & (BIT.isn << (1 - d))) !== 0 &&
      isNear(s.ack - 1, i32[at + I.isn + 1 - d])
    );
  }

  /**
   * While a new incarnation is opening, the peer may still answer for the old one: a challenge ACK and the RST that it
   * draws (RFC 5961, section 4) carry the old one's numbers.
   */
  #isForPrevious(s: Segment, flow: number, d: number, previous: number): boolean {
    const i32 = this.table.i32;
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

  #begin(replaced: number, s: Segment, d: number): number {
    const table = this.table;
    if (replaced >= 0) {
      const older = table.i32[replaced * STRIDE + I.previous];
      if (older >= 0) this.#finish(older);
    }
    const flow = table.insert(replaced);
    const i32 = table.i32;
    const at = flow * STRIDE;
    i32[at + I.number] = ++this.flows;
    let bits = this.#beginRecord(flow, s, d);
    if (replaced >= 0) {
      i32[at + I.previous] = replaced;
      const before = replaced * STRIDE;
      i32[before + I.successor] = flow;
      const earlier = i32[before + I.bits];
      for (let side = 0; side < 2; side++) {
        if ((earlier & (BIT.fin << side)) !== 0) bits |= BIT.previousFin << side;
        if ((earlier & (BIT.isn << side)) !== 0) {
          bits |= BIT.previousIsn << side;
          i32[at + I.previousIsn + side] = i32[before + I.isn + side];
        }
      }
    }
    i32[at + I.bits] = replaced >= 0 ? bits | BIT.incident : bits;
    if (replaced < 0) this.#streams.begin(s, at, d);
    else this.#streams.inherit(replaced * STRIDE, at);
    return flow;
  }

  /** What a record of zeros holds from a flow's first segment on. @returns its bits */
  #beginRecord(flow: number, s: Segment, d: number): number {
    const { i32, f64 } = this.table;
    const at = flow * STRIDE;
    const at64 = flow * STRIDE_F64;
    i32[at + I.logHead] = -1;
    i32[at + I.logTail] = -1;
    i32[at + I.previous] = -1;
    i32[at + I.successor] = -1;
    i32[at + I.closer] = -1;
    f64[at64 + F.start] = s.time;
    f64[at64 + DF.busySince] = s.time;
    f64[at64 + DIRECTION_F64 + DF.busySince] = s.time;
    f64[at64 + F.last] = s.time;
    const bits = s.ipVersion === 6 ? BIT.ipv6 : 0;
    // Without a SYN, the client is the end with the higher port unless a later segment tells.
    const [portA, portB] = [i32[at + I.ports] >>> 16, i32[at + I.ports] & 0xffff];
    return (portA === portB ? d === 1 : portB > portA) ? bits | BIT.openedByB : bits;
  }

  /** The record of a deferred flow as it was when the flow began. That it is in the queue of ended ones remains. */
  #beginAgain(flow: number, s: Segment, d: number): void {
    const i32 = this.table.i32;
    const at = flow * STRIDE;
    const number = i32[at + I.number];
    const tcpStream = i32[at + I.tcpStream];
    const ending = i32[at + I.bits] & BIT.ending;
    this.table.clear(flow);
    i32[at + I.number] = number;
    i32[at + I.tcpStream] = tcpStream;
    i32[at + I.bits] = this.#beginRecord(flow, s, d) | ending;
    this.#streams.number(s, at, d, true);
  }

  /** Queues a flow whose both ends are done, by FIN or by RST: it leaves the table after `linger` without a segment. */
  #considerEnd(flow: number, time: Time): void {
    const i32 = this.table.i32;
    const at = flow * STRIDE;
    const bits = i32[at + I.bits];
    if ((bits & BIT.ending) !== 0) return;
    if (!this.#isClosed(at) && (bits & (3 * BIT.rst)) === 0) return;
    if (i32[at + I.successor] < 0) this.table.retire(flow);
    else i32[at + I.bits] |= BIT.ending;
    this.#ending.push(flow, i32[at + I.number]);
    this.#nextEnd = Math.min(this.#nextEnd, time + this.#options.linger);
  }

  #endDone(now: Time): void {
    const queue = this.#ending;
    const table = this.table;
    let ended = 0;
    while (this.#endingHead < queue.length) {
      const flow = queue[this.#endingHead];
      const stale = table.i32[flow * STRIDE + I.number] !== queue[this.#endingHead + 1];
      if (!stale) {
        const last = table.f64[flow * STRIDE_F64 + F.last];
        this.#nextEnd = last + this.#options.linger;
        if (now < this.#nextEnd) break;
        if (ended++ === MOST_AT_ONCE) return;
        this.#finish(flow);
      }
      this.#endingHead += 2;
    }
    if (this.#endingHead >= queue.length) this.#nextEnd = Number.POSITIVE_INFINITY;
    if (this.#endingHead > 4096 && this.#endingHead * 2 > queue.length) {
      queue.splice(0, this.#endingHead);
      this.#endingHead = 0;
    }
  }

  /**
   * Lets a few flows leave for each newcomer. Those that are to leave next are searched for together, a quarter of all, so
   * that the search costs each newcomer little.
   */
  #makeRoom(now: Time): void {
    const { i32, f64 } = this.table;
    if (this.#leaving.length === 0) {
      this.#leaving = firstToLeave(this.table, Math.ceil(this.#options.maxFlows / 4)).reverse();
      this.#leavingSince = now;
    }
    for (let left = 0; left < 2; ) {
      const flow = this.#leaving.pop();
      if (flow === undefined) return;
      // An incarnation before or after it has taken it along, or it has spoken again.
      if (i32[flow * STRIDE + I.number] === 0 || f64[flow * STRIDE_F64 + F.last] >= this.#leavingSince) continue;
      if (isDone(i32, flow)) this.#finish(flow);
      else this.#giveUp(flow);
      left++;
    }
  }

  #giveUp(flow: number): void {
    const previous = this.table.i32[flow * STRIDE + I.previous];
    if (previous >= 0) this.#finish(previous);
    this.#options.onGiveUp(flow);
    this.#release(flow);
  }

  #finish(flow: number): void {
    const previous = this.table.i32[flow * STRIDE + I.previous];
    if (previous >= 0) this.#finish(previous);
    this.#kept.flush(flow);
    this.#options.onEnd(flow);
    this.#release(flow);
  }

  #release(flow: number): void {
    const i32 = this.table.i32;
    const at = flow * STRIDE;
    if (i32[at + I.logCount] < 0) this.#deferral?.release(flow);
    else this.#kept.release(flow);
    const successor = i32[at + I.successor];
    if (successor >= 0) i32[successor * STRIDE + I.previous] = -1;
    this.table.remove(flow, successor < 0);
  }
}
