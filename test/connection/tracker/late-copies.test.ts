import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/index.js';
import {
  CLOSE,
  captureOf,
  type Details,
  EXCHANGE,
  HANDSHAKE,
  type Line,
  read,
  type Setting,
  scenario,
  type Tap,
} from '../../support/scenario.js';

/** Four segments of the client with 120 bytes, three of the server with 400. */
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];

/** What a mirror port shows twice, this long apart unless a line says otherwise. */
const twice = (copied: '20us' | '3ms' | '30ms', lines: readonly Line[]): Line[] =>
  lines.map(([when, from, what, details]) => [when, from, what, { copied, ...details }] as Line);

/** Segments, bytes without repetitions, and segments that repeat. */
type Count = readonly [packets: number, bytes: number, retransmissions: number];

const NETWORKS = {
  IPv4: {},
  IPv6: { client: '[2001:db8::1]:40112', server: '[2001:db8::2]:8080' },
  'IPv6 without timestamps': {
    client: '[2001:db8::1]:40112',
    server: '[2001:db8::2]:8080',
    without: ['timestamps'],
  },
} as const satisfies Record<string, Setting>;
type Network = keyof typeof NETWORKS;
const ALL = Object.keys(NETWORKS) as Network[];

interface Case {
  readonly what: string;
  readonly on: readonly Network[];
  readonly tap?: Tap;
  readonly rtt?: Setting['rtt'];
  readonly lines: readonly Line[];
  readonly client: Count;
  readonly server: Count;
}

/** Identification of the client's last segment in OPENED. */
const ID = 14_234;
const burst = (count: number, details: Line[3] = {}): Line[] =>
  Array.from({ length: count }, (_, i) => [1 + i / 10_000, 'client', 'PSH ACK 100', i === 0 ? details : {}] as Line);

const CASES: readonly Case[] = [
  {
    what: 'data behind the next, by its identification',
    on: ['IPv4'],
    lines: [...OPENED, [1, 'client', 'PSH ACK 10', { copied: '2ms' }], [1.001, 'client', 'PSH ACK 10']],
    client: [6, 140, 0],
    server: [3, 400, 0],
  },
  {
    what: 'long data behind short data, and short data behind long data',
    on: ['IPv4'],
    lines: [
      ...OPENED,
      [1, 'client', 'PSH ACK 500', { copied: '2ms' }],
      [1.001, 'client', 'PSH ACK 10'],
      [2, 'server', 'PSH ACK 10', { copied: '2ms' }],
      [2.0005, 'server', 'PSH ACK 500'],
      [2.001, 'server', 'PSH ACK 500'],
    ],
    client: [6, 630, 0],
    server: [6, 1410, 0],
  },
  {
    what: 'data that waited nearly 150 ms',
    on: ['IPv4'],
    lines: [...OPENED, [1, 'client', 'PSH ACK 10', { copied: '150.9ms' }], [1.001, 'client', 'PSH ACK 10']],
    client: [6, 140, 0],
    server: [3, 400, 0],
  },
  {
    what: 'not what comes later: TCP may have sent it again',
    on: ['IPv4'],
    lines: [...OPENED, [1, 'client', 'PSH ACK 10', { copied: '151.1ms' }], [1.001, 'client', 'PSH ACK 10']],
    client: [7, 140, 1],
    server: [3, 400, 0],
  },
  {
    what: 'the first of ten',
    on: ['IPv4'],
    lines: [...OPENED, ...burst(10, { copied: '5ms' })],
    client: [14, 1120, 0],
    server: [3, 400, 0],
  },
  {
    what: 'not one whose identification was another one’s: there is no room for it',
    on: ['IPv4'],
    lines: [...OPENED, ...burst(10), [1.005, 'client', 'PSH ACK 100', { seq: 121, ipId: ID + 2, tsVal: 1000 }]],
    client: [15, 1120, 1],
    server: [3, 400, 0],
  },
  {
    what: 'one whose host sent 254 others in between',
    on: ['IPv4'],
    lines: [...OPENED, ...burst(2), [1.005, 'client', 'PSH ACK 100', { seq: 121, ipId: ID + 2 - 255, tsVal: 1000 }]],
    client: [6, 320, 0],
    server: [3, 400, 0],
  },
  {
    what: 'not one of which nothing more is known',
    on: ['IPv4'],
    lines: [...OPENED, ...burst(2), [1.005, 'client', 'PSH ACK 100', { seq: 121, ipId: ID + 2 - 256, tsVal: 1000 }]],
    client: [7, 320, 1],
    server: [3, 400, 0],
  },
  {
    what: 'not one that its sender’s clock says was sent again',
    on: ['IPv4'],
    lines: [...OPENED, ...burst(2), [1.005, 'client', 'PSH ACK 100', { seq: 121, ipId: ID + 1, tsVal: 1005 }]],
    client: [7, 320, 1],
    server: [3, 400, 0],
  },
  {
    what: 'a FIN behind the last ACK',
    on: ['IPv4'],
    lines: [
      ...OPENED,
      [1, 'client', 'FIN ACK', { copied: '30ms' }],
      ['+100us', 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
    ],
    client: [6, 120, 0],
    server: [4, 400, 0],
  },
  {
    what: 'a SYN behind what only an open connection sends',
    on: ALL,
    lines: OPENED.map((line, i): Line => (i === 0 ? [0, 'client', 'SYN', { copied: '30ms' }] : line)),
    client: [4, 120, 0],
    server: [3, 400, 0],
  },
  {
    what: 'a SYN+ACK behind what only an open connection sends',
    on: ALL,
    lines: OPENED.map((line, i): Line => (i === 1 ? ['+30us', 'server', 'SYN ACK', { copied: '30ms' }] : line)),
    client: [4, 120, 0],
    server: [3, 400, 0],
  },
  {
    what: 'not a SYN with a later identification',
    on: ['IPv4'],
    lines: [...HANDSHAKE, [0.025, 'client', 'SYN', { seq: 0 }]],
    client: [3, 0, 1],
    server: [1, 0, 0],
  },
  {
    what: 'not what the next overtook: it fills a hole',
    on: ALL,
    tap: 'server',
    lines: [...OPENED, [1, 'client', 'PSH ACK 10', { delayed: '3ms' }], [1.001, 'client', 'PSH ACK 10']],
    client: [6, 140, 0],
    server: [3, 400, 0],
  },
  {
    what: 'not a bare ACK that data overtook, where nothing else came twice',
    on: ALL,
    tap: 'server',
    lines: [...OPENED, [1, 'client', 'ACK', { window: 400, delayed: '3ms' }], [1.001, 'client', 'PSH ACK 10']],
    client: [6, 130, 0],
    server: [3, 400, 0],
  },
  {
    what: 'everything at once',
    on: ALL,
    lines: twice('20us', [...OPENED, ...CLOSE]),
    client: [6, 120, 0],
    server: [4, 400, 0],
  },
  {
    what: 'everything at once, between near hosts: the handshake’s ACK, which nothing was acknowledged before, is none',
    on: ALL,
    rtt: '1ms',
    lines: twice('20us', [...OPENED, ...CLOSE]),
    client: [6, 120, 0],
    server: [4, 400, 0],
  },
  {
    what: 'everything, while the next six come',
    on: ['IPv4', 'IPv6'],
    rtt: '1ms',
    lines: twice('3ms', [
      ...OPENED,
      ...Array.from({ length: 16 }, (_, i): readonly Line[] => [
        [1 + i / 2000, 'client', 'PSH ACK 100'],
        [1 + i / 2000 + 0.0002, 'server', 'PSH ACK 50'],
      ]).flat(),
    ]),
    client: [20, 1720, 0],
    server: [19, 1200, 0],
  },
  {
    what: 'everything, longer than a round trip',
    on: ['IPv4', 'IPv6'],
    lines: twice('30ms', [...OPENED, ...CLOSE]),
    client: [6, 120, 0],
    server: [4, 400, 0],
  },
  {
    what: 'not data that its receiver asked for, but the copies of that',
    on: ALL,
    rtt: '1ms',
    lines: twice('20us', [
      ...OPENED,
      [1, 'client', 'PSH ACK 100', { lost: true }],
      [1.0001, 'client', 'PSH ACK 100'],
      ['+30us', 'server', 'ACK', { sack: [[221, 321]] }],
      [1.003, 'client', 'PSH ACK 100', { seq: 121 }],
      ['+30us', 'server', 'ACK'],
    ]),
    client: [7, 320, 1],
    server: [5, 400, 0],
  },
  {
    what: 'not data that its receiver asked for just when the first copy was seen',
    on: ALL,
    rtt: '1ms',
    lines: [
      ...OPENED,
      [0.9996, 'server', 'PSH ACK 10', { copied: '800us' }],
      [1, 'client', 'PSH ACK 100', { lost: true }],
      [1.0001, 'client', 'PSH ACK 100'],
      ['+30us', 'server', 'ACK', { sack: [[221, 321]] }],
      [1.003, 'client', 'PSH ACK 100', { seq: 121 }],
      ['+30us', 'server', 'ACK'],
    ],
    client: [7, 320, 1],
    server: [6, 410, 0],
  },
  {
    what: 'a RST, while nothing is sent that draws another one',
    on: ALL,
    lines: twice('20us', [...OPENED, [1, 'server', 'RST', { seq: 401, copied: '40ms' }]]),
    client: [4, 120, 0],
    server: [4, 400, 0],
  },
  {
    what: 'not a RST that something has drawn since',
    on: ['IPv6', 'IPv6 without timestamps'],
    lines: twice('20us', [
      ...OPENED,
      [1, 'server', 'RST', { seq: 401 }],
      [1.0205, 'client', 'PSH ACK 10'],
      ['+30us', 'server', 'RST', { seq: 401 }],
    ]),
    client: [5, 130, 0],
    server: [5, 400, 0],
  },
  {
    what: 'an ACK that was late, when its sender has acknowledged more',
    on: ALL,
    lines: twice('20us', [
      ...OPENED,
      [1, 'server', 'PSH ACK 100'],
      ['+30us', 'client', 'ACK', { copied: '50ms' }],
      [1.02, 'server', 'PSH ACK 100'],
      ['+30us', 'client', 'ACK'],
    ]),
    client: [6, 120, 0],
    server: [5, 600, 0],
  },
  {
    what: 'an ACK that was late, when its sender has sent more',
    on: ALL,
    lines: twice('20us', [
      ...OPENED,
      [1, 'server', 'PSH ACK 100'],
      ['+30us', 'client', 'ACK', { copied: '50ms' }],
      ['+5ms', 'client', 'PSH ACK 10'],
    ]),
    client: [6, 130, 0],
    server: [4, 500, 0],
  },
  {
    what: 'not an ACK after more than 5 ms that its sender may send again, without a clock',
    on: ['IPv6 without timestamps'],
    lines: twice('20us', [...OPENED, [1, 'server', 'PSH ACK 100'], ['+30us', 'client', 'ACK', { copied: '50ms' }]]),
    client: [6, 120, 0],
    server: [4, 500, 0],
  },
  {
    what: 'a bare ACK with its SACK block, by its identification',
    on: ['IPv4'],
    lines: [...OPENED, [1, 'client', 'ACK', { sack: [[801, 901]], copied: '2ms' }]],
    client: [5, 120, 0],
    server: [3, 400, 0],
  },
  {
    what: 'data with its SACK block',
    on: ALL,
    lines: [...OPENED, [1, 'client', 'PSH ACK 10', { sack: [[801, 901]], copied: '2ms' }]],
    client: [5, 130, 0],
    server: [3, 400, 0],
  },
  {
    what: 'not data with another SACK block',
    on: ['IPv6', 'IPv6 without timestamps'],
    lines: [
      ...OPENED,
      [1, 'client', 'PSH ACK 10', { sack: [[801, 901]] }],
      [1.001, 'client', 'PSH ACK 10', { seq: 121, tsVal: 1000, sack: [[801, 1001]] }],
    ],
    client: [6, 130, 1],
    server: [3, 400, 0],
  },
  {
    what: 'data that waited for 30 ms, where copies were seen and clocks tell',
    on: ['IPv6'],
    lines: twice('20us', [...OPENED, [1, 'client', 'PSH ACK 10', { copied: '30ms' }], [1.005, 'client', 'PSH ACK 10']]),
    client: [6, 140, 0],
    server: [3, 400, 0],
  },
  {
    what: 'a SYN behind the next of an end whose SYN comes once more as a SYN+ACK',
    on: ALL,
    lines: twice('20us', [
      [0, 'client', 'SYN'],
      [0.004, 'server', 'SYN'],
      [0.01003, 'server', 'SYN ACK'],
      [0.01403, 'client', 'SYN ACK'],
      [0.03, 'client', 'ACK'],
    ]),
    client: [3, 0, 1],
    server: [2, 0, 1],
  },
  {
    what: 'not data that its receiver asked for while it asks for what lies before, too',
    on: ALL,
    rtt: '1ms',
    lines: [
      ...OPENED,
      [0.9996, 'server', 'PSH ACK 10', { copied: '800us' }],
      [1, 'client', 'PSH ACK 100', { copied: '2ms' }],
      [1.0001, 'client', 'PSH ACK 100', { lost: true }],
      [1.0002, 'client', 'PSH ACK 100'],
      ['+30us', 'server', 'ACK', { sack: [[321, 421]] }],
    ],
    client: [7, 420, 0],
    server: [5, 410, 0],
  },
];

const counts = (flow: Flow, side: 'client' | 'server'): Count => [
  flow.packets[side],
  flow.bytes[side],
  flow.retransmissions[side],
];

/** The ends' addresses, swapped. */
function swapped(setting: Setting): Setting {
  const { client = '10.0.0.1:40112', server = '10.0.0.2:8080' } = setting;
  const port = /:\d+$/;
  const exchange = (end: string, other: string): string => end.replace(port, '') + other.slice(other.search(port));
  return { ...setting, client: exchange(server, client), server: exchange(client, server) };
}

describe.each(CASES)('a frame that was captured twice: $what', ({ on, tap = 'client', rtt, lines, client, server }) => {
  it.each(on)('%s', async (network) => {
    const setting = { ...NETWORKS[network], ...(rtt && { rtt }) };
    const other = scenario({ client: '10.0.0.7:5000' }, [[0, 'client', 'SYN']]);
    const alone = await read(captureOf(tap, scenario(setting, lines)));
    expect(alone.map((flow) => [counts(flow, 'client'), counts(flow, 'server')])).toEqual([[client, server]]);
    const [, ...behind] = await read(captureOf(tap, other, scenario(swapped(setting), lines)));
    expect(behind.map((flow) => [counts(flow, 'client'), counts(flow, 'server')])).toEqual([[client, server]]);
  });
});

describe('what belongs to the connection before', () => {
  /** The last ACK comes once more when the client has sent another SYN. */
  const lines = (copied: Details): Line[] => [
    ...twice('20us', [...OPENED, ...CLOSE]),
    [1, 'client', 'ACK', { copied: '20ms' }],
    [1.01, 'client', 'SYN', { isn: 8_000_000, ...copied }],
    ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000, ...copied }],
    ['+30us', 'client', 'ACK', copied],
    ...twice('20us', EXCHANGE),
  ];

  it.each(ALL)('counts for that when it comes once more behind the next SYN: %s', async (network) => {
    const others = [5000, 5001].map((port) => scenario({ client: `10.0.0.7:${port}` }, [[0, 'client', 'SYN']]));
    for (const copied of [{}, { copied: '20us' }] as const) {
      for (const [before, setting] of [
        [0, NETWORKS[network]],
        [2, swapped(NETWORKS[network])],
      ] as const) {
        const found = await read(captureOf('client', ...others.slice(0, before), scenario(setting, lines(copied))));
        expect(found.slice(before).map((flow) => [flow.packets.client, flow.packets.server])).toEqual([
          [7, 4],
          [4, 3],
        ]);
      }
    }
  });
});

it('equal ACKs are two where nothing was captured twice but another connection', async () => {
  const setting = NETWORKS['IPv6 without timestamps'];
  const found = await read(
    captureOf(
      'client',
      scenario({ client: '10.0.0.7:5000' }, twice('20us', OPENED)),
      scenario(setting, [...OPENED, [1, 'client', 'ACK'], [1.0001, 'client', 'ACK'], [1.0002, 'client', 'ACK']]),
    ),
  );
  expect(found.map((flow) => flow.packets.client)).toEqual([4, 7]);
});

it('Wireshark’s numbers of streams count no copy', async () => {
  // A new conversation begins with each SYN that has another number, or comes behind a FIN (packet-tcp.c).
  const reused: readonly Line[] = twice('20us', [
    ...OPENED,
    ...CLOSE,
    [3, 'client', 'SYN', { isn: 8_000_000 }],
    ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000 }],
    ['+30us', 'client', 'ACK'],
  ]);
  const found = await read(
    captureOf('client', scenario({}, reused), scenario({ client: '10.0.0.7:5000' }, [[4, 'client', 'SYN']])),
  );
  expect(found.map((flow) => flow.tcpStream)).toEqual([0, 1, 2]);
});
