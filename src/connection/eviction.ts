import { BIT, F, I, STRIDE, STRIDE_F64 } from './flow-record.js';
import type { FlowTable } from './flow-table.js';

/** Where a flow stands when room is needed: those of the first class leave before any of the second. */
const DONE = 0;
const NEVER_OPEN = 1;
const OPEN = 2;

/** Both ends are done, or another incarnation has taken its place: nothing is lost with it. */
export function isDone(i32: Int32Array, record: number): boolean {
  return (i32[record * STRIDE + I.bits] & BIT.ending) !== 0 || i32[record * STRIDE + I.successor] >= 0;
}

/**
 * The records that leave when a table is full: first those of flows whose both ends are done, then of those that never
 * came to be open (a flood of SYNs is made of them), then of open ones; each time those that have been silent longest.
 */
export function firstToLeave(table: FlowTable, count: number): number[] {
  const classes: number[][] = [[], [], []];
  for (const record of table.records()) classes[classOf(table.i32, record)].push(record);
  const leaving: number[] = [];
  for (const records of classes) {
    const room = count - leaving.length;
    if (room <= 0) break;
    for (const record of longestSilent(table.f64, records, room)) leaving.push(record);
  }
  return leaving;
}

function classOf(i32: Int32Array, record: number): typeof DONE | typeof NEVER_OPEN | typeof OPEN {
  if (isDone(i32, record)) return DONE;
  return (i32[record * STRIDE + I.bits] & BIT.synchronized) === 0 ? NEVER_OPEN : OPEN;
}

function longestSilent(f64: Float64Array, records: number[], count: number): number[] {
  if (records.length <= count) return records;
  const last = Float64Array.from(records, (record) => f64[record * STRIDE_F64 + F.last]);
  const limit = last.slice().sort()[count - 1];
  const before = records.filter((_, index) => last[index] < limit);
  return [...before, ...records.filter((_, index) => last[index] === limit).slice(0, count - before.length)];
}
