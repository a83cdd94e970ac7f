import { describe, expect, it } from 'vitest';
import { CLOSE, captureOf, EXCHANGE, HANDSHAKE, type Line, pathOf, read, scenario } from '../../support/scenario.js';

/** A connection of its own that begins at that second. */
function from(client: string, begin: number, lines: readonly Line[]) {
  const [[, , syn], ...rest] = lines;
  return scenario({ client: `${client}:40000`, until: 10 }, [[begin, 'client', syn as 'SYN'], ...rest]);
}

const CLOSED = from('10.0.0.1', 0.1, [...HANDSHAKE, ...EXCHANGE, ...CLOSE]);
const OPEN = from('10.0.0.2', 0.5, [...HANDSHAKE, ...EXCHANGE, [9, 'client', 'PSH ACK 10']]);
const SYN: readonly Line[] = [[0, 'client', 'SYN']];
const unanswered = (host: number) => from(`10.0.1.${host}`, 1 + host / 10, SYN);

async function followed(maxFlows: number, syns: number) {
  let givenUp = 0;
  const capture = captureOf(
    'client',
    CLOSED,
    OPEN,
    ...Array.from({ length: syns }, (_, index) => unanswered(index + 1)),
  );
  const flows = await read(capture, {
    maxFlows,
    onGivenUp: (connections) => {
      givenUp += connections;
    },
  });
  return { hosts: flows.map((flow) => flow.client.address), flows, givenUp };
}

it('gives nothing up while there is room', async () => {
  const { hosts, givenUp } = await followed(4, 2);
  expect(hosts).toEqual(['10.0.0.1', '10.0.0.2', '10.0.1.1', '10.0.1.2']);
  expect(givenUp).toBe(0);
});

it('lets closed connections leave first, with their whole story', async () => {
  const { hosts, flows, givenUp } = await followed(4, 3);
  expect(hosts).toEqual(['10.0.0.1', '10.0.0.2', '10.0.1.1', '10.0.1.2', '10.0.1.3']);
  expect(givenUp).toBe(0);
  expect(pathOf(flows[0], 'server')).toBe('LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED');
  expect(flows[0].clientState).toBe('TIME_WAIT');
});

it('then gives up those that never came to be open, the longest silent first, and keeps the open one', async () => {
  const { hosts, flows, givenUp } = await followed(4, 9);
  expect(hosts).toEqual(['10.0.0.1', '10.0.0.2', '10.0.1.7', '10.0.1.8', '10.0.1.9']);
  expect(givenUp).toBe(6);
  expect(flows[1].packets.client).toBe(5);
  expect(flows[1].clientState).toBe('ESTABLISHED');
});

it('lets an incarnation whose ports were taken over leave before those that are alive', async () => {
  const again: readonly Line[] = [...HANDSHAKE, ...EXCHANGE, [3, 'client', 'SYN', { isn: 8_000_000 }]];
  let givenUp = 0;
  const stories = [scenario({ client: '10.0.0.1:40000' }, again), from('10.0.0.2', 4, SYN)];
  const flows = await read(captureOf('client', ...stories), {
    maxFlows: 2,
    onGivenUp: (connections) => {
      givenUp = connections;
    },
  });
  expect(flows.map((flow) => flow.client.address)).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.2']);
  expect(givenUp).toBe(0);
});

it('gives up open ones where there is nothing else', async () => {
  const others = Array.from({ length: 3 }, (_, index) =>
    from(`10.0.2.${index + 1}`, 2 + index, [...HANDSHAKE, ...EXCHANGE]),
  );
  let givenUp = 0;
  const flows = await read(captureOf('client', ...others), {
    maxFlows: 2,
    onGivenUp: (connections) => {
      givenUp = connections;
    },
  });
  expect(flows.map((flow) => flow.client.address)).toEqual(['10.0.2.2', '10.0.2.3']);
  expect(givenUp).toBe(1);
});

/** Of connections that are told of by SYNs alone, unless by more: a host each, the port the same. */
async function left(maxFlows: number, ...lines: readonly (readonly [host: number, line: Line])[]) {
  const hosts = new Map<number, Line[]>();
  for (const [host, line] of lines) hosts.set(host, [...(hosts.get(host) ?? []), line]);
  let givenUp = 0;
  const stories = [...hosts].map(([host, own]) => scenario({ client: `10.0.3.${host}:40000` }, own));
  const flows = await read(captureOf('client', ...stories), {
    maxFlows,
    onGivenUp: (connections) => {
      givenUp = connections;
    },
  });
  return { flows, hosts: flows.map((flow) => Number(flow.client.address.split('.')[3])), givenUp };
}
const syn = (host: number, at: number): readonly [number, Line] => [host, [at, 'client', 'SYN']];
const syns = (count: number): (readonly [number, Line])[] =>
  Array.from({ length: count }, (_, index) => syn(index + 1, (index + 1) / 10));
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

it('makes room for two at a time, of a quarter that was silent longest', async () => {
  // Three are to leave: the first two with the first newcomer, the third with the third.
  expect(await left(12, ...syns(13))).toMatchObject({ hosts: upTo(3, 13), givenUp: 2 });
  expect(await left(12, ...syns(14))).toMatchObject({ hosts: upTo(3, 14), givenUp: 2 });
  expect(await left(12, ...syns(15))).toMatchObject({ hosts: upTo(4, 15), givenUp: 3 });
  expect(await left(12, ...syns(16))).toMatchObject({ hosts: upTo(6, 16), givenUp: 5 });
});

it('keeps what was to leave and has spoken again', async () => {
  const again = await left(12, ...syns(13), [3, [1.35, 'client', 'SYN']], syn(14, 1.4), syn(15, 1.5), syn(16, 1.6));
  expect(again).toMatchObject({ hosts: [3, ...upTo(6, 16)], givenUp: 4 });
});

describe('an incarnation that another one follows', () => {
  const closed = (host: number) => [...HANDSHAKE, ...EXCHANGE, ...CLOSE].map((line) => [host, line] as const);
  /** Host 3 has closed, and has sent a SYN with another number. */
  const followed: readonly (readonly [number, Line])[] = [
    ...closed(3),
    [3, [0.5, 'client', 'SYN', { isn: 8_000_000 }]],
  ];

  it('leaves with its whole story before what follows it is given up', async () => {
    // To leave: what has closed, then those that never came to be open.
    const { flows, hosts, givenUp } = await left(
      16,
      ...followed,
      ...Array.from({ length: 15 }, (_, index) => syn(index + 10, 1 + index / 10)),
    );
    expect(hosts).toEqual([3, ...upTo(10, 24)]);
    expect(pathOf(flows[0], 'server')).toBe('LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED');
    expect(givenUp).toBe(1);
  });

  it('leaves with it, though it has spoken again', async () => {
    const { flows, hosts, givenUp } = await left(
      16,
      ...closed(1),
      ...closed(2),
      ...followed,
      ...Array.from({ length: 13 }, (_, index) => syn(index + 10, 1 + index / 10)),
      // The server still answers for what is closed.
      [3, [2.25, 'server', 'RST', { seq: 402 }]],
      ...Array.from({ length: 2 }, (_, index) => syn(index + 30, 3 + index / 10)),
      [31, [5, 'client', 'SYN']],
    );
    expect(hosts).toEqual([1, 2, 3, ...upTo(10, 22), 30, 31]);
    expect(flows[2].packets.server).toBe(5);
    const { clock, followedUntil } = flows[2];
    expect(new Date((clock.epochSeconds + followedUntil / 1e9) * 1000).toISOString()).toBe('2026-11-20T12:00:03.100Z');
    expect(givenUp).toBe(1);
  });
});
