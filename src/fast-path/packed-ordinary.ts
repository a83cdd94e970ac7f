import {
  putValues,
  setShortStep,
  setSpan,
  setStep,
  setValue,
  shortStepped,
  spanAt,
  stepped,
  takeValues,
  valueAt,
} from './coded-values';
import {
  ACK_TIME,
  ACKED_BEFORE_FIN,
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
  LOWEST_BYTE,
  NEXT,
  ORDINARY,
  ORDINARY_SHIFT,
  OTHER_TIME,
} from './layout';
import { END_FIELDS } from './packed-end';
import { frameBefore, senderOf, setFrameBefore } from './packed-senders';
import { directionAt, setTime, setWord, time, word } from './record';

/* Of the record of a flow whose both ends have closed, what it knows of ordinary segments, and of when each end was busy. */

/* Values of each end. */
const COUNT: u32 = 0;
const BUSY: u32 = 1;
const UNACKNOWLEDGED: u32 = 2;
const WINDOW: u32 = 3;
const LENGTH: u32 = 4;
const VALUES_OF_END: u32 = 5;

/* Values of an end's ordinary segments: of the first one, then of the last one. */
const TO_FIRST: u32 = 0;
const FIRST: u32 = 1;
const FINAL: u32 = 2;
const TIMESTAMP: u32 = 3;
const FLAGS: u32 = 4;
const IDENTIFICATION: u32 = 5;
const VALUES_OF_ORDINARY: u32 = 6;

/* Values of those of both ends. */
const WRAPS: u32 = 0;
const SINCE_OTHER: u32 = 1;
const SINCE_FOLDED: u32 = 2;
const FOLDED: u32 = 3;
/** Two, by direction. */
const ECHO: u32 = 4;
const VALUES_OF_ALL: u32 = 6;

/* Fields: the end that has opened the connection has others than the other one. */
const FIRST_END: u32 = END_FIELDS;
const FIRST_ORDINARY: u32 = FIRST_END + 2 * VALUES_OF_END;
const ALL: u32 = FIRST_ORDINARY + 2 * VALUES_OF_ORDINARY;
/** Where fields of others begin. */
export const ORDINARY_FIELDS: u32 = ALL + VALUES_OF_ALL;

const SHORT: u32 = 0xffff;
/** What DIR_BITS has below the IPv4 identification. */
const DIR_FLAGS: u32 = 0x7ff;

/** @param opener direction of the SYN */
export function putOrdinary(record: usize, opener: u32): void {
  for (let i: u32 = 0; i < 2; i++) putEndOf(record, i ^ opener, FIRST_END + i * VALUES_OF_END);
  if (!hasOrdinary(record)) return;
  for (let i: u32 = 0; i < 2; i++)
    if (countOf(record, i ^ opener) !== 0) putOrdinaryOf(record, i ^ opener, FIRST_ORDINARY + i * VALUES_OF_ORDINARY);
  const fin = time(record, FIN_TIME);
  setValue(WRAPS, word(record, ORDINARY + 1) & LOWEST_BYTE);
  setSpan(SINCE_OTHER, fin - time(record, OTHER_TIME));
  setSpan(SINCE_FOLDED, fin - time(record, FOLDED_TIME));
  setStep(FOLDED, frameBefore, word(record, FOLDED_FRAME));
  for (let d: u32 = 0; d < 2; d++) setStep(ECHO + d, senderOf(1 - d).tsVal, word(directionAt(record, d), DIR_TS_ECR));
  putValues(ALL, VALUES_OF_ALL);
  setFrameBefore(lastFrameOf(record));
}

/** Writes that into a record which has the other fields. */
export function takeOrdinary(record: usize, opener: u32): void {
  for (let i: u32 = 0; i < 2; i++) takeEndOf(record, i ^ opener, FIRST_END + i * VALUES_OF_END);
  if (!hasOrdinary(record)) return;
  for (let i: u32 = 0; i < 2; i++)
    if (countOf(record, i ^ opener) !== 0) takeOrdinaryOf(record, i ^ opener, FIRST_ORDINARY + i * VALUES_OF_ORDINARY);
  const fin = time(record, FIN_TIME);
  takeValues(ALL, VALUES_OF_ALL);
  setWord(record, ORDINARY + 1, word(record, ORDINARY + 1) | <u32>valueAt(WRAPS));
  setTime(record, OTHER_TIME, fin - spanAt(SINCE_OTHER));
  setTime(record, FOLDED_TIME, fin - spanAt(SINCE_FOLDED));
  setWord(record, FOLDED_FRAME, stepped(FOLDED, frameBefore));
  for (let d: u32 = 0; d < 2; d++)
    setWord(directionAt(record, d), DIR_TS_ECR, stepped(ECHO + d, senderOf(1 - d).tsVal));
  setFrameBefore(lastFrameOf(record));
}

function putEndOf(record: usize, d: u32, field: u32): void {
  const sender = senderOf(d);
  const lengthAndWindow = word(directionAt(record, d), DIR_WND);
  setValue(COUNT, countOf(record, d));
  setSpan(BUSY, time(record, FIN_TIME) - time(record, BUSY_SINCE + d));
  setValue(UNACKNOWLEDGED, word(record, NEXT + 1 - d) - word(record, ACKED_BEFORE_FIN + d));
  setShortStep(WINDOW, sender.window, lengthAndWindow & SHORT);
  setValue(LENGTH, lengthAndWindow >> 16);
  putValues(field, VALUES_OF_END);
  sender.window = lengthAndWindow & SHORT;
}

function takeEndOf(record: usize, d: u32, field: u32): void {
  const sender = senderOf(d);
  takeValues(field, VALUES_OF_END);
  setWord(record, ORDINARY + d, word(record, ORDINARY + d) | ((<u32>valueAt(COUNT)) << ORDINARY_SHIFT));
  setTime(record, BUSY_SINCE + d, time(record, FIN_TIME) - spanAt(BUSY));
  setWord(record, ACKED_BEFORE_FIN + d, word(record, NEXT + 1 - d) - <u32>valueAt(UNACKNOWLEDGED));
  sender.window = shortStepped(WINDOW, sender.window);
  setWord(directionAt(record, d), DIR_WND, sender.window | ((<u32>valueAt(LENGTH)) << 16));
}

function putOrdinaryOf(record: usize, d: u32, field: u32): void {
  const direction = directionAt(record, d);
  const sender = senderOf(d);
  const tsVal = word(direction, DIR_TS_VAL);
  const bits = word(direction, DIR_BITS);
  setSpan(TO_FIRST, time(record, FIRST_TIME + d) - time(record, ACK_TIME));
  setStep(FIRST, frameBefore, word(record, FIRST_FRAME + d));
  setStep(FINAL, frameBefore, word(record, FRAME + d));
  setStep(TIMESTAMP, sender.tsVal, tsVal);
  setValue(FLAGS, bits & DIR_FLAGS);
  setShortStep(IDENTIFICATION, sender.ipId + countOf(record, d), bits >> 16);
  putValues(field, VALUES_OF_ORDINARY);
  sender.tsVal = tsVal;
  sender.ipId = bits >> 16;
}

function takeOrdinaryOf(record: usize, d: u32, field: u32): void {
  const direction = directionAt(record, d);
  const sender = senderOf(d);
  takeValues(field, VALUES_OF_ORDINARY);
  setTime(record, FIRST_TIME + d, time(record, ACK_TIME) + spanAt(TO_FIRST));
  setWord(record, FIRST_FRAME + d, stepped(FIRST, frameBefore));
  setWord(record, FRAME + d, stepped(FINAL, frameBefore));
  sender.tsVal = stepped(TIMESTAMP, sender.tsVal);
  sender.ipId = shortStepped(IDENTIFICATION, sender.ipId + countOf(record, d));
  setWord(direction, DIR_TS_VAL, sender.tsVal);
  setWord(direction, DIR_BITS, <u32>valueAt(FLAGS) | (sender.ipId << 16));
}

/** Whether ordinary segments are counted. */
export function hasOrdinary(record: usize): bool {
  return countOf(record, 0) + countOf(record, 1) !== 0;
}

function countOf(record: usize, d: u32): u32 {
  return word(record, ORDINARY + d) >> ORDINARY_SHIFT;
}

function lastFrameOf(record: usize): u32 {
  return max<u32>(word(record, FRAME), word(record, FRAME + 1));
}
