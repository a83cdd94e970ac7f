import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Flow } from '../../../src/findings/finding.js';
import { FlowDetails } from '../../../src/report/html/flow-details.js';
import { FlowBuilder } from '../../support/flow-builder.js';
import { closeWait, normalClose } from '../../support/flows.js';

/** Enough segments for a block of their own. */
function long(changes: Partial<Flow>, segments = 4000): Flow {
  const builder = new FlowBuilder();
  for (let i = 0; i < segments; i++) builder.segment(i, 'client', 'PA', i * 97, 1, { length: (i * 31) % 1000 });
  return builder.build(changes);
}

const flowsIn = (block: Uint8Array | undefined): number[] =>
  block === undefined ? [] : JSON.parse(inflateSync(block).toString()).map(({ flow }: Flow) => flow);

test('all segments are kept while there is room, those of connections with findings apart', () => {
  const details = new FlowDetails();
  const well = details.add({ ...normalClose(), flow: 1 });
  const stuck = details.add({ ...closeWait(), flow: 2 });
  const blocks = details.blocks();
  expect(flowsIn(blocks.get(well))).toEqual([1]);
  expect(flowsIn(blocks.get(stuck))).toEqual([2]);
  expect(details.facts()).toMatchObject({ withFindings: 1, withoutFindings: 1, ordinaryLeftOut: false });
});

test('above the limit, those of connections without findings go, all of them', () => {
  const details = new FlowDetails(10_000);
  const stuck = details.add({ ...closeWait(), flow: 1 });
  for (let flow = 2; flow < 40; flow++) details.add(long({ flow }));
  expect(details.add({ ...normalClose(), flow: 40 })).toBe(0);
  const blocks = details.blocks();
  expect([...blocks.keys()]).toEqual([stuck]);
  expect(flowsIn(blocks.get(stuck))).toEqual([1]);
  expect(details.facts()).toMatchObject({ withFindings: 1, withoutFindings: 0, ordinaryLeftOut: true });
});

test('above the bound, each kind of finding still keeps its first connections', () => {
  const details = new FlowDetails(1000, 1000);
  const { findings } = closeWait();
  for (let flow = 1; flow <= 60; flow++) details.add(long({ flow, findings }));
  const refused = { ...closeWait(), flow: 61, findings: [{ ...findings[0], kind: 'connection-refused' as const }] };
  const block = details.add(refused);
  expect(block).toBeGreaterThan(0);
  expect(flowsIn(details.blocks().get(block))).toContain(61);
  expect(details.facts().tellingLeftOut).toBeGreaterThan(0);
});

test('of a connection with very many segments, the middle is counted', () => {
  const details = new FlowDetails();
  const block = details.add(long({ flow: 1 }, 5000));
  const [{ packed }] = JSON.parse(inflateSync(details.blocks().get(block) ?? new Uint8Array()).toString());
  expect(packed).toHaveLength(1001);
  const run = packed[600][11];
  expect(run.segments).toEqual({ client: 4000, server: 0 });
  expect(packed[601][0]).toBe(4601);
});
