import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ReadAhead } from '../../src/capture/read-ahead.js';

/** Blocks of these lengths, each filled with its number; `made` counts those that were begun. */
class Maker {
  made = 0;
  finished = false;

  constructor(
    private readonly lengths: readonly number[],
    private readonly failure: Error | null = null,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    try {
      for (const length of this.lengths) {
        await setImmediate();
        yield new Uint8Array(length).fill(++this.made);
      }
      if (this.failure !== null) throw this.failure;
    } finally {
      this.finished = true;
    }
  }
}

/** All that is still to be read, and the error behind it. */
async function readAll(blocks: ReadAhead): Promise<{ lengths: number[]; numbers: number[]; error: unknown }> {
  const read: Uint8Array[] = [];
  let error: unknown = null;
  try {
    for (let block = await blocks.read(); block !== null; block = await blocks.read()) read.push(block);
  } catch (thrown) {
    error = thrown;
  }
  return { lengths: read.map(({ length }) => length), numbers: read.map((block) => block[0]), error };
}

it('gives every block, in order, and the error behind them', async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 20 });
  const failure = fc.constantFrom(null, new Error('broken'));
  await fc.assert(
    fc.asyncProperty(lengths, fc.integer({ min: 1, max: 40 }), failure, async (lengths, bound, error) => {
      const numbers = lengths.map((_, index) => index + 1);
      const blocks = new ReadAhead(new Maker(lengths, error), bound);
      expect(await readAll(blocks)).toEqual({ lengths, numbers, error });
      await blocks.close();
    }),
  );
});

describe('a reader that takes its time', () => {
  it('finds made what fits the bound, and no more', async () => {
    const maker = new Maker(Array.from({ length: 100 }, () => 10));
    const blocks = new ReadAhead(maker, 45);
    expect(maker.made).toBe(0);
    await blocks.read();
    // 50 bytes of 45 are ready, the first block apart.
    await vi.waitFor(() => expect(maker.made).toBe(6));
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    expect(maker.made).toBe(6);
    await blocks.read();
    await vi.waitFor(() => expect(maker.made).toBe(7));
    await blocks.close();
  });

  it('lets the maker go on between two blocks that are ready', async () => {
    const maker = new Maker(Array.from({ length: 100 }, () => 10));
    const blocks = new ReadAhead(maker, 50);
    await blocks.read();
    await vi.waitFor(() => expect(maker.made).toBe(6));
    for (let read = 0; read < 5; read++) await blocks.read();
    // Had it waited for the five to be used up, none would have been made.
    expect(maker.made).toBeGreaterThan(8);
    await blocks.close();
  });
});

describe('closing', () => {
  it('before the first block makes nothing', async () => {
    const maker = new Maker([1, 2, 3]);
    await new ReadAhead(maker, 10).close();
    await setImmediate();
    expect(maker.made).toBe(0);
  });

  it('in the middle ends the maker, whether it waits for room or makes a block', async () => {
    for (const bound of [1, 1_000_000]) {
      const maker = new Maker(Array.from({ length: 1000 }, () => 10));
      const blocks = new ReadAhead(maker, bound);
      await blocks.read();
      await blocks.close();
      await blocks.close();
      const { made, finished } = maker;
      expect(finished).toBe(true);
      expect(made).toBeLessThan(10);
      await setImmediate();
      expect(maker.made).toBe(made);
    }
  });

  it('keeps an error that comes after it to itself', async () => {
    const blocks = new ReadAhead(new Maker([1], new Error('broken')), 10);
    await blocks.read();
    await expect(blocks.close()).resolves.toBeUndefined();
  });
});
