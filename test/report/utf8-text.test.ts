import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatUnits, nearestUnit } from '../../src/report/timestamp.js';
import { hasTimestampLength, TimestampField } from '../../src/report/timestamp-bytes.js';
import { Pieces, Utf8Text, utf8 } from '../../src/report/utf8-text.js';

const decode = (text: Utf8Text): string => new TextDecoder().decode(text.memory.subarray(0, text.length));

it('text that is written piece by piece is the pieces, one behind the other', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 100 }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 100 }),
    fc.nat(2 ** 53 - 1),
    fc.nat(1000),
    fc.constantFrom(0, 2 ** 31 - 1, 2 ** 31, 2 ** 32),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(50), (pieces, room) => {
      const text = new Utf8Text(new Uint8Array(room));
      for (const [index, value] of pieces.entries()) {
        if (typeof value === 'number') text.number(value);
        else if (index % 2 === 0) text.text(value);
        else text.piece(utf8(value));
      }
      expect(decode(text)).toBe(pieces.join(''));
    }),
  );
});

it('seconds are what String makes of them', () => {
  const nanoseconds = fc.oneof(fc.nat(2000), fc.nat(2 ** 31), fc.maxSafeNat());
  const seconds = fc.oneof(
    nanoseconds.map((value) => value / 1e9),
    fc.nat(10_000_000).map((value) => value / 1e6),
    fc.nat(3000),
    fc.double({ min: 0, noNaN: true }),
    fc.constantFrom(0, 1e-9, 9.99e-7, 1e-6, 2.147483647, 2.147483648, 0.1 + 0.2, -0.5),
  );
  fc.assert(
    fc.property(seconds, fc.nat(20), (value, room) => {
      expect(decode(new Utf8Text(new Uint8Array(room)).seconds(value))).toBe(String(value));
    }),
    { numRuns: 2000 },
  );
});

it('a piece that one word decides is that word’s, however many words there are', () => {
  const pieces = new Pieces((word) => `<${word}>`);
  for (const round of [1, 2]) {
    for (let word = 0; word < 1200; word++) {
      const text = new Utf8Text(new Uint8Array(0)).piece(pieces.of(String(word))).number(round);
      expect(decode(text)).toBe(`<${word}>${round}`);
    }
  }
});

it('times as bytes are times as text', () => {
  const clock = fc.record({
    epochSeconds: fc.integer({ min: 0, max: 253_402_214_000 }),
    digits: fc.constantFrom(6 as const, 9 as const),
  });
  const time = fc.oneof(fc.integer({ min: -5e9, max: 100e9 }), fc.integer({ min: 0, max: 9e15 }));
  const near = fc.integer({ min: 0, max: 200e9 });
  fc.assert(
    fc.property(clock, time, fc.array(fc.oneof(time, near), { maxLength: 5 }), (of, first, others) => {
      const bytes = new Uint8Array(40);
      const field = new TimestampField(bytes, 3);
      for (const value of [first, ...others].filter((one) => hasTimestampLength(one, of))) {
        const units = nearestUnit(value, of);
        field.put(units, of);
        const length = '2000-01-01T00:00:00.Z'.length + of.digits;
        expect(new TextDecoder().decode(bytes.subarray(3, 3 + length))).toBe(formatUnits(units, of));
        expect([...bytes.subarray(0, 3), ...bytes.subarray(3 + length)].every((byte) => byte === 0)).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});
