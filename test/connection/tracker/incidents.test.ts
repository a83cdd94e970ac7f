import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flowsOrOrdinary } from '../../../src/flows.js';
import { writePcap } from '../../support/pcap-writer.js';
import { CLOSE, captureOf, EXCHANGE, HANDSHAKE, type Line, type Setting, scenario } from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const lost = { lost: true } as const;

/** The client's address is the lower one, or the higher. */
const HOSTS: readonly Setting[] = [{ until: 100 }, { until: 100, client: '10.0.0.9:40112', server: '10.0.0.2:8080' }];

/** How many of the connections can be counted without a post-mortem, whichever end's address is higher. */
async function ordinaryOf(lines: readonly Line[]): Promise<readonly [ordinary: number, all: number]> {
  const [told, swapped] = await Promise.all(
    HOSTS.map((setting) => countOf(captureOf('middle', scenario(setting, lines)))),
  );
  expect(swapped).toEqual(told);
  return told;
}

async function countOf(capture: Uint8Array): Promise<readonly [ordinary: number, all: number]> {
  const folder = await mkdtemp(join(tmpdir(), 'lastack-'));
  try {
    const path = join(folder, 'capture.pcap');
    await writeFile(path, capture);
    let ordinary = 0;
    let whole = 0;
    const end = (): null => {
      ordinary++;
      return null;
    };
    for await (const _ of flowsOrOrdinary<never>(path, {}, { end })) whole++;
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
      'is silent for nearly two hours',
      [
        ...OPENED,
        [2, 'client', 'PSH ACK 10'],
        [7201.999999, 'client', 'PSH ACK 10'],
        ['+30us', 'server', 'ACK'],
        ...CLOSE,
      ],
    ],
    [
      'sends its last data with its FIN',
      [...OPENED, [1, 'client', 'FIN PSH ACK 10'], ['+1ms', 'server', 'FIN ACK'], ['+30us', 'client', 'ACK']],
    ],
    [
      'shows two segments at one instant',
      [...OPENED, [1, 'client', 'PSH ACK 10'], [1, 'client', 'PSH ACK 10'], ['+30us', 'server', 'ACK'], ...CLOSE],
    ],
    [
      'is silent for a minute, to the microsecond',
      [...OPENED, [2, 'client', 'PSH ACK 10'], [62, 'client', 'PSH ACK 10'], ['+30us', 'server', 'ACK'], ...CLOSE],
    ],
    [
      'is silent for two minutes and 17 seconds, to the microsecond, before its close',
      [
        ...OPENED,
        [2, 'client', 'PSH ACK 10'],
        [139, 'client', 'FIN ACK'],
        ['+100us', 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ],
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
    [
      'two hours of silence',
      [...OPENED, [2, 'client', 'PSH ACK 10'], [7202, 'client', 'PSH ACK 10'], ['+30us', 'server', 'ACK'], ...CLOSE],
    ],
    [
      'more than two minutes of silence before the close',
      [...OPENED, [138, 'client', 'FIN ACK'], ['+100us', 'server', 'FIN ACK'], ['+30us', 'client', 'ACK']],
    ],
    ['a RST that acknowledges more', [...OPENED, [1, 'server', 'PSH ACK 10'], ['+30us', 'client', 'RST ACK']]],
    ['a SYN with a FIN', [[0, 'client', 'SYN FIN' as 'SYN'], ...OPENED.slice(1), ...CLOSE]],
    [
      'a SYN behind the SYN+ACK which answers it',
      [
        [0, 'client', 'SYN', { unseen: true }],
        ['+30us', 'server', 'SYN ACK'],
        [0.013, 'client', 'SYN'],
        [0.0201, 'client', 'ACK'],
        ...EXCHANGE,
        ...CLOSE,
      ],
    ],
    [
      'a FIN without ACK',
      [...OPENED, [1, 'client', 'FIN'], ['+100us', 'server', 'FIN ACK'], ['+30us', 'client', 'ACK']],
    ],
    [
      'a FIN before the handshake’s ACK',
      [
        ...HANDSHAKE.slice(0, 2),
        ['+30us', 'client', 'FIN ACK'],
        ['+100us', 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ],
    ],
    [
      'data to an end that has closed, just before the other closes',
      [
        ...OPENED,
        [1, 'client', 'FIN ACK'],
        ['+30us', 'server', 'PSH ACK 10'],
        ['+30us', 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ],
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

  it.each<[what: string, lines: readonly Line[], back: number]>([
    ['among data', [...OPENED, [1, 'client', 'PSH ACK 10'], ['+30us', 'server', 'PSH ACK 10'], ...CLOSE], 8],
    ['before the close', [...OPENED, ...CLOSE], 7],
  ])('a clock of the capture that was set back by half a second %s', async (_, lines, back) => {
    const frames = scenario({}, lines)('middle');
    const records = frames.map(({ at, data }, index) => {
      const micros = 10e6 + Math.round((index < back ? at : at - 5e8) / 1000);
      return { data, seconds: Math.floor(micros / 1e6), fraction: micros % 1e6 };
    });
    expect(await countOf(writePcap(records))).toEqual([0, 1]);
  });
});
