import { ACK, FIN, Segment, SYN } from '../decode/segment.js';
import { LAST, LOWEST_BYTE, NEXT, ORDINARY, RECORD_WORDS, SEGMENT_WORDS, START } from '../fast-path/layout.js';
import { BULK } from './accounting.js';
import { MOST_COPIED } from './deferred-copies.js';
import type { FlowRecords } from './flow-record.js';
import { firstFin, SegmentReader, unread } from './kept-segments.js';
import type { Time } from './model.js';
import { OrdinarySegments } from './ordinary-segments.js';
import { LOG } from './segment-log.js';

/** Of one direction, in columns; behind those that were copied may stand the last of the ordinary ones. */
const MOST = MOST_COPIED + 1;

/** What one direction of a deferred flow has sent, as its log would tell it: segments in columns, but for those that are folded. */
export class SentSegments {
  length = 0;
  readonly frame = new Float64Array(MOST);
  readonly time = new Float64Array(MOST);
  readonly flags = new Int32Array(MOST);
  /** From the initial sequence number on, and one past the last number that it occupies. */
  readonly seq = new Float64Array(MOST);
  readonly end = new Float64Array(MOST);
  /** From the other end's initial sequence number on; NaN where the ACK bit is not set. */
  readonly ack = new Float64Array(MOST);
  readonly payload = new Int32Array(MOST);
  /** As in the header: not scaled. */
  readonly window = new Int32Array(MOST);
  readonly hasTimestamps = new Uint8Array(MOST);
  readonly tsVal = new Int32Array(MOST);
  readonly tsEcr = new Int32Array(MOST);
  /** Since when the sender had something unacknowledged under way, this segment included. */
  readonly busySince = new Float64Array(MOST);
  /** Index of the first FIN; -1 where there is none. */
  fin = -1;
  /** Initial sequence number. */
  isn = 0;
  /** Shift that its SYN offered; -1 for none. */
  scale = -1;
  /** Of all, those that are folded included. */
  packets = 0;
  bytes = 0;
}

/** Reads the segments of deferred flows out of their copies; each call of `read` overwrites what the one before has read. */
export class DeferredSegments {
  /** By direction. */
  readonly sent = [new SentSegments(), new SentSegments()] as const;
  ordinary: OrdinarySegments | null = null;
  /** Payload of the ordinary ones, by direction. */
  readonly ordinaryBytes = [0, 0];
  readonly #segment = new Segment();
  /** By direction: one past the highest sequence number sent, what of it is acknowledged, and the payload of the last segment. */
  readonly #next = [0, 0];
  readonly #acked = [0, 0];
  readonly #payload = [0, 0];
  readonly #busySince: [Time, Time] = [0, 0];

  /** @param at where the record begins, in words */
  read(copies: FlowRecords, at: number): void {
    const { i32, f64 } = copies;
    const start = f64[at / 2 + START];
    for (let d = 0; d < 2; d++) {
      this.sent[d].length = this.sent[d].packets = this.sent[d].bytes = 0;
      this.sent[d].fin = -1;
      this.#acked[d] = this.#payload[d] = 0;
      this.#busySince[d] = start;
    }
    const begin = at + RECORD_WORDS;
    const end = begin + (i32[at + ORDINARY] & LOWEST_BYTE) * SEGMENT_WORDS;
    const fin = firstFin(i32, begin, end);
    const reader = new SegmentReader(start);
    for (let from = begin; from < fin; from += SEGMENT_WORDS) this.#add(i32, from, reader);
    const ordinary = new OrdinarySegments(copies, at);
    this.ordinary = ordinary.isEmpty ? null : ordinary;
    if (!ordinary.isEmpty) {
      const [a, b] = reader.next;
      reader.time = f64[at / 2 + LAST];
      for (let d = 0; d < 2; d++) reader.next[d] = i32[at + NEXT + d];
      unread(i32, fin, end, reader);
      this.ordinaryBytes[0] = ordinary.bytes(0, a, reader.next[0]);
      this.ordinaryBytes[1] = ordinary.bytes(1, b, reader.next[1]);
      for (let d = 0; d < 2; d++) this.#next[d] += this.ordinaryBytes[d];
      for (let d = 0; d < 2; d++) if (ordinary.count(d) > 0) this.#addLastOrdinary(ordinary, d, reader);
    }
    for (let from = fin; from < end; from += SEGMENT_WORDS) this.#add(i32, from, reader);
  }

  #add(words: Int32Array, from: number, reader: SegmentReader): void {
    const s = this.#segment;
    const next = this.#next;
    const d = reader.read(words, from, s);
    const sent = this.sent[d];
    const isSyn = (s.flags & SYN) !== 0;
    const isFin = (s.flags & FIN) !== 0;
    if (isSyn) {
      next[d] = 0;
      sent.isn = s.seq >>> 0;
      sent.scale = s.windowScale;
    } else if (s.length > 0 || isFin) {
      // As accounting.ts has it.
      const isClocked = this.#payload[1 - d] === 0 && this.#payload[d] >= BULK;
      if (this.#acked[d] === next[d] && !isClocked) this.#busySince[d] = s.time;
    }
    const seq = next[d];
    next[d] = seq + s.length + (isSyn || isFin ? 1 : 0);
    const ack = (s.flags & ACK) === 0 ? Number.NaN : this.#unwrap(1 - d, s.ack, reader);
    if (isFin) sent.fin = sent.length;
    sent.packets++;
    sent.bytes += s.length;
    this.#push(d, s.frame, s.time, s.flags, seq, ack, s.length, s.window, s.hasTimestamps, s.tsVal, s.tsEcr);
  }

  /** @param reader stands behind all ordinary ones */
  #addLastOrdinary(ordinary: OrdinarySegments, d: number, reader: SegmentReader): void {
    const sent = this.sent[d];
    const bits = ordinary.bits(d);
    const payload = ordinary.payload(d);
    sent.packets += ordinary.count(d);
    sent.bytes += this.ordinaryBytes[d];
    this.#busySince[d] = ordinary.busySince(d);
    this.#push(
      d,
      ordinary.frame(d),
      ordinary.time(d, reader.time),
      bits & LOG.flags,
      this.#next[d] - payload,
      this.#unwrap(1 - d, ordinary.ack(d), reader),
      payload,
      ordinary.window(d),
      (bits & LOG.timestamps) !== 0,
      ordinary.tsVal(d),
      ordinary.tsEcr(d),
    );
  }

  #push(
    d: number,
    frame: number,
    time: Time,
    flags: number,
    seq: number,
    ack: number,
    payload: number,
    window: number,
    hasTimestamps: boolean,
    tsVal: number,
    tsEcr: number,
  ): void {
    const sent = this.sent[d];
    const index = sent.length++;
    sent.frame[index] = frame;
    sent.time[index] = time;
    sent.flags[index] = flags;
    sent.seq[index] = seq;
    sent.end[index] = this.#next[d];
    sent.ack[index] = ack;
    sent.payload[index] = payload;
    sent.window[index] = window;
    sent.hasTimestamps[index] = hasTimestamps ? 1 : 0;
    sent.tsVal[index] = tsVal;
    sent.tsEcr[index] = tsEcr;
    sent.busySince[index] = this.#busySince[d];
    if (ack > 0) this.#acked[1 - d] = ack;
    this.#payload[d] = payload;
  }

  /** A number of what direction `d` has sent, from its initial one on. */
  #unwrap(d: number, raw: number, reader: SegmentReader): number {
    return this.#next[d] - ((reader.next[d] - raw) | 0);
  }
}
