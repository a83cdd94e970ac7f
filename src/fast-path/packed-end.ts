import { putValues, setSpan, setValue, spanAt, takeValues, valueAt } from './coded-values';
import {
  ACK_TIME,
  ACKED,
  FIN_TIME,
  LAST,
  LOWEST_BYTE,
  NEXT,
  NUMBER,
  ORDINARY,
  SECOND_FIN_TIME,
  START,
  SYN_ACK_TIME,
  SYN_TS_VAL,
  TCP_STREAM,
} from './layout';
import { setTime, setWord, time, word } from './record';

/* Of the record of a flow whose both ends have closed, what tells its end. */

const KEPT: u32 = 0;
const SERVER_ROUND_TRIP: u32 = 1;
const CLIENT_ROUND_TRIP: u32 = 2;
const OPEN: u32 = 3;
const CLOSING: u32 = 4;
const AFTER_SECOND_FIN: u32 = 5;
const SYN_TIMESTAMP: u32 = 6;
/** Two, by direction. */
const SENT: u32 = 7;
const FLOWS_WITHOUT_STREAM: u32 = 9;
const FIELDS: u32 = 10;

/** Where fields of others begin. */
export const END_FIELDS: u32 = FIELDS;

export function putEnd(record: usize): void {
  const synAck = time(record, SYN_ACK_TIME);
  const ack = time(record, ACK_TIME);
  const fin = time(record, FIN_TIME);
  const secondFin = time(record, SECOND_FIN_TIME);
  setValue(KEPT, keptOf(record));
  setSpan(SERVER_ROUND_TRIP, synAck - time(record, START));
  setSpan(CLIENT_ROUND_TRIP, ack - synAck);
  setSpan(OPEN, fin - ack);
  setSpan(CLOSING, secondFin - fin);
  setSpan(AFTER_SECOND_FIN, time(record, LAST) - secondFin);
  setValue(SYN_TIMESTAMP, word(record, SYN_TS_VAL));
  setValue(SENT, word(record, NEXT));
  setValue(SENT + 1, word(record, NEXT + 1));
  setValue(FLOWS_WITHOUT_STREAM, word(record, NUMBER) - word(record, TCP_STREAM));
  putValues(0, FIELDS);
}

/** Writes that into a record which has its key, its number and its last time. */
export function takeEnd(record: usize): void {
  takeValues(0, FIELDS);
  const secondFin = time(record, LAST) - spanAt(AFTER_SECOND_FIN);
  const fin = secondFin - spanAt(CLOSING);
  const ack = fin - spanAt(OPEN);
  const synAck = ack - spanAt(CLIENT_ROUND_TRIP);
  const sentByA = <u32>valueAt(SENT);
  const sentByB = <u32>valueAt(SENT + 1);
  setWord(record, ORDINARY, <u32>valueAt(KEPT));
  setTime(record, SECOND_FIN_TIME, secondFin);
  setTime(record, FIN_TIME, fin);
  setTime(record, ACK_TIME, ack);
  setTime(record, SYN_ACK_TIME, synAck);
  setTime(record, START, synAck - spanAt(SERVER_ROUND_TRIP));
  setWord(record, SYN_TS_VAL, <u32>valueAt(SYN_TIMESTAMP));
  setWord(record, NEXT, sentByA);
  setWord(record, NEXT + 1, sentByB);
  // Each end has acknowledged all.
  setWord(record, ACKED, sentByB);
  setWord(record, ACKED + 1, sentByA);
  setWord(record, TCP_STREAM, word(record, NUMBER) - <u32>valueAt(FLOWS_WITHOUT_STREAM));
}

/** Segments of a flow that are kept one by one. */
export function keptOf(record: usize): u32 {
  return word(record, ORDINARY) & LOWEST_BYTE;
}
