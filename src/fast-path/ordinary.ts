import {
  ACKED,
  BITS,
  BUSY_SINCE,
  DIR_BITS,
  DIR_WND,
  FIRST_FRAME,
  FIRST_TIME,
  FOLDED_FRAME,
  FOLDED_TIME,
  FRAME,
  HAS_FIN,
  LAST,
  LAST_BULK,
  LAST_DATA,
  LAST_FROM_B,
  LOWEST_BYTE,
  MOST_WRAPS,
  NEXT,
  ORDINARY,
  ORDINARY_SHIFT,
  OTHER_TIME,
  SEG_ACK,
  SEG_BITS,
  SEG_IP_ID,
  SEG_SEQ,
  SEG_TIME,
  SEG_TS_VAL,
  SEG_UNUSUAL,
  SEG_WND,
  SYNCHRONIZED,
  WRAPS_BITS,
} from './layout';
import { directionAt, setTime, setTimeBits, setWord, time, timeBits, word } from './record';
import { ACK, directionOf, FIN, RST, SYN, windowOf } from './segment';

/*
 * Ordinary segments of an established connection. To take one, nothing is asked for or changed but the first two lines of its flow's
 * record, and where it is the first one of its direction, the fourth.
 */

/** Of one direction, as ORDINARY has it: no more can be counted. */
const MOST_ORDINARY: u32 = 0xffffff00;
/** What DIR_BITS has of SEG_BITS. */
const DIR_BITS_OF_SEG: u32 = 0x7ff;
const KINDS: u32 = SYN | ACK | FIN | RST;

/** As in connection/accounting.ts. */
const BULK: u32 = 536;

/** Whether a segment comes behind the one before in its flow, by no more than the longest silence, and leaves a window open. */
export function isTimely(segment: usize, silence: f64, longest: f64): bool {
  return silence >= 0 && silence <= longest && windowOf(segment) !== 0;
}

/** @returns those flags that tell what a segment is for, and SEG_UNUSUAL */
export function kindOf(segment: usize): u32 {
  return word(segment, SEG_BITS) & (KINDS | SEG_UNUSUAL);
}

/** Whether a segment of this kind is one of an established connection. @param bits those of the record */
export function isOfEstablished(kind: u32, bits: u32): bool {
  return kind === ACK && (bits & (SYNCHRONIZED | (3 * HAS_FIN))) === SYNCHRONIZED;
}

/** Takes a segment that is timely, and of an established connection. @returns false where it is not sound */
export function takeOrdinary(segment: usize, record: usize, bits: u32, frame: u32): bool {
  // Each is read once: behind a store, the engine would load it again.
  const now = time(segment, SEG_TIME);
  const d = directionOf(segment);
  const seq = word(segment, SEG_SEQ);
  const ack = word(segment, SEG_ACK);
  const lengthAndWindow = word(segment, SEG_WND);
  const next = seq + (lengthAndWindow >> 16);
  if (!isNext(record, d, seq, ack) || !isNews(record, d, ack, lengthAndWindow)) return false;
  if (!countOrdinary(record, d, next < seq, now, frame)) return false;
  advance(record, d, bits, seq, ack, next, timeBits(segment, SEG_TIME));
  fold(segment, record, d, bits, lengthAndWindow, frame, now);
  return true;
}

/** The next segment of its direction, which acknowledges no less than the one before. */
export function isNext(record: usize, d: u32, seq: u32, ack: u32): bool {
  if (seq !== word(record, NEXT + d)) return false;
  if (<i32>(ack - word(record, ACKED + d)) < 0) return false;
  return <i32>(word(record, NEXT + 1 - d) - ack) >= 0;
}

/** Data, an acknowledgement of something new, or another window. */
function isNews(record: usize, d: u32, ack: u32, lengthAndWindow: u32): bool {
  const isBare = <u32>(lengthAndWindow >> 16 === 0) & <u32>(ack === word(record, ACKED + d));
  const before = word(directionAt(record, d), DIR_WND);
  const isSame = <u32>(((lengthAndWindow ^ before) & 0xffff) === 0);
  // Whether a segment has data cannot be foreseen: no branch depends on that alone.
  return (isBare & isSame) === 0;
}

/**
 * Counts an ordinary segment of an established connection, which is `isNext`.
 *
 * @param wraps the sequence numbers of its direction begin again behind it
 * @returns false where no more of its direction can be counted
 */
function countOrdinary(record: usize, d: u32, wraps: bool, now: f64, frame: u32): bool {
  const ordinary = word(record, ORDINARY + d);
  if (ordinary >= MOST_ORDINARY) return false;
  if (wraps) {
    const all = word(record, ORDINARY + 1);
    if (((all >> (d * WRAPS_BITS)) & MOST_WRAPS) === MOST_WRAPS) return false;
    setWord(record, ORDINARY + 1, all + (1 << (d * WRAPS_BITS)));
  }
  if (ordinary <= <u32>LOWEST_BYTE) {
    setTime(record, FIRST_TIME + d, now);
    setWord(record, FIRST_FRAME + d, frame);
  }
  setWord(record, ORDINARY + d, word(record, ORDINARY + d) + (1 << ORDINARY_SHIFT));
  return true;
}

/**
 * @param bits those of the record
 * @param next the sequence number behind the segment
 * @param now its time
 */
export function advance(record: usize, d: u32, bits: u32, seq: u32, ack: u32, next: u32, now: u64): void {
  const isIdle = <u32>(next !== seq) & <u32>(seq === word(record, ACKED + 1 - d)) & <u32>!isClocked(bits, d);
  const busySince = select<u64>(now, timeBits(record, BUSY_SINCE + d), isIdle);
  setTimeBits(record, BUSY_SINCE + d, busySince);
  setWord(record, ACKED + d, ack);
  setWord(record, NEXT + d, next);
}

/** As in connection/accounting.ts. */
function isClocked(bits: u32, d: u32): bool {
  return (bits & ((LAST_DATA << (1 - d)) | (LAST_BULK << d))) === LAST_BULK << d;
}

/**
 * Notes an ordinary segment of an established connection. Of all of these the record knows what connection/flow-log.ts would
 * know of them: when the first ones and the last ones of each direction were seen, what the last ones were, and the last of the others.
 */
function fold(segment: usize, record: usize, d: u32, bits: u32, lengthAndWindow: u32, frame: u32, now: f64): void {
  const last = timeBits(record, LAST);
  const lastFrame = word(record, FRAME + d);
  // Which end sends next cannot be foreseen: no branch depends on that.
  const isSame = (bits & LAST_FROM_B) === d * LAST_FROM_B;
  const other = timeBits(record, OTHER_TIME);
  const folded = word(record, FOLDED_FRAME);
  const isLater = lastFrame > folded;
  setTimeBits(record, OTHER_TIME, select<u64>(other, last, isSame));
  setWord(record, FOLDED_FRAME, select<u32>(lastFrame, folded, isLater));
  setTimeBits(
    record,
    FOLDED_TIME,
    select<u64>(select<u64>(last, other, isSame), timeBits(record, FOLDED_TIME), isLater),
  );
  setTime(record, LAST, now);
  setWord(record, BITS, withLast(bits, d, lengthAndWindow >> 16));
  setWord(record, FRAME + d, frame);
  const identified = (word(segment, SEG_BITS) & DIR_BITS_OF_SEG) | (word(segment, SEG_IP_ID) << 16);
  const timestamps = v128.load(segment, SEG_TS_VAL << 2);
  const words = i32x4.replace_lane(timestamps, <u8>DIR_BITS, identified);
  v128.store(directionAt(record, d), i32x4.replace_lane(words, <u8>DIR_WND, lengthAndWindow));
}

/** @returns the bits, with what a segment's length and direction tell */
export function withLast(bits: u32, d: u32, length: u32): u32 {
  const kinds = (length > 0 ? LAST_DATA : 0) | (length >= BULK ? LAST_BULK : 0);
  return (bits & ~(((LAST_DATA | LAST_BULK) << d) | LAST_FROM_B)) | (kinds << d) | (d * LAST_FROM_B);
}
