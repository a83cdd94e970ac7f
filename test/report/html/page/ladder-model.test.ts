import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ACK } from '../../../../src/decode/segment.js';
import { flows } from '../../../../src/index.js';
import { ladderModel } from '../../../../src/report/html/page/ladder-model.js';
import { FlowBuilder } from '../../../support/flow-builder.js';
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
  for (const { segment, sent, tapped, received } of ladderModel({ ...flow, tap: 'client' }, true).arrows) {
    if (segment.from === 'client') expect(sent).toBe(tapped);
    else if (segment.flags === ACK) expect(received).toBe(tapped);
  }
});

test('an answer leaves after what it answers has come', () => {
  // The round trip is a little longer than the time that this answer took.
  const flow = new FlowBuilder()
    .segment(0, 'client', 'PA', 1, 1, { length: 10 })
    .segment(0.0199, 'server', 'A', 1, 11)
    .build({ tap: 'client', roundTrips: { client: 0, server: 0.02 } });
  const [question, answer] = ladderModel(flow, true).arrows;
  expect(question.received).toBeLessThan(answer.sent);
  expect(answer.received).toBe(answer.tapped);
});

test('SYNs that crossed each other are drawn so', async () => {
  for await (const flow of flows(join(CAPTURES, 'simultaneous-open.pcap'), { detail: 'full' })) {
    const [first, second] = ladderModel(flow, true).arrows;
    expect([first.segment.from, second.segment.from]).toEqual(['client', 'server']);
    expect(second.sent).toBeLessThan(first.received);
  }
});
