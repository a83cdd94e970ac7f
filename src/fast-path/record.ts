import { MOST_RECORDS, NUMBER, RECORD_WORDS, RECORDS, SECOND_LINE } from './layout';

/*
 * Records of deferred flows, named by their index, and read by their address.
 */

const NONE: u32 = 0xffffffff;
const FIRST: usize = RECORDS;
const RECORD_BYTES: usize = RECORD_WORDS << 2;
const WASM_PAGE: usize = 0x10000;
/** Memory grows by so many pages: 4 MiB. */
const GROWTH: i32 = 64;

/** Records in use. */
let size: u32 = 0;
/** Those that were never in use begin here. */
let unused: u32 = 0;
/** The first free one before them; in its first word the next one. */
let free: u32 = NONE;

export function addressOf(flow: u32): usize {
  return FIRST + <usize>flow * RECORD_BYTES;
}

export function flowAt(record: usize): u32 {
  return <u32>((record - FIRST) / RECORD_BYTES);
}

/** No record is in use. */
export function resetRecords(): void {
  size = unused = 0;
  free = NONE;
}

/** Whether there is memory for one more record, which it may have to get. */
export function hasRoom(): bool {
  if (free !== NONE) return true;
  if (unused === <u32>MOST_RECORDS) return false;
  const end = addressOf(unused + 1) + SECOND_LINE;
  return end <= <usize>memory.size() * WASM_PAGE || memory.grow(GROWTH) !== -1;
}

/** @returns the address of a record of zeros; `hasRoom` holds */
export function allocate(): usize {
  size++;
  let record: usize;
  if (free !== NONE) {
    record = addressOf(free);
    free = load<u32>(record);
  } else {
    record = addressOf(unused++);
  }
  memory.fill(record, 0, RECORD_BYTES);
  memory.fill(record + SECOND_LINE, 0, RECORD_BYTES);
  return record;
}

/** Gives a record up that is in no index any more. */
export function release(record: usize): void {
  setWord(record, NUMBER, 0);
  store<u32>(record, free);
  free = flowAt(record);
  size--;
}

export function recordsInUse(): u32 {
  return size;
}

/** No record from here on is in use. */
export function recordsEnd(): u32 {
  return unused;
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
