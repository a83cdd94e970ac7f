import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldedScale, linearScale, type Moment } from '../../../../src/report/html/page/time-scale.js';

const moment = fc.record({
  time: fc.oneof(fc.nat(1000), fc.nat(100_000_000_000)),
  place: fc.constantFrom('tap' as const, 'client' as const, 'server' as const, null),
  room: fc.constantFrom(0, 0, 14, 80),
});

describe('folded', () => {
  test('later is never higher, and what stands at one place stays apart', () => {
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1 }), (moments: Moment[]) => {
        const scale = foldedScale(moments, []);
        const sorted = [...moments].sort((a, b) => a.time - b.time);
        for (let i = 1; i < sorted.length; i++) {
          const [before, after] = [sorted[i - 1], sorted[i]];
          const rise = scale.y(after.time) - scale.y(before.time);
          if (after.time === before.time) expect(rise).toBe(0);
          else expect(rise).toBeGreaterThan(Math.max(1, before.room) - 0.001);
        }
        for (const place of ['tap', 'client', 'server']) {
          const own = [...new Set(sorted.filter((m) => m.place === place).map(({ time }) => time))];
          for (let i = 1; i < own.length; i++)
            expect(scale.y(own[i]) - scale.y(own[i - 1])).toBeGreaterThan(place === 'tap' ? 24.999 : 14.999);
        }
      }),
    );
  });

  test('an hour in which nothing happens takes no more than half a second', () => {
    const at = (time: number): Moment => ({ time, place: 'tap', room: 0 });
    const height = (pause: number) => foldedScale([at(0), at(pause)], []).height;
    expect(height(3600e9)).toBe(height(0.5e9));
    expect(foldedScale([at(0), at(3600e9)], []).idle).toEqual([{ from: 0, to: 3600e9 }]);
  });

  test('a segment on its way is no idle stretch', () => {
    const at = (time: number): Moment => ({ time, place: 'tap', room: 0 });
    expect(foldedScale([at(0), at(2e9)], [{ from: 0, to: 2e9 }]).idle).toEqual([]);
  });
});

test('to scale, every second is as high as any other', () => {
  const scale = linearScale(5e9, 15e9, 1000);
  expect([5e9, 6e9, 10e9, 15e9].map((time) => scale.y(time))).toEqual([0, 100, 500, 1000]);
  expect(linearScale(5, 5, 1000).y(5)).toBe(0);
});
