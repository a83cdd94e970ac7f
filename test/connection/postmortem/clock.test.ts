import { describe, expect, it } from 'vitest';
import {
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  type Line,
  moment,
  pathOf,
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
