import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/index.js';
import { icmpErrorFrame, tcpPacket } from '../../support/frames.js';
import {
  CLOSE,
  captureOf,
  EXCHANGE,
  HANDSHAKE,
  ISN,
  type Line,
  read,
  type Setting,
  type Story,
  scenario,
  type Tap,
} from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const CLOSED: readonly Line[] = [...OPENED, ...CLOSE];
const AGAIN = { isn: 8_000_000 } as const;
const ANSWER = { isn: 3_000_000_000 } as const;

interface Case {
  readonly what: string;
  readonly tap?: Tap;
  readonly setting?: Setting;
  readonly lines: readonly Line[];
  /** Per connection: its ends, and the frames that belong to it; what another one shows of it is in both. */
  readonly flows: readonly string[];
}

const CASES: readonly Case[] = [
  { what: 'a connection is one', lines: CLOSED, flows: ['TIME_WAIT/CLOSED 1 2 3 4 5 6 7 8 9 10'] },
  {
    what: 'a repeated SYN opens no other one',
    lines: [[0, 'client', 'SYN', { lost: true }], [1, 'client', 'SYN'], ...HANDSHAKE.slice(1)],
    flows: ['ESTABLISHED/ESTABLISHED 1 2 3 4'],
  },
  {
    what: 'a SYN with another number is another attempt, though the first was never answered',
    lines: [
      [0, 'client', 'SYN', { lost: true }],
      [3, 'client', 'SYN', AGAIN],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
    ],
    flows: ['CLOSED/LISTEN 1 2 3', 'ESTABLISHED/ESTABLISHED 2 3 4'],
  },
  {
    what: 'a SYN into an open connection, taken by a host that has forgotten it',
    lines: [
      ...OPENED,
      [100, 'client', 'SYN', AGAIN],
      ['+30us', 'server', 'SYN ACK', ANSWER],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9', 'ESTABLISHED/ESTABLISHED 8 9 10 11 12 13 14'],
  },
  {
    what: 'a SYN into an open connection, answered by a challenge ACK and a RST: both belong to the old one',
    lines: [
      ...OPENED,
      [5, 'client', 'SYN', AGAIN],
      ['+30us', 'server', 'ACK'],
      ['+30us', 'client', 'RST'],
      [6.01, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', ANSWER],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 12', 'ESTABLISHED/ESTABLISHED 8 9 10 11 12 13 14 15 16 17'],
  },
  {
    what: 'a SYN into TIME_WAIT',
    lines: [
      ...CLOSED,
      [3, 'client', 'SYN', AGAIN],
      ['+30us', 'server', 'SYN ACK', ANSWER],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 11 12', 'ESTABLISHED/ESTABLISHED 11 12 13 14 15 16 17'],
  },
  ...[8_000_000, 500_000].map(
    (isn): Case => ({
      what: `a SYN+ACK that repeats the answer to the SYN before, whose number was ${isn > ISN.client ? 'lower' : 'higher'}`,
      lines: [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK', { lost: true }],
        [0.5, 'client', 'SYN', { isn, lost: true }],
        [1.02, 'server', 'SYN ACK'],
      ],
      flows: ['CLOSED/SYN_RECV 1 2 3', 'SYN_SENT/LISTEN 2 3'],
    }),
  ),
  {
    what: 'three in a row',
    lines: [
      ...CLOSED,
      [3, 'client', 'SYN', AGAIN],
      ['+30us', 'server', 'SYN ACK', ANSWER],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
      ...CLOSE,
      [4, 'client', 'SYN', { isn: 9_000_000 }],
      ['+30us', 'server', 'SYN ACK', { isn: 3_100_000_000 }],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    flows: [
      'CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 11 12',
      'CLOSED/CLOSED 11 12 13 14 15 16 17 18 19 20 21 22',
      'ESTABLISHED/ESTABLISHED 21 22 23 24 25 26 27',
    ],
  },
  {
    what: 'three SYNs with other numbers, none of them answered',
    lines: [1_000_000, 2_000_000, 3_000_000].map((isn, i): Line => [i, 'client', 'SYN', { isn, lost: true }]),
    flows: ['CLOSED/LISTEN 1 2', 'CLOSED/LISTEN 2 3', 'SYN_SENT/LISTEN 3'],
  },
  {
    what: 'a SYN of the other end, when the connection is over',
    lines: [...CLOSED, [3, 'server', 'SYN', ANSWER], ['+30us', 'client', 'SYN ACK', AGAIN], ['+30us', 'server', 'ACK']],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 11 12', 'ESTABLISHED/ESTABLISHED 11 12 13'],
  },
  {
    what: 'SYNs that cross are one connection',
    lines: [
      [0, 'client', 'SYN'],
      [0.004, 'server', 'SYN'],
      [0.01003, 'server', 'SYN ACK'],
      [0.01403, 'client', 'SYN ACK'],
      [0.03, 'client', 'ACK'],
    ],
    flows: ['ESTABLISHED/ESTABLISHED 1 2 3 4 5'],
  },
  {
    what: 'a SYN that was recorded behind the SYN+ACK which answers it',
    lines: [
      [0, 'client', 'SYN', { unseen: true }],
      ['+30us', 'server', 'SYN ACK'],
      [0.0201, 'client', 'SYN'],
      [0.0202, 'client', 'ACK'],
      ...EXCHANGE,
    ],
    flows: ['ESTABLISHED/ESTABLISHED 1 2 3 4 5 6 7'],
  },
  {
    what: 'a late copy of the SYN, when the connection is over, and what a forgetful listener answers',
    lines: [...CLOSED, [0.2, 'client', 'SYN'], ['+30us', 'server', 'SYN ACK'], ['+30us', 'client', 'RST']],
    flows: ['TIME_WAIT/CLOSED 1 2 3 4 5 6 7 8 9 10 11 12 13'],
  },
  {
    what: 'a copy of the SYN while the connection is open',
    lines: [...OPENED, [0.5, 'client', 'SYN', { seq: 0 }], [1, 'client', 'PSH ACK 10']],
    flows: ['ESTABLISHED/ESTABLISHED 1 2 3 4 5 6 7 8 9'],
  },
  {
    what: 'a SYN that is older by its timestamp',
    lines: [
      [1, 'client', 'SYN', AGAIN],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
      [1.5, 'client', 'SYN', { seq: -7_000_000, tsVal: 10 }],
      [2, 'client', 'PSH ACK 10'],
    ],
    flows: ['ESTABLISHED/ESTABLISHED 1 2 3 4 5'],
  },
  {
    what: 'a late copy of the SYN of the connection before',
    lines: [
      ...CLOSED,
      [3, 'client', 'SYN', AGAIN],
      ['+30us', 'server', 'SYN ACK', ANSWER],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
      [4, 'client', 'SYN', { seq: -7_000_000 }],
      [5, 'client', 'PSH ACK 10'],
    ],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 11 12', 'ESTABLISHED/ESTABLISHED 11 12 13 14 15 16 17 18 19'],
  },
  {
    what: 'what comes after the end belongs to it',
    lines: [...CLOSED, [2, 'server', 'ACK'], [6.9, 'server', 'ACK'], [30, 'server', 'ACK']],
    flows: ['TIME_WAIT/CLOSED 1 2 3 4 5 6 7 8 9 10 11 12 13'],
  },
  {
    what: 'what comes after a RST belongs to what it ended',
    lines: [
      ...OPENED,
      [1, 'client', 'RST ACK'],
      [2, 'server', 'PSH ACK 10'],
      [6.9, 'server', 'PSH ACK 10'],
      [30, 'server', 'PSH ACK 10'],
    ],
    flows: ['CLOSED/ESTABLISHED 1 2 3 4 5 6 7 8 9 10 11'],
  },
  {
    what: 'a connection that is silent for days goes on',
    lines: [...OPENED, [200_000, 'client', 'PSH ACK 10'], ['+30us', 'server', 'ACK']],
    flows: ['ESTABLISHED/ESTABLISHED 1 2 3 4 5 6 7 8 9'],
  },
  {
    what: 'a SYN that opens another connection, met behind the end of one whose SYNs were not captured',
    lines: [
      ...CLOSED.map((line, i): Line => (i < 3 ? ([line[0], line[1], line[2], { unseen: true }] as Line) : line)),
      [3, 'client', 'SYN', AGAIN],
      ['+30us', 'server', 'SYN ACK', ANSWER],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9', 'ESTABLISHED/ESTABLISHED 8 9 10 11 12 13 14'],
  },
  {
    what: 'a SYN that opens another connection, met behind one of which only its end was captured',
    lines: [
      ...OPENED.map(([when, from, what], i): Line => {
        const details = from === 'server' || i < 3 ? { unseen: true as const } : {};
        return [when, from, what, details] as Line;
      }),
      [3, 'client', 'SYN', AGAIN],
      ['+30us', 'server', 'SYN ACK', ANSWER],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    flows: ['CLOSED/CLOSED 1 2 3 4', 'ESTABLISHED/ESTABLISHED 3 4 5 6 7 8 9'],
  },
  {
    what: 'a SYN that opens another connection, behind one whose SYN was not captured',
    lines: [
      [0, 'client', 'SYN', { unseen: true }],
      ...CLOSED.slice(1),
      [3, 'client', 'SYN', AGAIN],
      ['+30us', 'server', 'SYN ACK', ANSWER],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 11', 'ESTABLISHED/ESTABLISHED 10 11 12 13 14 15 16'],
  },
  {
    what: 'SYN cookies: each SYN+ACK has another number, and the last one is acknowledged',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { lost: true }],
      [1, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000 }],
      ['+30us', 'client', 'ACK', { ack: 3_000_000_000 + 1 - ISN.server }],
      ['+1ms', 'client', 'PSH ACK 120', { ack: 3_000_000_000 + 1 - ISN.server }],
      ['+30us', 'server', 'ACK'],
    ],
    tap: 'server',
    flows: ['ESTABLISHED/ESTABLISHED 1 2 3 4 5 6 7'],
  },
  {
    what: 'an answer for the one before while another one opens is told by its numbers, though they are near',
    lines: [
      ...OPENED,
      [5, 'client', 'SYN', { isn: ISN.client + 200_000 }],
      // A challenge ACK: RFC 5961, section 4.
      ['+30us', 'server', 'ACK'],
      ['+30us', 'client', 'RST'],
      [6.01, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', ANSWER],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 12', 'ESTABLISHED/ESTABLISHED 8 9 10 11 12 13 14 15 16 17'],
  },
  {
    what: 'a SYN+ACK that is repeated for the SYN before belongs to that',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK'],
      [0.5, 'client', 'SYN', AGAIN],
      [1.02, 'server', 'SYN ACK'],
    ],
    flows: ['CLOSED/SYN_RECV 1 2 3 4', 'SYN_SENT/LISTEN 3 4'],
  },
  {
    what: 'a refusal of the SYN that follows belongs to that: it acknowledges it',
    lines: [...CLOSED, [3, 'client', 'SYN', AGAIN], ['+30us', 'server', 'RST ACK refused']],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 11', 'CLOSED/CLOSED 11 12'],
  },
  {
    what: 'a RST of the client that has given up its SYN belongs to that, too: it has its number',
    lines: [...CLOSED, [3, 'client', 'SYN', AGAIN], ['+1s', 'client', 'RST', { seq: 1 }]],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 11', 'CLOSED/LISTEN 11 12'],
  },
  {
    what: 'the last words of the one before, behind the SYN that follows it, are its own',
    lines: [
      ...OPENED,
      [1, 'client', 'SYN', AGAIN],
      [1.0001, 'server', 'PSH ACK 100'],
      [1.0002, 'server', 'FIN ACK'],
      [1.0101, 'server', 'SYN ACK', ANSWER],
      [1.03, 'client', 'ACK'],
      ...EXCHANGE,
    ],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 11', 'ESTABLISHED/ESTABLISHED 8 9 10 11 12 13 14 15 16'],
  },
  {
    what: 'an ICMP error belongs to the connection whose number it quotes: the one before',
    lines: [
      ...CLOSED,
      [3, 'client', 'SYN', AGAIN],
      ['+30us', 'router', 'ICMP 3/1', { seq: 121 }],
      [4, 'client', 'SYN'],
    ],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 11 12', 'SYN_SENT/LISTEN 11 13'],
  },
  {
    what: 'an ICMP error belongs to the connection whose number it quotes: the one that follows',
    lines: [...CLOSED, [3, 'client', 'SYN', AGAIN], ['+30us', 'router', 'ICMP 3/1']],
    flows: ['CLOSED/CLOSED 1 2 3 4 5 6 7 8 9 10 11', 'CLOSED/LISTEN 11 12'],
  },
  {
    what: 'an ICMP error about what was not captured belongs to none',
    lines: [
      [0, 'client', 'SYN', { unseen: true }],
      ['+30us', 'router', 'ICMP 3/1'],
    ],
    flows: [],
  },
];

const toldOf = (found: readonly Flow[], before = 0): string[] =>
  found.map((f) => `${f.clientState}/${f.serverState} ${f.segments.map((s) => s.frame - before).join(' ')}`);

describe('which connection a segment belongs to', () => {
  it.each(CASES)('$what', async ({ tap = 'client', setting = {}, lines, flows }) => {
    const found = await read(captureOf(tap, scenario(setting, lines)), { detail: 'full' });
    expect(toldOf(found)).toEqual(flows);
  });

  it.each(CASES)(
    '$what, behind others, its client with the higher address',
    async ({ tap = 'client', lines, flows }) => {
      const others = [5000, 5001].map((port) => scenario({ client: `10.0.0.7:${port}` }, [[0, 'client', 'SYN']]));
      const story = scenario({ client: '10.0.0.9:40112', server: '10.0.0.2:8080' }, lines);
      const found = await read(captureOf(tap, ...others, story), { detail: 'full' });
      expect(toldOf(found.slice(2), 2)).toEqual(flows);
    },
  );

  it('what comes when the connection has left the memory, when TIME_WAIT is certainly over, is met in mid-life', async () => {
    const straggler = scenario({}, [...CLOSED, [90, 'server', 'ACK']]);
    const others = (at: number) => scenario({ client: '10.0.0.9:5000' }, [[at, 'client', 'SYN']]);
    const told = async (at: number): Promise<unknown> =>
      (await read(captureOf('client', straggler, others(at)))).map((f) => [f.client.port, f.roles, f.packets.server]);
    expect(await told(68)).toEqual([
      [40112, 'observed', 5],
      [5000, 'observed', 0],
    ]);
    expect(await told(69)).toEqual([
      [40112, 'observed', 4],
      [5000, 'observed', 0],
      [40112, 'assumed', 1],
    ]);
  });

  it('an ICMP error that quotes no sequence number belongs to none', async () => {
    const syn = scenario({}, [[0, 'client', 'SYN', { lost: true }]]);
    const quoted = tcpPacket({ from: '10.0.0.1:40112', to: '10.0.0.2:8080', flags: 'S', seq: ISN.client });
    // RFC 792 has eight bytes of the segment quoted; some routers give fewer.
    const error = (bytes: number): Story => {
      const icmp = { from: '10.0.9.1', to: '10.0.0.1', type: 3, code: 1, quoted: quoted.subarray(0, 20 + bytes) };
      return () => [...syn('client'), { at: 5e6, data: icmpErrorFrame(icmp) }];
    };
    expect(toldOf(await read(captureOf('client', error(8))))).toEqual(['CLOSED/LISTEN 1 2']);
    expect(toldOf(await read(captureOf('client', error(4))))).toEqual(['SYN_SENT/LISTEN 1']);
  });

  it('the number of a server with SYN cookies is that of its last SYN+ACK, until it has said more', async () => {
    const last = 3_000_000_000;
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { lost: true }],
      [1, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { isn: last }],
      ['+30us', 'client', 'PSH ACK 120', { ack: last + 1 - ISN.server }],
      ['+30us', 'server', 'ACK'],
    ];
    for (const setting of [{}, { client: '10.0.0.9:40112', server: '10.0.0.2:8080' }]) {
      const isnOf = async (...more: readonly Line[]): Promise<unknown> =>
        (await read(captureOf('server', scenario(setting, [...lines, ...more])))).map((flow) => flow.isn);
      expect(await isnOf()).toEqual([{ client: ISN.client, server: last }]);
      const stray: Line = [2, 'server', 'SYN ACK', { seq: 5_000_000 }];
      expect(await isnOf(stray)).toEqual([{ client: ISN.client, server: last }]);
    }
  });
});
