import { describe, expect, it } from 'vitest';
import {
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
} from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];

describe('TSval tells when a FIN was sent that the network held up', () => {
  /** When the server's FIN, sent at half a second, is told to have been sent. */
  const told = async (lines: readonly Line[], setting: Setting = {}): Promise<number> =>
    moment(await flowOf(scenario(setting, lines), 'client'), 'server', 'FIN_WAIT1').at;
  const heldUp: Line = [0.5, 'server', 'FIN ACK', { delayed: '80ms' }];

  it.each<[what: string, lines: readonly Line[]]>([
    ['the last segment of its host', [...OPENED, heldUp, ['+30us', 'client', 'ACK']]],
    ['one among others', [...OPENED, heldUp, ['+30us', 'client', 'FIN ACK'], ['+30us', 'server', 'ACK']]],
    [
      'the third segment of its host',
      [...HANDSHAKE, [0.1, 'client', 'PSH ACK 10'], ['+30us', 'server', 'ACK'], heldUp],
    ],
    [
      'where its host later sends what has no timestamp',
      [...OPENED, heldUp, ['+30us', 'client', 'ACK'], [0.7, 'client', 'PSH ACK 10'], ['+30us', 'server', 'RST']],
    ],
    [
      'by more than a second',
      [
        ...OPENED,
        [0.5, 'server', 'FIN ACK', { delayed: '1400ms' }],
        ['+30us', 'client', 'FIN ACK'],
        ['+30us', 'server', 'ACK'],
      ],
    ],
  ])('%s', async (_, lines) => {
    expect(Math.abs((await told(lines)) - 0.5)).toBeLessThan(0.0011);
  });

  it('as exactly as its clock ticks', async () => {
    // Sent at the end of a millisecond: the clock shows its beginning.
    const late = await told([
      ...OPENED,
      [0.5009, 'server', 'FIN ACK', { delayed: '80ms' }],
      ['+30us', 'client', 'ACK'],
    ]);
    expect(Math.abs(late - 0.5009)).toBeLessThan(0.0011);
  });
});

describe('a clock that does not count milliseconds tells nothing', () => {
  /** RFC 7323, section 5.4: between 1 ms and 1 s. */
  it.each([
    [100, 'of a hundredth of a second'],
    [1, 'of a second'],
    // FreeBSD and macOS start each connection elsewhere, but count milliseconds; some count microseconds.
    [1_000_000, 'of a microsecond'],
  ])('%d ticks a second, %s', async (ticks) => {
    const clock = (time: number): { tsVal: number } => ({ tsVal: Math.floor(time * ticks) });
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', clock(0.01)],
      ['+30us', 'client', 'ACK'],
      [1, 'client', 'PSH ACK 10'],
      ['+30us', 'server', 'ACK', clock(1.01)],
      [20, 'client', 'PSH ACK 10'],
      ['+30us', 'server', 'ACK', clock(20.01)],
      [40, 'server', 'FIN ACK', clock(40)],
      ['+30us', 'client', 'ACK'],
    ];
    const flow = await flowOf(scenario({}, lines), 'client');
    expect(moment(flow, 'server', 'FIN_WAIT1').at).toBeCloseTo(40, 3);
    expect(moment(flow, 'server', 'SYN_RECV').at).toBeCloseTo(0.01, 3);
    expect(moment(flow, 'server', 'FIN_WAIT1').earliest).toBeGreaterThan(39.9 - 20);
  });
});

it('a clock may wrap', async () => {
  const wrap = 2 ** 32 - 3_729_932_293 - 250;
  const clock = (time: number): { tsVal: number } => ({ tsVal: wrap + time });
  const lines: readonly Line[] = [
    [0, 'client', 'SYN'],
    ['+30us', 'server', 'SYN ACK', clock(10)],
    ['+30us', 'client', 'ACK'],
    [0.1, 'client', 'PSH ACK 10'],
    ['+30us', 'server', 'ACK', clock(110)],
    [0.5, 'server', 'FIN ACK', { ...clock(500), delayed: '80ms' }],
    ['+30us', 'client', 'ACK'],
  ];
  const { at } = moment(await flowOf(scenario({}, lines), 'client'), 'server', 'FIN_WAIT1');
  expect(Math.abs(at - 0.5)).toBeLessThan(0.0011);
});

describe('in a connection too short to tell how long a tick is, the order of the wire stands', () => {
  /** As a kernel of 100 timer interrupts a second stamps them; tcp_clock_ts() counts milliseconds since Linux 4.13. */
  const ticks = (time: number, offset: number): { tsVal: number } => ({ tsVal: offset + Math.floor(time / 10) });

  it.each([0, 5, 9])('a clock of hundredths, %d ms into a tick', async (phase) => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN', ticks(phase, 100)],
      ['+30us', 'server', 'SYN ACK'],
      ['+100us', 'client', 'ACK', ticks(44 + phase, 100)],
      ['+500us', 'client', 'PSH ACK 377', ticks(45 + phase, 100)],
      ['+1ms', 'server', 'PSH ACK 441'],
      ['+50us', 'server', 'FIN ACK'],
      [0.0887, 'client', 'ACK', { ...ticks(89 + phase, 100), ack: 442 }],
      ['+800us', 'client', 'FIN ACK', ticks(90 + phase, 100)],
      ['+30us', 'server', 'ACK'],
    ];
    const flow = await flowOf(scenario({ rtt: '43ms' }, lines), 'client');
    expect(pathOf(flow, 'client')).toBe('CLOSED SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED');
    expect(pathOf(flow, 'server')).toBe('LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT');
  });

  it('a clock that has not ticked at all', async () => {
    const still = { tsVal: 7 };
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      ['+800us', 'server', 'SYN ACK', still],
      ['+80us', 'client', 'ACK'],
      ['+80us', 'client', 'PSH ACK 72'],
      ['+1500us', 'server', 'ACK', still],
      ['+1ms', 'server', 'PSH ACK 23', still],
      ['+40us', 'client', 'ACK'],
      ['+1ms', 'server', 'FIN PSH ACK 355', still],
      ['+300us', 'client', 'FIN ACK'],
      ['+500us', 'server', 'ACK', still],
    ];
    const flow = await flowOf(scenario({ rtt: '100us' }, lines), 'client');
    expect(pathOf(flow, 'server')).toBe('LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT');
  });
});

describe('a clock that drifts from the tap’s', () => {
  /** So many millionths fast. */
  const clock = (drift: number, time: number): { tsVal: number } => ({ tsVal: Math.floor(time * 1000 * (1 + drift)) });
  /** When the server is told to have answered the SYN, at 10 ms, and to have closed. */
  const told = async (drift: number, close: readonly Line[]): Promise<readonly [answered: number, closed: number]> => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', clock(drift, 0.01)],
      ['+30us', 'client', 'ACK'],
      [1, 'client', 'PSH ACK 10'],
      ['+30us', 'server', 'ACK', clock(drift, 1.01)],
      ...close,
    ];
    const flow = await flowOf(scenario({}, lines), 'client');
    return [moment(flow, 'server', 'SYN_RECV').at, moment(flow, 'server', 'FIN_WAIT1').at];
  };

  it.each([-50e-6, -10e-6, 10e-6, 50e-6])(
    'by %d, told by nothing else, does not move when a SYN was answered and a FIN was sent',
    async (drift) => {
      const close: readonly Line[] = [
        [3600, 'server', 'FIN ACK', clock(drift, 3600)],
        ['+30us', 'client', 'FIN ACK'],
        ['+30us', 'server', 'ACK', clock(drift, 3600.02)],
      ];
      const [answered, closed] = await told(drift, close);
      expect(Math.abs(answered - 0.01)).toBeLessThan(0.0021);
      expect(Math.abs(closed - 3600)).toBeLessThan(0.0021);
    },
  );

  it.each([-50e-6, 50e-6])('by %d, still tells of a FIN that was held up among others', async (drift) => {
    const close: readonly Line[] = [
      [3599.9, 'client', 'PSH ACK 10'],
      ['+30us', 'server', 'ACK', clock(drift, 3599.91)],
      [3600, 'server', 'FIN ACK', { ...clock(drift, 3600), delayed: '80ms' }],
      ['+30us', 'client', 'ACK'],
    ];
    const [, closed] = await told(drift, close);
    expect(Math.abs(closed - 3600)).toBeLessThan(0.0021);
  });
});

describe('a clock of another tick, in a short connection, does not make late what was not', () => {
  /** What the clock shows, a tick being so many milliseconds. */
  const clock = (tick: number, time: number): { tsVal: number } => ({ tsVal: Math.floor((time * 1000) / tick + 1e-9) });

  it.each([
    ['300 interrupts a second', 10 / 3],
    ['250 interrupts a second', 4],
    ['100 interrupts a second', 10],
  ])('%s', async (_, tick) => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      [0.0001, 'server', 'SYN ACK', clock(tick, 0.0001)],
      [0.0002, 'client', 'ACK'],
      [0.0003, 'client', 'PSH ACK 10'],
      [0.0004, 'server', 'ACK', clock(tick, 0.0004)],
      // At the end of a tick of each of them.
      [0.2399, 'server', 'FIN ACK', clock(tick, 0.2399)],
      ['+30us', 'client', 'ACK'],
    ];
    const { at } = moment(await flowOf(scenario({ rtt: '100us' }, lines), 'client'), 'server', 'FIN_WAIT1');
    expect(Math.abs(at - 0.2399)).toBeLessThan(0.0005);
  });

  it('microseconds', async () => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN', clock(0.001, 0)],
      [0.0001, 'server', 'SYN ACK'],
      [0.0002, 'client', 'ACK', clock(0.001, 0.0002)],
      [0.0004, 'client', 'PSH ACK 10', clock(0.001, 0.0004)],
      [0.0005, 'server', 'ACK'],
      [0.0009, 'client', 'FIN ACK', clock(0.001, 0.0009)],
    ];
    const { at } = moment(await flowOf(scenario({ rtt: '100us' }, lines), 'client'), 'client', 'SYN_SENT');
    expect(Math.abs(at)).toBeLessThan(0.0005);
  });

  it('nor where one segment was late', async () => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', clock(10, 0.01)],
      ['+30us', 'client', 'ACK'],
      ...[0.1, 0.2, 0.3, 0.4].flatMap((time): Line[] => [
        [time, 'client', 'PSH ACK 10'],
        ['+30us', 'server', 'ACK', { ...clock(10, time + 0.01), ...(time === 0.1 && { delayed: '25ms' }) }],
      ]),
      [0.5, 'server', 'FIN ACK', clock(10, 0.5)],
      ['+30us', 'client', 'ACK'],
    ];
    const { at } = moment(await flowOf(scenario({}, lines), 'client'), 'server', 'FIN_WAIT1');
    expect(Math.abs(at - 0.5)).toBeLessThan(0.001);
  });
});

describe('a clock of milliseconds is not taken for another', () => {
  const told = async (rtt: '200us' | '20ms', lines: readonly Line[]): Promise<number> =>
    moment(await flowOf(scenario({ rtt }, lines), 'client'), 'server', 'FIN_WAIT1').at;

  it('because most segments were quick', async () => {
    const at = await told('200us', [
      ...OPENED.slice(0, 5),
      [0.5, 'server', 'FIN ACK', { delayed: '80ms' }],
      ['+30us', 'client', 'ACK'],
    ]);
    expect(Math.abs(at - 0.5)).toBeLessThan(0.0011);
  });

  it('because most segments were late', async () => {
    const late = { delayed: '80ms' } as const;
    const at = await told('20ms', [
      ...HANDSHAKE,
      ...[0.04, 0.06, 0.08].map((time): Line => [time, 'server', 'PSH ACK 10', late]),
      [0.1, 'server', 'FIN ACK', late],
      [0.2, 'client', 'ACK'],
    ]);
    expect(Math.abs(at - 0.1)).toBeLessThan(0.0011);
  });

  it('because the capture began long before', async () => {
    const another = scenario({ client: '10.0.0.1:40114' }, HANDSHAKE);
    const [old, ...rest] = HANDSHAKE;
    const late = scenario({}, [
      [1000, old[1], old[2]] as Line,
      ...rest,
      [1000.1, 'client', 'PSH ACK 10'],
      ['+30us', 'server', 'ACK'],
      [1000.5, 'server', 'FIN ACK', { delayed: '80ms' }],
      ['+30us', 'client', 'ACK'],
    ]);
    const [, flow] = await read(captureOf('client', another, late));
    expect(Math.abs(moment(flow, 'server', 'FIN_WAIT1').at - 1000.5)).toBeLessThan(0.0011);
  });
});

describe('the order of a host’s clock is that in which it sent', () => {
  it('also within one tick, where only the second segment was held up', async () => {
    const flow = await flowOf(
      scenario({}, [...OPENED, [0.5007, 'server', 'FIN ACK'], [0.5009, 'server', 'RST ACK', { delayed: '80ms' }]]),
      'client',
    );
    expect(pathOf(flow, 'server')).toBe('LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 CLOSED');
    expect(Math.abs(moment(flow, 'server', 'CLOSED').at - 0.5009)).toBeLessThan(0.0011);
  });

  it('whatever overtook it', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'server', 'FIN ACK', { delayed: '80ms' }],
        [0.53, 'client', 'PSH ACK 10'],
        ['+30us', 'server', 'ACK'],
        [0.61, 'client', 'ACK'],
      ]),
      'client',
    );
    expect(Math.abs(moment(flow, 'server', 'FIN_WAIT1').at - 0.5)).toBeLessThan(0.0011);
  });
});
