import { assert, integer, property, record, array as sequence } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECOND } from '../../src/connection/time.js';
import { Occupancy } from '../../src/findings/occupancy.js';

const LAST_SECOND = 40;

/** Within a second, at a tenth of it, so that none is of two seconds. */
const tenths = integer({ min: 0, max: 10 * LAST_SECOND });
const interval = record({ from: tenths, length: tenths });

/** Of each second, those intervals that begin in it or before, and end in a later one. */
function countedOneByOne(intervals: readonly { from: number; length: number }[]) {
  let most = { count: 0, at: 0 };
  for (let second = 0; second <= LAST_SECOND; second++) {
    const isThere = ({ from, length }: { from: number; length: number }) =>
      Math.floor(from / 10) <= second && Math.floor((from + length) / 10) > second;
    const count = intervals.filter(isThere).length;
    if (count > most.count) most = { count, at: second * SECOND };
  }
  return most;
}

describe('how many of something existed at a time', () => {
  it('is what one counts second by second, whatever the order in which intervals are added', () => {
    assert(
      property(sequence(interval, { maxLength: 300 }), (intervals) => {
        const occupancy = new Occupancy();
        for (const [index, { from, length }] of intervals.entries())
          occupancy.add(index + 1, (from * SECOND) / 10, ((from + length) * SECOND) / 10);
        expect(occupancy.peak()).toEqual(countedOneByOne(intervals));
        expect(occupancy.flows).toBe(intervals.length);
      }),
    );
  });

  it('is told once more after others were added', () => {
    const occupancy = new Occupancy();
    for (let flow = 1; flow <= 100; flow++) occupancy.add(flow, flow * SECOND, 200 * SECOND);
    expect(occupancy.peak()).toEqual({ count: 100, at: 100 * SECOND });
    occupancy.add(101, 150 * SECOND, 200 * SECOND);
    expect(occupancy.peak()).toEqual({ count: 101, at: 150 * SECOND });
  });
});
