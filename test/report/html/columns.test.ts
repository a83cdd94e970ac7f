import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ColumnReader, ColumnWriter } from '../../../src/report/html/columns.js';

const MOST = 2 ** 51;

test('what was written is read, column by column', () => {
  const value = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer({ min: -MOST, max: MOST }));
  fc.assert(
    fc.property(fc.array(fc.array(value), { maxLength: 4 }), (columns) => {
      const writer = new ColumnWriter();
      for (const [index, column] of columns.entries()) writer.column(column, index % 2 === 1);
      const reader = new ColumnReader(writer.bytes());
      for (const [index, column] of columns.entries()) {
        expect([...reader.column(column.length, index % 2 === 1)]).toEqual(column.map((number) => number + 0));
      }
    }),
  );
});

test('a rising column of neighbours takes a byte a value', () => {
  const writer = new ColumnWriter();
  writer.column(
    Array.from({ length: 100_000 }, (_, index) => 10 ** 12 + 7 * index),
    true,
  );
  expect(writer.bytes().length).toBeLessThan(100_010);
});
