import type { Time } from '../connection/model.js';
import { SECOND } from '../connection/time.js';
import { TCP } from '../decode/decoder.js';
import type { Options } from '../options.js';
import { identityOf } from './segment-identity.js';
import { TapReader } from './tap-reader.js';

/** Segments of each capture's beginning that the other one is searched for. */
const REMEMBERED = 1 << 17;
/** So many segments found in both, whose times differ alike, are enough. */
const ENOUGH = 24;
/** Delays that one path may have: differences of time that lie closer together are alike. */
const ALIKE: Time = 2 * SECOND;

/**
 * Roughly what the second capture's clock is ahead of the first one's, in nanoseconds on top of their epochs' difference:
 * to within a path's delay. Both are read from their beginnings until enough segments of one are found in the other: for
 * captures that begin together that is at once, for others it takes until the later one begins.
 * @returns null where they share nothing
 */
export async function coarseOffset(
  first: readonly string[],
  second: readonly string[],
  options: Options,
): Promise<Time | null> {
  const taps = [new TapReader(first, options), new TapReader(second, options)];
  const heads = [new Map<number, Time>(), new Map<number, Time>()];
  const differences: Time[] = [];
  let enough = ENOUGH;
  try {
    while (!taps.every((tap) => tap.done)) {
      for (const [own, tap] of taps.entries()) {
        if (!(await tap.advance())) continue;
        options.signal?.throwIfAborted();
        do {
          if (tap.decode() !== TCP) continue;
          const identity = identityOf(tap.segment);
          if (identity === 0) continue;
          const found = heads[1 - own].get(identity);
          if (found !== undefined) differences.push(own === 1 ? tap.time - found : found - tap.time);
          if (heads[own].size < REMEMBERED && !heads[own].has(identity)) heads[own].set(identity, tap.time);
        } while (tap.step());
      }
      if (differences.length >= enough) {
        const agreed = densest(differences);
        if (agreed.count >= ENOUGH) return agreed.middle;
        enough = differences.length * 2;
      }
    }
  } finally {
    for (const tap of taps) await tap.close();
  }
  return differences.length > 0 ? densest(differences).middle : null;
}

/** The middle of the stretch of `ALIKE` in which most of the differences lie. */
function densest(differences: readonly Time[]): { middle: Time; count: number } {
  const sorted = [...differences].sort((a, b) => a - b);
  let best = { middle: sorted[0], count: 0 };
  for (let i = 0, j = 0; i < sorted.length; i++) {
    while (j < sorted.length && sorted[j] - sorted[i] <= ALIKE) j++;
    if (j - i > best.count) best = { middle: (sorted[i] + sorted[j - 1]) / 2, count: j - i };
  }
  return best;
}
