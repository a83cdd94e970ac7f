import { Frame } from './framing';
import { Key } from './key';
import {
  CHUNK,
  DECODED_ACK,
  DECODED_BITS,
  DECODED_BYTES,
  DECODED_FROM_B,
  DECODED_HASH,
  DECODED_IP_ID,
  DECODED_IPV6,
  DECODED_LOW_A,
  DECODED_LOW_B,
  DECODED_NEXT,
  DECODED_PORTS,
  DECODED_POSITION,
  DECODED_SCALE_SHIFT,
  DECODED_SEQ,
  DECODED_TIME,
  DECODED_TIMESTAMPS,
  DECODED_TS_ECR,
  DECODED_TS_VAL,
  DECODED_UPPER,
  DECODED_WINDOW,
} from './layout';
import { setTime, setWord, time, word } from './record';
import { Segment } from './segment';

/* How segments go from the thread that decodes ahead to the one that walks. */

const FIRST: usize = CHUNK;
const LINE: usize = DECODED_BYTES;
const FLAGS: u32 = 0x1ff;

/** What was decoded of the chunk: from here to there. */
let at: usize = FIRST;
let end: usize = FIRST;

/** Decoded segments stand in place of the chunk; none where it stands there itself. */
export function setDecoded(bytes: u32): void {
  at = FIRST;
  end = FIRST + bytes;
}

/** Whether the chunk was decoded ahead. */
export function isAhead(): bool {
  return end !== FIRST;
}

/** Puts the segment of the record at this place in the chunk under the cursor, with its key. @returns false where it was not decoded */
export function takeDecoded(record: usize): bool {
  const position = <u32>(record - FIRST);
  while (at < end && word(at, DECODED_POSITION) < position) at += lengthAt(at);
  if (at >= end || word(at, DECODED_POSITION) !== position) return false;
  const bits = word(at, DECODED_BITS);
  const window = word(at, DECODED_WINDOW);
  Frame.time = time(at, DECODED_TIME);
  Frame.next = FIRST + word(at, DECODED_NEXT);
  Key.direction = (bits & DECODED_FROM_B) !== 0 ? 1 : 0;
  Key.hash = word(at, DECODED_HASH);
  Key.lowA = word(at, DECODED_LOW_A);
  Key.lowB = word(at, DECODED_LOW_B);
  Key.ports = word(at, DECODED_PORTS);
  Segment.ports = rotl<u32>(Key.ports, Key.direction << 4);
  Segment.isIpv6 = (bits & DECODED_IPV6) !== 0;
  if (Segment.isIpv6) {
    Key.upperA0 = word(at, DECODED_UPPER);
    Key.upperA1 = word(at, DECODED_UPPER + 1);
    Key.upperA2 = word(at, DECODED_UPPER + 2);
    Key.upperB0 = word(at, DECODED_UPPER + 3);
    Key.upperB1 = word(at, DECODED_UPPER + 4);
    Key.upperB2 = word(at, DECODED_UPPER + 5);
  }
  Segment.seq = word(at, DECODED_SEQ);
  Segment.ack = word(at, DECODED_ACK);
  Segment.flags = bits & FLAGS;
  Segment.window = window & 0xffff;
  Segment.length = window >> 16;
  Segment.ipId = word(at, DECODED_IP_ID);
  Segment.windowScale = <i32>(bits >> DECODED_SCALE_SHIFT) - 1;
  Segment.hasTimestamps = (bits & DECODED_TIMESTAMPS) !== 0;
  Segment.tsVal = word(at, DECODED_TS_VAL);
  Segment.tsEcr = word(at, DECODED_TS_ECR);
  return true;
}

/**
 * Writes the segment under the cursor, with its key.
 *
 * @param begin of the chunk
 * @param position of the segment's record
 * @returns where the next one goes
 */
export function writeDecoded(to: usize, begin: usize, position: usize): usize {
  setTime(to, DECODED_TIME, Frame.time);
  setWord(to, DECODED_POSITION, <u32>(position - begin));
  setWord(to, DECODED_NEXT, <u32>(Frame.next - begin));
  setWord(to, DECODED_HASH, Key.hash);
  setWord(to, DECODED_LOW_A, Key.lowA);
  setWord(to, DECODED_LOW_B, Key.lowB);
  setWord(to, DECODED_PORTS, Key.ports);
  setWord(to, DECODED_SEQ, Segment.seq);
  setWord(to, DECODED_ACK, Segment.ack);
  setWord(
    to,
    DECODED_BITS,
    Segment.flags |
      (Key.direction === 1 ? DECODED_FROM_B : 0) |
      (Segment.hasTimestamps ? DECODED_TIMESTAMPS : 0) |
      (Segment.isIpv6 ? DECODED_IPV6 : 0) |
      ((<u32>(Segment.windowScale + 1)) << DECODED_SCALE_SHIFT),
  );
  setWord(to, DECODED_WINDOW, Segment.window | (Segment.length << 16));
  setWord(to, DECODED_TS_VAL, Segment.tsVal);
  setWord(to, DECODED_TS_ECR, Segment.tsEcr);
  setWord(to, DECODED_IP_ID, Segment.ipId);
  if (!Segment.isIpv6) return to + LINE;
  setWord(to, DECODED_UPPER, Key.upperA0);
  setWord(to, DECODED_UPPER + 1, Key.upperA1);
  setWord(to, DECODED_UPPER + 2, Key.upperA2);
  setWord(to, DECODED_UPPER + 3, Key.upperB0);
  setWord(to, DECODED_UPPER + 4, Key.upperB1);
  setWord(to, DECODED_UPPER + 5, Key.upperB2);
  return to + 2 * LINE;
}

function lengthAt(segment: usize): usize {
  return (word(segment, DECODED_BITS) & DECODED_IPV6) !== 0 ? 2 * LINE : LINE;
}
