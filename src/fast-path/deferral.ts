import { addOpen, findRecord, glanceAtClosed, moveToClosed, removeFromIndex, resetIndex } from './flow-index';
import { append, journalEnd } from './journal';
import { hashOf, writeKey } from './key';
import {
  ACK_TIME,
  ACKED,
  BITS,
  CLOSED,
  CLOSED_BY_B,
  CLOSED_RECORDS,
  COUNT,
  ENDING,
  FIN_TIME,
  HAS_ACKED,
  HAS_FIN,
  HAS_ISN,
  HAS_NEXT,
  HAS_SPOKEN,
  HAS_SYN_TIMESTAMPS,
  IPV6,
  LAST,
  MOST_RECORDS,
  MOST_SEGMENTS,
  NEWEST,
  NEXT,
  NUMBER,
  OLDEST,
  OPENED_BY_B,
  ROLES_KNOWN,
  SECOND_FIN_TIME,
  SEG_ACK,
  SEG_BITS,
  SEG_SEQ,
  SEG_TIME,
  SEG_TS_VAL,
  SEG_UNUSUAL,
  START,
  SYN_ACK_TIME,
  SYN_TS_VAL,
  SYNCHRONIZED,
  TAKEN,
  TCP_STREAM,
  UNSOUND,
} from './layout';
import { addressOf, clear, copy, RecordArea, setTime, setWord, time, word } from './record';
import { ACK, directionOf, FIN, flagsOf, hasTimestamps, isIpv6, lengthOf, RST, SYN, windowOf } from './segment';

/* The rules of connection/deferral.ts: of which flows no more is known than that all is sound. */

const MOST: u32 = MOST_SEGMENTS;
/** Of the handshake: SYN, SYN+ACK, ACK. */
const HANDSHAKE: u32 = 3;
/** As in connection/soundness.ts. */
const LONG_SILENCE: f64 = 60e9;

const KINDS: u32 = SYN | ACK | FIN | RST;

/**
 * Flows in TIME_WAIT are many times those that are open, and hardly sent a segment. With those between them, the open ones are
 * spread over ten times as many pages of memory: to walk through 12 million segments of 20,000 open flows took a twentieth longer.
 */
const openRecords = new RecordArea(0, CLOSED_RECORDS);
const closedRecords = new RecordArea(CLOSED_RECORDS, MOST_RECORDS);

/** From how long on handshakes and CLOSE_WAIT are not sound. */
let handshake: f64 = 0;
let closeWait: f64 = 0;
/** Segments of all flows. */
let needed: u32 = 0;
/** No flow is deferred. */
export function resetFlows(): void {
  resetIndex();
  openRecords.reset();
  closedRecords.reset();
  needed = 0;
}

export function setPatience(longestHandshake: f64, longestCloseWait: f64): void {
  handshake = longestHandshake;
  closeWait = longestCloseWait;
}

export function segmentsNeeded(): u32 {
  return needed;
}

/** So many segments of deferred flows were taken. */
export function noteNeeded(segments: u32): void {
  needed += segments;
}

export function flowsInUse(): u32 {
  return openRecords.size + closedRecords.size;
}

/** No record of an open flow from here on is in use. */
export function openEnd(): u32 {
  return openRecords.end();
}

/** The same of closed flows. */
export function closedEnd(): u32 {
  return closedRecords.end();
}

/**
 * Takes a segment, if it is as sound as those before in its flow, which is deferred.
 *
 * @param frame its number
 * @returns TAKEN, CLOSED or UNSOUND
 */
export function take(segment: usize, record: usize, frame: u32): i32 {
  const now = time(segment, SEG_TIME);
  const silence = now - time(record, LAST);
  if (!(silence >= 0)) return UNSOUND;
  if (!(silence <= LONG_SILENCE)) return UNSOUND;
  if (windowOf(segment) === 0) return UNSOUND;
  const count = word(record, COUNT);
  const kind = word(segment, SEG_BITS) & (KINDS | SEG_UNUSUAL);
  const isOpen = count - HANDSHAKE < MOST - HANDSHAKE;
  if (<u32>(kind === ACK) & <u32>isOpen) {
    if (!goesOn(segment, record)) return UNSOUND;
  } else if (kind === (FIN | ACK) && isOpen) {
    if (!finishes(segment, record, now)) return UNSOUND;
  } else if (count >= HANDSHAKE || !opens(segment, record, kind, count, now)) {
    return UNSOUND;
  }
  keep(segment, record, frame, now, silence, count);
  if ((word(record, BITS) & ((3 * HAS_FIN) | ENDING)) !== 3 * HAS_FIN || !isAcknowledged(record)) return TAKEN;
  setWord(record, BITS, word(record, BITS) | ENDING);
  return CLOSED;
}

/** Writes a sound segment into the journal. */
function keep(segment: usize, record: usize, frame: u32, now: f64, silence: f64, count: u32): void {
  setTime(record, LAST, now);
  setWord(record, NEWEST, append(segment, frame, silence, word(record, NEWEST)));
  setWord(record, COUNT, count + 1);
}

/**
 * Whether a segment is the first word of the server of a deferred flow, or its FIN: with data, such segments show that the
 * application behind a listener is alive.
 */
export function isSign(segment: usize): bool {
  const record = findRecord(segment);
  if (record === 0) return false;
  const bits = word(record, BITS);
  const server: u32 = (bits & OPENED_BY_B) !== 0 ? 0 : 1;
  if (directionOf(segment) !== server) return false;
  return (flagsOf(segment) & FIN) !== 0 || (bits & (HAS_SPOKEN << server)) === 0;
}

/** Whether a segment, whose flow is not deferred, can be the first one of one that is, for which there is room. */
export function isUsualSyn(segment: usize): bool {
  const isSyn = (flagsOf(segment) & KINDS) === SYN && lengthOf(segment) === 0 && word(segment, SEG_ACK) === 0;
  return isSyn && (word(segment, SEG_BITS) & SEG_UNUSUAL) === 0 && openRecords.hasRoom();
}

/** A flow begins with a segment for which `isUsualSyn` holds. @returns its record */
export function begin(segment: usize, frame: u32, number: u32, tcpStream: u32): usize {
  const d = directionOf(segment);
  const now = time(segment, SEG_TIME);
  const record = openRecords.allocate();
  clear(record);
  writeKey(segment, record);
  addOpen(record, segment);
  setWord(record, BITS, (isIpv6(segment) ? IPV6 : 0) | ROLES_KNOWN | (d === 1 ? OPENED_BY_B : 0));
  noteSyn(segment, record, d);
  setWord(record, SYN_TS_VAL, word(segment, SEG_TS_VAL));
  setWord(record, NUMBER, number);
  setWord(record, TCP_STREAM, tcpStream);
  setWord(record, OLDEST, journalEnd());
  setTime(record, START, now);
  keep(segment, record, frame, now, 0, 0);
  return record;
}

/** The flow is not deferred any longer. */
export function remove(flow: u32): void {
  const leaving = addressOf(flow);
  needed -= word(leaving, COUNT);
  removeFromIndex(leaving, (word(leaving, BITS) & ENDING) !== 0);
  if (flow < <u32>CLOSED_RECORDS) openRecords.release(leaving);
  else closedRecords.release(leaving);
}

/** Each end has acknowledged all that the other one has sent. */
function isAcknowledged(record: usize): bool {
  return word(record, ACKED) === word(record, NEXT + 1) && word(record, ACKED + 1) === word(record, NEXT);
}

/**
 * The flow of a segment that was CLOSED has another record from now on, among those of closed flows, if there is room.
 * @returns which
 */
export function close(open: usize): usize {
  let record = open;
  if (closedRecords.hasRoom()) {
    record = closedRecords.allocate();
    copy(record, open);
  }
  moveToClosed(open, record);
  if (record !== open) openRecords.release(open);
  return record;
}

/** @returns words of what will be asked for when the flow is removed, or closed: what was looked at is in the cache */
export function glanceAt(record: usize): u32 {
  return word(record, NUMBER) ^ word(record, 2 * START);
}

/** @returns the same of the index, once the record is there */
export function glanceAtIndex(record: usize): u32 {
  return glanceAtClosed(hashOf(record));
}

/** SYN+ACK and the bare ACK of it. */
function opens(segment: usize, record: usize, kind: u32, count: u32, now: f64): bool {
  const d = directionOf(segment);
  const bits = word(record, BITS);
  const opener: u32 = (bits & OPENED_BY_B) !== 0 ? 1 : 0;
  const ack = word(segment, SEG_ACK);
  if (lengthOf(segment) > 0 || ack !== word(record, NEXT + 1 - d)) return false;
  if (count === 1) {
    if (kind !== (SYN | ACK) || d === opener) return false;
    setWord(record, BITS, bits | (HAS_ACKED << d));
    setTime(record, SYN_ACK_TIME, now);
    noteSyn(segment, record, d);
  } else {
    if (kind !== ACK || d !== opener || word(segment, SEG_SEQ) !== word(record, NEXT + d)) return false;
    if (now - time(record, START) >= handshake) return false;
    setWord(record, BITS, bits | ((HAS_ACKED | HAS_SPOKEN) << d));
    setTime(record, ACK_TIME, now);
  }
  setWord(record, ACKED + d, ack);
  return true;
}

function noteSyn(segment: usize, record: usize, d: u32): void {
  setWord(record, NEXT + d, word(segment, SEG_SEQ) + 1);
  const bits = HAS_ISN | HAS_NEXT | (hasTimestamps(segment) ? HAS_SYN_TIMESTAMPS : 0);
  setWord(record, BITS, word(record, BITS) | (bits << d));
}

/** Data while no end has closed, and acknowledgements of something new. */
function goesOn(segment: usize, record: usize): bool {
  const d = directionOf(segment);
  const bits = word(record, BITS);
  const seq = word(segment, SEG_SEQ);
  const ack = word(segment, SEG_ACK);
  const length = lengthOf(segment);
  const acked = word(record, ACKED + d);
  if (seq !== word(record, NEXT + d)) return false;
  if (<i32>(ack - acked) < 0) return false;
  if (<i32>(word(record, NEXT + 1 - d) - ack) < 0) return false;
  // Whether a segment has data cannot be foreseen: no branch depends on that alone.
  if (select<u32>(<u32>(ack === acked), bits & (3 * HAS_FIN), length === 0) !== 0) return false;
  setWord(record, ACKED + d, ack);
  setWord(record, NEXT + d, seq + length);
  setWord(record, BITS, withSpoken(bits, d));
  return true;
}

/** A FIN of each end, with data or not, and the second one knows of the first. */
function finishes(segment: usize, record: usize, now: f64): bool {
  const d = directionOf(segment);
  const other = 1 - d;
  let bits = word(record, BITS);
  const seq = word(segment, SEG_SEQ);
  const ack = word(segment, SEG_ACK);
  const length = lengthOf(segment);
  const next = word(record, NEXT + other);
  if (seq !== word(record, NEXT + d) || (bits & (HAS_FIN << d)) !== 0) return false;
  if (<i32>(ack - word(record, ACKED + d)) < 0 || <i32>(next - ack) < 0) return false;
  if ((bits & (HAS_FIN << other)) === 0) {
    if (d === 1) bits |= CLOSED_BY_B;
    setTime(record, FIN_TIME, now);
  } else {
    if (length > 0 || ack !== next) return false;
    if (now - time(record, FIN_TIME) >= closeWait) return false;
    setTime(record, SECOND_FIN_TIME, now);
  }
  setWord(record, ACKED + d, ack);
  setWord(record, NEXT + d, seq + length + 1);
  setWord(record, BITS, withSpoken(bits | (HAS_FIN << d), d));
  return true;
}

/** @returns the bits, with those of an end that has spoken; once both have, they are synchronized */
function withSpoken(bits: u32, d: u32): u32 {
  const spoken = bits | (HAS_SPOKEN << d);
  return (spoken & (3 * HAS_SPOKEN)) === 3 * HAS_SPOKEN ? spoken | SYNCHRONIZED : spoken;
}
