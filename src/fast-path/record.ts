import {
  BITS,
  DIRECTION,
  DIRECTION_WORDS,
  FREE_RECORDS,
  MOST_RECORDS,
  NUMBER,
  RECORD_WORDS,
  RECORDS,
  SEGMENT_WORDS,
  SEGMENTS_IN_RECORD,
} from './layout';

/*
 * Records of deferred flows that are open, named by their index, and read by their address.
 */

const FIRST: usize = RECORDS;
const FREE: usize = FREE_RECORDS;
const RECORD_BYTES: usize = RECORD_WORDS << 2;
const STRIDE: usize = RECORD_BYTES + ((SEGMENTS_IN_RECORD * SEGMENT_WORDS) << 2);
/** To fill or copy so little, the engine calls a function that takes longer. */
const VECTOR_BYTES: usize = 16;

/** How many are in use. */
export let recordsInUse: u32 = 0;
/** Those that were never in use begin here. */
let unused: u32 = 0;
/** How many before them are free. `FREE_RECORDS` names them: what they held themselves would have to be waited for. */
let free: u32 = 0;

/** No record is in use. */
export function resetRecords(): void {
  recordsInUse = unused = free = 0;
}

/** No record from here on is in use. */
export function recordsEnd(): u32 {
  return unused;
}

/** Whether one more can be in use. */
export function hasRecord(): bool {
  return free !== 0 || unused !== MOST_RECORDS;
}

/** @returns the address of a record; `hasRecord` holds */
export function allocateRecord(): usize {
  recordsInUse++;
  return addressOf(free === 0 ? unused++ : load<u32>(nameOfFree(--free)));
}

/** Gives a record up that is in no index any more. */
export function releaseRecord(record: usize): void {
  setWord(record, NUMBER, 0);
  setWord(record, BITS, 0);
  store<u32>(nameOfFree(free++), flowAt(record));
  recordsInUse--;
}

function nameOfFree(index: u32): usize {
  return FREE + ((<usize>index) << 2);
}

export function addressOf(flow: u32): usize {
  return FIRST + <usize>flow * STRIDE;
}

export function flowAt(record: usize): u32 {
  return <u32>((record - FIRST) / STRIDE);
}

/** @returns where a record has what it knows of a direction */
export function directionAt(record: usize, d: u32): usize {
  return record + (DIRECTION << 2) + <usize>d * (DIRECTION_WORDS << 2);
}

/** Makes zeros of a record's first two lines. */
export function clear(record: usize): void {
  const nothing = i64x2.splat(0);
  for (let at = record; at < record + RECORD_BYTES / 2; at += VECTOR_BYTES) v128.store(at, nothing);
}

export function copy(to: usize, from: usize): void {
  for (let at: usize = 0; at < RECORD_BYTES; at += VECTOR_BYTES) v128.store(to + at, v128.load(from + at));
}

export function word(record: usize, field: i32): u32 {
  return load<u32>(record + ((<usize>field) << 2));
}

export function setWord(record: usize, field: i32, value: u32): void {
  store<u32>(record + ((<usize>field) << 2), value);
}

export function time(record: usize, field: i32): f64 {
  return load<f64>(record + ((<usize>field) << 3));
}

export function setTime(record: usize, field: i32, value: f64): void {
  store<f64>(record + ((<usize>field) << 3), value);
}

/** A time as it stands in memory: of two such values, the engine selects one without a branch. */
export function timeBits(record: usize, field: i32): u64 {
  return load<u64>(record + ((<usize>field) << 3));
}

export function setTimeBits(record: usize, field: i32, bits: u64): void {
  store<u64>(record + ((<usize>field) << 3), bits);
}
