import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Flow, flows } from '../../../src/index.js';
import { StateCurve } from '../../../src/report/html/state-curve.js';
import { StateCounter } from '../../../src/report/states.js';
import { CLOCK } from '../../support/flow-builder.js';
import { closeWait, normalClose } from '../../support/flows.js';

const CAPTURES = join(import.meta.dirname, '../../../captures');

async function read(name: string): Promise<Flow[]> {
  const all = [];
  for await (const flow of flows(join(CAPTURES, name))) all.push(flow);
  return all;
}

describe('every sample is what netstat would have counted at that moment', () => {
  const names = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
  test.each(names)('%s', async (name) => {
    const all = await read(name);
    const curve = new StateCurve(64);
    for (const flow of all) curve.add(flow, all[0].clock);
    const data = curve.data();
    expect(data.samples).toBeLessThanOrEqual(64);
    for (const side of ['client', 'server'] as const) {
      for (let i = 0; i < data.samples; i++) {
        const counter = new StateCounter({ side, at: () => data.from + i * data.every });
        for (const flow of all) counter.add(flow);
        const counted = Object.fromEntries(counter.rows().map(({ state, count }) => [state, count]));
        const shown = Object.entries(data.counts[side]).map(([state, counts]) => [state, counts[i]]);
        expect(Object.fromEntries(shown.filter(([, count]) => count !== 0)), `${side} ${i}`).toEqual(counted);
      }
    }
  });
});

test('covers everything, however long it was, with a bounded number of samples', () => {
  const curve = new StateCurve(64);
  const late = { ...closeWait(), clock: { ...CLOCK, epochSeconds: CLOCK.epochSeconds + 10_000_000 } };
  for (const flow of [normalClose(), late, normalClose()]) curve.add(flow, CLOCK);
  const { from, every, samples } = curve.data();
  expect(samples).toBeLessThanOrEqual(64);
  expect(from).toBeLessThanOrEqual(0);
  expect(from + every * (samples - 1)).toBeGreaterThanOrEqual(10_000_000 * 1e9);
});

test('an empty curve has no samples', () => {
  expect(new StateCurve().data().samples).toBe(0);
});
