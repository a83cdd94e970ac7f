import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flowsOrOrdinary } from '../../../src/flows.js';
import { CLOSE, captureOf, EXCHANGE, HANDSHAKE, type Line, scenario } from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const lost = { lost: true } as const;

/** How many of the connections can be counted without a post-mortem. */
async function ordinaryOf(lines: readonly Line[]): Promise<readonly [ordinary: number, all: number]> {
  const folder = await mkdtemp(join(tmpdir(), 'lastack-'));
  try {
    const path = join(folder, 'capture.pcap');
    await writeFile(path, captureOf('middle', scenario({ until: 100 }, lines)));
    let ordinary = 0;
    let whole = 0;
    for await (const _ of flowsOrOrdinary<never>(path, {}, () => {
      ordinary++;
      return null;
    }))
      whole++;
    return [ordinary, ordinary + whole];
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('a connection without incident', () => {
  it.each<[what: string, lines: readonly Line[]]>([
    ['opens, exchanges and closes', [...OPENED, ...CLOSE]],
    ['is opened only', OPENED],
    [
      'changes its windows',
      [...OPENED, [1, 'client', 'PSH ACK 10', { window: 400 }], ['+30us', 'server', 'ACK'], ...CLOSE],
    ],
    ['is silent for a minute', [...OPENED, [59, 'client', 'PSH ACK 10'], ['+30us', 'server', 'ACK'], ...CLOSE]],
    [
      'sends its last data with its FIN',
      [...OPENED, [1, 'client', 'FIN PSH ACK 10'], ['+1ms', 'server', 'FIN ACK'], ['+30us', 'client', 'ACK']],
    ],
    ['is spoken to first', [...HANDSHAKE, [0.1, 'server', 'PSH ACK 100'], ['+30us', 'client', 'ACK'], ...CLOSE]],
    [
      'is closed from both sides in turn',
      [
        ...OPENED,
        [1, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
        [2, 'client', 'FIN ACK'],
        ['+30us', 'server', 'ACK'],
      ],
    ],
  ])('%s', async (_, lines) => {
    expect(await ordinaryOf(lines)).toEqual([1, 1]);
  });
});

describe('an incident', () => {
  it.each<[what: string, lines: readonly Line[]]>([
    [
      'a SYN that is repeated',
      [
        [0, 'client', 'SYN', { unseen: true }],
        [0.001, 'client', 'SYN'],
        [0.002, 'client', 'SYN'],
        ...OPENED.slice(1),
        ...CLOSE,
      ],
    ],
    ['a SYN+ACK that is repeated', [...HANDSHAKE, [0.025, 'server', 'SYN ACK'], ...EXCHANGE, ...CLOSE]],
    [
      'a SYN of each end',
      [
        [0, 'client', 'SYN'],
        [0.004, 'server', 'SYN'],
        [0.01003, 'server', 'SYN ACK'],
        [0.01403, 'client', 'SYN ACK'],
        [0.03, 'client', 'ACK'],
        ...EXCHANGE,
        ...CLOSE,
      ],
    ],
    ['a SYN with data', [[0, 'client', 'SYN 10'], ...OPENED.slice(1), ...CLOSE]],
    ['a Fast Open', [[0, 'client', 'SYN', { fastOpen: [] }], ...OPENED.slice(1), ...CLOSE]],
    [
      'data before the handshake’s ACK',
      [...HANDSHAKE.slice(0, 2), ['+30us', 'client', 'PSH ACK 120'], ...EXCHANGE.slice(1), ...CLOSE],
    ],
    [
      'data that is repeated',
      [
        ...OPENED,
        [1, 'client', 'PSH ACK 10', lost],
        [1.3, 'client', 'PSH ACK 10', { seq: 121 }],
        ['+30us', 'server', 'ACK'],
        ...CLOSE,
      ],
    ],
    [
      'a hole',
      [
        ...OPENED,
        [1, 'client', 'PSH ACK 10', { unseen: true }],
        [1.1, 'client', 'PSH ACK 10'],
        ['+30us', 'server', 'ACK'],
        ...CLOSE,
      ],
    ],
    [
      'an ACK of what was not seen',
      [...OPENED, [1, 'client', 'PSH ACK 10', { unseen: true }], [1.1, 'server', 'ACK'], ...CLOSE],
    ],
    ['a duplicate ACK', [...OPENED, [1, 'server', 'ACK'], ...CLOSE]],
    [
      'a block of SACK',
      [...OPENED, [1, 'client', 'PSH ACK 10', { sack: [[801, 901]] }], ['+30us', 'server', 'ACK'], ...CLOSE],
    ],
    ['a closed window', [...OPENED, [1, 'client', 'PSH ACK 10', { window: 0 }], ['+30us', 'server', 'ACK'], ...CLOSE]],
    ['more than a minute of silence', [...OPENED, [61, 'client', 'PSH ACK 10'], ['+30us', 'server', 'ACK'], ...CLOSE]],
    [
      'more than a minute of silence before the close',
      [...OPENED, [61, 'client', 'FIN ACK'], ['+100us', 'server', 'FIN ACK'], ['+30us', 'client', 'ACK']],
    ],
    ['a RST behind the close', [...OPENED, ...CLOSE, ['+1ms', 'server', 'RST ACK']]],
    ['a RST', [...OPENED, [1, 'client', 'RST ACK']]],
    [
      'a FIN that is repeated',
      [
        ...OPENED,
        [1, 'client', 'FIN ACK', lost],
        [1.3, 'client', 'FIN ACK'],
        ['+100us', 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ],
    ],
    [
      'FINs that cross',
      [
        ...OPENED,
        [1, 'client', 'FIN ACK'],
        [1.005, 'server', 'FIN ACK'],
        [1.011, 'server', 'ACK'],
        [1.016, 'client', 'ACK'],
      ],
    ],
    [
      'data to an end that has closed',
      [
        ...OPENED,
        [1, 'client', 'FIN ACK'],
        ['+30us', 'server', 'PSH ACK 10'],
        ['+30us', 'client', 'ACK'],
        [2, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ],
    ],
    [
      'an error of a router',
      [
        ...OPENED,
        [1, 'router', 'ICMP 3/4'],
        [1.1, 'client', 'FIN ACK'],
        ['+100us', 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ],
    ],
    [
      'a frame that was captured twice',
      [...OPENED, [1, 'client', 'PSH ACK 10', { copied: '20us' }], ['+30us', 'server', 'ACK'], ...CLOSE],
    ],
  ])('%s', async (_, lines) => {
    expect(await ordinaryOf(lines)).toEqual([0, 1]);
  });

  it('another connection on the same ports, for both', async () => {
    const next: readonly Line[] = [
      [3, 'client', 'SYN', { isn: 8_000_000 }],
      ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000 }],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
      ...CLOSE,
    ];
    expect(await ordinaryOf([...OPENED, ...CLOSE, ...next])).toEqual([0, 2]);
  });
});
