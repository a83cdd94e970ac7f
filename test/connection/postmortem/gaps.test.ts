import { describe, expect, it } from 'vitest';
import {
  CLOSE,
  captureOf,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  type Line,
  moment,
  pathOf,
  read,
  type Setting,
  scenario,
  type Tap,
} from '../../support/scenario.js';
import { causesOf } from './told.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const WHOLE: readonly Line[] = [...OPENED, ...CLOSE];
const ESTABLISHED = [
  'client SYN_SENT by 1 in [-, 1]',
  'server SYN_RECV by 1 in [1, 2], proved by 2',
  'client ESTABLISHED by 2 in [2, 3], proved by 3',
  'server ESTABLISHED by 3 in [3, 5], proved by 5',
];
const unseen = { unseen: true } as const;
const missing = (isMissing: (line: Line, index: number) => boolean): Line[] =>
  WHOLE.map((line, i): Line => (isMissing(line, i) ? ([line[0], line[1], line[2], unseen] as Line) : line));

interface Case {
  readonly what: string;
  readonly tap: Tap;
  readonly setting?: Setting;
  readonly lines: readonly Line[];
  /** See told.ts. */
  readonly told: readonly string[];
}

const CASES: readonly Case[] = [
  {
    what: 'a FIN is told by an ACK one beyond the data',
    tap: 'client',
    setting: { until: 5 },
    lines: [...OPENED, [0.1, 'server', 'FIN ACK', unseen], ['+30us', 'client', 'ACK']],
    told: [
      ...ESTABLISHED,
      'server FIN_WAIT1 by 8 in [3, 8]',
      'client CLOSE_WAIT by 8 in [6, 8], proved by 8',
      'server FIN_WAIT2 by 8 in [8, -]',
    ],
  },
  {
    what: 'a FIN is told by that ACK, too, where a copy follows',
    tap: 'client',
    lines: [
      ...OPENED,
      [0.1, 'server', 'FIN ACK', unseen],
      ['+30us', 'client', 'ACK', { ignored: true }],
      [0.325, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
    ],
    told: [
      ...ESTABLISHED,
      'server FIN_WAIT1 by 8 in [3, 8]',
      'client CLOSE_WAIT by 8 in [6, 8], proved by 8',
      'server FIN_WAIT2 by 10 in [10, -]',
    ],
  },
  {
    what: 'an ACK one beyond the data was for a byte, where more follows',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      ...OPENED,
      [0.1, 'server', 'PSH ACK 1', unseen],
      ['+30us', 'client', 'ACK'],
      [0.2, 'server', 'PSH ACK 100'],
      ['+30us', 'client', 'ACK'],
    ],
    told: [...ESTABLISHED],
  },
  {
    what: 'an ACK two beyond the data was for data',
    tap: 'client',
    setting: { until: 5 },
    lines: [...OPENED, [0.1, 'server', 'PSH ACK 2', unseen], ['+30us', 'client', 'ACK']],
    told: [...ESTABLISHED],
  },
  {
    what: 'a FIN that was lost is told by a bare ACK of its sender',
    tap: 'client',
    setting: { rtt: '80ms' },
    lines: [
      ...OPENED,
      [0.5, 'client', 'FIN ACK', { lost: true, unseen: true }],
      [0.51, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
      [0.8, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
    ],
    told: [
      ...ESTABLISHED,
      'server FIN_WAIT1 by 8 in [3, 8]',
      'client FIN_WAIT1 by 9 in [~, 9]',
      'client CLOSING by 8 in [8, 9], proved by 9',
      'server FIN_WAIT2 by 9 in [9, 11]',
      'server TIME_WAIT by 10 in [10, 11], proved by 11',
      'client TIME_WAIT by 11 in [11, -]',
    ],
  },
  {
    what: 'a FIN that was lost is told by a bare ACK of its sender, on the other tap',
    tap: 'server',
    setting: { rtt: '80ms' },
    lines: [
      ...OPENED,
      [0.5, 'client', 'FIN ACK', { lost: true }],
      [0.51, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
      [0.8, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
    ],
    told: [
      ...ESTABLISHED,
      'server FIN_WAIT1 by 8 in [~, 8]',
      'client FIN_WAIT1 by 9 in [~, 9]',
      'client CLOSING by 8 in [8, 9], proved by 9',
      'server FIN_WAIT2 by 9 in [9, 11]',
      'server TIME_WAIT by 10 in [10, 11], proved by 11',
      'client TIME_WAIT by 11 in [11, -]',
    ],
  },
  {
    what: 'a bare ACK that counts a byte which was lost before the tap, and comes again, counts no FIN',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      ...OPENED,
      [0.5, 'server', 'PSH ACK 1', { lost: true }],
      [0.51, 'client', 'PSH ACK 50'],
      ['+30us', 'server', 'ACK'],
      [0.8, 'server', 'PSH ACK 1', { seq: 401 }],
      ['+30us', 'client', 'ACK'],
    ],
    told: [...ESTABLISHED],
  },
  {
    what: 'a bare ACK that counts a byte counts no FIN, where more follows',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      ...OPENED,
      [0.5, 'server', 'PSH ACK 1', unseen],
      [0.51, 'client', 'PSH ACK 50'],
      ['+30us', 'server', 'ACK'],
      [0.8, 'server', 'PSH ACK 10'],
      ['+30us', 'client', 'ACK'],
    ],
    told: [...ESTABLISHED],
  },
  {
    what: 'a byte behind what is repeated is no FIN',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      ...OPENED,
      [0.5, 'server', 'PSH ACK 100'],
      ['+10us', 'server', 'PSH ACK 1'],
      [0.8, 'server', 'PSH ACK 100', { seq: 401 }],
      ['+30us', 'client', 'PSH ACK 50'],
      ['+30us', 'server', 'ACK'],
    ],
    told: [...ESTABLISHED],
  },
  {
    what: 'a lost FIN is told by a bare ACK, also where it comes again with the data before it',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      ...OPENED,
      [0.5, 'server', 'PSH ACK 100'],
      ['+10us', 'server', 'FIN ACK', { lost: true }],
      [0.52, 'client', 'PSH ACK 50'],
      ['+30us', 'server', 'ACK'],
      [0.8, 'server', 'FIN PSH ACK 100'],
      ['+30us', 'client', 'ACK'],
    ],
    told: [
      ...ESTABLISHED,
      'server FIN_WAIT1 by 10 in [~, 10]',
      'client CLOSE_WAIT by 11 in [11, 12], proved by 12',
      'server FIN_WAIT2 by 12 in [12, -]',
    ],
  },
  {
    what: 'a FIN that its sender’s next ACK overtook is told by itself',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      ...OPENED,
      [0.49, 'client', 'PSH ACK 50'],
      [0.5, 'server', 'FIN ACK', { delayed: '30ms' }],
      ['+30us', 'server', 'ACK'],
      [0.54003, 'client', 'ACK'],
    ],
    told: [
      ...ESTABLISHED,
      'server FIN_WAIT1 by 10 in [~, 10]',
      'client CLOSE_WAIT by 10 in [10, 11], proved by 11',
      'server FIN_WAIT2 by 11 in [11, -]',
    ],
  },
  {
    what: 'the ACK: after a Fast Open that was accepted, what the server sends does not tell of it',
    tap: 'server',
    setting: { until: 0.6 },
    lines: [
      [0, 'client', 'SYN 120', { fastOpen: [1, 2, 3, 4, 5, 6, 7, 8] }],
      ['+30us', 'server', 'SYN ACK'],
      [0.5, 'server', 'PSH ACK 400'],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 2 in [2, -]',
    ],
  },
  {
    what: 'the ACK: after a Fast Open that was not accepted, it does',
    tap: 'server',
    setting: { until: 5 },
    lines: [
      [0, 'client', 'SYN 120', { fastOpen: [] }],
      ['+30us', 'server', 'SYN ACK', { ack: 1 }],
      [0.5, 'server', 'PSH ACK 400', { ack: 1 }],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 2 in [2, -]',
      'server ESTABLISHED by 3 in [1, 3]',
    ],
  },
  {
    what: 'a FIN is told by the ACK of it, though its sender resets the connection then',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      ...OPENED,
      [0.1, 'server', 'FIN ACK', unseen],
      ['+30us', 'client', 'ACK'],
      [1, 'server', 'RST ACK', { seq: 402 }],
    ],
    told: [
      ...ESTABLISHED,
      'server FIN_WAIT1 by 8 in [3, 8]',
      'client CLOSE_WAIT by 8 in [6, 8], proved by 8',
      'server FIN_WAIT2 by 8 in [8, 9]',
      'server CLOSED by 9 in [~, 9]',
      'client CLOSED by 9 in [9, -]',
    ],
  },
  {
    what: 'the data before a FIN is a gap, and the FIN counts',
    tap: 'client',
    lines: [
      ...OPENED,
      [0.1, 'client', 'PSH ACK 100', unseen],
      ['+50us', 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
      [0.2, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
    ],
    told: [
      ...ESTABLISHED,
      'client FIN_WAIT1 by 8 in [~, 8]',
      'server CLOSE_WAIT by 8 in [8, 9], proved by 9',
      'client FIN_WAIT2 by 9 in [9, 11]',
      'server LAST_ACK by 10 in [~, 10]',
      'client TIME_WAIT by 10 in [10, 11], proved by 11',
      'server CLOSED by 11 in [11, -]',
    ],
  },
  {
    what: 'the SYN: since when it was sent, nothing tells',
    tap: 'client',
    setting: { until: 5 },
    lines: [[0, 'client', 'SYN', unseen], ...HANDSHAKE.slice(1), ...EXCHANGE],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [-, 1]',
      'client ESTABLISHED by 1 in [1, 2], proved by 2',
      'server ESTABLISHED by 2 in [2, 4], proved by 4',
    ],
  },
  {
    what: 'the SYN, and a first SYN+ACK was lost on the way to the tap',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      [0, 'client', 'SYN', unseen],
      ['+30us', 'server', 'SYN ACK', { lost: true }],
      [1.02, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [-, 1]',
      'client ESTABLISHED by 1 in [1, 2], proved by 2',
      'server ESTABLISHED by 2 in [2, 4], proved by 4',
    ],
  },
  {
    what: 'the SYN+ACK, and the ACK: neither state of the client tells since when',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      [0, 'client', 'SYN', unseen],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', unseen],
      [3, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [-, 1]',
      'client ESTABLISHED by 1 in [1, 2], proved by 2',
      'client FIN_WAIT1 by 2 in [1, 2]',
      'server ESTABLISHED by 2 in [2, 3], proved by 3',
      'server CLOSE_WAIT by 2 in [2, 3], proved by 3',
      'client FIN_WAIT2 by 3 in [3, -]',
    ],
  },
  {
    what: 'a handshake after its SYN: the states passed on the way to a FIN are bounded by what went before',
    tap: 'server',
    setting: { until: 5 },
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', unseen],
      ['+30us', 'client', 'ACK', unseen],
      [3, 'server', 'FIN ACK'],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 2 in [1, 2]',
      'server ESTABLISHED by 2 in [1, 2]',
      'server FIN_WAIT1 by 2 in [1, 2]',
    ],
  },
  {
    what: 'the SYN+ACK',
    tap: 'client',
    lines: missing((_, i) => i === 1),
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 2 in [1, 2]',
      'client ESTABLISHED by 2 in [~, 2]',
      'server ESTABLISHED by 4 in [1, 4]',
      'client FIN_WAIT1 by 7 in [~, 7]',
      'server CLOSE_WAIT by 7 in [7, 8], proved by 8',
      'server LAST_ACK by 8 in [7, 8]',
      'client FIN_WAIT2 by 8 in [8, 9], proved by 9',
      'client TIME_WAIT by 8 in [8, 9], proved by 9',
      'server CLOSED by 9 in [9, -]',
    ],
  },
  {
    what: 'the handshake',
    tap: 'client',
    lines: missing((_, i) => i < 3),
    told: [
      'client ESTABLISHED by 1 in [-, 1]',
      'server ESTABLISHED by 1 in [-, 1]',
      'client FIN_WAIT1 by 5 in [~, 5]',
      'server CLOSE_WAIT by 5 in [5, 6], proved by 6',
      'server LAST_ACK by 6 in [5, 6]',
      'client FIN_WAIT2 by 6 in [6, 7], proved by 7',
      'client TIME_WAIT by 6 in [6, 7], proved by 7',
      'server CLOSED by 7 in [7, -]',
    ],
  },
  {
    what: 'the server',
    tap: 'client',
    lines: missing(([, from]) => from === 'server'),
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'client ESTABLISHED by 2 in [~, 2]',
      'server SYN_RECV by 2 in [1, 2]',
      'server ESTABLISHED by 4 in [1, 4]',
      'client FIN_WAIT1 by 5 in [~, 5]',
      'server CLOSE_WAIT by 5 in [5, -]',
    ],
  },
  {
    what: 'a FIN that was lost is told by a bare ACK of its sender, behind a byte that the capture missed',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      ...OPENED,
      [0.1, 'server', 'PSH ACK 1', unseen],
      ['+10us', 'server', 'PSH ACK 100'],
      ['+30us', 'client', 'ACK'],
      [0.5, 'server', 'FIN ACK', { lost: true }],
      [0.52, 'client', 'PSH ACK 50'],
      ['+30us', 'server', 'ACK'],
      [0.8, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
    ],
    told: [
      ...ESTABLISHED,
      'server FIN_WAIT1 by 11 in [~, 11]',
      'client CLOSE_WAIT by 12 in [12, 13], proved by 13',
      'server FIN_WAIT2 by 13 in [13, -]',
    ],
  },
  {
    what: 'a FIN is told by the ACK of it, whatever number a forged RST had',
    tap: 'client',
    setting: { until: 8 },
    lines: [
      ...OPENED,
      [5, 'server', 'RST', { seq: 1401 }],
      ['+30us', 'client', 'ACK'],
      [5.5, 'server', 'PSH ACK 100'],
      ['+30us', 'client', 'ACK'],
      [6, 'server', 'FIN ACK', unseen],
      ['+30us', 'client', 'ACK'],
    ],
    told: [
      ...ESTABLISHED,
      'server FIN_WAIT1 by 12 in [~, 12]',
      'client CLOSE_WAIT by 12 in [10, 12], proved by 12',
      'server FIN_WAIT2 by 12 in [12, -]',
    ],
  },
  {
    what: 'the ACK: what the server says first tells that it came',
    tap: 'client',
    setting: { until: 5 },
    lines: [
      ...HANDSHAKE.slice(0, 2),
      ['+30us', 'client', 'ACK', unseen],
      [0.5, 'server', 'PSH ACK 400'],
      ['+30us', 'client', 'ACK'],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 2 in [2, 4], proved by 4',
      'server ESTABLISHED by 3 in [1, 3]',
    ],
  },
  {
    what: 'the SYN+ACK: an ACK that came first did not make the request',
    tap: 'client',
    setting: { without: ['timestamps'] },
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', unseen],
      ['+30us', 'client', 'ACK', { lost: true }],
      [1.02, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 3], proved by 3',
      'client ESTABLISHED by 2 in [~, 2]',
      'server ESTABLISHED by 4 in [4, 6], proved by 6',
    ],
  },
];

describe('what the capture missed', () => {
  it('the SYN: its sender was in CLOSED before', async () => {
    const flow = await flowOf(scenario({}, [[0, 'client', 'SYN', unseen], ...HANDSHAKE.slice(1)]), 'client');
    expect(pathOf(flow, 'client')).toBe('CLOSED SYN_SENT ESTABLISHED');
  });

  it('a first FIN, right behind what was sent before: the second one bounds nothing from below', async () => {
    const lines: readonly Line[] = [
      ...OPENED,
      [0.1, 'client', 'PSH ACK 100'],
      ['+30us', 'server', 'ACK'],
      [0.1201, 'client', 'ACK', { window: 400 }],
      [0.1202, 'client', 'FIN ACK', { lost: true }],
      [0.3203, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
    ];
    const { earliest } = moment(await flowOf(scenario({}, lines), 'server'), 'client', 'FIN_WAIT1');
    expect(earliest).toBeLessThanOrEqual(0.1202);
  });

  it.each(CASES)('$what', async ({ tap, setting = {}, lines, told }) => {
    const flow = await flowOf(scenario(setting, lines), tap, { detail: 'full' });
    expect(causesOf(flow)).toEqual(told);
  });
});

describe('a new connection ends the old one', () => {
  const LATER = { isn: 8_000_000 } as const;
  const old = async (lines: readonly Line[], tap: Tap = 'client'): Promise<string[]> => {
    const found = await read(captureOf(tap, scenario({}, lines)), { detail: 'full' });
    return causesOf(found[0]).slice(ESTABLISHED.length);
  };

  it('in TIME_WAIT, by the SYN that it takes', async () => {
    const told = await old([
      ...OPENED,
      [0.1, 'server', 'FIN ACK'],
      ['+30us', 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
      [10, 'client', 'SYN', LATER],
      ['+30us', 'server', 'SYN ACK', { isn: 4_295_100_000 }],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ]);
    expect(told).toEqual([
      'server FIN_WAIT1 by 8 in [~, 8]',
      'client CLOSE_WAIT by 8 in [8, 9], proved by 9',
      'client LAST_ACK by 9 in [8, 9]',
      'server FIN_WAIT2 by 9 in [9, 10], proved by 10',
      'server TIME_WAIT by 9 in [9, 10], proved by 10',
      'client CLOSED by 10 in [10, -]',
      'server CLOSED by 11 in [11, -]',
    ]);
  });

  it('but not by one that draws nothing, elsewhere than in TIME_WAIT: challenge ACKs are limited', async () => {
    const told = await old([...OPENED, [5, 'client', 'SYN', { ...LATER, ignored: true }]]);
    expect(told).toEqual(['client CLOSED by 8 in [~, 8]']);
  });

  it('but not by one that draws a challenge ACK: the RST in answer does', async () => {
    const told = await old([
      ...OPENED,
      [5, 'client', 'SYN', LATER],
      ['+30us', 'server', 'ACK'],
      ['+30us', 'client', 'RST'],
      [6.01, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000 }],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ]);
    expect(told).toEqual(['client CLOSED by 8 in [~, 8]', 'server CLOSED by 10 in [10, -]']);
  });
});
