import { expect, it } from 'vitest';
import { PeekableBytes } from '../../src/capture/peekable-bytes.js';
import { cutAt, lendingSource } from './frames.js';

const bytes = Uint8Array.from({ length: 10 }, (_, index) => index);

it.each([[[]], [[1]], [[1, 2, 3, 4, 5]], [[4]], [[9]]])(
  'shows and then gives the same bytes, in chunks cut at %j',
  async (cuts) => {
    const peekable = new PeekableBytes(lendingSource(cutAt(bytes, cuts)));
    expect([...(await peekable.peek(4))].slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(peekable.heldLength).toBeGreaterThanOrEqual(4);
    peekable.drop(3);
    const rest: number[] = [];
    for (let chunk = await peekable.read(); chunk !== null; chunk = await peekable.read()) {
      expect(chunk.length).toBeGreaterThan(0);
      rest.push(...chunk);
    }
    expect(rest).toEqual([...bytes.subarray(3)]);
  },
);

it('shows all there is where that is less', async () => {
  const peekable = new PeekableBytes(lendingSource(cutAt(bytes, [2, 5])));
  expect([...(await peekable.peek(24))]).toEqual([...bytes]);
});
