import { listSegments } from './kept-segments';
import {
  ACK_TIME,
  ACKED,
  ACKED_BEFORE_FIN,
  BITS,
  BUSY_SINCE,
  DIR_BITS,
  DIR_TS_ECR,
  DIR_TS_VAL,
  DIR_WND,
  FIN_TIME,
  FIRST_FRAME,
  FIRST_TIME,
  FOLDED_FRAME,
  FOLDED_TIME,
  FRAME,
  IPV6,
  LAST,
  LISTED,
  LOWEST_BYTE,
  NEXT,
  NUMBER,
  OPENED_BY_B,
  ORDINARY,
  ORDINARY_SHIFT,
  OTHER_TIME,
  RECORD_WORDS,
  SECOND_FIN_TIME,
  SEGMENT_WORDS,
  SPANS,
  START,
  SYN_ACK_TIME,
  SYN_TS_VAL,
  TCP_STREAM,
  TOLD,
  UPPER,
} from './layout';
import { copy, directionAt, setTime, setWord, time, word } from './record';
import { four, MOST_SQUEEZED, squeeze, stretch, stretchedTo, unzigzag, zigzag } from './squeeze';

/*
 * A flow whose both ends have closed is asked for its key and its number, and for all else only once: when it leaves, or when a
 * segment comes that is more than a deferred flow has. For that minute it is packed: its record takes some 130 bytes in place of
 * 256, and the segments that were kept leave no room between them.
 *
 * A packed flow begins with words that stand as they are: those of its key, where a record has them; the time of its last
 * segment; its number; with IPv6, what addresses have above the lowest word. The others of the record are squeezed: most are
 * differences from one of those before, and small. Behind them stand the segments.
 */

const LAST_AT: usize = 16;
const NUMBER_AT: usize = 24;
/** Word of a packed flow where addresses of IPv6 go on, as UPPER of a record. */
export const PACKED_UPPER: i32 = 7;
const UPPER_AT: usize = PACKED_UPPER << 2;
const UPPER_BYTES: usize = 24;

const GROUPS_OF_RECORD: usize = 11;
/** Without the last word, which links it to another one. */
const PACKED_SEGMENT_BYTES: usize = 28;

const RECORD_BYTES: usize = RECORD_WORDS << 2;
const SEGMENT_BYTES: usize = SEGMENT_WORDS << 2;

/* Spans of time, two words each: the lower ones in one row, the upper ones, most of which are 0, in the next one. */
const FIRST_SPAN: usize = SPANS;
const UPPER_SPANS: usize = SPANS + 48;
const AFTER_SECOND_FIN: u32 = 0;
const CLOSING: u32 = 1;
const OPEN: u32 = 2;
const CLIENT_ROUND_TRIP: u32 = 3;
const SERVER_ROUND_TRIP: u32 = 4;
/** Two each, by direction. */
const BUSY: u32 = 5;
const FIRST_ORDINARY: u32 = 7;
const OTHER: u32 = 9;
const FOLDED: u32 = 10;
/** Where a row has room for another word. */
const NO_SPAN: usize = 11;

const FIRST_LISTED: usize = LISTED;
const TOLD_RECORD: usize = TOLD;

/** What a record takes when it is packed, at most, and behind that is overwritten. */
export function mostPacked(record: usize): usize {
  const squeezed = (GROUPS_OF_RECORD + 1) * MOST_SQUEEZED;
  return UPPER_AT + UPPER_BYTES + squeezed + <usize>keptOf(record) * PACKED_SEGMENT_BYTES + MOST_SQUEEZED;
}

/** Packs a record, and the segments that were kept of its flow. @returns where that ends */
export function pack(record: usize, packed: usize): usize {
  v128.store(packed, v128.load(record));
  store<f64>(packed + LAST_AT, time(record, LAST));
  store<u32>(packed + NUMBER_AT, word(record, NUMBER));
  if (isIpv6(record)) memory.copy(packed + UPPER_AT, record + ((<usize>UPPER) << 2), UPPER_BYTES);
  return packSegments(record, packRecord(record, squeezedAt(packed)));
}

/** Time of the last segment. */
export function lastOfPacked(packed: usize): f64 {
  return load<f64>(packed + LAST_AT);
}

export function numberOfPacked(packed: usize): u32 {
  return load<u32>(packed + NUMBER_AT);
}

/** Writes what tells a packed flow's end to `TOLD`, as its record has it. @returns where what is left begins */
export function tellPacked(packed: usize): usize {
  const record = TOLD_RECORD;
  v128.store(record, v128.load(packed));
  setTime(record, LAST, lastOfPacked(packed));
  setWord(record, NUMBER, numberOfPacked(packed));
  if (isIpv6(packed)) memory.copy(record + ((<usize>UPPER) << 2), packed + UPPER_AT, UPPER_BYTES);
  return unpackEnd(squeezedAt(packed), record);
}

/** Writes a packed flow's record to `TOLD`, and its segments behind it. */
export function tellAllPacked(packed: usize): void {
  unpackSegments(unpackOrdinary(tellPacked(packed), TOLD_RECORD), TOLD_RECORD);
}

/** The same of a record that is not packed. */
export function tellAll(record: usize): void {
  copy(TOLD_RECORD, record);
  const count = keptOf(record);
  listSegments(record, count, FIRST_LISTED);
  let to = TOLD_RECORD + RECORD_BYTES;
  for (let index: u32 = 0; index < count; index++) {
    copySegment(to, listed(index));
    to += SEGMENT_BYTES;
  }
}

/** Address of a segment that `listSegments` has named. */
function listed(index: u32): usize {
  return load<u32>(FIRST_LISTED + ((<usize>index) << 2));
}

/** Segments of a flow that are kept one by one. */
function keptOf(record: usize): u32 {
  return word(record, ORDINARY) & LOWEST_BYTE;
}

function isIpv6(record: usize): bool {
  return (word(record, BITS) & IPV6) !== 0;
}

function squeezedAt(packed: usize): usize {
  return packed + UPPER_AT + (isIpv6(packed) ? UPPER_BYTES : 0);
}

function packRecord(record: usize, begin: usize): usize {
  const nextA = word(record, NEXT);
  const nextB = word(record, NEXT + 1);
  let to = squeeze(four(word(record, ORDINARY), word(record, ORDINARY + 1), nextA, nextB), begin);
  putSpans(record);
  to = squeezeRow(FIRST_SPAN, to);
  const isLong = v128.any_true(upperRow());
  store<u8>(to++, <u8>isLong);
  if (isLong) to = squeezeRow(UPPER_SPANS, to);
  const beforeFin = four(
    nextB - word(record, ACKED_BEFORE_FIN),
    nextA - word(record, ACKED_BEFORE_FIN + 1),
    word(record, SYN_TS_VAL),
    word(record, NUMBER) - word(record, TCP_STREAM),
  );
  to = squeeze(beforeFin, to);
  const a = directionAt(record, 0);
  const b = directionAt(record, 1);
  const timestamps = four(
    word(a, DIR_TS_VAL) - synTsValOf(record, 0),
    word(b, DIR_TS_VAL) - synTsValOf(record, 1),
    word(a, DIR_TS_ECR) - word(b, DIR_TS_VAL),
    word(b, DIR_TS_ECR) - word(a, DIR_TS_VAL),
  );
  to = squeeze(zigzag(timestamps), to);
  to = squeeze(four(word(a, DIR_BITS), word(b, DIR_BITS), word(a, DIR_WND), word(b, DIR_WND)), to);
  const frame = word(record, FRAME);
  const frames = four(
    word(record, FRAME + 1) - frame,
    word(record, FOLDED_FRAME) - frame,
    word(record, FIRST_FRAME) - frame,
    word(record, FIRST_FRAME + 1) - frame,
  );
  return squeeze(zigzag(frames), to);
}

function unpackEnd(begin: usize, record: usize): usize {
  const counts = stretch(begin);
  const nextA = <u32>i32x4.extract_lane(counts, 2);
  const nextB = <u32>i32x4.extract_lane(counts, 3);
  setWord(record, ORDINARY, i32x4.extract_lane(counts, 0));
  setWord(record, ORDINARY + 1, i32x4.extract_lane(counts, 1));
  setWord(record, NEXT, nextA);
  setWord(record, NEXT + 1, nextB);
  setWord(record, ACKED, nextB);
  setWord(record, ACKED + 1, nextA);
  let from = stretchRow(FIRST_SPAN, stretchedTo);
  if (load<u8>(from++) !== 0) from = stretchRow(UPPER_SPANS, from);
  else clearUpperRow();
  takeSpans(record);
  const beforeFin = stretch(from);
  setWord(record, ACKED_BEFORE_FIN, nextB - i32x4.extract_lane(beforeFin, 0));
  setWord(record, ACKED_BEFORE_FIN + 1, nextA - i32x4.extract_lane(beforeFin, 1));
  setWord(record, SYN_TS_VAL, i32x4.extract_lane(beforeFin, 2));
  setWord(record, TCP_STREAM, word(record, NUMBER) - i32x4.extract_lane(beforeFin, 3));
  return stretchedTo;
}

/** What the record has of the last ordinary segments. */
function unpackOrdinary(begin: usize, record: usize): usize {
  const a = directionAt(record, 0);
  const b = directionAt(record, 1);
  const timestamps = unzigzag(stretch(begin));
  const tsValA = i32x4.extract_lane(timestamps, 0) + synTsValOf(record, 0);
  const tsValB = i32x4.extract_lane(timestamps, 1) + synTsValOf(record, 1);
  const last = stretch(stretchedTo);
  setDirection(
    a,
    tsValA,
    i32x4.extract_lane(timestamps, 2) + tsValB,
    i32x4.extract_lane(last, 0),
    i32x4.extract_lane(last, 2),
  );
  setDirection(
    b,
    tsValB,
    i32x4.extract_lane(timestamps, 3) + tsValA,
    i32x4.extract_lane(last, 1),
    i32x4.extract_lane(last, 3),
  );
  const frames = i32x4.add(unzigzag(stretch(stretchedTo)), i32x4.splat(word(record, FRAME)));
  setWord(record, FRAME + 1, i32x4.extract_lane(frames, 0));
  setWord(record, FOLDED_FRAME, i32x4.extract_lane(frames, 1));
  setWord(record, FIRST_FRAME, i32x4.extract_lane(frames, 2));
  setWord(record, FIRST_FRAME + 1, i32x4.extract_lane(frames, 3));
  return stretchedTo;
}

function squeezeRow(row: usize, to: usize): usize {
  return squeeze(v128.load(row, 32), squeeze(v128.load(row, 16), squeeze(v128.load(row), to)));
}

/** @returns where the row ends */
function stretchRow(row: usize, from: usize): usize {
  v128.store(row, stretch(from));
  v128.store(row, stretch(stretchedTo), 16);
  v128.store(row, stretch(stretchedTo), 32);
  return stretchedTo;
}

/** @returns bits of all that stands in the upper row */
function upperRow(): v128 {
  return v128.or(v128.or(v128.load(UPPER_SPANS), v128.load(UPPER_SPANS, 16)), v128.load(UPPER_SPANS, 32));
}

function clearUpperRow(): void {
  const nothing = i64x2.splat(0);
  v128.store(UPPER_SPANS, nothing);
  v128.store(UPPER_SPANS, nothing, 16);
  v128.store(UPPER_SPANS, nothing, 32);
}

/** TSval of a direction's SYN, as far as that is known. */
function synTsValOf(record: usize, d: u32): u32 {
  const opener = <u32>((word(record, BITS) & OPENED_BY_B) !== 0);
  return opener === d ? word(record, SYN_TS_VAL) : 0;
}

function setDirection(direction: usize, tsVal: u32, tsEcr: u32, bits: u32, window: u32): void {
  setWord(direction, DIR_TS_VAL, tsVal);
  setWord(direction, DIR_TS_ECR, tsEcr);
  setWord(direction, DIR_BITS, bits);
  setWord(direction, DIR_WND, window);
}

/** Of what a record does not have, there is an empty span. */
function putSpans(record: usize): void {
  const fin = time(record, FIN_TIME);
  const ack = time(record, ACK_TIME);
  const synAck = time(record, SYN_ACK_TIME);
  putSpan(AFTER_SECOND_FIN, time(record, LAST) - time(record, SECOND_FIN_TIME));
  putSpan(CLOSING, time(record, SECOND_FIN_TIME) - fin);
  putSpan(OPEN, fin - ack);
  putSpan(CLIENT_ROUND_TRIP, ack - synAck);
  putSpan(SERVER_ROUND_TRIP, synAck - time(record, START));
  for (let d: u32 = 0; d < 2; d++) {
    putSpan(BUSY + d, fin - time(record, BUSY_SINCE + d));
    putSpan(FIRST_ORDINARY + d, hasOrdinary(record, d) ? time(record, FIRST_TIME + d) - ack : 0);
  }
  const hasAny = hasOrdinary(record, 0) || hasOrdinary(record, 1);
  putSpan(OTHER, hasAny ? fin - time(record, OTHER_TIME) : 0);
  putSpan(FOLDED, hasAny ? fin - time(record, FOLDED_TIME) : 0);
  store<u32>(FIRST_SPAN + (NO_SPAN << 2), word(record, FRAME));
  store<u32>(UPPER_SPANS + (NO_SPAN << 2), 0);
}

function takeSpans(record: usize): void {
  const secondFin = time(record, LAST) - span(AFTER_SECOND_FIN);
  const fin = secondFin - span(CLOSING);
  const ack = fin - span(OPEN);
  const synAck = ack - span(CLIENT_ROUND_TRIP);
  setTime(record, SECOND_FIN_TIME, secondFin);
  setTime(record, FIN_TIME, fin);
  setTime(record, ACK_TIME, ack);
  setTime(record, SYN_ACK_TIME, synAck);
  setTime(record, START, synAck - span(SERVER_ROUND_TRIP));
  for (let d: u32 = 0; d < 2; d++) {
    setTime(record, BUSY_SINCE + d, fin - span(BUSY + d));
    setTime(record, FIRST_TIME + d, ack + span(FIRST_ORDINARY + d));
  }
  setTime(record, OTHER_TIME, fin - span(OTHER));
  setTime(record, FOLDED_TIME, fin - span(FOLDED));
  setWord(record, FRAME, load<u32>(FIRST_SPAN + (NO_SPAN << 2)));
}

/** Whether ordinary segments of a direction are counted. */
function hasOrdinary(record: usize, d: u32): bool {
  return word(record, ORDINARY + d) >> ORDINARY_SHIFT !== 0;
}

function putSpan(index: u32, duration: f64): void {
  const nanoseconds = <i64>duration;
  store<u32>(FIRST_SPAN + ((<usize>index) << 2), <u32>nanoseconds);
  store<u32>(UPPER_SPANS + ((<usize>index) << 2), <u32>(nanoseconds >> 32));
}

function span(index: u32): f64 {
  const lower = <u64>load<u32>(FIRST_SPAN + ((<usize>index) << 2));
  return <f64>(<i64>(lower | ((<u64>load<u32>(UPPER_SPANS + ((<usize>index) << 2))) << 32)));
}

/** They stand one behind the other, without what links them: to squeeze them, too, took most of the time. */
function packSegments(record: usize, begin: usize): usize {
  const count = keptOf(record);
  listSegments(record, count, FIRST_LISTED);
  let to = begin;
  for (let index: u32 = 0; index < count; index++) {
    copySegment(to, listed(index));
    to += PACKED_SEGMENT_BYTES;
  }
  return to;
}

function unpackSegments(begin: usize, record: usize): void {
  const end = record + RECORD_BYTES + <usize>keptOf(record) * SEGMENT_BYTES;
  let from = begin;
  for (let to = record + RECORD_BYTES; to < end; to += SEGMENT_BYTES) {
    copySegment(to, from);
    from += PACKED_SEGMENT_BYTES;
  }
}

function copySegment(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}
