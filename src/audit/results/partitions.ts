import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Part, partPath } from './layout.js';
import { ParquetFile } from './parquet-file.js';
import { type Row, TABLE_NAMES, TABLES, type TableName } from './tables.js';

/** Rows held in all files together before all of them are written out. */
const MOST_HELD = 40_000;
/** Days of one capture that get a partition of their own: clocks that jump must not make files without end. */
const MOST_DAYS = 1000;

/**
 * The three tables of one capture, a file for each day, below `folder`. A day with any row has a file in each table, so
 * that a reader of a table finds its columns though there be no rows.
 */
export class Partitions {
  readonly #days = new Map<string, Readonly<Record<TableName, ParquetFile>>>();
  #held = 0;

  constructor(
    readonly folder: string,
    readonly createdBy: string,
    readonly mostDays = MOST_DAYS,
  ) {}

  add(table: TableName, day: string, row: Row): void {
    const file = this.#filesOf(day)[table];
    const before = file.held;
    file.add(row);
    this.#held += file.held - before;
    if (this.#held > MOST_HELD) this.#flush();
  }

  /** Closes all files. */
  close(): Part[] {
    const parts: Part[] = [];
    for (const [day, files] of [...this.#days].sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const table of TABLE_NAMES) {
        files[table].close();
        const { size } = statSync(this.#path(table, day));
        parts.push({ table, day, rows: files[table].rows, bytes: size });
      }
    }
    return parts;
  }

  #filesOf(day: string): Readonly<Record<TableName, ParquetFile>> {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    if (this.#days.size >= this.mostDays) return [...this.#days.values()][0];
    const open = (table: TableName): ParquetFile => {
      mkdirSync(join(this.folder, table, `day=${day}`), { recursive: true });
      return new ParquetFile(this.#path(table, day), TABLES[table], this.createdBy);
    };
    const files = { flows: open('flows'), transitions: open('transitions'), findings: open('findings') };
    this.#days.set(day, files);
    return files;
  }

  #path(table: TableName, day: string): string {
    return join(this.folder, table, partPath(day));
  }

  #flush(): void {
    for (const files of this.#days.values()) for (const table of TABLE_NAMES) files[table].flush();
    this.#held = 0;
  }
}
