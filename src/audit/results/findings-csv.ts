import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { csvCell } from '../../report/escape.js';
import { type Cell, type Column, cellTime, type Row, TABLES } from './tables.js';

const COLUMNS = TABLES.findings;
/** Characters that are held before they are written. */
const BUFFER_LENGTH = 65_536;
const COPY_LENGTH = 1 << 20;

export const FINDINGS_CSV_HEADER = `${['capture', ...COLUMNS.map(({ name }) => name)].join(',')}\r\n`;

/** The rows of the table of findings as lines of CSV (RFC 4180), without the header. */
export class FindingsCsv {
  readonly #descriptor: number;
  readonly #capture: string;
  #text = '';

  constructor(path: string, capture: string) {
    this.#descriptor = openSync(path, 'w');
    this.#capture = capture;
  }

  add(row: Row): void {
    this.#text += `${[this.#capture, ...row.map((cell, i) => cellText(COLUMNS[i], cell))].join(',')}\r\n`;
    if (this.#text.length > BUFFER_LENGTH) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    writeFileSync(this.#descriptor, this.#text);
    this.#text = '';
  }
}

/** Writes one file of all the lines in `parts`, in their order. */
export function joinFindingsCsv(path: string, parts: readonly string[]): void {
  const target = openSync(path, 'w');
  const bytes = new Uint8Array(COPY_LENGTH);
  writeSync(target, FINDINGS_CSV_HEADER);
  for (const part of parts) {
    const source = openSync(part, 'r');
    for (let read = readSync(source, bytes); read > 0; read = readSync(source, bytes)) {
      for (let written = 0; written < read; ) written += writeSync(target, bytes, written, read - written);
    }
    closeSync(source);
  }
  closeSync(target);
}

function cellText({ type }: Column, cell: Cell): string {
  if (cell === null) return '';
  if (type === 'TIMESTAMP') return cellTime(Number(cell));
  return typeof cell === 'string' ? csvCell(cell) : String(cell);
}
