import fc from 'fast-check';
import type { WireSegment } from './wire.js';

/** Initial numbers of up to three incarnations, far enough apart to be told from one another. */
const ISNS = [0, 50_000_000, 3_000_000_000];

/** Near the start of one of the incarnations, where segments make sense together, or anywhere. */
const sequenceNumber = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: -1, max: 4 }) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...ISNS), fc.nat(3)).map(([isn, offset]) => isn + offset) },
  { weight: 1, arbitrary: fc.nat(2 ** 32 - 1) },
);

const MILLISECOND = 1000;
const SECOND = 1_000_000;

/** Time to the segment before: mostly what hosts and paths take, at times what timers take, or backwards. */
const pause = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 100 }) },
  { weight: 4, arbitrary: fc.integer({ min: MILLISECOND, max: 300 * MILLISECOND }) },
  { weight: 3, arbitrary: fc.integer({ min: SECOND, max: 8 * SECOND }) },
  { weight: 2, arbitrary: fc.integer({ min: 60 * SECOND, max: 8000 * SECOND }) },
  { weight: 1, arbitrary: fc.integer({ min: -2 * SECOND, max: -1 }) },
);

const flags = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('S', 'SA', 'A', 'A', 'PA', 'FA', 'R', 'RA') },
  { weight: 1, arbitrary: fc.constantFrom('', 'F', 'SF', 'SFA', 'SR', 'SRA', 'FRA', 'FSRPAU') },
);

/** Any segments between two hosts, whether TCP would send them or not. */
export const anySegments: fc.Arbitrary<WireSegment[]> = fc
  .array(
    fc.record({
      pause,
      from: fc.constantFrom('near' as const, 'far' as const),
      flags,
      seq: sequenceNumber,
      ack: sequenceNumber,
      length: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(1, 2, 1448) }),
      window: fc.constantFrom(501, 501, 501, 0),
      timestamps: fc.option(fc.tuple(fc.nat(3000), fc.nat(3000)), { freq: 2 }),
    }),
    { minLength: 1, maxLength: 16 },
  )
  .map((segments) => {
    let at = 0;
    return segments.map(({ pause, ...segment }) => {
      at += pause;
      return { ...segment, at };
    });
  });
