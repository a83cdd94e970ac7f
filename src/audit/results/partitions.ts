import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Part, partPath } from './layout.js';
import { ParquetFile } from './parquet-file.js';
import { type Row, TABLE_NAMES, TABLES, type TableName } from './tables.js';

/** Rows held in all files together before the fullest are written out. */
const MOST_HELD = 40_000;
/** Bounds for clocks that jump: they must neither fill the memory with open files nor the disk with small ones. */
const MOST_OPEN = 8;
const MOST_PARTS = 1000;

/** One part of a day: a file in each table, so that a reader of a table finds its columns though there be no rows. */
interface OpenDay {
  readonly day: string;
  readonly part: number;
  readonly files: Readonly<Record<TableName, ParquetFile>>;
}

/**
 * The three tables of one capture below `folder`, in files for each day. Flows end nearly in the order of their days, so that
 * few files need to be open; when too many are, the one that waited longest is closed, and a row of its day begins another part.
 */
export class Partitions {
  /** The first day, and those written last, in the order of their last row. */
  readonly #open = new Map<string, OpenDay>();
  /** Parts of each day so far. */
  readonly #counts = new Map<string, number>();
  readonly #parts: Part[] = [];
  #first: OpenDay | null = null;
  #current: OpenDay | null = null;
  #begun = 0;
  #held = 0;

  constructor(
    readonly folder: string,
    readonly createdBy: string,
    readonly mostOpen = MOST_OPEN,
    readonly mostParts = MOST_PARTS,
  ) {}

  add(table: TableName, day: string, row: Row): void {
    const file = (this.#current?.day === day ? this.#current : this.#turnTo(day)).files[table];
    const before = file.held;
    file.add(row);
    this.#held += file.held - before;
    if (this.#held > MOST_HELD) this.#writeOut();
  }

  /** Closes all files. */
  close(): Part[] {
    for (const open of [...this.#open.values()]) this.#close(open);
    return this.#parts.sort((a, b) => (a.day === b.day ? a.part - b.part : a.day < b.day ? -1 : 1));
  }

  #turnTo(day: string): OpenDay {
    const open = this.#open.get(day) ?? this.#begin(day);
    this.#open.delete(open.day);
    this.#open.set(open.day, open);
    this.#current = open;
    return open;
  }

  /** Once there are too many parts, the rest is in the first. */
  #begin(day: string): OpenDay {
    if (this.#first !== null && this.#begun >= this.mostParts) return this.#first;
    this.#begun++;
    for (const oldest of this.#open.values()) {
      if (this.#open.size < this.mostOpen) break;
      if (oldest !== this.#first) this.#close(oldest);
    }
    const part = this.#counts.get(day) ?? 0;
    this.#counts.set(day, part + 1);
    const file = (table: TableName): ParquetFile => {
      mkdirSync(join(this.folder, table, `day=${day}`), { recursive: true });
      return new ParquetFile(this.#path(table, { day, part }), TABLES[table], this.createdBy);
    };
    const open = {
      day,
      part,
      files: { flows: file('flows'), transitions: file('transitions'), findings: file('findings') },
    };
    this.#first ??= open;
    return open;
  }

  #close({ day, part, files }: OpenDay): void {
    this.#open.delete(day);
    for (const table of TABLE_NAMES) {
      const file = files[table];
      this.#held -= file.held;
      file.close();
      const bytes = statSync(this.#path(table, { day, part })).size;
      this.#parts.push({ table, day, part, rows: file.rows, bytes });
    }
  }

  #path(table: TableName, part: Pick<Part, 'day' | 'part'>): string {
    return join(this.folder, table, partPath(part));
  }

  #writeOut(): void {
    const files = [...this.#open.values()].flatMap(({ files }) => Object.values(files));
    for (const file of files.sort((a, b) => b.held - a.held)) {
      if (this.#held <= MOST_HELD / 2) return;
      this.#held -= file.held;
      file.flush();
    }
  }
}
