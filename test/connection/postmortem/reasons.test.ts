import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/index.js';
import {
  CLOSE,
  captureOf,
  EXCHANGE,
  HANDSHAKE,
  type Line,
  read,
  type Setting,
  scenario,
} from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const OPENING = [
  'client SYN_SENT (observed): it sent a SYN',
  'server SYN_RECV (inferred): it received a SYN',
  'client ESTABLISHED (inferred): it received the SYN+ACK',
  'server ESTABLISHED (inferred): its SYN was acknowledged',
];

const whysOf = (flow: Flow): string[] => flow.timeline.map((t) => `${t.endpoint} ${t.to} (${t.basis}): ${t.reason}`);

interface Case {
  readonly what: string;
  readonly setting?: Setting;
  readonly lines: readonly Line[];
  readonly whys: readonly string[];
}

const CASES: readonly Case[] = [
  {
    what: 'a close in order',
    setting: { until: 100 },
    lines: [
      ...OPENED,
      [0.1, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
      [0.2, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
    ],
    whys: [
      ...OPENING,
      'client FIN_WAIT1 (observed): it sent a FIN',
      'server CLOSE_WAIT (inferred): it received a FIN',
      'client FIN_WAIT2 (inferred): its FIN was acknowledged',
      'server LAST_ACK (observed): it sent a FIN',
      'client TIME_WAIT (inferred): it received a FIN',
      'server CLOSED (inferred): its FIN was acknowledged',
      'client CLOSED (timer): 2 MSL are over (60 s)',
    ],
  },
  {
    what: 'a RST of a socket',
    lines: [...OPENED, [0.1, 'client', 'RST ACK']],
    whys: [...OPENING, 'client CLOSED (observed): it sent a RST', 'server CLOSED (inferred): it received a RST'],
  },
  {
    what: 'a RST of a host without one',
    lines: [...OPENED, [300, 'client', 'PSH ACK 120'], ['+30us', 'server', 'RST']],
    whys: [
      ...OPENING,
      'server CLOSED (observed): it sent a RST without ACK: it had no such connection any more',
      'client CLOSED (inferred): it received a RST',
    ],
  },
  {
    what: 'an ACK at last',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { lost: true }],
      [1.02, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    whys: [...OPENING.slice(0, 3), 'server ESTABLISHED (inferred): its SYN+ACK was acknowledged at last'],
  },
  {
    what: 'an ACK of a FIN at last',
    lines: [
      ...OPENED,
      [0.1, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK', { lost: true, unseen: true }],
      [0.32, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
      [0.54, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
    ],
    whys: [
      ...OPENING,
      'client FIN_WAIT1 (observed): it sent a FIN',
      'server CLOSE_WAIT (inferred): it received a FIN',
      'client FIN_WAIT2 (inferred): its FIN was acknowledged',
    ],
  },
  {
    what: 'SYNs that cross',
    setting: { rtt: '80ms' },
    lines: [
      [0, 'client', 'SYN'],
      [0.01, 'server', 'SYN'],
      [0.04003, 'server', 'SYN ACK'],
      [0.05003, 'client', 'SYN ACK'],
      [0.2, 'client', 'PSH ACK 120'],
      ['+30us', 'server', 'ACK'],
    ],
    whys: [
      'client SYN_SENT (observed): it sent a SYN',
      'server SYN_SENT (observed): it sent a SYN',
      'server SYN_RECV (inferred): it received a SYN',
      'client SYN_RECV (inferred): it received a SYN',
      'client ESTABLISHED (inferred): its SYN was acknowledged',
      'server ESTABLISHED (inferred): its SYN was acknowledged',
    ],
  },
  {
    what: 'an ICMP error',
    lines: [
      [0, 'client', 'SYN', { lost: true }],
      [0.005, 'router', 'ICMP 3/13'],
    ],
    whys: ['client SYN_SENT (observed): it sent a SYN', 'client CLOSED (inferred): an ICMP error returned its SYN'],
  },
  {
    what: 'what the capture does not hold',
    setting: { until: 5 },
    lines: [...OPENED, [0.1, 'server', 'FIN ACK', { unseen: true }], ['+30us', 'client', 'ACK']],
    whys: [
      ...OPENING,
      'server FIN_WAIT1 (inferred): the other end acknowledged what the capture does not hold',
      'client CLOSE_WAIT (inferred): it received a FIN',
      'server FIN_WAIT2 (inferred): its FIN was acknowledged',
    ],
  },
  {
    what: 'a SYN that was not captured',
    lines: [[0, 'client', 'SYN', { unseen: true }], ...HANDSHAKE.slice(1), ...EXCHANGE],
    whys: [
      'client SYN_SENT (inferred): the other end acknowledged what the capture does not hold',
      'server SYN_RECV (observed): it answered a SYN with SYN+ACK',
      'client ESTABLISHED (inferred): it received the SYN+ACK',
      'server ESTABLISHED (inferred): its SYN was acknowledged',
    ],
  },
  {
    what: 'a server that was not captured',
    lines: [...OPENED].map(
      (line): Line => (line[1] === 'server' ? ([line[0], line[1], line[2], { unseen: true }] as Line) : line),
    ),
    whys: [
      'client SYN_SENT (observed): it sent a SYN',
      'client ESTABLISHED (observed): it sent what only a synchronized state sends',
      'server SYN_RECV (inferred): the other end acknowledged what the capture does not hold',
      'server ESTABLISHED (inferred): the other end acknowledged what the capture does not hold',
    ],
  },
  {
    what: 'the middle of a connection',
    lines: [...OPENED, ...CLOSE]
      .map((line, i): Line => (i < 3 ? ([line[0], line[1], line[2], { unseen: true }] as Line) : line))
      .slice(0, 7),
    whys: [
      'client ESTABLISHED (assumed): the capture began in mid-connection',
      'server ESTABLISHED (assumed): the capture began in mid-connection',
    ],
  },
  {
    what: 'a connection that took over',
    lines: [
      ...OPENED,
      [0.1, 'server', 'FIN ACK'],
      ['+30us', 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
      [10, 'client', 'SYN', { isn: 8_000_000 }],
      ['+30us', 'server', 'SYN ACK', { isn: 4_295_100_000 }],
      ['+30us', 'client', 'ACK'],
    ],
    whys: [
      ...OPENING,
      'server FIN_WAIT1 (observed): it sent a FIN',
      'client CLOSE_WAIT (inferred): it received a FIN',
      'client LAST_ACK (observed): it sent a FIN',
      'server FIN_WAIT2 (inferred): its FIN was acknowledged',
      'server TIME_WAIT (inferred): it received a FIN',
      'client CLOSED (inferred): its FIN was acknowledged',
      'server CLOSED (inferred): a new connection took over its addresses and ports',
    ],
  },
];

describe('why the state changed, and how it is known', () => {
  it.each(CASES)('$what', async ({ setting = {}, lines, whys }) => {
    const [flow] = await read(captureOf('client', scenario(setting, lines)));
    expect(whysOf(flow)).toEqual(whys);
  });
});
