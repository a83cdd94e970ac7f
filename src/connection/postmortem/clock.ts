import type { Time } from '../model.js';
import { MILLISECOND } from '../time.js';
import type { Seg } from './history.js';

/** TSval counts milliseconds on Linux and on Windows, as on most others (RFC 7323, section 5.4 asks for 1 ms to 1 s). */
const TICK = MILLISECOND;
/** Differences below are the granularity of the clock, and of the tap. */
const GRAIN = 2 * MILLISECOND;

/**
 * TSval is the sender's own clock: the smallest (tap time - TSval) turns each TSval into the time at which the segment would
 * have passed the tap on an empty path. Sets `undelayed` of each segment that was held up on the way to the tap.
 */
export function undelay(sent: readonly Seg[]): void {
  const stamped = sent.filter((s) => s.hasTimestamps);
  if (stamped.length < 3 || !ticksInMilliseconds(stamped)) return;
  const origin = stamped[0].tsVal;
  const offset = (s: Seg): Time => s.time - ((s.tsVal - origin) | 0) * TICK;
  let least = Number.POSITIVE_INFINITY;
  for (const s of stamped) least = Math.min(least, offset(s));
  for (const s of stamped) {
    const delay = offset(s) - least;
    if (delay > GRAIN) s.undelayed = s.time - delay + TICK / 2;
  }
}

/** Over the time that was seen, the clock ran at one tick a millisecond, within what delays can feign. */
function ticksInMilliseconds(stamped: readonly Seg[]): boolean {
  const [first, last] = [stamped[0], stamped[stamped.length - 1]];
  const elapsed = last.time - first.time;
  const ticked = ((last.tsVal - first.tsVal) | 0) * TICK;
  return Math.abs(elapsed - ticked) <= Math.max(elapsed * 0.01, 1000 * MILLISECOND);
}
