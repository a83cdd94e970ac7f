import { expect, it } from 'vitest';
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
const NEXT: readonly Line[] = [
  [3, 'client', 'SYN', { isn: 8_000_000 }],
  ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000 }],
  ['+30us', 'client', 'ACK'],
  ...EXCHANGE,
];

/** Stories that end differently. */
const STORIES: readonly (readonly Line[])[] = [
  [...OPENED, ...CLOSE],
  [
    ...OPENED,
    [1, 'client', 'PSH ACK 100', { lost: true }],
    [1.3, 'client', 'PSH ACK 100', { seq: 121 }],
    ['+30us', 'server', 'ACK'],
  ],
  [...OPENED, ...CLOSE, ...NEXT, ...CLOSE],
  [...OPENED, [1, 'client', 'RST ACK']],
  [
    [0, 'client', 'SYN'],
    ['+30us', 'server', 'RST ACK refused'],
  ],
  [
    [0, 'client', 'SYN'],
    ['+30us', 'router', 'ICMP 3/1'],
  ],
  [
    ...OPENED,
    [1, 'server', 'FIN ACK'],
    ['+30us', 'client', 'ACK'],
    ...Array.from({ length: 60 }, (_, i): Line => [1.1 + i / 50, 'client', 'PSH ACK 100']),
    [4, 'client', 'FIN ACK'],
    ['+30us', 'server', 'ACK'],
  ],
  [
    ...OPENED,
    ...Array.from({ length: 40 }, (_, i): readonly Line[] => [
      [1 + i / 20, 'client', 'PSH ACK 100'],
      [1 + i / 20 + 0.0101, 'server', 'PSH ACK 50'],
    ]).flat(),
    [4, 'client', 'ACK', { window: 0 }],
    [5, 'server', 'ACK', { seq: 2400 }],
    [5.1, 'client', 'ACK'],
  ],
  [
    ...OPENED,
    [1, 'client', 'PSH ACK 100', { unseen: true }],
    [1.001, 'client', 'PSH ACK 100'],
    [1.1, 'client', 'PSH ACK 100', { seq: 121 }],
    ['+30us', 'server', 'ACK'],
  ],
  OPENED.map(([when, from, what]): Line => [when, from, what, { copied: '20us' }] as Line),
  OPENED.map(([when, from, what], i): Line => [when, from, what, i < 3 ? { unseen: true } : {}] as Line),
  [
    [0, 'client', 'SYN'],
    [0.004, 'server', 'SYN'],
    [0.01003, 'server', 'SYN ACK'],
    [0.01403, 'client', 'SYN ACK'],
    [0.03, 'client', 'ACK'],
  ],
  [...OPENED, [5, 'client', 'SYN', { isn: 9_000_000 }], ['+30us', 'server', 'ACK'], ['+30us', 'client', 'RST']],
];

/** Each story for a client with a lower and one with a higher address than its server, of IPv4 and of IPv6, on ports of its own. */
const HOSTS: readonly ((port: number) => Setting)[] = [
  (port) => ({ client: `10.0.0.1:${port}`, server: '10.0.0.2:8080' }),
  (port) => ({ client: `10.0.0.9:${port}`, server: '10.0.0.2:8080' }),
  (port) => ({ client: `[2001:db8::1]:${port}`, server: '[2001:db8::2]:80' }),
];

/** All that is told of a connection but its number and those of its frames. */
function told(flow: Flow): unknown {
  return {
    ends: [flow.client, flow.server, flow.roles, flow.clientState, flow.serverState, flow.isn],
    counts: [flow.packets, flow.bytes, flow.retransmissions],
    changes: flow.timeline.map(({ endpoint, from, to, at, earliest, basis }) => [
      endpoint,
      from,
      to,
      at,
      earliest,
      basis,
    ]),
    segments: flow.segments.map(
      ({ time, from, flags, seq, ack, length, window, tsVal, tsEcr, retransmission, run }) => {
        const folded = run && [run.segments, run.bytes, run.lastTime];
        return [time, from, flags, seq, ack, length, window, tsVal, tsEcr, retransmission, folded];
      },
    ),
  };
}
const byStart = (a: Flow, b: Flow): number => a.client.port - b.client.port || a.start - b.start;

it('what is told of a connection does not depend on the others of the capture', async () => {
  const isIcmp = (lines: readonly Line[]): boolean => lines.some(([, from]) => from === 'router');
  const stories = STORIES.flatMap((lines, i) =>
    HOSTS.filter((_, j) => j < 2 || !isIcmp(lines)).map((hosts, j) => scenario(hosts(40_000 + 10 * i + j), lines)),
  );
  const alone: Flow[] = [];
  for (const story of stories) alone.push(...(await read(captureOf('middle', story), { detail: 'full' })));
  const together = await read(captureOf('middle', ...stories), { detail: 'full' });
  expect(together.length).toBe(alone.length);
  const counted = ({ packets, bytes, retransmissions, segments, isn, roles }: Flow): unknown => [
    packets,
    bytes,
    retransmissions,
    isn,
    roles,
    segments.map((s) => [s.time, s.from, s.flags, s.seq, s.ack, s.length, s.window, s.retransmission]),
  ];
  expect(together.sort(byStart).map(counted)).toEqual(alone.sort(byStart).map(counted));
  // Estimates may rest on what other connections tell of the hosts' distances, but only where their own says nothing.
  const ownDistance = (flow: Flow): boolean => flow.roundTrips.client !== null && flow.roundTrips.server !== null;
  const ports = new Set(
    alone.filter((flow) => flow.flow === 1 && ownDistance(flow)).map((flow) => `${flow.client.port} ${flow.start}`),
  );
  const sound = (flow: Flow): boolean => ports.has(`${flow.client.port} ${flow.start}`);
  expect(ports.size).toBeGreaterThan(20);
  expect(together.filter(sound).map(told)).toEqual(alone.filter(sound).map(told));
});
