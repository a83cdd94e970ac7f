import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QUESTIONS } from '../../src/audit/query/questions.js';
import { text as markdown } from '../../src/audit/results/report-markdown.js';
import { auditText } from '../../src/audit/results/summary-text.js';
import { type ColumnType, TABLE_NAMES, TABLES, type TableName } from '../../src/audit/results/tables.js';
import { type AuditSummary, audit, flows, query } from '../../src/index.js';
import { flowJson } from '../../src/report/flow-json.js';
import { displayWidth } from '../../src/report/width.js';
import { CAPTURES, capture, Scratch } from './scratch.js';

const scratch = new Scratch();
const out = scratch.path('out');
let summary: AuditSummary;
beforeAll(async () => {
  summary = await audit([CAPTURES], { out, jobs: 0, today: '2026-11-20' });
}, 60_000);
afterAll(() => scratch.remove());

const filesOf = (table: TableName): string[] =>
  readdirSync(join(out, `${table}.parquet`), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => join(out, `${table}.parquet`, name));

/** What each type is in a Parquet file, and what DuckDB calls it. */
const TYPES: Readonly<Record<ColumnType, { readonly parquet: object; readonly duckdb: string }>> = {
  STRING: {
    parquet: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
    duckdb: 'VARCHAR',
  },
  INT32: { parquet: { type: 'INT32' }, duckdb: 'INTEGER' },
  INT64: { parquet: { type: 'INT64' }, duckdb: 'BIGINT' },
  DOUBLE: { parquet: { type: 'DOUBLE' }, duckdb: 'DOUBLE' },
  TIMESTAMP: {
    parquet: {
      type: 'INT64',
      converted_type: 'TIMESTAMP_MICROS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
    },
    duckdb: 'TIMESTAMP WITH TIME ZONE',
  },
};

describe.each(TABLE_NAMES)('the table %s', (table) => {
  const metadata = (path: string): FileMetaData => {
    const { buffer, byteOffset, length } = readFileSync(path);
    return parquetMetadata(buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer);
  };

  test('has the documented types, as a second reader sees them', () => {
    for (const path of filesOf(table)) {
      const [, ...leaves] = metadata(path).schema;
      expect(leaves).toMatchObject(
        TABLES[table].map(({ name, type, nullable }) => ({
          name,
          repetition_type: nullable ? 'OPTIONAL' : 'REQUIRED',
          ...TYPES[type].parquet,
        })),
      );
    }
  });

  test('has them in DuckDB, with the columns of the partitions', async () => {
    const { rows } = await query([out], `SELECT column_name, column_type FROM (DESCRIBE ${table})`);
    expect(rows).toEqual([
      ...TABLES[table].map(({ name, type }) => [name, TYPES[type].duckdb]),
      ['capture', 'VARCHAR'],
      ['day', 'DATE'],
    ]);
  });

  test('has as many rows for both, and as analyze counts', async () => {
    const rows = filesOf(table).reduce((sum, path) => sum + Number(metadata(path).num_rows), 0);
    const { rows: counted } = await query([out], `SELECT count(*)::INTEGER FROM ${table}`);
    expect(counted).toEqual([[rows]]);
    if (table === 'flows') expect(rows).toBe(summary.flows);
  });

  test('is documented column by column', () => {
    const doc = readFileSync(join(import.meta.dirname, '../../docs/results-schema.md'), 'utf8');
    const section = doc.split(/^## /m).find((part) => part.startsWith(`\`${table}`)) ?? '';
    const documented = [...section.matchAll(/^\| `(\w+)` \| (\w+) \| (\w*) \|/gm)].map(([, ...cells]) => cells);
    expect(documented).toEqual(TABLES[table].map(({ name, type, nullable }) => [name, type, nullable ? 'null' : '']));
  });
});

test('a flow in Parquet is the flow of timeline, to the microsecond', async () => {
  const path = capture('rst-after-synack-retries');
  const [{ id }] = summary.captures.filter(({ files }) => files[0].path === path);
  const part = async (table: TableName): Promise<Record<string, unknown>[]> => {
    const [file] = filesOf(table).filter((name) => name.includes(id));
    return parquetReadObjects({ file: await asyncBufferFromFile(file) });
  };
  const micros = (value: unknown): string => (value instanceof Date ? value.toISOString().slice(0, 23) : String(value));
  for await (const flow of flows(path)) {
    const json = flowJson(flow);
    const [row] = await part('flows');
    expect(row).toMatchObject({
      flow: json.flow,
      client_address: json.client.address,
      client_port: json.client.port,
      service: `${json.server.address}:${json.server.port}`,
      client_state: json.clientState,
      packets_client: BigInt(json.packets.client),
      bytes_server: BigInt(json.bytes.server),
      outcome: 'reset',
      worst_severity: 'error',
    });
    expect(micros(row.start_time)).toBe(json.start.slice(0, 23));
    const changes = await part('transitions');
    expect(changes.map((c) => [c.sequence, c.endpoint, c.from_state, c.to_state, Number(c.frame), c.basis])).toEqual(
      json.timeline.map((t, i) => [i + 1, t.endpoint, t.from, t.to, t.frame, t.basis]),
    );
    expect(changes.map((c) => micros(c.time))).toEqual(json.timeline.map((t) => t.at.slice(0, 23)));
    const found = await part('findings');
    expect(found.map(({ kind, severity, message }) => ({ kind, severity, message }))).toEqual(
      json.findings.map(({ kind, severity, message }) => ({ kind, severity, message })),
    );
  }
});

test('findings.csv has the rows of the table of findings', async () => {
  const lines = readFileSync(join(out, 'findings.csv'), 'utf8').trimEnd().split('\r\n');
  const { rows } = await query([out], 'SELECT count(*)::INTEGER FROM findings');
  expect(lines[0]).toBe(['capture', ...TABLES.findings.map(({ name }) => name)].join(','));
  expect([[lines.length - 1]]).toEqual(rows);
});

describe('query', () => {
  test.each(QUESTIONS)('$name', async ({ name, sql }) => {
    const { columns, rows } = await query([out], sql);
    expect(columns.length).toBeGreaterThan(2);
    expect(rows.length, name).toBeGreaterThan(0);
  });

  test('answers are right where the captures are known', async () => {
    const ask = async (name: string, where: string) => {
      const sql = QUESTIONS.find((question) => question.name === name)?.sql ?? '';
      return (await query([out], `SELECT * FROM (${sql}) WHERE ${where}`)).rows;
    };
    // An hour in CLOSE_WAIT, by the script that wrote that capture.
    const [held, ...others] = await ask('close-wait-holders', "host = '10.0.0.2'");
    expect(others).toEqual([]);
    expect(held.slice(0, 4)).toEqual(['10.0.0.2', 'server', '10.0.0.2:8080', 1]);
    expect(Math.round(Number(held[4]))).toBe(3600);
    // Six SYNs, as tcpdump's own listing of syn-timeout.pcap has them.
    expect(await ask('unanswered-syns', "client = '10.17.42.59'")).toEqual([
      ['10.17.42.59', 1, 6, 1, '10.18.42.98:80'],
    ]);
  });

  test('folders side by side are one', async () => {
    for (const half of [0, 1]) {
      const folder = scratch.path(`half-${half}`);
      cpSync(out, folder, { recursive: true });
      for (const [i, { id }] of summary.captures.entries()) {
        if (i % 2 === half) continue;
        for (const table of TABLE_NAMES)
          rmSync(join(folder, `${table}.parquet`, `capture=${id}`), { recursive: true, force: true });
      }
    }
    const sql = 'SELECT count(*), count(DISTINCT capture), min(start_time), sum(bytes_client) FROM flows';
    const halves = await query([scratch.path('half-0'), scratch.path('half-1')], sql);
    expect(halves).toEqual(await query([out], sql));
  });

  test('nothing else is read, and nothing written', async () => {
    const secret = scratch.write('secret.csv', 'a\n1\n');
    await expect(query([out], `SELECT * FROM read_csv('${secret}')`)).rejects.toThrow('Permission Error');
    await expect(query([out], `COPY flows TO '${scratch.path('copy.csv')}'`)).rejects.toThrow('Permission Error');
    await expect(query([out], 'SET enable_external_access = true')).rejects.toThrow();
  });

  test('mistakes are one line', async () => {
    await expect(query([out], 'SELEC 1')).rejects.toThrow(
      /^Parser Error: syntax error at or near "SELEC" LINE 1: SELEC 1$/,
    );
    await expect(query([scratch.folder], 'SELECT 1')).rejects.toThrow('there are no results of lastack audit in');
  });

  test('results without a connection have the tables, and no rows', async () => {
    await audit([scratch.write('empty/none.txt', 'x')], { out: scratch.path('no-flows'), jobs: 0 });
    const { rows } = await query([scratch.path('no-flows')], 'SELECT count(*)::INTEGER, max(day) FROM findings');
    expect(rows).toEqual([[0, null]]);
  });
});

describe('what strangers name files', () => {
  const EVIL = '=cmd|x!A1 <b>&"[l](http:\u202e`*_\x1b[2J\ny';
  let evil: AuditSummary;
  beforeAll(async () => {
    scratch.write(`evil/${EVIL}/good.pcap`, readFileSync(capture('syn-timeout')));
    scratch.write(`evil/${EVIL}.pcap`, 'no capture');
    const cwd = process.cwd();
    process.chdir(scratch.path('evil'));
    try {
      evil = await audit([EVIL, `${EVIL}.pcap`], { out: scratch.path('evil-out'), jobs: 0 });
    } finally {
      process.chdir(cwd);
    }
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\u202e]/;
  const read = (name: string): string => readFileSync(scratch.path('evil-out', name), 'utf8');

  test('does no harm in any file', () => {
    expect(evil.counts).toMatchObject({ captures: 1, unreadable: 1 });
    for (const name of ['summary.json', 'report.md', 'junit.xml', 'findings.csv'])
      expect(read(name)).not.toMatch(CONTROL);
    expect(JSON.parse(read('summary.json')).unreadable[0].path).toBe(`${EVIL}.pcap`);
    // A formula is text for a spreadsheet.
    expect(read('findings.csv')).toContain(`"'=cmd|x!A1`);
    expect(read('findings.csv')).not.toMatch(/(^|,)"?=cmd/m);
    expect(read('junit.xml')).toContain('&lt;b&gt;&amp;&quot;');
    expect(read('junit.xml')).not.toContain('<b>');
    expect(read('report.md')).toContain('=cmd\\|x\\!A1 \\<b\\>\\&"\\[l\\](http:');
    for (const line of auditText(evil, 'out').split('\n')) expect(line).not.toMatch(CONTROL);
  });

  test('is no markup in Markdown', () => {
    expect(markdown('![x](https://a.b) www.a.b @team #1 a|b')).toBe(
      '\\!\\[x\\](https\\://a.b) www\\.a.b \\@team \\#1 a\\|b',
    );
  });
});

describe('standard output', () => {
  test('fits a screen, whatever the batch', async () => {
    const policy = scratch.write(
      'p.yaml',
      `version: 1\nlimits:\n${'  - {severity: error, max: 0, each: service}\n'.repeat(30)}`,
    );
    const judged = await audit([CAPTURES], { out, jobs: 0, policy, baseline: out, today: '2026-11-20' });
    const lines = auditText(judged, 'out').split('\n');
    expect(lines.length).toBeLessThanOrEqual(50);
    // Commands to copy are never broken.
    for (const line of lines) if (!line.includes('lastack ')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
    expect(judged.policy?.violated).toBe(true);
  });

  test('looks as it should', async () => {
    const text = auditText(summary, 'results').replaceAll(`${CAPTURES}/`, 'captures/');
    await expect(text).toMatchFileSnapshot('golden/summary.txt');
  });
});
