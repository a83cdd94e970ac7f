import { appendFileSync, writeFileSync } from 'node:fs';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { heldColumn } from './held-column.js';
import type { Column, ColumnType, Row } from './tables.js';

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
  readonly #names: readonly string[];
  readonly #columns: readonly ReturnType<typeof heldColumn>[];
  readonly #writer: ParquetWriter;

  constructor(path: string, columns: readonly Column[], createdBy: string) {
    this.#names = columns.map(({ name }) => name);
    this.#columns = columns.map(({ type }) => heldColumn(type));
    this.#writer = new ParquetWriter({ writer: new FileBytes(path), schema: schemaOf(columns), createdBy });
  }

  add(row: Row): void {
    for (let i = 0; i < row.length; i++) this.#columns[i].add(row[i]);
    this.rows++;
    if (++this.held >= MOST_ROWS) this.flush();
  }

  /** Writes what is held as a row group. */
  flush(): void {
    if (this.held === 0) return;
    const columnData = this.#names.map((name, i) => ({ name, data: this.#columns[i].take() }));
    this.#writer.write({ columnData, rowGroupSize: this.held });
    this.held = 0;
  }

  close(): void {
    this.flush();
    this.#writer.finish();
  }
}

/** The bytes of a file, on their way there: those of a row group are held, and let go of with it. */
class FileBytes extends ByteWriter {
  readonly #path: string;

  constructor(path: string) {
    super();
    this.#path = path;
    writeFileSync(path, '');
  }

  /** Called behind each row group. */
  flush(): void {
    appendFileSync(this.#path, this.getBytes());
    this.buffer = new ArrayBuffer(1024);
    this.view = new DataView(this.buffer);
    this.index = 0;
  }

  override finish(): void {
    this.flush();
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
