import { addOpen, findRecord, glanceAtClosed, moveToClosed, removeFromIndex, resetIndex } from './flow-index';
import { append } from './journal';
import { Key, writeKey } from './key';
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
  NEWEST,
  NEXT,
  NUMBER,
  OLDEST,
  OPENED_BY_B,
  ROLES_KNOWN,
  SECOND_FIN_TIME,
  START,
  SYN_ACK_TIME,
  SYN_TS_VAL,
  SYNCHRONIZED,
  TAKEN,
  TCP_STREAM,
  UNKNOWN,
  UNSOUND,
} from './layout';
import { addressOf, clear, copy, flowAt, RecordArea, setTime, setWord, time, word } from './record';
import { ACK, FIN, RST, Segment, SYN } from './segment';

/* The rules of connection/deferral.ts: of which flows no more is known than that all is sound. */

/** Segments of one flow that are kept at most: longer flows take less memory folded. */
const MOST: u32 = 63;
/** Of the handshake: SYN, SYN+ACK, ACK. */
const HANDSHAKE: u32 = 3;
/** The longest payload that the journal has room for. */
const MOST_PAYLOAD: u32 = 0xffff;
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
/** The flow of the segment that was offered last. */
let record: usize = 0;

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

export function flow(): u32 {
  return flowAt(record);
}

/** Finds the flow of the segment under the cursor, whose key was taken. @returns whether it is deferred */
export function find(): bool {
  record = findRecord();
  return record !== 0;
}

/** Keeps that segment, if its flow is deferred, and it is as sound as those before. @returns what became of it */
export function take(): i32 {
  if (!find()) return UNKNOWN;
  if (!keep()) return UNSOUND;
  if (!hasClosed()) return TAKEN;
  setWord(record, BITS, word(record, BITS) | ENDING);
  return CLOSED;
}

/**
 * Whether that segment is the first word of the server of a deferred flow, or its FIN: with data, such segments show that the
 * application behind a listener is alive.
 */
export function isSign(): bool {
  if (!find()) return false;
  const bits = word(record, BITS);
  const server: u32 = (bits & OPENED_BY_B) !== 0 ? 0 : 1;
  return Key.direction === server && ((Segment.flags & FIN) !== 0 || (bits & (HAS_SPOKEN << server)) === 0);
}

/** Whether the segment under the cursor, which was offered before, can be the first one of a deferred flow, for which there is room. */
export function isFirst(): bool {
  const isSyn = (Segment.flags & KINDS) === SYN && Segment.length === 0 && Segment.ack === 0;
  return isSyn && !Segment.isUnusual && openRecords.hasRoom();
}

/** A flow begins with the segment under the cursor, for which `isFirst` holds. */
export function begin(number: u32, tcpStream: u32): void {
  const d = Key.direction;
  record = openRecords.allocate();
  clear(record);
  writeKey(record);
  addOpen(record);
  setWord(record, BITS, (Segment.isIpv6 ? IPV6 : 0) | ROLES_KNOWN | (d === 1 ? OPENED_BY_B : 0));
  noteSyn(d);
  setWord(record, SYN_TS_VAL, Segment.tsVal);
  setWord(record, NUMBER, number);
  setWord(record, TCP_STREAM, tcpStream);
  setWord(record, COUNT, 1);
  const place = append(d, 0, 0);
  setWord(record, OLDEST, place);
  setWord(record, NEWEST, place);
  setTime(record, START, Segment.time);
  setTime(record, LAST, Segment.time);
  needed++;
}

/** The flow is not deferred any longer. */
export function remove(flow: u32): void {
  const leaving = addressOf(flow);
  needed -= word(leaving, COUNT);
  removeFromIndex(leaving, (word(leaving, BITS) & ENDING) !== 0);
  if (flow < <u32>CLOSED_RECORDS) openRecords.release(leaving);
  else closedRecords.release(leaving);
}

/** @returns false where the segment is not sound */
function keep(): bool {
  const d = Key.direction;
  const count = word(record, COUNT);
  const silence = Segment.time - time(record, LAST);
  if (count === MOST || Segment.isUnusual || Segment.window === 0 || !(silence >= 0 && silence <= LONG_SILENCE))
    return false;
  if (Segment.length > MOST_PAYLOAD) return false;
  if (count >= HANDSHAKE) {
    if (!goesOn(d)) return false;
  } else if (!opens(d, count)) {
    return false;
  }
  setWord(record, ACKED + d, Segment.ack);
  setTime(record, LAST, Segment.time);
  setWord(record, NEWEST, append(d, silence, word(record, NEWEST)));
  setWord(record, COUNT, count + 1);
  needed++;
  return true;
}

/** Both ends have closed, and both FINs are acknowledged, since the last segment of the flow. */
function hasClosed(): bool {
  return (
    (word(record, BITS) & ((3 * HAS_FIN) | ENDING)) === 3 * HAS_FIN &&
    word(record, ACKED) === word(record, NEXT + 1) &&
    word(record, ACKED + 1) === word(record, NEXT)
  );
}

/**
 * The flow of a segment that was CLOSED has another record from now on, among those of closed flows, if there is room.
 * @returns which
 */
export function close(flow: u32): u32 {
  const open = addressOf(flow);
  record = open;
  if (closedRecords.hasRoom()) {
    record = closedRecords.allocate();
    copy(record, open);
  }
  moveToClosed(open, record);
  if (record !== open) openRecords.release(open);
  return flowAt(record);
}

/** @returns words of what will be asked for when the flow is removed, or closed: what was looked at is in the cache */
export function glanceAt(flow: u32): u32 {
  const seen = addressOf(flow);
  return word(seen, NUMBER) ^ word(seen, 2 * START);
}

/** @returns the same of the index, once the record is there */
export function glanceAtIndex(flow: u32): u32 {
  return glanceAtClosed(addressOf(flow));
}

/** SYN+ACK and the bare ACK of it. */
function opens(d: u32, count: u32): bool {
  const bits = word(record, BITS);
  const opener: u32 = (bits & OPENED_BY_B) !== 0 ? 1 : 0;
  if (Segment.length > 0 || Segment.ack !== word(record, NEXT + 1 - d)) return false;
  if (count === 1) {
    if ((Segment.flags & KINDS) !== (SYN | ACK) || d === opener) return false;
    setWord(record, BITS, bits | (HAS_ACKED << d));
    setTime(record, SYN_ACK_TIME, Segment.time);
    noteSyn(d);
    return true;
  }
  if ((Segment.flags & KINDS) !== ACK || d !== opener || Segment.seq !== word(record, NEXT + d)) return false;
  if (Segment.time - time(record, START) >= handshake) return false;
  setWord(record, BITS, bits | ((HAS_ACKED | HAS_SPOKEN) << d));
  setTime(record, ACK_TIME, Segment.time);
  return true;
}

function noteSyn(d: u32): void {
  setWord(record, NEXT + d, Segment.seq + 1);
  const bits = HAS_ISN | HAS_NEXT | (Segment.hasTimestamps ? HAS_SYN_TIMESTAMPS : 0);
  setWord(record, BITS, word(record, BITS) | (bits << d));
}

/** Data, acknowledgements of something new, and a FIN of each end that knows of the one before. */
function goesOn(d: u32): bool {
  const other = 1 - d;
  let bits = word(record, BITS);
  const seq = Segment.seq;
  const ack = Segment.ack;
  const length = Segment.length;
  const flags = Segment.flags;
  const acked = word(record, ACKED + d);
  if (seq !== word(record, NEXT + d)) return false;
  if (<i32>(ack - acked) < 0 || <i32>(word(record, NEXT + other) - ack) < 0) return false;
  if ((flags & KINDS) === ACK) {
    // Whether a segment has data cannot be foreseen: no branch depends on that alone.
    const isEmpty = length === 0;
    if (<u32>(isEmpty && ack === acked) | <u32>(!isEmpty && (bits & (3 * HAS_FIN)) !== 0)) return false;
  } else {
    if ((flags & KINDS) !== (FIN | ACK) || (bits & (HAS_FIN << d)) !== 0) return false;
    if ((bits & (HAS_FIN << other)) === 0) {
      if (d === 1) bits |= CLOSED_BY_B;
      setTime(record, FIN_TIME, Segment.time);
    } else {
      if (length > 0 || ack !== word(record, NEXT + other)) return false;
      if (Segment.time - time(record, FIN_TIME) >= closeWait) return false;
      setTime(record, SECOND_FIN_TIME, Segment.time);
    }
    bits |= HAS_FIN << d;
  }
  bits |= HAS_SPOKEN << d;
  if ((bits & (3 * HAS_SPOKEN)) === 3 * HAS_SPOKEN) bits |= SYNCHRONIZED;
  setWord(record, BITS, bits);
  setWord(record, NEXT + d, seq + length + (flags & FIN));
  return true;
}
