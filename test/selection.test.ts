import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFlowFilter } from '../src/connection/flow-filter.js';
import { type Flow, flows, type Options } from '../src/index.js';
import { captureOf, EXCHANGE, HANDSHAKE, type Line, read, scenario } from './support/scenario.js';

const CAPTURES = join(import.meta.dirname, '../captures');

async function told(path: string, options: Options): Promise<object[]> {
  const found: object[] = [];
  // Where a connection is over, it may be told of any time later.
  for await (const { segments, frameNames, followedUntil, ...flow } of flows(path, options))
    found.push({ ...flow, segments });
  return found;
}

type Selection = Pick<Options, 'filter' | 'select'>;

const matches = ({ filter, select }: Selection, flow: Flow): boolean =>
  (filter === undefined || parseFlowFilter(filter)(flow)) &&
  (select?.flows === undefined || select.flows.has(flow.flow)) &&
  (select?.kinds === undefined || flow.findings.some(({ kind }) => select.kinds?.has(kind)));

/* Most connections that are not selected are not followed in full: that must not show in those that are. */
describe('what is selected is told as it is among all', () => {
  const cases: readonly [what: string, selection: Selection][] = [
    ['by number', { select: { flows: new Set([1, 3, 4, 20, 21, 100, 5000]) } }],
    ['by none of their numbers', { select: { flows: new Set() } }],
    ['by a filter', { filter: 'port 80 or port 8080 or dst net 10.0.0.0/9' }],
    ['by the filter that takes the others', { filter: 'not (port 80 or port 8080 or dst net 10.0.0.0/9)' }],
    ['by findings', { select: { kinds: new Set(['half-close', 'close-wait-long', 'connection-refused']) } }],
    ['by findings and a filter', { filter: 'portrange 1-9000', select: { kinds: new Set(['half-close']) } }],
    ['by findings and number', { select: { kinds: new Set(['half-close']), flows: new Set([1, 2, 5, 30]) } }],
  ];

  it.each(cases)('%s', async (_what, selection) => {
    let count = 0;
    for (const name of readdirSync(CAPTURES).filter((one) => /\.pcap/.test(one))) {
      const path = join(CAPTURES, name);
      for (const detail of ['summary', 'full'] as const) {
        const all = (await told(path, { detail })) as Flow[];
        const expected = all.filter((flow) => matches(selection, flow));
        expect(await told(path, { ...selection, detail }), name).toEqual(expected);
        count += expected.length;
      }
    }
    expect(count > 0).toBe(selection.select?.flows?.size !== 0);
  });
});

describe('of what is selected, ordinary segments are shown', () => {
  /** Forty of them. */
  const story = (port: number) =>
    scenario({ client: `10.0.0.1:${port}`, server: '10.0.0.2:80' }, [
      ...HANDSHAKE,
      ...EXCHANGE,
      ...Array.from({ length: 40 }, (_, i): Line => [1 + i / 10, 'client', 'PSH ACK 100']),
      [6, 'client', 'RST ACK'],
    ]);
  const capture = captureOf('middle', ...[1001, 1002, 1003].map(story));

  it.each<[what: string, selection: Selection]>([
    ['by number', { select: { flows: new Set([2]) } }],
    ['by a filter', { filter: 'port 1002' }],
    ['by a finding', { filter: 'port 1002', select: { kinds: new Set(['abortive-close']) } }],
  ])('%s', async (_what, selection) => {
    const [flow, ...others] = await read(capture, { ...selection, detail: 'full' });
    expect(others).toEqual([]);
    expect(flow.client.port).toBe(1002);
    expect(flow.segments.filter(({ run }) => run === null)).toHaveLength(48);
  });
});
