import { describe, expect, it } from 'vitest';
import type { Flow, Side, TcpState } from '../../../src/index.js';
import { captureOf, type Line, read, scenario, type Tap } from '../../support/scenario.js';

/** Half a round trip of a distant connection, in seconds. */
const WAY = 0.4;
const OPENED: readonly Line[] = [
  [0, 'client', 'SYN'],
  [WAY, 'server', 'SYN ACK'],
  [2 * WAY, 'client', 'ACK'],
  [1, 'client', 'PSH ACK 120'],
  [1 + WAY, 'server', 'ACK'],
  [2, 'server', 'PSH ACK 400'],
  [2 + WAY, 'client', 'ACK'],
];
/** Whoever is seen closes first: of the other end's FIN nothing would tell. */
const LINES: Readonly<Record<Side, readonly Line[]>> = {
  client: [...OPENED, [4, 'client', 'FIN ACK'], [4 + WAY, 'server', 'ACK']],
  server: [...OPENED, [4, 'server', 'FIN ACK'], [4 + WAY, 'client', 'ACK']],
};
/** When the hosts changed their states. */
type Truth = Readonly<Record<Side, Partial<Record<TcpState, number>>>>;
const CLIENT_OPENS = { SYN_SENT: 0, ESTABLISHED: 2 * WAY };
const SERVER_OPENS = { SYN_RECV: WAY, ESTABLISHED: 3 * WAY };
const CLOSES = { FIN_WAIT1: 4, FIN_WAIT2: 4 + 2 * WAY };
const IS_CLOSED = { CLOSE_WAIT: 4 + WAY };
const TRUTH: Readonly<Record<Side, Truth>> = {
  client: { client: { ...CLIENT_OPENS, ...CLOSES }, server: { ...SERVER_OPENS, ...IS_CLOSED } },
  server: { client: { ...CLIENT_OPENS, ...IS_CLOSED }, server: { ...SERVER_OPENS, ...CLOSES } },
};
const EPOCH = Date.UTC(2026, 10, 20, 12) / 1000;

async function seenFrom(tap: Tap, sender: Side, lines: readonly Line[]): Promise<Flow> {
  const seen = lines.map(
    ([when, from, what, details]): Line =>
      [when, from, what, { ...details, ...(from !== sender && { unseen: true }) }] as Line,
  );
  const [flow] = await read(captureOf(tap, scenario({ rtt: `${2 * WAY}s`, until: 200 }, seen)));
  return flow;
}

/** Each state that was told, where the truth lies outside its bounds. */
function brokenPromises(flow: Flow, truths: Truth): string[] {
  const seconds = (time: number): number => flow.clock.epochSeconds - EPOCH + time / 1e9;
  return flow.timeline.flatMap(({ endpoint, to, from, earliest, latest }) => {
    const truth = truths[endpoint][to];
    if (from === null) return [];
    if (truth === undefined) return [`${endpoint} ${to} never was`];
    const early = earliest !== null && seconds(earliest) > truth;
    const late = latest !== null && seconds(latest) < truth;
    return early || late ? [`${endpoint} ${to} ${truth} in [${earliest}, ${latest}]`] : [];
  });
}

describe.each(['client', 'server'] as const)('where only what the %s sends is captured', (sender) => {
  const taps: readonly Tap[] = ['client', 'middle', 'server'];

  it.each(taps)('bounds hold although nothing tells how far it is, on the tap %s', async (tap) => {
    const flow = await seenFrom(tap, sender, LINES[sender]);
    expect(flow.roundTrips[sender]).toBeNull();
    expect(flow.timeline.length).toBeGreaterThan(5);
    expect(brokenPromises(flow, TRUTH[sender])).toEqual([]);
  });

  it.each(taps)('bounds hold where the capture begins after the handshake, on the tap %s', async (tap) => {
    const unseen = LINES[sender].map(
      ([when, from, what], i): Line => [when, from, what, i < 3 ? { unseen: true } : {}] as Line,
    );
    expect(brokenPromises(await seenFrom(tap, sender, unseen), TRUTH[sender])).toEqual([]);
  });
});

it('bounds hold where the first FIN was lost before the tap', async () => {
  const lines: readonly Line[] = [
    ...OPENED,
    [4, 'client', 'FIN ACK', { lost: true }],
    [10, 'client', 'FIN ACK'],
    [10 + WAY, 'server', 'ACK'],
  ];
  const flow = await seenFrom('server', 'client', lines);
  const truth = {
    client: { ...TRUTH.client.client, FIN_WAIT2: 10 + 2 * WAY },
    server: { ...SERVER_OPENS, CLOSE_WAIT: 10 + WAY },
  };
  expect(brokenPromises(flow, truth)).toEqual([]);
});

it('bounds hold for an end that gave up, too', async () => {
  const syns = [0, 1.03, 2.05, 3.07, 4.1].map((at): Line => [at, 'client', 'SYN']);
  const flow = await seenFrom('server', 'client', syns);
  // Its application lost patience right after the last one, which passed the tap half a round trip later.
  expect(flow.clientState).toBe('CLOSED');
  expect(brokenPromises(flow, { client: { SYN_SENT: 0, CLOSED: 4.11 }, server: {} })).toEqual([]);
});

it('a segment alone tells of both ends that they were connected', async () => {
  const flow = await seenFrom('middle', 'client', [[1, 'client', 'PSH ACK 120']]);
  expect([flow.clientState, flow.serverState]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  expect(flow.timeline.map(({ endpoint, from, to, basis }) => [endpoint, from, to, basis])).toEqual([
    ['client', null, 'ESTABLISHED', 'assumed'],
    ['server', null, 'ESTABLISHED', 'assumed'],
  ]);
});
