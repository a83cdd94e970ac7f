import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatTimestamp,
  parseDuration,
  parseTimestamp,
  UnitError,
} from '../../src/report/units.js';

const s = 1e9;
const min = 60 * s;
const h = 60 * min;
const d = 24 * h;

it.each([
  [0, '0 s'],
  [1, '1 ns'],
  [999, '999 ns'],
  [60_000, '60 µs'],
  [999_400, '999 µs'],
  [999_600, '1 ms'],
  [20_144_000, '20.1 ms'],
  [1.02 * s, '1.02 s'],
  [7.402 * s, '7.4 s'],
  [59.94 * s, '59.9 s'],
  [59.96 * s, '1 min'],
  [7 * min + 47 * s, '7 min 47 s'],
  [7 * min + 59.6 * s, '8 min'],
  [59 * min + 59.4 * s, '59 min 59 s'],
  [59 * min + 59.6 * s, '1 h'],
  [h + 3 * min + 10 * s, '1 h 3 min'],
  [23 * h + 59 * min + 29 * s, '23 h 59 min'],
  [23 * h + 59 * min + 31 * s, '1 d'],
  [2 * d + 3 * h, '2 d 3 h'],
  [400 * d, '400 d'],
  [-1.5 * s, '-1.5 s'],
])('formatDuration(%d) is %j', (nanoseconds, text) => {
  expect(formatDuration(nanoseconds)).toBe(text);
});

it.each([
  [0, '0 B'],
  [18, '18 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [431_113, '431 kB'],
  [999_499, '999 kB'],
  [999_500, '1 MB'],
  [1_284_113_000, '1.28 GB'],
  [5.5e18, '5500 PB'],
])('formatBytes(%d) is %j', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1_284_113, '1,284,113'],
])('formatCount(%d) is %j', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

describe('parseDuration', () => {
  it.each([
    ['10s', 10 * s],
    ['500ms', 0.5 * s],
    ['2m', 2 * min],
    ['2min', 2 * min],
    ['1h', h],
    ['1d', d],
    ['1.5 s', 1.5 * s],
    ['0.1us', 100],
    ['20µs', 20_000],
    ['7ns', 7],
    ['0s', 0],
    [' 10s ', 10 * s],
  ])('reads %j', (text, nanoseconds) => {
    expect(parseDuration(text)).toBe(nanoseconds);
  });

  it.each(['', '10', 's', '-1s', '1.s', '.5s', '1e3s', '10 parsecs', '1h30m', '10S', '999999999d', '1 s s'])(
    'refuses %j',
    (text) => {
      expect(() => parseDuration(text)).toThrow(UnitError);
      expect(() => parseDuration(text)).toThrow(`expected a duration such as 10s, 500ms, 2m or 1h, found '${text}'`);
    },
  );
});

// 2026-11-20T12:00:00Z
const NOON = 1_795_176_000;
const micro = { epochSeconds: NOON, digits: 6 } as const;
const nano = { epochSeconds: NOON, digits: 9 } as const;

describe('formatTimestamp', () => {
  it.each([
    [0, micro, '2026-11-20T12:00:00.000000Z'],
    [121_000, micro, '2026-11-20T12:00:00.000121Z'],
    [121_999, micro, '2026-11-20T12:00:00.000121Z'],
    [1, nano, '2026-11-20T12:00:00.000000001Z'],
    [63.5 * s, micro, '2026-11-20T12:01:03.500000Z'],
    [-1, nano, '2026-11-20T11:59:59.999999999Z'],
    [-1, micro, '2026-11-20T11:59:59.999999Z'],
    [-s, micro, '2026-11-20T11:59:59.000000Z'],
    // The greatest second that ends within a float64's whole numbers.
    [9_007_198_999_999_999, nano, '2027-03-04T17:59:58.999999999Z'],
  ])('%d of %o is %s', (time, clock, text) => {
    expect(formatTimestamp(time, clock)).toBe(text);
  });
});

describe('parseTimestamp', () => {
  it.each([
    ['2026-11-20T12:00:00Z', 0],
    ['2026-11-20T12:00:00.000000001Z', 1],
    ['2026-11-20 12:00:00.5', 0.5 * s],
    ['2026-11-20T12:01', min],
    ['2026-11-20T13:00:00+01:00', 0],
    ['2026-11-20T08:30:00-0330', 0],
    ['2026-11-19T12:00:00Z', -d],
    ['12:00:01', s],
    ['12:00:01.25', 1.25 * s],
    ['11:59', -min],
    ['00:00:00', -12 * h],
    ['+12.5', 12.5 * s],
    ['+0', 0],
  ])('reads %j', (text, time) => {
    expect(parseTimestamp(text, nano)).toBe(time);
  });

  it('counts relative seconds from the start it is given', () => {
    expect(parseTimestamp('+12.5', nano, 0.25 * s)).toBe(12.75 * s);
  });

  it.each([
    ...['', '12', '12.5', '-3', '+', '+1.', '+1.0000000001', '24:00:00', '12:60', '12:00:60', '1:00:00', 'noon'],
    ...['2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-11-20', '2026-11-20T12:00:00+24:00', '12:00:00Z'],
    ...['2026-11-20T12:00:00.1234567890Z', 'x2026-11-20T12:00:00Z'],
  ])('refuses %j', (text) => {
    expect(() => parseTimestamp(text, nano)).toThrow(UnitError);
    expect(() => parseTimestamp(text, nano)).toThrow(`found '${text}'`);
  });

  it('reads back exactly what formatTimestamp writes', () => {
    const limit = Number.MAX_SAFE_INTEGER;
    fc.assert(
      fc.property(
        fc.integer({ min: -limit, max: limit }),
        fc.integer({ min: 2 ** 24, max: 2 ** 32 - 1 }),
        (time, epochSeconds) => {
          const clock = { epochSeconds, digits: 9 } as const;
          expect(parseTimestamp(formatTimestamp(time, clock), clock)).toBe(time);
        },
      ),
    );
  });
});
