import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EndingQueue } from '../../src/connection/ending-queue.js';

/** Enough of them at a time that the ring grows, wherever it begins. */
const steps = fc.array(fc.record({ pushed: fc.nat(900), shifted: fc.nat(700) }), { minLength: 5, maxLength: 20 });

it('holds what was pushed, in its order, until it leaves', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const queue = new EndingQueue();
      const expected: { flow: number; number: number; time: number; behind: number }[] = [];
      let number = 0;
      for (const { pushed, shifted } of all) {
        for (let i = 0; i < pushed; i++) {
          number++;
          const entry = { flow: number % 2 === 0 ? number : ~number, number, time: number / 8, behind: number >> 1 };
          expected.push(entry);
          queue.push(entry.flow, entry.number, entry.time, entry.behind);
        }
        for (let i = 0; i < shifted && expected.length > 0; i++) {
          expected.shift();
          queue.shift();
        }
        const held = expected.map((_, i) => ({
          flow: queue.flowAt(i),
          number: queue.numberAt(i),
          time: queue.timeAt(i),
          behind: queue.behindAt(i),
        }));
        expect(queue.length).toBe(expected.length);
        expect(held).toEqual(expected);
      }
    }),
    { numRuns: 50 },
  );
});
