import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Flow, flows } from '../../../src/index.js';
import {
  CLOSE,
  captureOf,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  type Line,
  read,
  type Setting,
  scenario,
} from '../../support/scenario.js';

/*
 * A connection whose ends are both done leaves the memory after TIME_WAIT's minute, what a timer may be late and five
 * seconds more: 68.75 s after its last segment. Whatever comes then is met in mid-life, a flow of its own.
 */
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const CLOSED: readonly Line[] = [...OPENED, ...CLOSE];
const AGAIN = { isn: 8_000_000 } as const;
const ANSWER = { isn: 3_000_000_000 } as const;
const NEXT: readonly Line[] = [
  [3, 'client', 'SYN', AGAIN],
  ['+30us', 'server', 'SYN ACK', ANSWER],
  ['+30us', 'client', 'ACK'],
];

const HOSTS: readonly Setting[] = [{}, { client: '10.0.0.9:40112', server: '10.0.0.2:8080' }];
const other = (port: number, ...lines: readonly Line[]) => scenario({ client: `10.0.0.7:${port}` }, lines);
const syn = (at: number): Line => [at, 'client', 'SYN'];
const secondsOf = (flow: Flow, time: number): number => flow.clock.epochSeconds - 1_795_176_000 + time / 1e9;

it('a connection leaves whatever one that was closed before it still says', async () => {
  const late = (...says: readonly Line[]) =>
    captureOf(
      'client',
      other(5000, ...CLOSED, [60, 'client', 'RST']),
      other(5001, [0.01, 'client', 'SYN'], ...CLOSED.slice(1), ...says),
      other(5002, syn(75)),
    );
  expect(await read(late([68, 'server', 'PSH ACK 10']))).toHaveLength(3);
  expect(await read(late([90, 'server', 'PSH ACK 10']))).toHaveLength(4);
});

describe.each(HOSTS)('a RST ends a connection, the client at %j', (setting) => {
  /** Whether the memory was rid of it when the server spoke again. */
  const hasLeft = async (lines: readonly Line[], late: Line = [90, 'server', 'PSH ACK 10']): Promise<boolean> => {
    const story = scenario(setting, [...lines, late]);
    const found = await read(captureOf('client', other(5000, syn(0)), story, other(5001, syn(75))));
    return found.length === 4;
  };
  const unheard: readonly Line[] = [...OPENED, [0.9, 'client', 'PSH ACK 10', { lost: true }]];

  it.each<[what: string, lines: readonly Line[]]>([
    ['has the next number', [...OPENED, [1, 'client', 'RST', { seq: 121 }]]],
    ['has the number that the other end waits for', [...unheard, [1, 'client', 'RST', { seq: 121 }]]],
    ['acknowledges', [...OPENED, [1, 'client', 'RST ACK', { seq: 90_000 }]]],
  ])('where it %s', async (_, lines) => {
    expect(await hasLeft(lines)).toBe(true);
  });

  it('where nothing else is known of its sender', async () => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'RST', { seq: 77 }],
    ];
    expect(await hasLeft(lines, [90, 'client', 'ACK'])).toBe(true);
  });

  it.each<[what: string, lines: readonly Line[]]>([
    ['is beyond what was sent', [...OPENED, [1, 'client', 'RST', { seq: 90_000 }]]],
    ['is below it', [...OPENED, [1, 'client', 'RST', { seq: 120 }]]],
    ['is in the middle of what was not acknowledged', [...unheard, [1, 'client', 'RST', { seq: 126 }]]],
  ])('but not where its number %s: RFC 5961, section 3, has it answered with a challenge ACK', async (_, lines) => {
    expect(await hasLeft(lines)).toBe(false);
  });
});

describe('what has closed leaves', () => {
  it.each<[what: string, trigger: readonly Line[]]>([
    ['when another connection begins', [syn(70)]],
    ['when an open one goes on', [...OPENED, [70, 'client', 'PSH ACK 10']]],
  ])('%s', async (_, trigger) => {
    const late = scenario({}, [...CLOSED, [75, 'server', 'ACK']]);
    const found = await read(captureOf('client', late, other(5000, ...trigger)));
    expect(found.map((flow) => [flow.client.port, flow.roles])).toEqual([
      [40_112, 'observed'],
      [5000, 'observed'],
      [40_112, 'assumed'],
    ]);
  });

  it('not before it was silent for so long', async () => {
    const late = scenario({}, [...CLOSED, [30, 'server', 'ACK'], [75, 'server', 'ACK'], [150, 'server', 'ACK']]);
    const found = await read(captureOf('client', late, other(5000, syn(70)), other(5001, syn(145))));
    expect(found.map((flow) => [flow.client.port, flow.packets.server])).toEqual([
      [40_112, 6],
      [5000, 0],
      [5001, 0],
      [40_112, 1],
    ]);
  });

  const closedAt = (port: number, at: number, late: number) =>
    other(port, syn(at), ...CLOSED.slice(1), [late, 'server', 'ACK']);
  const told = async (...stories: readonly ReturnType<typeof other>[]): Promise<unknown> =>
    (await read(captureOf('client', ...stories))).map((flow) => [flow.client.port, flow.packets.server]);

  it('each at its time', async () => {
    const both = [closedAt(45_000, 0, 75), closedAt(45_001, 30, 80)];
    expect(await told(...both, other(46_000, syn(70)))).toEqual([
      [45_000, 4],
      [45_001, 5],
      [46_000, 0],
      [45_000, 1],
    ]);
  });

  it('one after the other', async () => {
    const both = [closedAt(45_000, 0, 75), closedAt(45_001, 30, 110)];
    expect(await told(...both, other(46_000, syn(70)), other(46_001, syn(105)))).toEqual([
      [45_000, 4],
      [45_001, 4],
      [46_000, 0],
      [45_000, 1],
      [46_001, 0],
      [45_001, 1],
    ]);
  });

  it('and takes nothing along that has come to its place since', async () => {
    const found = await read(
      captureOf(
        'client',
        scenario({}, [...CLOSED, ...NEXT, ...EXCHANGE]),
        other(5000, syn(5), ...OPENED.slice(1), [90, 'client', 'PSH ACK 10']),
        other(5001, syn(80)),
      ),
    );
    expect(found.map((flow) => [flow.client.port, flow.packets.client])).toEqual([
      [40_112, 6],
      [40_112, 4],
      [5000, 5],
      [5001, 1],
    ]);
  });
});

describe.each<[where: string, before: number]>([
  ['the first of the capture', 0],
  ['behind others', 2],
])('how long a connection is followed, %s', (_, before) => {
  const followed = async (lines: readonly Line[], ...others: readonly Line[]): Promise<number[]> => {
    const all = [
      ...Array.from({ length: before }, (_none, index) => other(7000 + index, syn(0))),
      scenario({ until: 200 }, lines),
      ...others.map((line, index) => other(5000 + index, line)),
    ];
    const found = await read(captureOf('client', ...all));
    return found
      .filter((flow) => flow.client.port === 40_112)
      .map((flow) => Math.round(secondsOf(flow, flow.followedUntil) * 1000) / 1000);
  };

  it('to the end of the capture, where it is open', async () => {
    expect(await followed(OPENED)).toEqual([200]);
  });
  it('until the one that takes its place is open', async () => {
    // Its handshake is complete when both ends have spoken beyond their SYNs.
    expect(await followed([...CLOSED, ...NEXT, [4, 'server', 'PSH ACK 10']])).toEqual([4.01, 200]);
  });
  it('until the one after that begins', async () => {
    const lines = [1_000_000, 2_000_000, 3_000_000].map((isn, i): Line => [i, 'client', 'SYN', { isn, lost: true }]);
    expect(await followed(lines)).toEqual([2, 200, 200]);
  });
  it('until the one that did not come to take its place has left', async () => {
    const refused: readonly Line[] = [...OPENED, [3, 'client', 'SYN', AGAIN], ['+30us', 'server', 'RST ACK refused']];
    expect(await followed(refused, syn(100))).toEqual([100, 100]);
  });
});

it('at the end of the capture connections are told in the order of their first segments', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lastack-leaving-'));
  try {
    const path = join(folder, 'capture.pcap');
    const stories = [
      other(5000, ...CLOSED),
      other(5001, syn(1)),
      other(5002, syn(2)),
      // Takes the place in memory of the first.
      other(5003, syn(80)),
      other(5004, syn(81)),
    ];
    writeFileSync(path, captureOf('client', ...stories));
    const told: number[] = [];
    for await (const flow of flows(path)) told.push(flow.client.port);
    expect(told).toEqual([5000, 5001, 5002, 5003, 5004]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('without a SYN the client is the end with the higher port, and where both are equal, the one that speaks first', async () => {
  const lines: readonly Line[] = [...OPENED.slice(0, 3).map(unseen), [1, 'server', 'PSH ACK 10'], [2, 'client', 'ACK']];
  const clientOf = async (client: string, server: string): Promise<string> => {
    const flow = await flowOf(scenario({ client, server }, lines), 'client');
    expect(flow.roles).toBe('assumed');
    return `${flow.client.address}:${flow.client.port}`;
  };
  expect(await clientOf('10.0.0.1:40112', '10.0.0.2:8080')).toBe('10.0.0.1:40112');
  expect(await clientOf('10.0.0.9:40112', '10.0.0.2:8080')).toBe('10.0.0.9:40112');
  expect(await clientOf('10.0.0.1:179', '10.0.0.2:179')).toBe('10.0.0.2:179');
  expect(await clientOf('10.0.0.9:179', '10.0.0.2:179')).toBe('10.0.0.2:179');
});

function unseen([when, from, what]: Line): Line {
  return [when, from, what, { unseen: true }] as Line;
}
