import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Heap } from '../../src/capture/heap.js';

it('gives what was put in, the least first', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer())), (steps) => {
      const heap = new Heap<number>((a, b) => a - b);
      const expected: number[] = [];
      for (const step of steps) {
        if (step === null) expect(heap.pop()).toBe(expected.shift() ?? null);
        else {
          heap.push(step);
          expected.push(step);
          expected.sort((a, b) => a - b);
        }
        expect(heap.peek()).toBe(expected[0] ?? null);
      }
    }),
  );
});
