import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seqAfter, seqBefore, seqWithin } from '../../src/connection/sequence.js';

/** Any number, often one near the wrap or near the sign bit. */
const number = fc.oneof(
  fc.nat(2 ** 32 - 1),
  fc.tuple(fc.constantFrom(0, 2 ** 31), fc.integer({ min: -3, max: 3 })).map(([base, offset]) => (base + offset) >>> 0),
);
/** How far a later number may lie, so that it is known to be later. */
const distance = fc.oneof(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.constantFrom(1, 2 ** 31 - 1));

const plus = (seq: number, by: number): number => (seq + by) % 2 ** 32;

describe('modulo 2^32', () => {
  it('what lies ahead by less than 2^31 is after', () => {
    fc.assert(
      fc.property(number, distance, (a, by) => {
        const b = plus(a, by);

        expect([seqAfter(b, a), seqBefore(b, a)]).toEqual([true, false]);
        expect([seqAfter(a, b), seqBefore(a, b)]).toEqual([false, true]);
      }),
    );
  });

  it('a number is neither before nor after itself', () => {
    fc.assert(
      fc.property(number, (a) => {
        expect(seqAfter(a, a)).toBe(false);
        expect(seqBefore(a, a)).toBe(false);
      }),
    );
  });

  it('an interval holds its left edge and all up to its right edge, which it does not hold', () => {
    fc.assert(
      fc.property(number, fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1), (left, length, offset) => {
        expect(seqWithin(plus(left, offset), left, plus(left, length))).toBe(offset < length);
      }),
    );
  });

  it('an interval of one number holds that alone', () => {
    fc.assert(
      fc.property(number, (a) => {
        expect(seqWithin(a, a, plus(a, 1))).toBe(true);
        expect(seqWithin(plus(a, 1), a, plus(a, 1))).toBe(false);
        expect(seqWithin(a, a, a)).toBe(false);
      }),
    );
  });

  it('numbers read as signed words are the same numbers', () => {
    fc.assert(
      fc.property(number, number, number, (a, b, c) => {
        expect(seqBefore(a | 0, b)).toBe(seqBefore(a, b));
        expect(seqAfter(a, b | 0)).toBe(seqAfter(a, b));
        expect(seqWithin(a | 0, b | 0, c)).toBe(seqWithin(a, b, c));
      }),
    );
  });
});
