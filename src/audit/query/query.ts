import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AuditError } from '../error.js';
import { tableFolder } from '../results/layout.js';
import { type ColumnType, TABLE_NAMES, TABLES, type TableName } from '../results/tables.js';

/** A value as JSON has it; numbers that a float64 cannot hold, and times, as text. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** The SQL is wrong, or cannot be carried out. */
export class QueryError extends AuditError {
  override readonly name = 'QueryError';
}

const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  STRING: 'VARCHAR',
  INT32: 'INTEGER',
  INT64: 'BIGINT',
  DOUBLE: 'DOUBLE',
  TIMESTAMP: 'TIMESTAMPTZ',
};

/**
 * Asks SQL of results: the tables `flows`, `transitions` and `findings`, of one folder or of several side by side, with the
 * columns `capture` and `day`. Nothing but these folders can be read, and nothing written.
 * @throws AuditError where DuckDB is not installed, or a folder holds no results; QueryError for the SQL
 */
export async function query(folders: readonly string[], sql: string): Promise<Answer> {
  for (const folder of folders) {
    if (!existsSync(join(folder, '.lastack')))
      throw new AuditError(`there are no results of lastack audit in ${folder}`);
  }
  const { DuckDBInstance } = await loadDuckDb();
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    const allowed = folders.map((folder) => literal(resolve(folder)));
    await connection.run(`SET TimeZone = 'UTC'; SET allowed_directories = [${allowed.join(', ')}]`);
    await connection.run('SET enable_external_access = false');
    for (const table of TABLE_NAMES) await connection.run(viewOf(table, folders));
    await connection.run('SET lock_configuration = true');
    const result = await connection.runAndReadAll(sql);
    const types = result.columnTypes().map(String);
    return {
      columns: result.columnNames(),
      rows: result
        .getRowsJson()
        .map((row) => row.map((value, i) => (isNumeric(types[i]) ? number(value) : plain(value)))),
    };
  } catch (error) {
    throw new QueryError(error instanceof Error ? oneLine(error.message) : String(error));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const DUCKDB = '@duckdb/node-api';
/** Of an error where a package is not installed: the library is a module, the command a script. */
const NOT_FOUND = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

async function loadDuckDb() {
  try {
    return await import('@duckdb/node-api');
  } catch (error) {
    const isMissing =
      error instanceof Error &&
      'code' in error &&
      NOT_FOUND.includes(String(error.code)) &&
      // Not one that it needs itself.
      error.message.split('\n', 1)[0].includes(`'${DUCKDB}'`);
    if (!isMissing) throw error;
    throw new AuditError(`queries need DuckDB, which is not installed: npm install ${DUCKDB}`);
  }
}

function viewOf(table: TableName, folders: readonly string[]): string {
  const patterns = folders
    .map((folder) => join(resolve(folder), tableFolder(table)))
    .filter((folder) => existsSync(folder) && readdirSync(folder).length > 0)
    .map((folder) => literal(join(folder, 'capture=*/day=*/*.parquet')));
  if (patterns.length > 0) {
    return `CREATE VIEW ${table} AS SELECT * FROM read_parquet([${patterns.join(', ')}],
      hive_partitioning = true, hive_types = {'capture': VARCHAR, 'day': DATE})`;
  }
  // Captures without a connection leave no file: the tables are there, and empty.
  const columns = TABLES[table].map(({ name, type }) => `NULL::${SQL_TYPES[type]} AS "${name}"`);
  return `CREATE VIEW ${table} AS SELECT ${columns.join(', ')}, NULL::VARCHAR AS capture, NULL::DATE AS day WHERE false`;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Without the line that only points at a column. */
const oneLine = (message: string): string => message.replace(/\n\s*\^\s*$/, '').replace(/\s*\n\s*/g, ' ');

const isNumeric = (type: string): boolean => /^(U?BIGINT|U?HUGEINT|DECIMAL.*)$/.test(type);

/** DuckDB gives long numbers as text: those that a float64 holds become numbers. */
function number(value: unknown): Value {
  const number = Number(value);
  return value === null || Math.abs(number) > Number.MAX_SAFE_INTEGER ? plain(value) : number;
}

function plain(value: unknown): Value {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  }
  return String(value);
}
