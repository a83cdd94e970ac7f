import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flowJson } from '../../src/report/flow-json.js';
import { FlowBuilder } from '../support/flow-builder.js';
import { rstAfterRetries } from '../support/flows.js';

test('has the fields that scripts rely on, in their order', () => {
  const json = flowJson(rstAfterRetries());
  expect(Object.keys(json)).toEqual([
    'flow',
    'tcpStream',
    'capture',
    'captures',
    'client',
    'server',
    'roles',
    'start',
    'end',
    'tap',
    'clientState',
    'serverState',
    'timeline',
    'findings',
    'packets',
    'bytes',
    'retransmissions',
    'handshakeRtt',
    'communityId',
  ]);
  expect(json.client).toEqual({ address: '10.0.1.9', port: 57469 });
  expect(json.start).toBe('2026-11-20T12:00:00.000000Z');
  expect(json.timeline[0]).toEqual({
    endpoint: 'client',
    from: 'CLOSED',
    to: 'SYN_SENT',
    at: '2026-11-20T12:00:00.000000Z',
    earliest: null,
    latest: '2026-11-20T12:00:00.000000Z',
    frame: 1,
    basis: 'observed',
    reason: 'It is SYN_SENT now.',
    confirmedBy: null,
    revoked: [],
  });
  expect(json.findings.map(({ kind, frames }) => [kind, frames])).toEqual([
    ['rst-after-synack-retries', [8, 9]],
    ['handshake-ack-lost', [2, 4, 6]],
  ]);
});

test('bounds are rounded outwards, and hold the rounded estimate', () => {
  const nanoseconds = fc.nat(5_000_000);
  fc.assert(
    fc.property(nanoseconds, nanoseconds, nanoseconds, (a, b, c) => {
      const [earliest, at, latest] = [a, b, c].sort((x, y) => x - y).map((value) => value / 1e9);
      const flow = new FlowBuilder()
        .segment(0, 'client', 'S', 0, 0)
        .state('client', 'CLOSED', 'SYN_SENT', { earliest, at, latest })
        .build();
      const [entry] = flowJson(flow).timeline;
      expect((entry.earliest ?? '') <= entry.at && entry.at <= (entry.latest ?? '')).toBe(true);
      expect(fraction(entry.earliest)).toBeLessThanOrEqual(earliest);
      expect(fraction(entry.latest)).toBeGreaterThanOrEqual(latest);
    }),
  );
});

const fraction = (timestamp: string | null): number => Number(timestamp?.slice(19, -1));
