import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockCorridor, valueAt } from '../../src/compare/clock-corridor.js';

const SECOND = 1e9;

/** Segments in both directions over a path with delays of its own in each, and clocks that differ as told. */
const arbitraryTraffic = fc.record({
  offset: fc.integer({ min: -10_000 * SECOND, max: 10_000 * SECOND }),
  drift: fc.double({ min: -300e-6, max: 300e-6, noNaN: true }),
  least: fc.tuple(fc.integer({ min: 1000, max: 1e8 }), fc.integer({ min: 1000, max: 1e8 })),
  segments: fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 600 * SECOND }),
      forward: fc.boolean(),
      queued: fc.integer({ min: 0, max: 5e8 }),
    }),
    { minLength: 2, maxLength: 60 },
  ),
});

describe('ClockCorridor', () => {
  it('never errs by more than it says, whatever the delays', () => {
    fc.assert(
      fc.property(arbitraryTraffic, fc.integer({ min: 0, max: 600 * SECOND }), (traffic, when) => {
        const corridor = new ClockCorridor();
        const truth = (t: number): number => traffic.offset + traffic.drift * t;
        for (const { at, forward, queued } of [...traffic.segments].sort((a, b) => a.at - b.at)) {
          const delay = traffic.least[forward ? 0 : 1] + queued;
          if (forward) corridor.forward(at, truth(at) + delay);
          else corridor.backward(at, truth(at) - delay);
        }
        corridor.fit();
        const { line } = corridor;
        const both = new Set(traffic.segments.map((s) => s.forward)).size === 2;
        expect(line !== null).toBe(both);
        if (line === null) return;
        // What the arithmetic of doubles rounds off.
        const rounding = 1000;
        expect(Math.abs(valueAt(line, when) - truth(when))).toBeLessThanOrEqual(
          corridor.uncertaintyAt(when) + rounding,
        );
      }),
      {
        numRuns: 300,
        examples: [
          [
            {
              offset: 0,
              drift: 6.666666691333335e-9,
              least: [1000, 1000],
              segments: [
                { at: 599_999_998_293, forward: false, queued: 0 },
                { at: 0, forward: false, queued: 0 },
                { at: 299_999_999_403, forward: true, queued: 0 },
              ],
            },
            0,
          ],
        ],
      },
    );
  });

  it('finds offset and drift where delays are steady', () => {
    const corridor = new ClockCorridor();
    for (let t = 0; t < 60; t++) {
      const difference = -0.75 * SECOND + 80e-6 * t * SECOND;
      corridor.forward(t * SECOND, difference + 10e6);
      corridor.backward(t * SECOND + 1, difference - 10e6);
    }
    corridor.fit();
    expect((corridor.line?.drift ?? 0) * 1e6).toBeCloseTo(80, 1);
    expect((corridor.line?.offset ?? 0) / SECOND).toBeCloseTo(-0.75, 5);
    expect(corridor.uncertaintyAt(30 * SECOND)).toBeLessThan(11e6);
  });

  it('owns to clocks that no line fits', () => {
    const corridor = new ClockCorridor();
    for (let t = 0; t < 10; t++) {
      const difference = t < 5 ? 0 : 2 * SECOND;
      corridor.forward(t * SECOND, difference + 1e6);
      corridor.backward(t * SECOND + 1, difference - 1e6);
    }
    corridor.fit();
    expect(corridor.excess).toBeGreaterThan(SECOND);
    expect(corridor.uncertaintyAt(0)).toBeGreaterThan(SECOND);
  });
});
