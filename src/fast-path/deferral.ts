import { addClosed, closedAt, closedInUse, isClosed, removeClosed, resetClosed } from './closed-flows';
import { addOpen, findClosed, findOpen, keyAt, moveToClosed, removeFromIndex, resetIndex } from './flow-index';
import { canKeep, forgetSegments, keepSegment, resetKept } from './kept-segments';
import { writeKey } from './key';
import {
  ACK_TIME,
  ACKED,
  ACKED_BEFORE_FIN,
  BITS,
  BUSY_SINCE,
  CLOSED,
  CLOSED_BY_B,
  DIR_WND,
  ENDING,
  FIN_TIME,
  FIRST_CLOSED,
  HAS_ACKED,
  HAS_FIN,
  HAS_ISN,
  HAS_NEXT,
  HAS_SPOKEN,
  HAS_SYN_TIMESTAMPS,
  IPV6,
  LAST,
  LONGEST_KEPT_SILENCE,
  LOWEST_BYTE,
  MOST_SEGMENTS,
  NEXT,
  NUMBER,
  OPENED_BY_B,
  ORDINARY,
  ROLES_KNOWN,
  SECOND_FIN_TIME,
  SEG_ACK,
  SEG_BITS,
  SEG_SEQ,
  SEG_TIME,
  SEG_TS_VAL,
  SEG_UNUSUAL,
  SEG_WND,
  START,
  SYN_ACK_TIME,
  SYN_TS_VAL,
  SYNCHRONIZED,
  TAKEN,
  TCP_STREAM,
  TOLD,
  UNSOUND,
} from './layout';
import { advance, isNext, isOfEstablished, isTimely, kindOf, takeOrdinary, withLast } from './ordinary';
import { lastOfClosed, numberOfClosed, tellAll, tellAllClosed, tellClosed } from './packed-flow';
import { resetPages } from './pages';
import {
  addressOf,
  allocateRecord,
  clear,
  directionAt,
  flowAt,
  hasRecord,
  recordsInUse,
  releaseRecord,
  resetRecords,
  setTime,
  setWord,
  time,
  timeBits,
  word,
} from './record';
import { ACK, directionOf, FIN, flagsOf, hasTimestamps, isIpv6, lengthOf, RST, SYN } from './segment';

/* The rules of connection/deferral.ts: of which flows no more is known than that all is sound. */

/** Of the handshake: SYN, SYN+ACK, ACK. */
const HANDSHAKE: u32 = 3;
const KINDS: u32 = SYN | ACK | FIN | RST;

/** From how long on handshakes and CLOSE_WAIT are not sound, and from longer than what on a silence is not. */
let handshake: f64 = 0;
let closeWait: f64 = 0;
let longestSilence: f64 = 0;

/** No flow is deferred. */
export function resetFlows(): void {
  resetIndex();
  resetRecords();
  resetClosed();
  resetKept();
  resetPages();
}

export function setPatience(longestHandshake: f64, longestCloseWait: f64, longest: f64): void {
  handshake = longestHandshake;
  closeWait = longestCloseWait;
  longestSilence = longest;
}

export function flowsInUse(): u32 {
  return recordsInUse + closedInUse;
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
  const kind = kindOf(segment);
  const bits = word(record, BITS);
  const isOrdinary = isOfEstablished(kind, bits);
  if (!isTimely(segment, silence, isOrdinary ? longestSilence : LONGEST_KEPT_SILENCE)) return UNSOUND;
  if (!isOrdinary) return takeOther(segment, record, kind, bits, frame, now, silence);
  return takeOrdinary(segment, record, bits, frame) ? TAKEN : UNSOUND;
}

/** The same of one that opens or closes its connection, or comes before both ends have spoken. */
function takeOther(segment: usize, record: usize, kind: u32, bits: u32, frame: u32, now: f64, silence: f64): i32 {
  const count = word(record, ORDINARY) & LOWEST_BYTE;
  if (count === MOST_SEGMENTS || !canKeep(count)) return UNSOUND;
  if (count < HANDSHAKE) {
    if (!opens(segment, record, kind, count, now)) return UNSOUND;
  } else if (kind === ACK) {
    const d = directionOf(segment);
    const seq = word(segment, SEG_SEQ);
    const ack = word(segment, SEG_ACK);
    if (!isNext(record, d, seq, ack) || !isUseful(segment, record, bits)) return UNSOUND;
    advance(record, d, bits, seq, ack, seq + lengthOf(segment), timeBits(segment, SEG_TIME));
    setWord(record, BITS, withSpoken(bits, d));
  } else if (kind !== (FIN | ACK) || !finishes(segment, record, now)) {
    return UNSOUND;
  }
  keep(segment, record, frame, now, silence);
  if ((word(record, BITS) & ((3 * HAS_FIN) | ENDING)) !== 3 * HAS_FIN || !isAcknowledged(record)) return TAKEN;
  setWord(record, BITS, word(record, BITS) | ENDING);
  return CLOSED;
}

/** Keeps a sound segment. */
function keep(segment: usize, record: usize, frame: u32, now: f64, silence: f64): void {
  // From the first FIN on, the record knows what the last ordinary segments were.
  if ((word(record, BITS) & (3 * HAS_FIN)) === 0) noteLast(segment, record);
  setTime(record, LAST, now);
  const ordinary = word(record, ORDINARY);
  keepSegment(segment, record, ordinary & LOWEST_BYTE, frame, silence);
  setWord(record, ORDINARY, ordinary + 1);
}

function noteLast(segment: usize, record: usize): void {
  const d = directionOf(segment);
  setWord(record, BITS, withLast(word(record, BITS), d, lengthOf(segment)));
  setWord(directionAt(record, d), DIR_WND, word(segment, SEG_WND));
}

/**
 * Whether a segment is the first word of the server of a deferred flow, or its FIN: with data, such segments show that the
 * application behind a listener is alive.
 */
export function isSign(segment: usize): bool {
  const open = findOpen(segment);
  const closed = open === 0 ? findClosed(segment) : -1;
  if (open === 0 && closed < 0) return false;
  const bits = word(open === 0 ? closedAt(closed) : open, BITS);
  const server: u32 = (bits & OPENED_BY_B) !== 0 ? 0 : 1;
  if (directionOf(segment) !== server) return false;
  return (flagsOf(segment) & FIN) !== 0 || (bits & (HAS_SPOKEN << server)) === 0;
}

/** Whether a segment, whose flow is not deferred, can be the first one of one that is, for which there is room. */
export function isUsualSyn(segment: usize): bool {
  const isSyn = (flagsOf(segment) & KINDS) === SYN && lengthOf(segment) === 0 && word(segment, SEG_ACK) === 0;
  return isSyn && (word(segment, SEG_BITS) & SEG_UNUSUAL) === 0 && hasRecord();
}

/** A flow begins with a segment for which `isUsualSyn` holds. @returns its record */
export function begin(segment: usize, frame: u32, number: u32, tcpStream: u32): usize {
  const d = directionOf(segment);
  const now = time(segment, SEG_TIME);
  const record = allocateRecord();
  clear(record);
  writeKey(segment, record);
  addOpen(record, segment);
  setWord(record, BITS, (isIpv6(segment) ? IPV6 : 0) | ROLES_KNOWN | (d === 1 ? OPENED_BY_B : 0));
  noteSyn(segment, record, d);
  setWord(record, SYN_TS_VAL, word(segment, SEG_TS_VAL));
  setWord(record, NUMBER, number);
  setWord(record, TCP_STREAM, tcpStream);
  setTime(record, START, now);
  setTime(record, SYN_ACK_TIME, 0);
  setTime(record, ACK_TIME, 0);
  setTime(record, BUSY_SINCE, now);
  setTime(record, BUSY_SINCE + 1, now);
  keep(segment, record, frame, now, 0);
  return record;
}

/**
 * The flow is not deferred any longer.
 * @param keepsPlace it has closed, and is followed in full: then it keeps its place in the queue of those
 */
export function remove(flow: u32, keepsPlace: bool): void {
  removeFromIndex(flow);
  if (hasClosed(flow)) removeClosed(flow, keepsPlace);
  else forget(addressOf(flow));
}

/** A flow that is in no index. */
function forget(record: usize): void {
  forgetSegments(record, word(record, ORDINARY) & LOWEST_BYTE);
  releaseRecord(record);
}

function hasClosed(flow: u32): bool {
  return flow >= <u32>FIRST_CLOSED;
}

/** Whether a flow has this name that has not left. */
export function isInUse(flow: u32): bool {
  return hasClosed(flow) ? isClosed(flow) : word(addressOf(flow), NUMBER) !== 0;
}

/** @returns its number; 0 where it has left */
export function numberOf(flow: u32): u32 {
  if (!isInUse(flow)) return 0;
  return hasClosed(flow) ? numberOfClosed(closedAt(flow)) : word(addressOf(flow), NUMBER);
}

/** @returns the time of its last segment */
export function lastOf(flow: u32): f64 {
  return hasClosed(flow) ? lastOfClosed(closedAt(flow)) : time(addressOf(flow), LAST);
}

export function bitsOf(flow: u32): u32 {
  return word(keyAt(flow), BITS);
}

/** @returns the address of a flow's record, or where it is told */
export function tellRecord(flow: u32): usize {
  if (!hasClosed(flow)) return addressOf(flow);
  tellClosed(closedAt(flow));
  return TOLD;
}

/** Writes a flow's record to `TOLD`, and the segments behind it that were kept of it. */
export function tell(flow: u32): void {
  if (hasClosed(flow)) tellAllClosed(closedAt(flow));
  else tellAll(addressOf(flow));
}

/** Each end has acknowledged all that the other one has sent. */
function isAcknowledged(record: usize): bool {
  return word(record, ACKED) === word(record, NEXT + 1) && word(record, ACKED + 1) === word(record, NEXT);
}

/** The flow of a segment that was CLOSED has another name from now on, if there is room. @returns that */
export function close(record: usize): u32 {
  const flow = addClosed(record);
  if (flow === 0) return flowAt(record);
  moveToClosed(record, flow);
  forget(record);
  return flow;
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

/** Before the connection is established, or when it closes: data while no end has closed, or an acknowledgement of something new. */
function isUseful(segment: usize, record: usize, bits: u32): bool {
  if (lengthOf(segment) > 0) return (bits & (3 * HAS_FIN)) === 0;
  return word(segment, SEG_ACK) !== word(record, ACKED + directionOf(segment));
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
    setWord(record, ACKED_BEFORE_FIN, word(record, ACKED));
    setWord(record, ACKED_BEFORE_FIN + 1, word(record, ACKED + 1));
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
