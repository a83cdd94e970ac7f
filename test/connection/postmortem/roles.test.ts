import { describe, expect, it } from 'vitest';
import type { SegmentRole } from '../../../src/index.js';
import {
  type Details,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  type Line,
  scenario,
  type Tap,
  type What,
} from '../../support/scenario.js';

const TAPS: readonly Tap[] = ['client', 'middle', 'server'];
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];

/** A line after the opening, with the role that Wireshark's tcp.analysis gives it. */
type Told = readonly [
  when: Line[0],
  from: 'client' | 'server',
  what: What,
  details: Details,
  /** Undefined where the capture missed it. */
  role?: SegmentRole,
];

async function rolesAfterOpening(tap: Tap, lines: readonly Told[]): Promise<string[]> {
  const story = scenario({}, [
    ...OPENED,
    ...lines.map(([when, from, what, details]): Line => [when, from, what, details]),
  ]);
  const flow = await flowOf(story, tap, { detail: 'full' });
  return flow.segments.slice(OPENED.length).map((s) => s.role);
}

const cases: readonly (readonly [what: string, lines: readonly Told[]])[] = [
  [
    'a keep-alive is one below, with nothing in it, and its answer an ACK that changes nothing',
    [
      [60, 'client', 'ACK', { seq: 120 }, 'keep-alive'],
      ['+30us', 'server', 'ACK', {}, 'keep-alive-ack'],
      [120, 'client', 'ACK', { seq: 120 }, 'keep-alive'],
      ['+30us', 'server', 'ACK', {}, 'keep-alive-ack'],
    ],
  ],
  [
    'a keep-alive may hold one byte of rubbish',
    [
      [60, 'client', 'ACK 1', { seq: 120 }, 'keep-alive'],
      ['+30us', 'server', 'ACK', {}, 'keep-alive-ack'],
    ],
  ],
  [
    'one answer goes with one probe',
    [
      [60, 'client', 'ACK', { seq: 120 }, 'keep-alive'],
      ['+30us', 'server', 'ACK', {}, 'keep-alive-ack'],
      ['+1s', 'server', 'ACK', {}, 'duplicate-ack'],
    ],
  ],
  [
    'two bytes that were sent before are no keep-alive',
    [
      [60, 'client', 'ACK 2', { seq: 119 }, 'segment'],
      [61, 'client', 'ACK 2', { seq: 120 }, 'segment'],
    ],
  ],
  [
    'a keep-alive towards a closed window is a window probe',
    [
      ['+1ms', 'client', 'ACK', { window: 0 }, 'segment'],
      [1, 'server', 'ACK', { seq: 400 }, 'window-probe'],
      ['+30us', 'client', 'ACK', { window: 0 }, 'keep-alive-ack'],
      [2, 'server', 'ACK', { seq: 400 }, 'window-probe'],
      ['+30us', 'client', 'ACK', {}, 'keep-alive-ack'],
      [62, 'server', 'ACK', { seq: 400 }, 'keep-alive'],
    ],
  ],
  [
    'the same ACK with the same window is a duplicate',
    [
      [1, 'server', 'PSH ACK 100', { lost: true, unseen: true }],
      ['+50us', 'server', 'PSH ACK 200', {}, 'segment'],
      ['+30us', 'client', 'ACK', { sack: [[501, 701]] }, 'duplicate-ack'],
      [1.1, 'server', 'PSH ACK 200', {}, 'segment'],
      ['+30us', 'client', 'ACK', { sack: [[501, 901]] }, 'duplicate-ack'],
    ],
  ],
  [
    'an ACK with another window is an update',
    [
      [1, 'client', 'ACK', { window: 300 }, 'segment'],
      [2, 'client', 'ACK', { window: 400 }, 'segment'],
      [3, 'client', 'ACK', { window: 400 }, 'duplicate-ack'],
    ],
  ],
  [
    'an ACK that acknowledges more is none',
    [
      [1, 'server', 'PSH ACK 100', {}, 'segment'],
      ['+30us', 'client', 'ACK', {}, 'segment'],
      [2, 'server', 'PSH ACK 100', {}, 'segment'],
      ['+30us', 'client', 'ACK', {}, 'segment'],
    ],
  ],
  [
    'SYN, FIN and RST have no role of their own',
    [
      [1, 'client', 'FIN ACK', {}, 'segment'],
      [1.2, 'client', 'FIN ACK', {}, 'segment'],
      [1.5, 'client', 'RST', { seq: 122 }, 'segment'],
    ],
  ],
  [
    'a RST leaves the numbers alone',
    [
      // Far outside the window: whoever forged it does not know them.
      [5, 'server', 'RST', { seq: 500_000_000 }, 'segment'],
      [60, 'server', 'ACK', { seq: 400 }, 'keep-alive'],
      ['+30us', 'client', 'ACK', {}, 'keep-alive-ack'],
    ],
  ],
];

describe.each(TAPS)('by Wireshark’s definitions, from the tap %s', (tap) => {
  it.each(cases)('%s', async (_, lines) => {
    const expected = lines.flatMap(([, , , , role]) => role ?? []);
    expect(await rolesAfterOpening(tap, lines)).toEqual(expected);
  });

  it('the ACK of a handshake is a segment, also where it answers a repeated SYN+ACK', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...HANDSHAKE,
        [1.02, 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK'],
        [2, 'client', 'PSH ACK 100'],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
      { detail: 'full' },
    );
    expect(flow.segments.map((s) => s.role)).toEqual(Array(7).fill('segment'));
  });
});

it('an ICMP error is neither, and a run of ordinary segments is one', async () => {
  const many = Array.from({ length: 10 }, (): Line[] => [
    ['+1ms', 'client', 'PSH ACK 100'],
    ['+30us', 'server', 'PSH ACK 100'],
  ]).flat();
  const flow = await flowOf(scenario({}, [...OPENED, ...many, ['+1ms', 'router', 'ICMP 3/4']]), 'client');
  expect(flow.segments.map((s) => s.role)).toContain('run');
  expect(flow.segments.at(-1)?.role).toBe('icmp');
});
