import { MOST_FIELDS, PAGE_BYTES, VALUE_COUNTS } from './layout';

/*
 * Values in as few bits as flows of one capture mostly need. What a value tells is its field. Of each field, a page knows two
 * widths, and a bit tells which of them a value has: so a field that is always zero takes that one bit, and one that is random
 * one more than it has. The widths of a page are those that would have been the best ones for the page before.
 *
 * Values are coded by groups: the bits that tell the widths first, so that where each value stands is known before any is read.
 */

/** Bits of the longest value: with those before it in its byte, it is read at once. */
const MOST_BITS: u32 = 53;
const WIDTHS: u32 = MOST_BITS + 1;
/** Of a field of which no value was counted yet. */
const ANY_LOWER: u32 = 24;

/** So many values may be a group. */
export const MOST_OF_GROUP: u32 = 32;

const PAGE_MASK: usize = PAGE_BYTES - 1;
/** Where the values of a page begin. Before them stand the widths, a word for each field. */
export const VALUES_AT: usize = MOST_FIELDS << 2;

/** How many values of each field had each width, a word for each. */
const COUNTS: usize = VALUE_COUNTS;
const COUNTS_BYTES: usize = (MOST_FIELDS * WIDTHS) << 2;

/** The values of a group: of this thread's, while another one may have some, too. */
const GROUP: usize = memory.data(256, 8);

/** Of the page that is written to or read. */
let widths: usize = 0;
/** Where the next group begins. */
let at: usize = 0;
/** Nanoseconds of a unit of time, and the reverse. */
let unit: f64 = 1;
let unitsOfNanosecond: f64 = 1;
/** Of the values that were written, one cannot be coded. */
export let isUncoded: bool = false;
/** Flows that were begun to be written. Those of a page are alike: the values of one in four are counted. */
let flows: u32 = 0;
const COUNTED_OF: u32 = 4;

/** No value is counted. */
export function resetCounts(): void {
  memory.fill(COUNTS, 0, COUNTS_BYTES);
}

/** Gives a page its widths, by the values that were counted, and counts anew. */
export function beginPage(page: usize): void {
  for (let field: u32 = 0; field < <u32>MOST_FIELDS; field++) store<u32>(page + (field << 2), bestWidths(field));
  resetCounts();
}

/** Those of a flow follow. @param to somewhere in a page @param nanoseconds that times are multiples of, if they can be coded */
export function beginValues(to: usize, nanoseconds: f64): void {
  findValues(to, nanoseconds);
  unitsOfNanosecond = 1 / nanoseconds;
  isUncoded = false;
  flows++;
}

/** Goes to values that were written with this unit. */
export function findValues(from: usize, nanoseconds: f64): void {
  widths = from & ~PAGE_MASK;
  at = from;
  unit = nanoseconds;
}

/** @returns where the values end; eight bytes behind that may be overwritten, or read */
export function valuesEnd(): usize {
  return at;
}

/** Writes the values of a group. @param field of the first of them */
export function putValues(field: u32, count: u32): void {
  if (flows % COUNTED_OF === 0) countValues(field, count);
  let to = at + bytesOfTags(count);
  let rest: u64 = 0;
  let end: u32 = 0;
  let tags: u32 = 0;
  let tooLong: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value = valueAt(i);
    const known = load<u32>(widths + ((field + i) << 2));
    const tag = <u32>(value >> lowerOf(known) !== 0);
    tooLong |= value >> upperOf(known);
    tags |= tag << i;
    rest |= value << end;
    store<u64>(to, rest);
    end += widthOf(known, tag);
    to += <usize>(end >> 3);
    rest >>= end & ~7;
    end &= 7;
  }
  if (tooLong !== 0) isUncoded = true;
  for (let i: u32 = 0; i < count; i += 8) store<u8>(at++, <u8>(tags >> i));
  at = to + <usize>(end !== 0);
}

/** Reads them. */
export function takeValues(field: u32, count: u32): void {
  const values = at + bytesOfTags(count);
  const tags = load<u32>(at);
  let from: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const width = widthOf(load<u32>(widths + ((field + i) << 2)), (tags >> i) & 1);
    setValue(i, (load<u64>(values + (from >> 3)) >> (from & 7)) & (((<u64>1) << width) - 1));
    from += width;
  }
  at = values + ((from + 7) >> 3);
}

function bytesOfTags(count: u32): usize {
  return (count + 7) >> 3;
}

function countValues(field: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const width: u32 = 64 - <u32>clz(valueAt(i));
    const counted = countAt(field + i, min<u32>(width, MOST_BITS));
    store<u32>(counted, load<u32>(counted) + 1);
  }
}

export function valueAt(index: u32): u64 {
  return load<u64>(placeOf(index));
}

export function setValue(index: u32, value: u64): void {
  store<u64>(placeOf(index), value);
}

/** A value that is mostly near 0, above or below. */
function setSigned(index: u32, value: i64): void {
  setValue(index, (value << 1) ^ (value >> 63));
}

function signedAt(index: u32): i64 {
  const value = valueAt(index);
  return (value >> 1) ^ -(value & 1);
}

/** Of a number of 32 bits that goes round, how far it is from another one, mostly behind it. */
export function setStep(index: u32, from: u32, to: u32): void {
  setSigned(index, <i64>(<i32>(to - from)));
}

export function stepped(index: u32, from: u32): u32 {
  return from + <u32>signedAt(index);
}

/** The same of 16 bits. */
export function setShortStep(index: u32, from: u32, to: u32): void {
  setSigned(index, <i64>(<i32>((to - from) << 16) >> 16));
}

export function shortStepped(index: u32, from: u32): u32 {
  return stepped(index, from) & 0xffff;
}

/** A span of time, in nanoseconds, that is mostly not below 0. */
export function setSpan(index: u32, span: f64): void {
  setValue(index, <u64>unitsOf(span));
}

export function spanAt(index: u32): f64 {
  return <f64>valueAt(index) * unit;
}

/** A span that is mostly near 0, above or below. */
export function setSignedSpan(index: u32, span: f64): void {
  setSigned(index, unitsOf(span));
}

export function signedSpanAt(index: u32): f64 {
  return <f64>signedAt(index) * unit;
}

function unitsOf(span: f64): i64 {
  const units = nearest(span * unitsOfNanosecond);
  if (units * unit !== span) isUncoded = true;
  return <i64>units;
}

/** The upper one with room for all values that were counted, and for such as are twice as large; the lower one that saves most. */
function bestWidths(field: u32): u32 {
  let all: u32 = 0;
  let longest: u32 = MOST_BITS;
  for (let width: u32 = 0; width < WIDTHS; width++) {
    const count = load<u32>(countAt(field, width));
    if (count !== 0) longest = width;
    all += count;
  }
  const upper = all === 0 ? MOST_BITS : min<u32>(longest + 1, MOST_BITS);
  let lower = ANY_LOWER;
  let most: u32 = 0;
  let inLower: u32 = 0;
  for (let width: u32 = 0; width < upper; width++) {
    inLower += load<u32>(countAt(field, width));
    const saved = inLower * (upper - width);
    if (saved <= most) continue;
    most = saved;
    lower = width;
  }
  return (upper << 8) | lower;
}

function lowerOf(known: u32): u32 {
  return known & 0xff;
}

function upperOf(known: u32): u32 {
  return known >> 8;
}

function widthOf(known: u32, tag: u32): u32 {
  return (known >> (tag << 3)) & 0xff;
}

function countAt(field: u32, width: u32): usize {
  return COUNTS + ((field * WIDTHS + width) << 2);
}

function placeOf(index: u32): usize {
  return GROUP + ((<usize>index) << 3);
}
