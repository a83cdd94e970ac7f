import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Flow, flows, type Transition } from '../../src/index.js';
import { toJson } from '../../src/report/escape.js';
import { flowJson, writeFlowJson } from '../../src/report/flow-json.js';
import { Utf8Text } from '../../src/report/utf8-text.js';
import { FlowBuilder } from '../support/flow-builder.js';
import { normalClose, rstAfterRetries } from '../support/flows.js';

const CAPTURES = join(import.meta.dirname, '../../captures');

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

test('a time is exact to the microsecond, years behind the first one', () => {
  // A frame of 2022 in a capture that begins in 2006, as tshark has it: 1658254970.124421.
  const [epochSeconds, later] = [1_166_289_880, 1_658_254_970.124421];
  const end = (later - epochSeconds) * 1e9;
  const json = flowJson({ ...rstAfterRetries(), clock: { epochSeconds, digits: 6 }, end });
  expect(json.end).toBe('2022-07-19T18:22:50.124421Z');
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

/** What is written of it as bytes. */
function written(flow: Flow): string {
  const text = new Utf8Text(new Uint8Array(16));
  writeFlowJson(flow, text);
  return new TextDecoder().decode(text.memory.subarray(0, text.length));
}

test.each<[what: string, changes: Partial<Flow>]>([
  ['as it is', {}],
  ['of several captures', { captures: ['dump.pcap', 'other.pcap'] }],
  ['with a network in its key', { network: { vlan: [10, 20], tunnel: null } }],
  [
    'of a capture with any name',
    { capture: 'a "b"\\\u001b[1m\u202eµ→😀.pcap', captures: ['a "b"\\\u001b[1m\u202eµ→😀.pcap'] },
  ],
  ['in nanoseconds', { clock: { epochSeconds: 1_700_000_000, digits: 9 } }],
  ['at the end of what can be written as a date', { clock: { epochSeconds: 253_402_300_795, digits: 6 } }],
  ['before 1970', { clock: { epochSeconds: 0, digits: 6 }, start: -2.5e9, end: -1 }],
  ['of IPv6', { client: { address: '2001:db8::1', port: 1 }, server: { address: '::ffff:10.0.0.1', port: 65_535 } }],
  ['without a round trip', { handshakeRtt: null }],
  ['whose round trip is tiny', { handshakeRtt: 3e-7 }],
  ['with numbers beyond 32 bits', { bytes: { client: 2 ** 40, server: 2 ** 32 }, tcpStream: 2 ** 31 }],
  ['of assumed roles', { roles: 'assumed', tap: 'unknown' }],
])('a flow %s is written as bytes as it is as an object', (_what, changes) => {
  for (const flow of [rstAfterRetries(), normalClose()]) {
    const changed = { ...flow, ...changes };
    expect(written(changed)).toBe(toJson(flowJson(changed)));
  }
});

test.each(readdirSync(CAPTURES).filter((name) => /\.pcap/.test(name)))('so are those of %s', async (name) => {
  for await (const flow of flows(join(CAPTURES, name))) expect(written(flow)).toBe(toJson(flowJson(flow)));
});

test('of a flow unlike the one before in a single respect, no text of that one is kept', () => {
  const flow = normalClose();
  const others: Partial<Flow>[] = [
    { roles: 'assumed' },
    ...(['client', 'middle', 'server', 'unknown'] as const).map((tap) => ({ tap })),
    { clientState: 'ESTABLISHED' },
    { serverState: 'ESTABLISHED' },
    { timeline: flow.timeline.slice(0, 1) },
    { timeline: [] },
  ];
  const changes: Partial<Transition>[] = [
    { endpoint: 'server' },
    { from: null },
    { to: 'CLOSING' },
    ...[-61e9, 59e9, 3600e9].map((at) => ({ at })),
    { earliest: null },
    { earliest: 0 },
    { latest: null },
    { latest: 7 },
    ...[9, 10, 99, 100, 2 ** 31 - 1, 2 ** 40].flatMap((frame) => [{ frame }, { confirmedBy: frame }]),
    { confirmedBy: null },
    ...(['observed', 'inferred', 'timer'] as const).map((basis) => ({ basis })),
    { reason: 'µ "frame":1,' },
    { revoked: [3] },
  ];
  for (const index of flow.timeline.keys())
    for (const change of changes)
      others.push({ timeline: flow.timeline.map((t, i) => (i === index ? { ...t, ...change } : t)) });
  for (const other of others) {
    for (const each of [flow, { ...flow, ...other }]) expect(written(each)).toBe(toJson(flowJson(each)));
  }
});

const fraction = (timestamp: string | null): number => Number(timestamp?.slice(19, -1));
