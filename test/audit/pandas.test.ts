import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type ColumnType, TABLE_NAMES, TABLES } from '../../src/audit/results/tables.js';
import { audit, query } from '../../src/index.js';
import { capture, Scratch } from './scratch.js';

/** An interpreter that has pandas and pyarrow. */
const PYTHON = process.env.LASTACK_PYTHON ?? 'python3';
const SCRIPT = join(import.meta.dirname, 'read-results.py');

const scratch = new Scratch();
afterAll(() => scratch.remove());

interface Read {
  readonly rows: number;
  readonly columns: Readonly<Record<string, { readonly type: string; readonly nulls: number; readonly least: string }>>;
}

/** Whole numbers with a null among them are float64 there. */
const DTYPES: Readonly<Record<ColumnType, RegExp>> = {
  STRING: /^(str|object)$/,
  INT32: /^int32$/,
  INT64: /^int64$/,
  DOUBLE: /^float64$/,
  TIMESTAMP: /^datetime64\[us, UTC\]$/,
};

test('pandas with pyarrow reads what DuckDB reads', async ({ skip }) => {
  const isThere = spawnSync(PYTHON, ['-c', 'import pandas, pyarrow']).status === 0;
  skip(!isThere, `${PYTHON} has no pandas with pyarrow: LASTACK_PYTHON names another interpreter`);
  const captures = ['syn-timeout', 'half-close', 'syn-scan', 'rst-after-synack-retries'].map(capture);
  await audit(captures, { out: scratch.path('out'), jobs: 0 });
  const { stdout, stderr } = spawnSync(PYTHON, [SCRIPT, scratch.path('out')], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const read: Readonly<Record<string, Read>> = JSON.parse(stdout);
  for (const table of TABLE_NAMES) {
    const { rows, columns } = read[table];
    expect(Object.keys(columns)).toEqual([...TABLES[table].map(({ name }) => name), 'capture', 'day']);
    for (const { name, type, nullable } of TABLES[table]) {
      const { type: dtype, nulls, least } = columns[name];
      const sql = `SELECT count(*)::INTEGER, count(*) FILTER ("${name}" IS NULL)::INTEGER, min("${name}")::VARCHAR FROM ${table}`;
      const { rows: expected } = await query([scratch.path('out')], sql);
      expect([rows, nulls], name).toEqual(expected[0].slice(0, 2));
      expect(dtype, name).toMatch(
        nulls === rows ? /./ : nullable && /^INT/.test(type) && nulls > 0 ? /^float64$/ : DTYPES[type],
      );
      if (least !== null) expect(normal(least), name).toBe(normal(String(expected[0][2])));
    }
  }
});

/** Times without their zone, numbers as numbers. */
function normal(text: string): string | number {
  const number = Number(text);
  return Number.isNaN(number) ? text.replace(/\+00(:00)?$/, '') : number;
}
