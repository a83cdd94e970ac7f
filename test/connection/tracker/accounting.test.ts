import { describe, expect, it } from 'vitest';
import type { Flow, Side } from '../../../src/index.js';
import { EXCHANGE, flowOf, HANDSHAKE, type Line, type Setting, scenario } from '../../support/scenario.js';

/** Four segments of the client with 120 bytes, three of the server with 400. */
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const lost = { lost: true } as const;

/** Segments, bytes of payload without repetitions, and segments that repeat. */
type Count = readonly [packets: number, bytes: number, retransmissions: number];
const countOf = (flow: Flow, side: Side): Count => [flow.packets[side], flow.bytes[side], flow.retransmissions[side]];

interface Case {
  readonly what: string;
  readonly setting?: Setting;
  readonly lines: readonly Line[];
  readonly client: Count;
  readonly server: Count;
}

const CASES: readonly Case[] = [
  { what: 'a request and its answer', lines: OPENED, client: [4, 120, 0], server: [3, 400, 0] },
  {
    what: 'a repeated SYN and SYN+ACK',
    lines: [
      [0, 'client', 'SYN', lost],
      [1, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', lost],
      [2.02, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
    ],
    client: [3, 0, 1],
    // The one that was lost did not come to this tap.
    server: [1, 0, 0],
  },
  {
    what: 'a repeated SYN+ACK',
    lines: [...HANDSHAKE, [1.02, 'server', 'SYN ACK'], ['+30us', 'client', 'ACK']],
    client: [3, 0, 0],
    server: [2, 0, 1],
  },
  {
    what: 'a simultaneous open, in which the SYN+ACKs repeat the SYNs’ numbers',
    lines: [
      [0, 'client', 'SYN'],
      [0.004, 'server', 'SYN'],
      [0.01003, 'server', 'SYN ACK'],
      [0.01403, 'client', 'SYN ACK'],
      [0.03, 'client', 'ACK'],
    ],
    client: [3, 0, 1],
    server: [2, 0, 1],
  },
  {
    what: 'data that is repeated whole, in part, and with more behind it',
    lines: [
      ...OPENED,
      [1, 'client', 'PSH ACK 100'],
      [1.3, 'client', 'PSH ACK 100', { seq: 121 }],
      [1.4, 'client', 'PSH ACK 50', { seq: 121 }],
      [1.5, 'client', 'PSH ACK 50', { seq: 171 }],
      [1.6, 'client', 'PSH ACK 150', { seq: 121 }],
    ],
    client: [9, 370, 3],
    server: [3, 400, 0],
  },
  {
    what: 'a hole that is filled, whole',
    lines: [
      ...OPENED,
      [1, 'server', 'PSH ACK 100', { unseen: true }],
      ['+50us', 'server', 'PSH ACK 100'],
      [1.3, 'server', 'PSH ACK 100', { seq: 401 }],
    ],
    client: [4, 120, 0],
    server: [5, 600, 0],
  },
  {
    what: 'a hole that is filled in pieces, and then filled again',
    lines: [
      ...OPENED,
      [1, 'server', 'PSH ACK 100', { unseen: true }],
      ['+50us', 'server', 'PSH ACK 100'],
      [1.3, 'server', 'PSH ACK 40', { seq: 401 }],
      [1.4, 'server', 'PSH ACK 60', { seq: 441 }],
      [1.5, 'server', 'PSH ACK 40', { seq: 401 }],
      [1.6, 'server', 'PSH ACK 60', { seq: 441 }],
    ],
    client: [4, 120, 0],
    server: [8, 600, 2],
  },
  {
    what: 'what lies behind a hole is repeated, not filled',
    lines: [
      ...OPENED,
      [1, 'server', 'PSH ACK 100', { unseen: true }],
      ['+50us', 'server', 'PSH ACK 100'],
      [1.3, 'server', 'PSH ACK 100', { seq: 501 }],
      [1.4, 'server', 'PSH ACK 100', { seq: 301 }],
    ],
    client: [4, 120, 0],
    server: [6, 500, 2],
  },
  {
    what: 'keep-alives with a byte and without, which repeat nothing',
    lines: [
      ...OPENED,
      [60, 'client', 'ACK', { seq: 120 }],
      [70, 'client', 'PSH ACK 1', { seq: 120 }],
      [80, 'client', 'PSH ACK 2', { seq: 119 }],
    ],
    client: [7, 120, 1],
    server: [3, 400, 0],
  },
  {
    what: 'a FIN that is repeated, with the data before it, too',
    lines: [
      ...OPENED,
      [1, 'client', 'PSH ACK 10', lost],
      ['+10us', 'client', 'FIN ACK', lost],
      [1.3, 'client', 'FIN ACK', lost],
      [1.9, 'client', 'FIN PSH ACK 10'],
      ['+30us', 'server', 'ACK'],
    ],
    client: [8, 130, 2],
    server: [4, 400, 0],
  },
  {
    what: 'RSTs, which carry nothing and repeat nothing',
    lines: [...OPENED, [1, 'client', 'RST ACK'], [1.1, 'client', 'RST ACK']],
    client: [6, 120, 0],
    server: [3, 400, 0],
  },
  {
    what: 'bare ACKs, which repeat nothing however often',
    lines: [...OPENED, ...[1, 2, 3].map((at): Line => [at, 'client', 'ACK', { sack: [[801, 901]] }])],
    client: [7, 120, 0],
    server: [3, 400, 0],
  },
  {
    what: 'an error of a router, which is none of the connection’s segments',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'router', 'ICMP 3/1'],
    ],
    client: [1, 0, 0],
    server: [0, 0, 0],
  },
  {
    what: 'what a mirror port shows twice counts once',
    lines: OPENED.map(([when, from, what]): Line => [when, from, what, { copied: '20us' }] as Line),
    client: [4, 120, 0],
    server: [3, 400, 0],
  },
  {
    what: 'ordinary segments, however many',
    lines: [
      ...OPENED,
      ...Array.from({ length: 500 }, (_, i): readonly Line[] => [
        [1 + i / 10, 'client', 'PSH ACK 100'],
        [1 + i / 10 + 0.0101, 'server', 'PSH ACK 1000'],
      ]).flat(),
    ],
    client: [504, 50_120, 0],
    server: [503, 500_400, 0],
  },
  {
    what: 'loss without end, of which not each segment is kept',
    lines: [
      ...OPENED,
      ...Array.from({ length: 600 }, (_, i): readonly Line[] => [
        [1 + i, 'client', 'PSH ACK 100'],
        [1.3 + i, 'client', 'PSH ACK 100', { seq: 121 + 100 * i }],
        [1.3102 + i, 'server', 'ACK'],
      ]).flat(),
    ],
    client: [1204, 60_120, 600],
    server: [603, 400, 0],
  },
  {
    what: 'a SYN from before, which is a segment of its sender and repeats nothing of this connection',
    lines: [
      [1, 'client', 'SYN', { isn: 8_000_000 }],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
      [1.5, 'client', 'SYN', { seq: -7_000_000, tsVal: 10 }],
      [2, 'client', 'PSH ACK 10'],
    ],
    client: [4, 10, 0],
    server: [1, 0, 0],
  },
  {
    what: 'a connection met in mid-life',
    lines: [
      ...OPENED.map(([when, from, what]) => [when, from, what, { unseen: true }] as Line),
      [1, 'client', 'PSH ACK 100'],
      ['+30us', 'server', 'ACK'],
      [1.3, 'client', 'PSH ACK 100', { seq: 121 }],
      ['+30us', 'server', 'PSH ACK 30'],
    ],
    client: [2, 100, 1],
    server: [2, 30, 0],
  },
];

describe('what is counted', () => {
  it.each(CASES)('$what', async ({ setting = {}, lines, client, server }) => {
    const flow = await flowOf(scenario(setting, lines), 'client');
    expect(countOf(flow, 'client')).toEqual(client);
    expect(countOf(flow, 'server')).toEqual(server);
  });

  it('the same, whether the client’s address and port are the higher ones or the lower', async () => {
    for (const { setting, lines, client, server } of CASES) {
      const swapped = { ...setting, client: '10.0.0.2:8080', server: '10.0.0.1:40112' };
      const flow = await flowOf(scenario(swapped, lines), 'client');
      const asClient: Side = flow.client.address === '10.0.0.2' ? 'client' : 'server';
      expect(countOf(flow, asClient)).toEqual(client);
      expect(countOf(flow, asClient === 'client' ? 'server' : 'client')).toEqual(server);
    }
  });
});
