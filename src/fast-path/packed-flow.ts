import { beginValues, findValues, isUncoded, valuesEnd } from './coded-values';
import { copySegments } from './kept-segments';
import { BITS, IPV6, LAST, NUMBER, RECORD_WORDS, SEGMENT_WORDS, TOLD, UPPER } from './layout';
import { keptOf, putEnd, takeEnd } from './packed-end';
import { putSegments, takeSegments } from './packed-segments';
import { clear, copy, setTime, setWord, time, word } from './record';

/*
 * A flow whose both ends have closed is asked for its key and its number, and for all else only once: when it leaves, or when a
 * segment comes that is more than a deferred flow has. It is copied to where it waits for that minute, and packed when somebody
 * has time for it: a record with eight segments then takes some 160 bytes in place of 512.
 *
 * In both forms, it begins with words that stand as they are: those of its key, where a record has them; the time of its last
 * segment; its number; with IPv6, what addresses have above the lowest word; and a byte for the form.
 */

const LAST_AT: usize = 16;
const NUMBER_AT: usize = 24;
/** Word of a closed flow where addresses of IPv6 go on, as UPPER of a record. */
export const CLOSED_UPPER: i32 = 7;
const UPPER_AT: usize = CLOSED_UPPER << 2;
const UPPER_BYTES: usize = 24;

/** Its record and its segments stand there as they are. */
const COPIED: u8 = 0;
/** Times are multiples of so many nanoseconds; what they are, and all else, is coded. */
const IN_MICROSECONDS: u8 = 1;
const IN_NANOSECONDS: u8 = 2;
const MICROSECOND: f64 = 1000;

const RECORD_BYTES: usize = RECORD_WORDS << 2;
const SEGMENT_BYTES: usize = SEGMENT_WORDS << 2;
/** Of one that was copied: where its record begins, and its segments. */
const RECORD_AT: usize = 64;
const SEGMENTS_AT: usize = RECORD_AT + RECORD_BYTES;

/** Of the values of one that is packed: what all but segments take, and what a segment takes, at most, with what is overwritten. */
const MOST_OF_RECORD: usize = 512;
const MOST_OF_SEGMENT: usize = 64;

const TOLD_RECORD: usize = TOLD;
const TOLD_SEGMENTS: usize = TOLD_RECORD + RECORD_BYTES;

/** Times of flows that were packed last: those of one capture are mostly of one form. */
let usual: u8 = IN_MICROSECONDS;

/** What one takes when it is copied. */
export function copiedBytes(record: usize): usize {
  return SEGMENTS_AT + <usize>keptOf(record) * SEGMENT_BYTES;
}

/** What a packed one takes at most, and what behind it is overwritten. */
export function mostPacked(copied: usize): usize {
  return SEGMENTS_AT + MOST_OF_RECORD + <usize>keptOf(copied + RECORD_AT) * MOST_OF_SEGMENT;
}

/** Copies a record, and the segments that were kept of its flow. @returns where that ends */
export function copyClosed(record: usize, to: usize): usize {
  v128.store(to, v128.load(record));
  store<f64>(to + LAST_AT, time(record, LAST));
  store<u32>(to + NUMBER_AT, word(record, NUMBER));
  if (isIpv6(record)) memory.copy(to + UPPER_AT, record + ((<usize>UPPER) << 2), UPPER_BYTES);
  store<u8>(formAt(to), COPIED);
  copy(to + RECORD_AT, record);
  return copySegments(record, keptOf(record), to + SEGMENTS_AT);
}

/** Packs one that was copied, in a page that has its widths. @returns where that ends */
export function pack(copied: usize, to: usize): usize {
  const header = formAt(copied) - copied;
  memory.copy(to, copied, header);
  let end = packAs(usual, copied, to + header);
  if (isUncoded && usual === IN_MICROSECONDS) {
    usual = IN_NANOSECONDS;
    end = packAs(usual, copied, to + header);
  }
  if (!isUncoded) return end;
  usual = IN_MICROSECONDS;
  const bytes = copiedBytes(copied + RECORD_AT);
  memory.copy(to, copied, bytes);
  return to + bytes;
}

/** @returns where that ends; `isUncoded` where it cannot be packed like that */
function packAs(form: u8, copied: usize, to: usize): usize {
  const record = copied + RECORD_AT;
  store<u8>(to, form);
  beginValues(to + 1, unitOf(form));
  putEnd(record);
  putSegments(record, copied + SEGMENTS_AT, keptOf(record));
  return valuesEnd();
}

/** Time of the last segment. */
export function lastOfClosed(closed: usize): f64 {
  return load<f64>(closed + LAST_AT);
}

export function numberOfClosed(closed: usize): u32 {
  return load<u32>(closed + NUMBER_AT);
}

/** Writes what tells a closed flow's end to `TOLD`, as its record has it. */
export function tellClosed(closed: usize): void {
  const form = formAt(closed);
  if (load<u8>(form) === COPIED) copy(TOLD_RECORD, closed + RECORD_AT);
  else tellPacked(closed, form);
}

/** Writes a closed flow's record to `TOLD`, and its segments behind it. */
export function tellAllClosed(closed: usize): void {
  const form = formAt(closed);
  if (load<u8>(form) === COPIED) {
    const record = closed + RECORD_AT;
    memory.copy(TOLD_RECORD, record, RECORD_BYTES + <usize>keptOf(record) * SEGMENT_BYTES);
    return;
  }
  clear(TOLD_RECORD);
  tellPacked(closed, form);
  takeSegments(TOLD_RECORD, TOLD_SEGMENTS, keptOf(TOLD_RECORD));
}

/** The same of a flow that has not closed. */
export function tellAll(record: usize): void {
  copy(TOLD_RECORD, record);
  copySegments(record, keptOf(record), TOLD_SEGMENTS);
}

function tellPacked(packed: usize, form: usize): void {
  v128.store(TOLD_RECORD, v128.load(packed));
  setTime(TOLD_RECORD, LAST, lastOfClosed(packed));
  setWord(TOLD_RECORD, NUMBER, numberOfClosed(packed));
  if (isIpv6(packed)) memory.copy(TOLD_RECORD + ((<usize>UPPER) << 2), packed + UPPER_AT, UPPER_BYTES);
  findValues(form + 1, unitOf(load<u8>(form)));
  takeEnd(TOLD_RECORD);
}

function isIpv6(record: usize): bool {
  return (word(record, BITS) & IPV6) !== 0;
}

function formAt(closed: usize): usize {
  return closed + UPPER_AT + (isIpv6(closed) ? UPPER_BYTES : 0);
}

function unitOf(form: u8): f64 {
  return form === IN_MICROSECONDS ? MICROSECOND : 1;
}
