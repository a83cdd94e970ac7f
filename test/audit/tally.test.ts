import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, test } from 'vitest';
import { Partitions } from '../../src/audit/results/partitions.js';
import { flowRow, TABLES } from '../../src/audit/results/tables.js';
import { Tally } from '../../src/audit/work/tally.js';
import { normalClose } from '../support/flows.js';
import { Scratch } from './scratch.js';
import { syntheticFlow } from './synthetic-flow.js';

const scratch = new Scratch();
afterAll(() => scratch.remove());

test('services and clients beyond the bound are counted together', () => {
  const tally = new Tally(3, 2);
  for (let i = 0; i < 10; i++) tally.addFlow(syntheticFlow({ client: `10.0.0.${i}`, server: `10.1.0.${i}` }));
  const services = tally.services();
  expect(services.map(({ service, flows }) => [service, flows])).toEqual([
    ['10.1.0.0:80', 1],
    ['10.1.0.1:80', 1],
    ['10.1.0.2:80', 1],
    [null, 7],
  ]);
  expect(services[3].findings).toEqual([{ kind: 'syn-timeout', severity: 'error', flows: 7 }]);
  expect(tally.clients().map(({ address, errors }) => [address, errors])).toEqual([
    [null, 8],
    ['10.0.0.0', 1],
    ['10.0.0.1', 1],
  ]);
});

test('a flow with two findings of a kind counts once, with the graver one', () => {
  const tally = new Tally();
  const [finding] = syntheticFlow({ client: '10.0.0.1', server: '10.0.0.2' }).findings;
  const findings = [finding, { ...finding, severity: 'notice' as const }];
  tally.addFlow({ ...syntheticFlow({ client: '10.0.0.1', server: '10.0.0.2' }), findings });
  expect(tally.services()[0].findings).toEqual([{ kind: 'syn-timeout', severity: 'error', flows: 1 }]);
});

describe('days', () => {
  const row = TABLES.transitions.map(({ type, nullable }) => (nullable ? null : type === 'STRING' ? '' : 0));
  const dayOf = (i: number): string => new Date(86_400_000 * i).toISOString().slice(0, 10);

  test('without end do not make files without end, and no row is lost', () => {
    const partitions = new Partitions(scratch.path('days'), 'test', 4, 10);
    for (let i = 0; i < 210; i++) partitions.add('transitions', dayOf(i % 15), row);
    const parts = partitions.close().filter(({ table }) => table === 'transitions');
    expect(parts).toHaveLength(10);
    expect(readdirSync(join(scratch.path('days'), 'transitions'))).toHaveLength(10);
    expect(parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(210);
    // The last three of ten parts stay open; six were closed after a row, and five came too late: theirs are with the first day.
    expect(parts.map(({ rows }) => rows)).toEqual([14 + 6 * 13 + 5 * 14, 1, 1, 1, 1, 1, 1, 14, 14, 14]);
  });

  test('met again when their files are closed have another part', async () => {
    const partitions = new Partitions(scratch.path('parts'), 'test', 2);
    for (const day of [0, 1, 2, 1, 1, 0]) partitions.add('flows', dayOf(day), flowRow(normalClose()));
    expect(partitions.close().map(({ table, day, part, rows }) => [table, day, part, rows])).toEqual(
      [
        [dayOf(0), 0, 2],
        [dayOf(1), 0, 1],
        [dayOf(1), 1, 2],
        [dayOf(2), 0, 1],
      ].flatMap(([day, part, rows]) => [
        ['flows', day, part, rows],
        ['transitions', day, part, 0],
        ['findings', day, part, 0],
      ]),
    );
    const path = join(scratch.path('parts'), 'flows', `day=${dayOf(1)}`, 'part-1.parquet');
    expect(await parquetReadObjects({ file: await asyncBufferFromFile(path) })).toHaveLength(2);
  });
});
