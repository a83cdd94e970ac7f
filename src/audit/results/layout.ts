import { join } from 'node:path';
import type { TableName } from './tables.js';

/** One file of a table, as the record of a capture names it. */
export interface Part {
  readonly table: TableName;
  readonly day: string;
  /** From 0: a day that is met again later has more than one. */
  readonly part: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Folder of a table below that of all results, named as Spark names a table of many files. */
export const tableFolder = (table: TableName): string => `${table}.parquet`;

/** Folder of one capture below that of a table. */
export const captureFolder = (id: string): string => `capture=${id}`;

/** Where a part lies below the folder of its capture. */
export const partPath = ({ day, part }: Pick<Part, 'day' | 'part'>): string =>
  join(`day=${day}`, `part-${part}.parquet`);
