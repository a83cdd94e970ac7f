import {
  MOST_OF_GROUP,
  putValues,
  setShortStep,
  setSignedSpan,
  setStep,
  setValue,
  shortStepped,
  signedSpanAt,
  stepped,
  takeValues,
  valueAt,
} from './coded-values';
import {
  ACK_TIME,
  BITS,
  FIN_TIME,
  KEPT_BITS,
  KEPT_FRAME,
  KEPT_LENGTH,
  KEPT_NUMBER,
  KEPT_SILENCE,
  KEPT_SILENCE_SHIFT,
  KEPT_TS_ECR,
  KEPT_TS_VAL,
  LAST,
  NEXT,
  OPENED_BY_B,
  SECOND_FIN_TIME,
  SEG_FROM_B_SHIFT,
  SEGMENT_WORDS,
  START,
  SYN_ACK_TIME,
  SYN_TS_VAL,
} from './layout';
import { hasOrdinary, ORDINARY_FIELDS, putOrdinary, takeOrdinary } from './packed-ordinary';
import { beginSenders, frameBefore, senderOf, setFrameBefore } from './packed-senders';
import { setWord, time, word } from './record';
import { ACK, FIN, SYN } from './segment';

/*
 * Segments of a flow whose both ends have closed that are kept one by one: those of the handshake, some behind it, then the first
 * FIN and what follows. What is coded is how each is not as expected. Ordinary segments stand before the first FIN.
 */

/** What each is: its flags and direction, by which its place in the connection's life is known. */
const MARKS: u32 = ORDINARY_FIELDS;

/* Values of a segment. */
const SILENCE: u32 = 0;
const FRAMES: u32 = 1;
const NUMBER: u32 = 2;
const LENGTH: u32 = 3;
const WINDOW: u32 = 4;
const TIMESTAMP: u32 = 5;
const ECHO: u32 = 6;
const IDENTIFICATION: u32 = 7;
const VALUES: u32 = 8;

/* Places: each has fields of its own. */
const HANDSHAKE: u32 = 3;
const OPEN: u32 = 3;
const FINISHES: u32 = 4;
const CLOSING: u32 = 5;
const FIRST_PLACE: u32 = MARKS + MOST_OF_GROUP;

const SEGMENT_BYTES: usize = SEGMENT_WORDS << 2;
const SHORT: u32 = 0xffff;
const FLAGS: u32 = 0x1ff;
/** Of the upper 32 bits of a silence. */
const SILENCE_BITS: u32 = 0x1f;
/* Marks: flags, and below whether it has timestamps other than the one before, and the direction. */
const FLAGS_SHIFT: u32 = 2;
const TIMESTAMPS_SHIFT: u32 = 10;

/** Time of the last segment that was coded. */
let before: f64 = 0;
/** FINs that were coded. */
let fins: u32 = 0;

/** @param segments where they stand, one behind the other */
export function putSegments(record: usize, segments: usize, kept: u32): void {
  const opener = begin(record);
  for (let first: u32 = 0; first < kept; first += MOST_OF_GROUP)
    putMarks(segmentAt(segments, first), min<u32>(kept - first, MOST_OF_GROUP), opener);
  for (let index: u32 = 0; index < kept; index++) {
    const segment = segmentAt(segments, index);
    const bits = word(segment, KEPT_BITS);
    if (isFirstFin(bits)) {
      putOrdinary(record, opener);
      expectFirstFin(record);
    }
    putSegment(record, segment, bits, index, kept);
  }
}

/** Writes them there, and to the record what it knows of ordinary ones. */
export function takeSegments(record: usize, segments: usize, kept: u32): void {
  const opener = begin(record);
  for (let first: u32 = 0; first < kept; first += MOST_OF_GROUP)
    takeMarks(segmentAt(segments, first), min<u32>(kept - first, MOST_OF_GROUP), opener);
  for (let index: u32 = 0; index < kept; index++) {
    const segment = segmentAt(segments, index);
    const bits = word(segment, KEPT_BITS);
    if (isFirstFin(bits)) {
      takeOrdinary(record, opener);
      expectFirstFin(record);
    }
    takeSegment(record, segment, bits, index, kept);
  }
}

/** @returns the direction of the first segment */
function begin(record: usize): u32 {
  const opener = <u32>((word(record, BITS) & OPENED_BY_B) !== 0);
  beginSenders();
  senderOf(opener).tsVal = word(record, SYN_TS_VAL);
  before = time(record, START);
  fins = 0;
  return opener;
}

function putMarks(segments: usize, count: u32, opener: u32): void {
  let hadTimestamps: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const bits = word(segmentAt(segments, index), KEPT_BITS);
    const hasTimestamps = (bits >> TIMESTAMPS_SHIFT) & 1;
    const marks = ((hasTimestamps ^ hadTimestamps) << 1) | (directionOf(bits) ^ opener);
    setValue(index, (((bits & FLAGS) ^ ACK) << FLAGS_SHIFT) | marks);
    hadTimestamps = hasTimestamps;
  }
  putValues(MARKS, count);
}

function takeMarks(segments: usize, count: u32, opener: u32): void {
  let hadTimestamps: u32 = 0;
  takeValues(MARKS, count);
  for (let index: u32 = 0; index < count; index++) {
    const marks = <u32>valueAt(index);
    const hasTimestamps = ((marks >> 1) & 1) ^ hadTimestamps;
    const flags = (marks >> FLAGS_SHIFT) ^ ACK;
    const bits = flags | (((marks & 1) ^ opener) << SEG_FROM_B_SHIFT) | (hasTimestamps << TIMESTAMPS_SHIFT);
    setWord(segmentAt(segments, index), KEPT_BITS, bits);
    hadTimestamps = hasTimestamps;
  }
}

function putSegment(record: usize, segment: usize, bits: u32, index: u32, kept: u32): void {
  const d = directionOf(bits);
  const sender = senderOf(d);
  const other = senderOf(1 - d);
  const silence = silenceOf(segment, bits);
  const lengthAndWindow = word(segment, KEPT_LENGTH);
  setSignedSpan(SILENCE, silence - expectedSilence(record, bits, index, kept));
  setStep(FRAMES, frameBefore, word(segment, KEPT_FRAME));
  setStep(NUMBER, expectedNumber(record, bits, d), word(segment, KEPT_NUMBER));
  setValue(LENGTH, lengthAndWindow >> 16);
  setShortStep(WINDOW, sender.window, lengthAndWindow & SHORT);
  setStep(TIMESTAMP, sender.tsVal, word(segment, KEPT_TS_VAL));
  setStep(ECHO, other.tsVal, word(segment, KEPT_TS_ECR));
  setShortStep(IDENTIFICATION, sender.ipId + 1, bits >> 16);
  putValues(fieldsOf(bits, index), VALUES);
  note(record, segment, bits, silence);
}

/** @param marks the lowest bits of its word of bits, which is written */
function takeSegment(record: usize, segment: usize, marks: u32, index: u32, kept: u32): void {
  const d = directionOf(marks);
  const sender = senderOf(d);
  const other = senderOf(1 - d);
  takeValues(fieldsOf(marks, index), VALUES);
  const silence = signedSpanAt(SILENCE) + expectedSilence(record, marks, index, kept);
  const nanoseconds = <i64>silence;
  const upper = (<u32>(nanoseconds >> 32)) << KEPT_SILENCE_SHIFT;
  const bits = marks | upper | (shortStepped(IDENTIFICATION, sender.ipId + 1) << 16);
  const window = shortStepped(WINDOW, sender.window);
  setWord(segment, KEPT_SILENCE, <u32>nanoseconds);
  setWord(segment, KEPT_FRAME, stepped(FRAMES, frameBefore));
  setWord(segment, KEPT_NUMBER, stepped(NUMBER, expectedNumber(record, marks, d)));
  setWord(segment, KEPT_LENGTH, ((<u32>valueAt(LENGTH)) << 16) | window);
  setWord(segment, KEPT_TS_VAL, stepped(TIMESTAMP, sender.tsVal));
  setWord(segment, KEPT_TS_ECR, stepped(ECHO, other.tsVal));
  setWord(segment, KEPT_BITS, bits);
  note(record, segment, bits, silence);
}

function fieldsOf(bits: u32, index: u32): u32 {
  const behind = (bits & FIN) !== 0 ? FINISHES : fins !== 0 ? CLOSING : OPEN;
  return FIRST_PLACE + VALUES * (index < HANDSHAKE ? index : behind);
}

function isFirstFin(bits: u32): bool {
  return (bits & FIN) !== 0 && fins === 0;
}

/** Before the first FIN, there may have been ordinary segments; behind it, its receiver sends nothing but a FIN. */
function expectFirstFin(record: usize): void {
  senderOf(0).next = word(record, NEXT) - 1;
  senderOf(1).next = word(record, NEXT + 1) - 1;
  if (hasOrdinary(record)) before = time(record, FIN_TIME);
}

/** Of some segments, the record knows the time. */
function expectedSilence(record: usize, bits: u32, index: u32, kept: u32): f64 {
  if (index === 1) return time(record, SYN_ACK_TIME) - before;
  if (index === 2) return time(record, ACK_TIME) - before;
  if (index + 1 === kept) return time(record, LAST) - before;
  if ((bits & FIN) !== 0) return time(record, fins === 0 ? FIN_TIME : SECOND_FIN_TIME) - before;
  return 0;
}

/** Of a SYN, its number: the record knows the last one of its sender. Of others, what they acknowledge: all. */
function expectedNumber(record: usize, bits: u32, d: u32): u32 {
  return (bits & SYN) !== 0 ? word(record, NEXT + d) : senderOf(1 - d).next;
}

/** Expects what follows a segment. */
function note(record: usize, segment: usize, bits: u32, silence: f64): void {
  const sender = senderOf(directionOf(bits));
  const lengthAndWindow = word(segment, KEPT_LENGTH);
  before = isFirstFin(bits) ? time(record, FIN_TIME) : before + silence;
  if ((bits & SYN) !== 0) {
    sender.next = word(segment, KEPT_NUMBER) + 1;
  } else if ((bits & FIN) !== 0) {
    sender.next++;
    fins++;
  } else if (fins === 0) {
    sender.next += lengthAndWindow >> 16;
  }
  sender.tsVal = word(segment, KEPT_TS_VAL);
  sender.ipId = bits >> 16;
  sender.window = lengthAndWindow & SHORT;
  setFrameBefore(word(segment, KEPT_FRAME));
}

/** Since the flow's segment before it. */
function silenceOf(segment: usize, bits: u32): f64 {
  return <f64>(((<u64>((bits >> KEPT_SILENCE_SHIFT) & SILENCE_BITS)) << 32) | word(segment, KEPT_SILENCE));
}

function directionOf(bits: u32): u32 {
  return (bits >> SEG_FROM_B_SHIFT) & 1;
}

function segmentAt(segments: usize, index: u32): usize {
  return segments + <usize>index * SEGMENT_BYTES;
}
