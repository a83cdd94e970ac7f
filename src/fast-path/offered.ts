import { begin, close, isSign, isUsualSyn, take } from './deferral';
import { findClosed, findOpen } from './flow-index';
import { noteFollowedKey } from './followed-keys';
import { takeIpv4Key, takeIpv6Key } from './key';
import {
  CLOSED,
  OFFERED,
  SEG_ACK,
  SEG_BITS,
  SEG_FROM_B_SHIFT,
  SEG_IP_ID,
  SEG_IPV6,
  SEG_SCALE_SHIFT,
  SEG_SEQ,
  SEG_TIME,
  SEG_TIMESTAMPS,
  SEG_TS_ECR,
  SEG_TS_VAL,
  SEG_UNUSUAL,
  SEG_WND,
  UNKNOWN,
  UNSOUND,
} from './layout';
import { flowAt, setTime, setWord, word } from './record';

/* How a segment that decode/ has read is offered, and what becomes of it. */

/** The longest payload that the line of a segment has room for. */
const MOST_PAYLOAD: u32 = 0xffff;
const ONE_DIRECTION: u32 = 1 << SEG_FROM_B_SHIFT;

let offeredFrame: u32 = 0;
/** Its flow; -1 where that is not known. */
let offeredFlow: i32 = -1;

export function setSegment(
  time: f64,
  frame: u32,
  source: u32,
  destination: u32,
  ports: u32,
  seq: u32,
  ack: u32,
  flags: u32,
  window: u32,
  length: u32,
  ipId: u32,
  windowScale: i32,
  hasTimestamps: bool,
  tsVal: u32,
  tsEcr: u32,
  isUnusual: bool,
): void {
  offeredFrame = frame;
  const direction = takeIpv4Key(OFFERED, source, destination, ports);
  setTime(OFFERED, SEG_TIME, time);
  setWord(OFFERED, SEG_SEQ, seq);
  setWord(OFFERED, SEG_ACK, ack);
  setWord(
    OFFERED,
    SEG_BITS,
    flags |
      (direction << SEG_FROM_B_SHIFT) |
      (hasTimestamps ? SEG_TIMESTAMPS : 0) |
      (isUnusual || length > MOST_PAYLOAD ? SEG_UNUSUAL : 0) |
      ((<u32>(windowScale + 1)) << SEG_SCALE_SHIFT),
  );
  setWord(OFFERED, SEG_WND, window | (length << 16));
  setWord(OFFERED, SEG_TS_VAL, tsVal);
  setWord(OFFERED, SEG_TS_ECR, tsEcr);
  setWord(OFFERED, SEG_IP_ID, ipId);
}

/** It is of IPv6, with these addresses in place of those that were given before. */
export function setIpv6Addresses(
  source0: u32,
  source1: u32,
  source2: u32,
  source3: u32,
  destination0: u32,
  destination1: u32,
  destination2: u32,
  destination3: u32,
  ports: u32,
): void {
  const source = addressOf(source0, source1, source2, source3);
  const destination = addressOf(destination0, destination1, destination2, destination3);
  const direction = takeIpv6Key(OFFERED, source, destination, ports);
  const bits = word(OFFERED, SEG_BITS) & ~ONE_DIRECTION;
  setWord(OFFERED, SEG_BITS, bits | SEG_IPV6 | (direction << SEG_FROM_B_SHIFT));
}

function addressOf(highest: u32, second: u32, third: u32, lowest: u32): v128 {
  let words = i32x4.splat(highest);
  words = i32x4.replace_lane(words, 1, second);
  words = i32x4.replace_lane(words, 2, third);
  return i32x4.replace_lane(words, 3, lowest);
}

/** Finds its flow. @returns whether that is deferred */
export function findOffered(): bool {
  const record = findOpen(OFFERED);
  offeredFlow = record === 0 ? findClosed(OFFERED) : flowAt(record);
  return offeredFlow >= 0;
}

/** As `take` of deferral.ts; UNKNOWN where its flow is not deferred. */
export function takeOffered(): i32 {
  const record = findOpen(OFFERED);
  if (record === 0) {
    offeredFlow = findClosed(OFFERED);
    return offeredFlow < 0 ? UNKNOWN : UNSOUND;
  }
  const outcome = take(OFFERED, record, offeredFrame);
  offeredFlow = outcome === CLOSED ? close(record) : flowAt(record);
  return outcome;
}

/** As `isSign`. */
export function isOfferedSign(): bool {
  return isSign(OFFERED);
}

/** Whether it, whose flow is not deferred, can be the first one of one that is, for which there is room. */
export function isFirst(): bool {
  return isUsualSyn(OFFERED);
}

/** A flow begins with it, for which `isFirst` holds. */
export function beginOffered(number: u32, tcpStream: u32): void {
  offeredFlow = flowAt(begin(OFFERED, offeredFrame, number, tcpStream));
}

/** Its flow. */
export function flow(): u32 {
  return offeredFlow;
}

/** Its flow is followed in full. */
export function noteFollowed(): void {
  noteFollowedKey(OFFERED);
}
