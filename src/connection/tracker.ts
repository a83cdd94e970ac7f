import type { RecordSpan } from '../capture/record-span.js';
import { ACK, FIN, RST, type Segment, SYN } from '../decode/segment.js';
import { CLOSED, COPIED, FIRST_CLOSED, HELD_UP, TAKEN, UNKNOWN } from '../fast-path/layout.js';
import { advance, isClosed, note } from './accounting.js';
import { Copies } from './copies.js';
import { Deferral } from './deferral.js';
import type { DeferredCopies, DeferringSource } from './deferred-copies.js';
import { EndingFlows } from './ending-flows.js';
import { firstToLeave } from './eviction.js';
import { FlowLog } from './flow-log.js';
import type { KeyPart } from './flow-network.js';
import { BIT, D, DF, DIRECTION, DIRECTION_F64, F, type FlowRecords, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import { FlowTable } from './flow-table.js';
import {
  disown,
  isAnswerToSyn,
  isForPrevious,
  isOldDuplicate,
  opensNewIncarnation,
  refusesAck,
} from './incarnation.js';
import { Listeners } from './listeners.js';
import { LiveFlows } from './live-flows.js';
import type { Time } from './model.js';
import type { Patience } from './patience.js';
import { LOG, type SegmentLog } from './segment-log.js';
import { CONTROL, isIncident, isOrdinary, LONG_SILENCE, passMilestone } from './soundness.js';
import { StreamNumbers } from './stream-numbers.js';
import { SECOND } from './time.js';
import type { WantedFlows } from './wanted-flows.js';

/** Segments that a flow may log before ordinary-looking ones among the closing or lossy are folded, too. */
const LOG_BOUND = 256;
/** Control segments (SYN, FIN, RST, ICMP) are logged up to this bound: a flow of nothing else must not fill the memory. */
const CONTROL_BOUND = 1024;
/** A silence that is worth an entry of its own while one end waits for the other to close. */
const HALF_CLOSED_BREAK: Time = SECOND / 2;

/** Flows that one segment ends, after a long pause: each is held until it was taken. */
const MOST_AT_ONCE = 64;

/**
 * Flows whose ends are asked for at once: so many that they are still in the processor's first cache when they are told. With
 * hundreds at once, to tell them took a third longer.
 */
const MOST_FORESEEN = 32;

export interface TrackerOptions {
  /** What joins addresses and ports in the flows' key; by default nothing. */
  readonly key?: readonly KeyPart[];
  /** Ordinary segments of a flow that are kept for display; 0 where only the diagnosis counts. */
  readonly detail: number;
  /**
   * Sound flows are not followed in full (see deferral.ts), so long as nothing in them takes as long as this: whoever wants
   * to read their log calls `recall` first. Absent where all are.
   */
  readonly defers?: Patience;
  /** Flows that are not deferred. Absent where all may be. */
  readonly wanted?: WantedFlows;
  /** Silence after both ends are done before the flow leaves the table. */
  readonly linger: Time;
  /** Flows that are followed at a time, at most; beyond them, some are given up (see eviction.ts). */
  readonly maxFlows: number;
  /** Called when a flow is complete; its record and log are reused after the call. */
  readonly onEnd: (flow: number) => void;
  /**
   * Called when a deferred flow is complete, whose record begins at a word of `records`. Where that is not enough, the flow is
   * shown in a record of the table, and `onEnd` is called.
   * @returns whether it is enough
   */
  readonly onDeferredEnd?: (flow: number, records: FlowRecords, at: number) => boolean;
  /** Asked when a deferred flow was enough: whether whoever takes them holds as many as may be at a time. By default never. */
  readonly holdsEnough?: () => boolean;
  /** Called before deferred flows are complete: the first words are their IPv4 addresses, and others that mean nothing. */
  readonly onForesee?: (hosts: Int32Array, count: number) => void;
  /** Called when a flow is given up, while more of it may come. */
  readonly onGiveUp: (flow: number) => void;
}

/**
 * Follows every 4-tuple through its incarnations, and keeps of each what its post-mortem needs. What it concludes while
 * reading is only which incarnation a segment belongs to, whether it is ordinary, and when a flow is over; states are
 * reconstructed from the log, with hindsight, by postmortem/.
 */
export class Tracker implements DeferringSource {
  readonly table: FlowTable;
  /** The last number that was given to a flow. */
  flows = 0;

  readonly #listeners: Listeners;

  readonly #options: TrackerOptions;
  readonly #streams: StreamNumbers;
  readonly #kept: FlowLog;
  /** Null where every flow is followed in full. */
  readonly #deferral: Deferral | null;
  readonly #alive: LiveFlows;
  /** Deferred segments are taken: what they told at their time was heard. */
  #isRecalling = false;
  readonly #copies: Copies;
  readonly #ending: EndingFlows;
  /** Flows that make room for newcomers, the next one last, and when they were searched for. */
  #leaving: number[] = [];
  #leavingSince: Time = 0;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.table = new FlowTable(undefined, options.key);
    this.#streams = new StreamNumbers(this.table);
    this.#kept = new FlowLog(this.table, options.detail);
    this.#copies = new Copies(this.table);
    const { defers, key = [] } = options;
    this.#deferral = defers !== undefined && key.length === 0 ? Deferral.create(defers) : null;
    this.#listeners = new Listeners(this.table, (port) => this.#deferral?.watchPort(port));
    this.#alive = new LiveFlows(this.table, this.#deferral?.flows ?? null);
    this.#ending = new EndingFlows(this.#alive, this.#deferral?.flows ?? null, options.linger);
  }

  /** Whether sound flows are not followed in full, so that `walk` takes records. */
  get defers(): boolean {
    return this.#deferral !== null;
  }

  /** Where segments that another thread decodes are walked through; null where none are. */
  get memory(): WebAssembly.Memory | null {
    return this.#deferral?.flows.memory ?? null;
  }

  /** What records of a capture that was read to this need not be copied to; null where none are walked through. */
  get chunk(): Uint8Array | null {
    return this.#deferral?.flows.chunk.subarray(0, COPIED) ?? null;
  }

  /** The entries of all flows. */
  get log(): SegmentLog {
    return this.#kept.entries;
  }

  /** Takes a TCP segment. Segments come in the order of the capture. */
  segment(segment: Segment): void {
    if (this.#deferral === null) this.#follow(segment, this.table.find(segment), this.table.key.direction);
    else this.#deferOrFollow(segment, this.#deferral);
    this.endDone(segment.time);
  }

  /**
   * Takes records of a capture in place of their segments, as far as that comes to the same and is faster. Flows that are over
   * by then end with `endDone`.
   *
   * @returns false where the next record is none of those
   */
  walk(span: RecordSpan): boolean {
    const deferral = this.#deferral;
    if (deferral === null) return false;
    const { maxFlows, wanted } = this.#options;
    const unwanted = (wanted?.nextAfter(this.flows) ?? Number.POSITIVE_INFINITY) - this.flows - 1;
    const room = Math.max(0, Math.min(maxFlows - this.#alive.size, unwanted));
    const stop = deferral.walk(span, this.#ending.nextExactEnd, this.flows, this.#streams.following, room);
    const { path, closed, closedAt } = deferral.flows;
    const begun = path.flowsBegun();
    this.flows += begun;
    this.#streams.following += begun;
    const count = path.flowsClosed();
    for (let i = 0; i < count; i++) this.#ending.add(~closed[4 * i], closedAt[2 * i + 1]);
    return stop !== HELD_UP;
  }

  /** Keeps the segment of a deferred flow; a flow that cannot be deferred any longer is followed from its start. */
  #deferOrFollow(segment: Segment, deferral: Deferral): void {
    const flow = this.table.find(segment);
    const { direction } = this.table.key;
    if (flow >= 0) {
      this.#follow(segment, flow, direction);
      return;
    }
    const isSign = this.#listeners.isSign(segment) && deferral.isSign(segment);
    const outcome = deferral.offer(segment);
    if (isSign && (outcome === TAKEN || outcome === CLOSED)) this.#listeners.note(segment);
    if (outcome === TAKEN) return;
    if (outcome === CLOSED) {
      this.#ending.add(~deferral.flow, segment.time);
    } else if (outcome !== UNKNOWN) {
      this.#follow(segment, this.#recall(deferral), direction);
    } else if (deferral.isFirst && this.#options.wanted?.holds(this.flows + 1, segment) !== true) {
      if (this.#alive.size >= this.#options.maxFlows) this.#makeRoom(segment.time);
      deferral.begin(++this.flows, this.#streams.following++);
    } else {
      this.#follow(segment, -1, direction);
    }
  }

  /** Takes a segment of the flow that was found for it; -1 for none. */
  #follow(segment: Segment, flow: number, d: number): void {
    const table = this.table;
    if (flow >= 0) {
      const at = flow * STRIDE;
      const i32 = table.i32;
      const bits = i32[at + I.bits];
      // Asked first, since `repeats` is too long to be inlined, and most captures have no copies.
      if (!this.#copies.none && this.#copies.repeats(segment, flow, d)) {
        this.#streams.number(segment, at, d);
        return;
      }
      if ((bits & BIT.synchronized) !== 0 && isOrdinary(table, segment, at, d, bits)) {
        const f64 = table.f64;
        const at64 = flow * STRIDE_F64;
        const { time } = segment;
        const silence = time - f64[at64 + F.last];
        if (silence > LONG_SILENCE || silence < 0) i32[at + I.bits] |= BIT.incident;
        f64[at64 + F.last] = time;
        if (silence > HALF_CLOSED_BREAK && this.#isBreak(silence, bits) && i32[at + I.logCount] < LOG_BOUND) {
          this.#kept.flush(flow);
          advance(table, segment, at, at64, d);
          this.#kept.append(flow, segment, d, 0);
        } else {
          this.#kept.fold(flow, d);
          advance(table, segment, at, at64, d);
          this.#kept.keep(flow, segment, d, 0);
        }
        return;
      }
    }
    this.#unusual(flow, d, segment);
  }

  /**
   * Follows a deferred flow in full, from its start to its end: to be called before its log is read, where it ends. Does
   * nothing to other flows.
   */
  recall(flow: number): void {
    const { i32 } = this.table;
    const at = flow * STRIDE;
    if (i32[at + I.logCount] >= 0 || this.#deferral === null) return;
    this.#replay(i32[at + I.logTail], this.#deferral, flow);
    this.#kept.flush(flow);
  }

  copyDeferred(flow: number, to: DeferredCopies): number {
    if (this.#deferral === null) throw new RangeError('no flow is deferred');
    return this.#deferral.copy(flow, to);
  }

  /** Follows the deferred flow that was found last in full from now on, the table's key being its own. @returns its record */
  #recall(deferral: Deferral): number {
    const { table } = this;
    const deferred = deferral.flow;
    deferral.noteFollowed();
    const flow = table.insert(-1);
    deferral.describe(deferred, table, flow);
    const isEnding = (table.i32[flow * STRIDE + I.bits] & BIT.ending) !== 0;
    const last = table.f64[flow * STRIDE_F64 + F.last];
    if (isEnding) table.retire(flow);
    this.#replay(deferred, deferral, flow);
    deferral.remove(deferred, isEnding);
    if (isEnding) this.#ending.noteRecalled(deferred, flow, last);
    return flow;
  }

  /** Takes the segments of a deferred flow into a record, as if they came now. */
  #replay(deferred: number, deferral: Deferral, flow: number): void {
    this.#isRecalling = true;
    let isFirst = true;
    deferral.replay(deferred, this.table, flow, (segment, d) => {
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
    if (!segment.quotedSeq) return;
    if (flow < 0 && this.#deferral !== null && this.#deferral.find(segment) >= 0) flow = this.#recall(this.#deferral);
    if (flow < 0) return;
    const d = this.table.key.direction;
    const previous = this.table.i32[flow * STRIDE + I.previous];
    if (previous >= 0 && isForPrevious(this.table, segment, flow, d, previous)) flow = previous;
    if (this.table.i32[flow * STRIDE + I.logCount] >= CONTROL_BOUND) return;
    this.table.i32[flow * STRIDE + I.bits] |= BIT.incident;
    const bits = LOG.icmp | (segment.ipVersion === 6 ? LOG.ipv6 : 0);
    this.#kept.append(flow, segment, d, bits);
  }

  /**
   * The capture is over: every flow that is left ends with it, in the order of their first segments. Pauses after each one that
   * `onEnd` was called for, and after a few others, so that whoever takes them need not hold them all.
   */
  *end(): Generator<void> {
    const left = this.#alive.inOrder();
    for (let index = 0; index < left.length; ) {
      const end = Math.min(index + MOST_AT_ONCE, left.length);
      if (this.#deferral !== null) this.#foreseeNoted(this.#deferral, this.#deferral.note(left, index, end));
      for (; index < end; index++) if (!this.#leave(left[index], true)) yield;
      yield;
    }
  }

  /** Nothing is asked for any more, and nobody else reads or writes its memory. */
  close(): void {
    this.#deferral?.close();
  }

  /** A silence that is worth an entry of its own. */
  #isBreak(silence: Time, bits: number): boolean {
    return silence > ((bits & (3 * BIT.fin)) === 0 ? LONG_SILENCE : HALF_CLOSED_BREAK);
  }

  #unusual(found: number, d: number, s: Segment): void {
    const table = this.table;
    let flow = found;
    let marks = 0;
    const isSyn = (s.flags & (SYN | ACK | RST | FIN)) === SYN;
    if (flow >= 0) this.#streams.number(s, flow * STRIDE, d);
    if (flow < 0) {
      if (this.#alive.size >= this.#options.maxFlows) this.#makeRoom(s.time);
      flow = this.#begin(-1, s, d);
    } else if (isSyn) {
      const at = flow * STRIDE;
      if (isOldDuplicate(table, s, at, d)) {
        marks = LOG.oldDuplicate;
      } else if (opensNewIncarnation(table, s, at, d)) {
        this.#kept.append(flow, s, d, LOG.successor);
        table.i32[flow * STRIDE + I.bits] |= BIT.incident;
        flow = this.#begin(flow, s, d);
      }
    } else {
      const previous = table.i32[flow * STRIDE + I.previous];
      if (previous >= 0 && isAnswerToSyn(table, s, flow, d)) {
        this.#kept.append(previous, s, d, LOG.successor);
      } else if (previous >= 0 && isForPrevious(table, s, flow, d, previous)) {
        this.#kept.append(flow, s, d, LOG.predecessor);
        flow = previous;
      } else if (previous < 0 && refusesAck(table, s, flow * STRIDE, d) && this.#disownAck(flow, s, d)) {
        return;
      } else if ((s.flags & (SYN | ACK | RST)) === (SYN | ACK) && isClosed(table, flow * STRIDE)) {
        // A listener that has forgotten the connection takes a late copy of its SYN for a new one.
        marks = LOG.oldDuplicate;
      }
    }
    this.#record(flow, d, s, marks, isSyn);
  }

  /**
   * The ACK that this RST refuses, and the RST, are of a connection from before the capture.
   * @returns false where the ACK has no entry of its own
   */
  #disownAck(flow: number, s: Segment, d: number): boolean {
    const { i32, f64 } = this.table;
    const at = flow * STRIDE;
    const { log } = this;
    const frame = i32[at + (1 - d) * DIRECTION + D.frame] >>> 0;
    let ack = i32[at + I.logTail];
    while (ack >= 0 && log.frame(ack) !== frame) ack = log.next(ack);
    if (ack < 0) return false;
    log.remark(ack, (log.bits(ack) & ~LOG.gap) | LOG.predecessor);
    disown(this.table, at, 1 - d);
    i32[at + I.bits] |= BIT.incident;
    f64[flow * STRIDE_F64 + F.last] = s.time;
    this.#kept.append(flow, s, d, LOG.predecessor);
    return true;
  }

  #record(flow: number, d: number, s: Segment, mark: number, isSyn: boolean): void {
    const table = this.table;
    let marks = mark;
    const at = flow * STRIDE;
    const at64 = flow * STRIDE_F64;
    const i32 = table.i32;
    if (marks === 0 || marks === LOG.oldDuplicate) {
      const copies = this.#copies.count(s, flow, d);
      if (copies > 1) return;
      if (copies === 1) marks = LOG.copy;
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
    if (marks === 0) {
      marks = note(table, s, at, at64, d, isSyn);
      if ((i32[at + I.bits] & BIT.synchronized) !== 0 && i32[at + I.previous] >= 0) this.#finish(i32[at + I.previous]);
    }
    if (marks !== 0 || isIncident(table, s, at, d, before, acked, next, s.time - table.f64[at64 + F.last]))
      i32[at + I.bits] |= BIT.incident;
    table.f64[at64 + F.last] = s.time;
    passMilestone(table, s, at, at64, d);
    if (!this.#isRecalling) this.#listeners.watch(s, at, d, marks);
    if (folds) this.#kept.keep(flow, s, d, marks);
    else this.#kept.append(flow, s, d, marks);
    this.#considerEnd(flow, s.time);
  }

  listenerSigns(record: number, d: number): readonly Time[] {
    return this.#listeners.signsOf(record, d);
  }

  #begin(replaced: number, s: Segment, d: number): number {
    const table = this.table;
    if (replaced >= 0) {
      const older = table.i32[replaced * STRIDE + I.previous];
      if (older >= 0) this.#finish(older);
    }
    if (replaced < 0) this.#deferral?.noteFollowed();
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
    this.#streams.number(s, at, d);
  }

  /** Queues a flow whose both ends are done, by FIN or by RST: it leaves the table after `linger` without a segment. */
  #considerEnd(flow: number, time: Time): void {
    const i32 = this.table.i32;
    const at = flow * STRIDE;
    const bits = i32[at + I.bits];
    if ((bits & BIT.ending) !== 0) return;
    if (!isClosed(this.table, at) && (bits & (3 * BIT.rst)) === 0) return;
    if (i32[at + I.successor] < 0) this.table.retire(flow);
    else i32[at + I.bits] |= BIT.ending;
    this.#ending.add(flow, time);
  }

  /** Whether `endDone` has flows to end. */
  isDue(now: Time): boolean {
    return now >= this.#ending.nextEnd;
  }

  /** Flows end that have been silent for long enough; not all of them, where they are many. */
  endDone(now: Time): void {
    if (!this.isDue(now)) return;
    for (let told = 0, foreseen = 0; told < MOST_AT_ONCE; foreseen--) {
      if (foreseen === 0) foreseen = Math.max(1, this.#foresee(now));
      const flow = this.#ending.take(now);
      if (flow === null) return;
      if (!this.#leave(flow)) told++;
      else if (this.#options.holdsEnough?.() === true) return;
    }
  }

  /** Looks at a few deferred flows that are to leave by now. @returns how many */
  #foresee(now: Time): number {
    const deferral = this.#deferral;
    if (deferral === null) return 0;
    const count = this.#ending.foresee(now, MOST_FORESEEN);
    this.#foreseeNoted(deferral, count);
    return count;
  }

  #foreseeNoted(deferral: Deferral, count: number): void {
    const { path, hosts } = deferral.flows;
    path.foresee(count);
    this.#options.onForesee?.(hosts, 2 * count);
  }

  /**
   * Lets a few flows leave for each newcomer. Those that are to leave next are searched for together, a quarter of all, so
   * that the search costs each newcomer little.
   */
  #makeRoom(now: Time): void {
    const alive = this.#alive;
    if (this.#leaving.length === 0) {
      this.#leaving = firstToLeave(alive, Math.ceil(this.#options.maxFlows / 4)).reverse();
      this.#leavingSince = now;
    }
    for (let left = 0; left < 2; ) {
      const flow = this.#leaving.pop();
      if (flow === undefined) return;
      // An incarnation before or after it has taken it along, or it has spoken again.
      if (alive.numberOf(flow) === 0 || alive.lastOf(flow) >= this.#leavingSince) continue;
      if (alive.isDone(flow)) this.#leave(flow);
      else this.#giveUp(flow);
      left++;
    }
  }

  #giveUp(flow: number): void {
    const { onGiveUp } = this.#options;
    if (flow < 0) {
      if (this.#deferral !== null) this.#leaveShown(~flow, this.#deferral, onGiveUp);
      return;
    }
    const previous = this.table.i32[flow * STRIDE + I.previous];
    if (previous >= 0) this.#finish(previous);
    onGiveUp(flow);
    this.#release(flow);
  }

  /** @param isOver nothing comes any more: what has closed need not be taken out of the index @returns false where `onEnd` was called */
  #leave(flow: number, isOver = false): boolean {
    const deferral = this.#deferral;
    if (flow >= 0 || deferral === null) {
      this.#finish(flow);
      return false;
    }
    const { onDeferredEnd, onEnd } = this.#options;
    const { flows } = deferral;
    if (onDeferredEnd?.(~flow, flows, flows.recordAt(~flow)) !== true) {
      this.#leaveShown(~flow, deferral, onEnd);
      return false;
    }
    if (!isOver || ~flow < FIRST_CLOSED) deferral.remove(~flow);
    return true;
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
    this.#kept.release(flow);
    const successor = i32[at + I.successor];
    if (successor >= 0) i32[successor * STRIDE + I.previous] = -1;
    this.table.remove(flow, successor < 0);
  }

  /** Shows the end of a deferred flow in a record that is made for that. */
  #leaveShown(deferred: number, deferral: Deferral, tell: (flow: number) => void): void {
    const { table } = this;
    const flow = deferral.show(deferred, table);
    const at = flow * STRIDE;
    table.i32[at + I.logCount] = -1;
    table.i32[at + I.logTail] = deferred;
    tell(flow);
    if (table.i32[at + I.logCount] >= 0) this.#kept.release(flow);
    table.remove(flow, false);
    deferral.remove(deferred);
  }
}
