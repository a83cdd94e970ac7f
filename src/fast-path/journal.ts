import {
  BEGUN_IN_PAGES,
  PAGE_SHIFT,
  PAGES_COUNTED,
  SEG_ACK,
  SEG_BITS,
  SEG_IP_ID,
  SEG_SEQ,
  SEG_TS_ECR,
  SEG_TS_VAL,
  SEG_WND,
  SEGMENT_WORDS,
} from './layout';
import { word } from './record';
import { SYN, scaleOf, windowOf } from './segment';

/* Writes the page of the journal that is the newest, in the words of connection/segment-journal.ts. */

const SEGMENT_BYTES: usize = SEGMENT_WORDS << 2;
/** Flags, direction and whether there are timestamps stand as in SEG_BITS. */
const BITS: u32 = 0x7ff;
const SILENCE_SHIFT: u32 = 11;

const PAGE_BYTES: usize = SEGMENT_BYTES << PAGE_SHIFT;
const COUNTS: usize = BEGUN_IN_PAGES;

/** The place of the next segment, modulo 2^32, where in the page it stands, and where that ends. */
let end: u32 = 0;
let to: usize = 0;
let pageEnd: usize = 0;

/** Takes what the page holds, and calls `turnPage`. */
declare function takePage(): void;

/** Places are given from here on, and written to the page at this address. */
export function turnPage(place: u32, address: u32): void {
  end = place;
  to = <usize>address;
  pageEnd = to + PAGE_BYTES;
  store<i32>(countAt(place), 0);
}

export function journalEnd(): u32 {
  return end;
}

/** There are so many more flows, or less, that have their oldest segment at this place. */
export function countBegun(place: u32, flows: i32): void {
  store<i32>(countAt(place), load<i32>(countAt(place)) + flows);
}

function countAt(place: u32): usize {
  return COUNTS + <usize>(((place >> PAGE_SHIFT) % PAGES_COUNTED) << 2);
}

/** A segment was written at the journal's end. @returns its place */
export function nextPlace(): u32 {
  const place = end++;
  to += SEGMENT_BYTES;
  if (to === pageEnd) takePage();
  return place;
}

/**
 * Writes a segment.
 *
 * @param frame its number
 * @param silence since the flow's segment before it
 * @param before place of that one
 * @returns its place
 */
export function append(segment: usize, frame: u32, silence: f64, before: u32): u32 {
  const at = to;
  const nanoseconds = <i64>silence;
  const bits = word(segment, SEG_BITS);
  const isSyn = (bits & SYN) !== 0;
  store<u32>(at, <u32>nanoseconds);
  store<u32>(at, frame, 4);
  store<u32>(at, word(segment, isSyn ? SEG_SEQ : SEG_ACK), 8);
  store<u32>(at, word(segment, SEG_TS_VAL), 12);
  store<u32>(at, word(segment, SEG_TS_ECR), 16);
  store<u32>(at, isSyn ? (scaleOf(segment) << 16) | windowOf(segment) : word(segment, SEG_WND), 20);
  store<u32>(at, (bits & BITS) | ((<u32>(nanoseconds >> 32)) << SILENCE_SHIFT) | (word(segment, SEG_IP_ID) << 16), 24);
  store<u32>(at, before, 28);
  return nextPlace();
}
