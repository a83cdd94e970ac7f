import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flows } from '../../../../src/index.js';
import { ladderModel } from '../../../../src/report/html/page/ladder-model.js';
import { rstAfterRetries } from '../../../support/flows.js';

const CAPTURES = join(import.meta.dirname, '../../../../captures');

describe('each real connection can be drawn', () => {
  const names = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
  test.each(names)('%s', async (name) => {
    for await (const flow of flows(join(CAPTURES, name), { detail: 'full' })) {
      const model = ladderModel(flow, true);
      expect(model.arrows.length + model.runs.length).toBe(flow.segments.length);
      for (const { segment, sent, tapped, received } of model.arrows) {
        expect(sent).toBeLessThanOrEqual(tapped);
        expect(tapped).toBeLessThanOrEqual(received);
        expect(Math.abs(tapped - segment.time)).toBeLessThan(1000);
        expect(received).toBeLessThanOrEqual(model.end);
      }
      for (const side of ['client', 'server'] as const) {
        const spans = model.spans.filter((span) => span.side === side);
        expect(spans.at(-1)?.state).toBe(side === 'client' ? flow.clientState : flow.serverState);
        for (let i = 1; i < spans.length; i++) {
          expect(spans[i].from).toBe(spans[i - 1].to);
          expect(spans[i].change?.from).toBe(spans[i - 1].state);
        }
      }
    }
  });
});

test('a repeated segment leads to the copy before it', () => {
  const { arrows } = ladderModel(rstAfterRetries(), true);
  const repeated = arrows.filter(({ segment }) => segment.retransmission);
  expect(repeated.length).toBeGreaterThan(1);
  for (const { segment, repeats } of repeated) {
    expect(repeats?.segment).toMatchObject({ from: segment.from, seq: segment.seq });
    expect(repeats?.segment.frame).toBeLessThan(segment.frame);
  }
});

test('where the tap is one of both hosts, nothing is on its way to it', () => {
  const flow = rstAfterRetries();
  for (const { segment, sent, tapped } of ladderModel({ ...flow, tap: 'client' }, true).arrows) {
    if (segment.from === 'client') expect(sent).toBe(tapped);
  }
});
