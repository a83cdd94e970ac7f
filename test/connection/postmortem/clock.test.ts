import { describe, expect, it } from 'vitest';
import { EXCHANGE, flowOf, HANDSHAKE, type Line, moment, type Setting, scenario } from '../../support/scenario.js';

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
