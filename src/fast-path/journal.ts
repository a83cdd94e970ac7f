import { PAGE, PAGE_SHIFT, SEGMENT_WORDS } from './layout';
import { Segment, SYN } from './segment';

/* Writes the page of the journal that is the newest, in the words of connection/segment-journal.ts. */

const FIRST: usize = PAGE;
const SEGMENT_BYTES: usize = SEGMENT_WORDS << 2;
const SEGMENTS: u32 = 1 << PAGE_SHIFT;
const FROM_B_SHIFT: u32 = 9;
const TIMESTAMPS: u32 = 1 << 10;
const SILENCE_SHIFT: u32 = 11;

/** The place of the next segment, modulo 2^32. */
let end: u32 = 0;
/** Place of the page's first one. */
let begin: u32 = 0;

/** Takes what the page holds, and calls `turnPage`. */
declare function takePage(): void;

/** Places are given from here on; the page is empty. */
export function turnPage(place: u32): void {
  begin = end = place;
}

export function journalEnd(): u32 {
  return end;
}

/** A segment was written at the journal's end. @returns its place */
export function nextPlace(): u32 {
  const place = end++;
  if (end - begin === SEGMENTS) takePage();
  return place;
}

/**
 * Writes the segment under the cursor.
 *
 * @param silence since the flow's segment before it
 * @param before place of that one
 * @returns its place
 */
export function append(direction: u32, silence: f64, before: u32): u32 {
  const at = FIRST + <usize>(end - begin) * SEGMENT_BYTES;
  const nanoseconds = <u64>silence;
  const isSyn = (Segment.flags & SYN) !== 0;
  store<u32>(at, <u32>nanoseconds);
  store<u32>(at, Segment.frame, 4);
  store<u32>(at, isSyn ? Segment.seq : Segment.ack, 8);
  store<u32>(at, Segment.tsVal, 12);
  store<u32>(at, Segment.tsEcr, 16);
  store<u32>(at, ((isSyn ? <u32>(Segment.windowScale + 1) : Segment.length) << 16) | Segment.window, 20);
  store<u32>(
    at,
    Segment.flags |
      (direction << FROM_B_SHIFT) |
      (Segment.hasTimestamps ? TIMESTAMPS : 0) |
      ((<u32>(nanoseconds >> 32)) << SILENCE_SHIFT) |
      (Segment.ipId << 16),
    24,
  );
  store<u32>(at, before, 28);
  return nextPlace();
}
