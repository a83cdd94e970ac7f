import { describe, expect, it } from 'vitest';
import { writePcap } from '../../support/pcap-writer.js';
import {
  CLOSE,
  captureOf,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  type Line,
  pathOf,
  read,
  type Setting,
  scenario,
  type Tap,
} from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];

/** Opening and exchange, before the capture begins. */
const CONNECTED: readonly Line[] = OPENED.map(([when, from, what]) => [when, from, what, { unseen: true }] as Line);

/** From the tap to each end and back, in milliseconds; null where nothing tells. */
interface Case {
  readonly what: string;
  readonly tap: Tap;
  readonly setting?: Setting;
  readonly lines: readonly Line[];
  readonly client: number | null;
  readonly server: number | null;
}

const CASES: readonly Case[] = [
  { what: 'a handshake tells both', tap: 'client', lines: HANDSHAKE, client: 0.06, server: 20 },
  { what: 'a handshake tells both', tap: 'middle', lines: HANDSHAKE, client: 8.03, server: 12.03 },
  { what: 'a handshake tells both', tap: 'server', lines: HANDSHAKE, client: 20, server: 0.06 },
  {
    what: 'a refused SYN tells the server',
    tap: 'client',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'RST ACK refused'],
    ],
    client: null,
    server: 20,
  },
  { what: 'a SYN alone tells nothing', tap: 'client', lines: [[0, 'client', 'SYN']], client: null, server: null },
  {
    what: 'the least of all samples counts',
    tap: 'client',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { delayed: '100ms' }],
      ['+500us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    client: 0.06,
    server: 20,
  },
  {
    // Karn: which of the two SYNs was answered?
    what: 'a repeated SYN gives no sample where data does',
    tap: 'client',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { delayed: '1000ms' }],
      [1.019, 'client', 'SYN', { ignored: true }],
      [1.02006, 'client', 'ACK'],
      ...EXCHANGE,
    ],
    client: 0.06,
    server: 20,
  },
  {
    what: 'repeated data gives no sample where the handshake does',
    tap: 'client',
    lines: [
      ...HANDSHAKE,
      [0.1, 'client', 'PSH ACK 100'],
      [0.119, 'client', 'PSH ACK 100', { seq: 1 }],
      ['+1us', 'server', 'ACK'],
      [0.11001, 'server', 'ACK'],
    ],
    client: 0.06,
    server: 20,
  },
  {
    what: 'without any other, the last copy gives the least that it can have been',
    tap: 'client',
    lines: [
      [0, 'client', 'SYN', { lost: true }],
      [1.02, 'client', 'SYN'],
      ['+30us', 'server', 'RST ACK refused'],
    ],
    client: null,
    server: 20,
  },
  {
    what: 'unless it is a pause of the application',
    tap: 'client',
    lines: [
      [0, 'client', 'SYN', { lost: true }],
      [1.02, 'client', 'SYN'],
      ['+600ms', 'server', 'RST ACK refused'],
    ],
    client: null,
    server: null,
  },
  {
    what: 'an ACK of several segments answers the last of them',
    tap: 'server',
    setting: { without: ['timestamps'] },
    lines: [
      ...OPENED.map((line, i): Line => (i < 4 ? ([line[0], line[1], line[2], { unseen: true }] as Line) : line)).slice(
        0,
        4,
      ),
      [0.1, 'server', 'PSH ACK 100'],
      [0.13, 'server', 'PSH ACK 100'],
      ['+30us', 'client', 'ACK'],
    ],
    client: 20,
    server: null,
  },
  {
    what: 'a bare ACK has nothing to answer',
    tap: 'client',
    lines: [...HANDSHAKE, [0.1, 'client', 'ACK', { window: 400 }], [0.1101, 'server', 'ACK', { window: 400 }]],
    client: 0.06,
    server: 20,
  },
  {
    what: 'a keep-alive is answered like a bare ACK',
    tap: 'client',
    lines: [...HANDSHAKE, [60, 'client', 'ACK', { seq: 0 }], [60.01003, 'server', 'ACK']],
    client: 0.06,
    server: 20,
  },
  {
    what: 'what is acknowledged again was answered before',
    tap: 'client',
    lines: [
      ...OPENED,
      [1, 'client', 'PSH ACK 120', { seq: 1 }],
      // It crossed the copy.
      [0.9911, 'server', 'ACK'],
    ],
    client: 0.06,
    server: 20,
  },
  {
    what: 'what occupies no number is not answered, a bare ACK',
    tap: 'client',
    lines: [
      ...CONNECTED,
      [1, 'client', 'PSH ACK 100'],
      [1.005, 'client', 'ACK', { window: 400 }],
      [1.01003, 'server', 'ACK'],
    ],
    client: null,
    server: 20,
  },
  {
    what: 'what occupies no number is not answered, a RST',
    tap: 'client',
    lines: [...CONNECTED, [1, 'client', 'PSH ACK 100'], [1.005, 'client', 'RST ACK'], [1.01003, 'server', 'ACK']],
    client: null,
    server: 20,
  },
  {
    what: 'the first of two segments may be answered alone',
    tap: 'client',
    lines: [
      ...CONNECTED,
      [1, 'client', 'PSH ACK 100'],
      [1.002, 'client', 'PSH ACK 100'],
      [1.01003, 'server', 'ACK', { ack: 221 }],
    ],
    client: null,
    server: 20,
  },
  {
    what: 'the last of two segments is the one that is answered',
    tap: 'client',
    lines: [...CONNECTED, [1, 'client', 'PSH ACK 100'], [1.002, 'client', 'PSH ACK 100'], [1.01203, 'server', 'ACK']],
    client: null,
    server: 20,
  },
  {
    what: 'the acknowledgement of a part of a segment tells nothing',
    tap: 'client',
    lines: [...CONNECTED, [1, 'client', 'PSH ACK 100'], [1.01003, 'server', 'ACK', { ack: 171 }]],
    client: null,
    server: null,
  },
  {
    what: 'where all was repeated, the least that it can have been is told',
    tap: 'client',
    lines: [
      ...CONNECTED,
      [1, 'client', 'PSH ACK 100', { lost: true }],
      [1.3, 'client', 'PSH ACK 100', { seq: 121 }],
      [1.34003, 'server', 'ACK'],
      [2, 'client', 'PSH ACK 100', { lost: true }],
      [2.3, 'client', 'PSH ACK 100', { seq: 221 }],
      [2.31003, 'server', 'ACK'],
      [3, 'client', 'PSH ACK 100', { lost: true }],
      [3.3, 'client', 'PSH ACK 100', { seq: 321 }],
      [3.33003, 'server', 'ACK'],
    ],
    client: null,
    server: 20,
  },
  {
    what: 'a copy of what was acknowledged is not answered by an acknowledgement of the same',
    tap: 'client',
    lines: [
      ...CONNECTED,
      [1, 'client', 'PSH ACK 100', { lost: true }],
      [1.3, 'client', 'PSH ACK 100', { seq: 121 }],
      [1.31003, 'server', 'ACK'],
      [1.5, 'client', 'PSH ACK 100', { seq: 121 }],
      [1.493, 'server', 'ACK'],
    ],
    client: null,
    server: 20,
  },
  {
    what: 'a segment among others in flight gives a sample like any',
    tap: 'client',
    lines: [
      ...CONNECTED,
      [1, 'client', 'PSH ACK 100'],
      [1.04003, 'server', 'ACK'],
      [2, 'client', 'PSH ACK 100'],
      [2.002, 'client', 'PSH ACK 100'],
      [2.01203, 'server', 'ACK'],
    ],
    client: null,
    server: 20,
  },
  {
    what: 'what is left in flight may be answered next',
    tap: 'client',
    lines: [
      ...CONNECTED,
      [1, 'client', 'PSH ACK 100'],
      [1.03, 'client', 'PSH ACK 100'],
      [1.04003, 'server', 'ACK', { ack: 221 }],
      [1.04005, 'server', 'ACK', { ack: 321 }],
    ],
    client: null,
    server: 20,
  },
];

describe('round trips from the tap', () => {
  it.each(CASES)('$what, on the tap $tap', async ({ tap, setting = {}, lines, client, server }) => {
    const { roundTrips } = await flowOf(scenario(setting, lines), tap);
    const near = (told: number | null, truth: number | null): void => {
      if (truth === null || told === null) expect(told).toBe(truth);
      else expect(Math.abs(told * 1e3 - truth)).toBeLessThan(0.06);
    };
    near(roundTrips.client, client);
    near(roundTrips.server, server);
  });

  it('are those of another connection of the host, where this one tells nothing', async () => {
    const refused = scenario({ client: '10.0.0.1:40114' }, [
      [1, 'client', 'SYN'],
      ['+30us', 'server', 'RST ACK refused'],
    ]);
    const [, flow] = await read(captureOf('middle', scenario({}, HANDSHAKE), refused));
    expect(flow.roundTrips.client).toBeCloseTo(0.00803, 5);
    expect(flow.tap).toBe('middle');
    const [, stranger] = await read(
      captureOf(
        'middle',
        scenario({}, HANDSHAKE),
        scenario({ client: '10.0.0.8:40114' }, [
          [1, 'client', 'SYN'],
          ['+30us', 'server', 'RST ACK refused'],
        ]),
      ),
    );
    expect(stranger.roundTrips.client).toBeNull();
  });
});

describe('the handshake’s round trip', () => {
  const told = async (lines: readonly Line[]): Promise<number | null> =>
    (await flowOf(scenario({}, lines), 'middle')).handshakeRtt;

  it('is from the SYN to the ACK', async () => {
    expect(await told(OPENED)).toBeCloseTo(0.02006, 5);
  });
  it.each<[what: string, lines: readonly Line[]]>([
    ['no ACK', HANDSHAKE.slice(0, 2)],
    ['a RST instead', [...HANDSHAKE.slice(0, 2), ['+30us', 'client', 'RST ACK']]],
    ['two SYNs', [[0, 'client', 'SYN', { lost: true }], [1, 'client', 'SYN'], ...HANDSHAKE.slice(1)]],
    ['two SYN+ACKs', [...HANDSHAKE, [1.02, 'server', 'SYN ACK'], ['+30us', 'client', 'ACK']]],
    ['no SYN', HANDSHAKE.map((line, i): Line => (i === 0 ? [0, 'client', 'SYN', { unseen: true }] : line))],
  ])('is not told with %s', async (_, lines) => {
    expect(await told(lines)).toBeNull();
  });
});

it('a clock that was set back tells no round trip below nothing', async () => {
  const lines: readonly Line[] = [...OPENED, ...CLOSE];
  const frames = scenario(
    {},
    lines,
  )('client').map(({ at, data }, index) => {
    // The SYN+ACK is stamped twenty seconds late, as by another machine.
    const micros = Math.round(at / 1000) + (index === 1 ? 20_000_000 : 0);
    return { data, seconds: 1_700_000_000 + Math.floor(micros / 1e6), fraction: micros % 1e6 };
  });
  const [flow] = await read(writePcap(frames));
  expect(flow.roundTrips.client).toBeGreaterThanOrEqual(0);
  expect(pathOf(flow, 'client')).toBe('CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT');
  expect(pathOf(flow, 'server')).toBe('LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED');
});
