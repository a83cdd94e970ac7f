import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Partitions } from '../../src/audit/results/partitions.js';
import { TABLES } from '../../src/audit/results/tables.js';
import { Tally } from '../../src/audit/work/tally.js';
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

test('days without end do not make files without end, and no row is lost', () => {
  const partitions = new Partitions(scratch.path('days'), 'test', 10);
  const row = TABLES.transitions.map(({ type, nullable }) =>
    nullable ? null : type === 'STRING' ? '' : type === 'INT64' ? 1n : 0,
  );
  for (let i = 0; i < 210; i++) {
    partitions.add('transitions', new Date(86_400_000 * (i % 15)).toISOString().slice(0, 10), row);
  }
  const parts = partitions.close();
  expect(readdirSync(join(scratch.path('days'), 'transitions'))).toHaveLength(10);
  expect(parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(210);
  expect(parts.find(({ day, table }) => day === '1970-01-01' && table === 'transitions')?.rows).toBe(84);
});
