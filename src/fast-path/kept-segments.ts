import {
  KEPT_BEFORE,
  KEPT_SILENCE_SHIFT,
  NEWEST,
  OLDEST,
  PAGE_BYTES,
  RECORD_WORDS,
  SEG_ACK,
  SEG_BITS,
  SEG_IP_ID,
  SEG_SEQ,
  SEG_TS_VAL,
  SEG_WND,
  SEGMENT_WORDS,
  SEGMENTS_IN_RECORD,
} from './layout';
import { allocatePage } from './pages';
import { setWord, word } from './record';
import { SYN, scaleOf, windowOf } from './segment';

/*
 * Segments of open flows that are kept one by one, in the words of layout.ts. The first ones of a flow stand
 * behind its record. The others stand elsewhere, linked from the newest one on: few flows have many, and those soon close.
 */

const SEGMENT_BYTES: usize = SEGMENT_WORDS << 2;
const RECORD_BYTES: usize = RECORD_WORDS << 2;
/** Flags, direction and whether there are timestamps stand as in SEG_BITS. */
const BITS: u32 = 0x7ff;

/** The first of those that are linked and free, which leads to the others; 0 for none. */
let free: usize = 0;
/** Those of the last page that were never in use. */
let unused: usize = 0;
let pageEnd: usize = 0;

/** None is kept. */
export function resetKept(): void {
  free = unused = pageEnd = 0;
}

/** Whether one more can be kept. @param kept how many of its flow are */
export function canKeep(kept: u32): bool {
  return kept < <u32>SEGMENTS_IN_RECORD || free !== 0 || unused !== pageEnd || turnPage();
}

/**
 * Keeps a segment, for which there is room.
 *
 * @param kept how many of its flow are
 * @param frame its number
 * @param silence since the flow's segment before it
 */
export function keepSegment(segment: usize, record: usize, kept: u32, frame: u32, silence: f64): void {
  const at = kept < <u32>SEGMENTS_IN_RECORD ? behindRecord(record, kept) : link(record, kept);
  const nanoseconds = <i64>silence;
  const bits = word(segment, SEG_BITS);
  const isSyn = (bits & SYN) !== 0;
  const number = word(segment, isSyn ? SEG_SEQ : SEG_ACK);
  const lengthAndWindow = isSyn ? (scaleOf(segment) << 16) | windowOf(segment) : word(segment, SEG_WND);
  const marks = (bits & BITS) | ((<u32>(nanoseconds >> 32)) << KEPT_SILENCE_SHIFT) | (word(segment, SEG_IP_ID) << 16);
  // Two stores in place of eight: most likely, this line of memory is not in the cache.
  v128.store(at, four(<u32>nanoseconds, frame, number, lengthAndWindow));
  const timestamps = i32x4.replace_lane(v128.load(segment, SEG_TS_VAL << 2), 2, marks);
  v128.store(at, i32x4.replace_lane(timestamps, 3, word(record, NEWEST)), 16);
  if (kept >= <u32>SEGMENTS_IN_RECORD) setWord(record, NEWEST, <u32>at);
}

/** Copies a flow's segments, one behind the other, the oldest first. @param kept how many they are @returns where they end */
export function copySegments(record: usize, kept: u32, to: usize): usize {
  const inRecord = min<u32>(kept, SEGMENTS_IN_RECORD);
  const end = to + <usize>kept * SEGMENT_BYTES;
  for (let index: u32 = 0; index < inRecord; index++)
    copySegment(behindRecord(record, index), to + <usize>index * SEGMENT_BYTES);
  let segment: usize = word(record, NEWEST);
  for (let at = end; kept > inRecord; kept--) {
    at -= SEGMENT_BYTES;
    copySegment(segment, at);
    segment = before(segment);
  }
  return end;
}

function copySegment(from: usize, to: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}

/** All segments of a flow are needed no more. @param kept how many they are */
export function forgetSegments(record: usize, kept: u32): void {
  if (kept <= <u32>SEGMENTS_IN_RECORD) return;
  setWord(word(record, OLDEST), KEPT_BEFORE, <u32>free);
  free = word(record, NEWEST);
}

/** @returns words of the lines where a flow of usual length has segments: what was looked at is in the cache */
export function glanceAtKept(record: usize): u32 {
  let words: u32 = 0;
  for (let index: u32 = 0; index < <u32>SEGMENTS_IN_RECORD; index += 2) words ^= load<u32>(behindRecord(record, index));
  return words;
}

function behindRecord(record: usize, index: u32): usize {
  return record + RECORD_BYTES + <usize>index * SEGMENT_BYTES;
}

/** @returns address of a segment that is to be linked to those before it */
function link(record: usize, kept: u32): usize {
  let segment = free;
  if (segment !== 0) {
    free = before(segment);
  } else {
    segment = unused;
    unused += SEGMENT_BYTES;
  }
  if (kept === <u32>SEGMENTS_IN_RECORD) setWord(record, OLDEST, <u32>segment);
  return segment;
}

function four(first: u32, second: u32, third: u32, fourth: u32): v128 {
  let words = i32x4.splat(first);
  words = i32x4.replace_lane(words, 1, second);
  words = i32x4.replace_lane(words, 2, third);
  return i32x4.replace_lane(words, 3, fourth);
}

function before(segment: usize): usize {
  return word(segment, KEPT_BEFORE);
}

/** @returns false where there is no memory for one more */
function turnPage(): bool {
  const page = allocatePage();
  unused = page;
  pageEnd = page === 0 ? 0 : page + PAGE_BYTES;
  return page !== 0;
}
