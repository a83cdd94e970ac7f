import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { Cell, Column, ColumnType, Row } from './tables.js';

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

/** Rows of a row group: what is held of a table before it goes to the file. */
const MOST_ROWS = 16_384;

const TYPES: Readonly<Record<ColumnType, Omit<SchemaElement, 'name'>>> = {
  STRING: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  INT32: { type: 'INT32' },
  INT64: { type: 'INT64' },
  DOUBLE: { type: 'DOUBLE' },
  TIMESTAMP: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
};

/** One Parquet file, written row group by row group: the same rows give the same bytes. */
export class ParquetFile {
  /** Rows added so far. */
  rows = 0;
  /** Rows that are still held. */
  held = 0;
  readonly #columns: readonly Column[];
  readonly #writer: ParquetWriter;
  #cells: Cell[][];

  constructor(path: string, columns: readonly Column[], createdBy: string) {
    this.#columns = columns;
    this.#writer = new ParquetWriter({ writer: fileWriter(path), schema: schemaOf(columns), createdBy });
    this.#cells = columns.map(() => []);
  }

  add(row: Row): void {
    for (let i = 0; i < row.length; i++) this.#cells[i].push(row[i]);
    this.rows++;
    if (++this.held >= MOST_ROWS) this.flush();
  }

  /** Writes what is held as a row group. */
  flush(): void {
    if (this.held === 0) return;
    const columnData = this.#columns.map(({ name }, i) => ({ name, data: this.#cells[i] }));
    this.#writer.write({ columnData, rowGroupSize: this.held });
    this.#cells = this.#columns.map(() => []);
    this.held = 0;
  }

  close(): void {
    this.flush();
    this.#writer.finish();
  }
}

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  const leaves = columns.map(
    ({ name, type, nullable }): SchemaElement => ({
      name,
      repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED',
      ...TYPES[type],
    }),
  );
  return [{ name: 'root', num_children: columns.length }, ...leaves];
}
