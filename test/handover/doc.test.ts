import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { zeekFlows } from '../../src/index.js';
import { flowsOf } from './tools.js';

const DOCS = join(import.meta.dirname, '../../docs');

/** Rows of the table that compares with Zeek: capture, conn_state, history, what lastack says. */
const ROWS = [
  ...readFileSync(join(DOCS, 'handover.md'), 'utf8').matchAll(
    /\(\[capture\]\((?<path>[^)]+)\)\) \| `(?<state>\w+)` `(?<history>\w+)`[^|]*\| (?<said>[^|]*)\|/g,
  ),
].map(({ groups }) => groups ?? {});

test('the table has a row for each deliberate difference', () => {
  expect(ROWS.length).toBeGreaterThanOrEqual(10);
});

test.each(ROWS)('$path', async ({ path, state, history, said }) => {
  const capture = join(DOCS, path);
  for await (const { conn } of zeekFlows(capture)) expect([conn.connState, conn.history]).toEqual([state, history]);
  const [flow] = await flowsOf(capture);
  for (const [, kind] of said.matchAll(/`([a-z-]+)`/g))
    expect(flow.findings.map((finding) => finding.kind)).toContain(kind);
  const states = flow.timeline.map(({ to }) => to);
  for (const [named] of said.matchAll(/\b[A-Z]+_[A-Z0-9]+\b|ESTABLISHED/g)) expect(states).toContain(named);
});
