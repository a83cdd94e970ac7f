import type { RecordSpan } from '../capture/record-span.js';
import { Segment } from '../decode/segment.js';
import {
  ACK_TIME,
  ACKED,
  BITS,
  CLOSED_BY_B,
  COPIED,
  FIN_TIME,
  HELD_UP,
  LAST,
  LAST_BULK,
  LAST_DATA,
  LAST_FROM_B,
  LOW_A,
  LOWEST_BYTE,
  MOST_COPIED,
  NEXT,
  NUMBER,
  ORDINARY,
  RECORD_WORDS,
  SECOND_FIN_TIME,
  SEGMENT_WORDS,
  START,
  SYN_ACK_TIME,
  SYN_TS_VAL,
  TCP_STREAM,
  TOLD,
  UPPER,
} from '../fast-path/layout.js';
import type { DeferredCopies } from './deferred-copies.js';
import { DeferredFlows } from './deferred-flows.js';
import { BIT, F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import { firstFin, SegmentReader, unread } from './kept-segments.js';
import type { Time } from './model.js';
import { OrdinarySegments } from './ordinary-segments.js';
import type { Patience } from './patience.js';

const TOLD_AT = TOLD / Int32Array.BYTES_PER_ELEMENT;
/** Bits that have another use where flows are followed in full. */
const OTHER_USES = CLOSED_BY_B | LAST_FROM_B | (3 * LAST_DATA) | (3 * LAST_BULK);

/**
 * Most connections are short, and do nothing but open, exchange data in order and close. To follow them in full, for a
 * post-mortem that has nothing to tell, is what an analysis would take most of its time for. So of a flow that begins with a
 * SYN, those segments that open and close it are kept as they came, and in a small record what tells its end
 * (postmortem/ordinary.ts), what those between were, and that the next one is sound, too. Where one is not, the tracker takes
 * them as if they came now.
 *
 * The rules are in fast-path/deferral.ts.
 */
export class Deferral {
  readonly flows = DeferredFlows.acquire();
  readonly #segment = new Segment();
  /** The piece of a capture that the fast path has, as `RecordSpan` names it, and where of it that begins and ends. */
  #bytes: Uint8Array | null = null;
  #piece = 0;
  #begin = 0;
  #end = 0;

  private constructor({ handshake, closeWait, silence }: Patience) {
    this.flows.path.setPatience(handshake, closeWait, silence);
  }

  /** @returns null where the memory for it cannot be had: then every flow is followed in full */
  static create(patience: Patience): Deferral | null {
    try {
      return new Deferral(patience);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  /**
   * Keeps a segment if its flow is deferred, and it is as sound as those before.
   *
   * @returns UNKNOWN, TAKEN, CLOSED or UNSOUND of the fast path; `flow` is the segment's unless it is UNKNOWN
   */
  offer(s: Segment): number {
    this.flows.set(s);
    return this.flows.path.takeOffered();
  }

  /** Whether a segment is the first word of the server of a deferred flow, or its FIN. */
  isSign(s: Segment): boolean {
    this.flows.set(s);
    return this.flows.path.isOfferedSign() !== 0;
  }

  /** @returns the deferred flow that the segment belongs to; -1 for none */
  find(s: Segment): number {
    this.flows.set(s);
    return this.flows.path.findOffered() === 0 ? -1 : this.flow;
  }

  /** The flow of the segment that was offered last. */
  get flow(): number {
    return this.flows.path.flow();
  }

  /** Whether the segment that was offered last can be the first one of a deferred flow. */
  get isFirst(): boolean {
    return this.flows.path.isFirst() !== 0;
  }

  /** A flow begins with that segment. */
  begin(number: number, tcpStream: number): void {
    this.flows.path.beginOffered(number, tcpStream);
  }

  /** The flow of the segment that was offered last is followed in full. */
  noteFollowed(): void {
    this.flows.path.noteFollowed();
  }

  /**
   * Takes records of a capture, as far as they hold segments of deferred flows that are as sound as those before, or flows
   * begin with them.
   *
   * @param due it stops behind the first that is not before this
   * @param number of the flow that began last
   * @param tcpStream of the next one
   * @param room flows that may begin, at most
   * @returns HELD_UP or PAUSED of the fast path; `flows.closed` and `flowsBegun` tell what has happened on the way
   */
  walk(span: RecordSpan, due: Time, number: number, tcpStream: number, room: number): number {
    const { path } = this.flows;
    if (this.#bytes !== span.bytes || this.#piece !== span.piece) this.#load(span);
    const from = span.position - this.#begin;
    const to = this.#end - this.#begin;
    const stop = path.walk(from, to, span.frame, span.newest, span.until, due, number, tcpStream, room);
    span.position = this.#begin + path.chunkPosition();
    span.frame = path.frame();
    span.newest = path.now();
    if (stop === HELD_UP && this.#end < span.limit) this.#bytes = null;
    return stop;
  }

  /** Segments from this port that are signs are not taken by `walk` any more. */
  watchPort(port: number): void {
    this.flows.path.watchPort(port);
  }

  /** Writes what tells the flow's end into a record of a table of flows that are followed in full: zeros, but for its key. */
  describe(flow: number, table: FlowTable, record: number): void {
    const { i32, f64 } = this.flows;
    const from = this.flows.recordAt(flow);
    const from64 = from / 2;
    const to = record * STRIDE;
    const to64 = record * STRIDE_F64;
    const bits = i32[from + BITS];
    const closer = (bits & CLOSED_BY_B) !== 0 ? 1 : 0;
    table.i32[to + I.bits] = bits & ~OTHER_USES;
    for (let d = 0; d < 2; d++) {
      table.i32[to + I.next + d] = i32[from + NEXT + d];
      table.i32[to + I.acked + d] = i32[from + ACKED + d];
    }
    table.i32[to + I.closer] = (bits & (3 * BIT.fin)) === 0 ? -1 : closer;
    table.i32[to + I.synTsVal + ((bits & BIT.openedByB) !== 0 ? 1 : 0)] = i32[from + SYN_TS_VAL];
    table.i32[to + I.number] = i32[from + NUMBER];
    table.i32[to + I.tcpStream] = i32[from + TCP_STREAM];
    table.i32[to + I.previous] = -1;
    table.i32[to + I.successor] = -1;
    table.f64[to64 + F.start] = f64[from64 + START];
    table.f64[to64 + F.synAck] = f64[from64 + SYN_ACK_TIME];
    table.f64[to64 + F.ack] = f64[from64 + ACK_TIME];
    table.f64[to64 + F.fin] = f64[from64 + FIN_TIME];
    table.f64[to64 + F.secondFin] = f64[from64 + SECOND_FIN_TIME];
    table.f64[to64 + F.last] = f64[from64 + LAST];
  }

  /** Makes a record that shows a deferred flow's end: in no index, with its key. */
  show(flow: number, table: FlowTable): number {
    const { i32 } = this.flows;
    const at = this.flows.recordAt(flow);
    const record = table.insertAlone(i32, at + LOW_A, (i32[at + BITS] & BIT.ipv6) === 0 ? -1 : at + UPPER);
    this.describe(flow, table, record);
    return record;
  }

  /**
   * Hands a flow's segments to `take`, one after the other, as they came but for addresses and ports. Ordinary ones of an
   * established connection are counted to a record of `table` instead.
   */
  replay(flow: number, table: FlowTable, record: number, take: (s: Segment, d: number) => void): void {
    this.flows.path.tell(flow);
    const { i32, f64 } = this.flows;
    const at = TOLD_AT;
    const segment = this.#segment;
    segment.ipVersion = (i32[at + BITS] & BIT.ipv6) === 0 ? 4 : 6;
    const begin = at + RECORD_WORDS;
    const end = begin + (i32[at + ORDINARY] & LOWEST_BYTE) * SEGMENT_WORDS;
    const fin = firstFin(i32, begin, end);
    const reader = new SegmentReader(f64[at / 2 + START]);
    for (let from = begin; from < fin; from += SEGMENT_WORDS) take(segment, reader.read(i32, from, segment));
    const ordinary = new OrdinarySegments(this.flows, at);
    if (!ordinary.isEmpty) {
      reader.time = f64[at / 2 + LAST];
      for (let d = 0; d < 2; d++) reader.next[d] = i32[at + NEXT + d];
      unread(i32, fin, end, reader);
      ordinary.putInto(table, record, reader.next, reader.time);
    }
    for (let from = fin; from < end; from += SEGMENT_WORDS) take(segment, reader.read(i32, from, segment));
  }

  /** Copies a flow that has ended. @returns how many were copied before it */
  copy(flow: number, to: DeferredCopies): number {
    this.flows.path.tell(flow);
    return to.add(this.flows, TOLD_AT);
  }

  /** Names those of these flows in `flows.closed` that are deferred, which complements name. @returns how many they are */
  note(flows: Int32Array, from: number, end: number): number {
    const { closed } = this.flows;
    let count = 0;
    for (let index = from; index < end; index++) if (flows[index] < 0) closed[4 * count++] = ~flows[index];
    return count;
  }

  /** The flow is not deferred any longer. @param keepsPlace in the queue of closed ones, if it is there */
  remove(flow: number, keepsPlace = false): void {
    this.flows.path.remove(flow, keepsPlace);
  }

  /** Nothing is deferred any more. */
  close(): void {
    this.flows.release();
  }

  #load(span: RecordSpan): void {
    const { bytes, piece, position, limit, decoded } = span;
    const { chunk, path } = this.flows;
    const isThere = bytes.buffer === chunk.buffer;
    path.setDecoded(decoded?.byteOffset ?? 0, decoded?.length ?? 0);
    path.setFraming(span.nanosecondsOfUnit, span.epochSeconds, span.interfaces);
    path.setLink(span.typeAt, span.linkHeader);
    this.#bytes = bytes;
    this.#piece = piece;
    this.#begin = 0;
    this.#end = limit;
    if (decoded !== null) return;
    this.#begin = isThere ? chunk.byteOffset - bytes.byteOffset : position - COPIED;
    if (isThere) return;
    this.#end = Math.min(limit, position + MOST_COPIED);
    chunk.set(bytes.subarray(position, this.#end), COPIED);
  }
}
