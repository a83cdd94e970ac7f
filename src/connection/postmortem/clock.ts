import type { Time } from '../model.js';
import { MILLISECOND } from '../time.js';
import type { Seg } from './history.js';

/** TSval counts milliseconds on Linux and on Windows, as on most others (RFC 7323, section 5.4 asks for 1 ms to 1 s). */
export const TICK = MILLISECOND;
/** Differences below are the granularity of the clock, and of the tap. */
export const GRAIN = 2 * MILLISECOND;

/** What a host's clock and that of the tap drift apart by, at most: 100 millionths, where both run on quartz. */
const DRIFT = 1e-4;

/** Other clocks in use: microseconds (Linux with tcp_usec_ts), and the 300, 250 or 100 interrupts a second of older kernels. */
const OTHER_TICKS = [MILLISECOND / 1000, (10 / 3) * MILLISECOND, 4 * MILLISECOND, 10 * MILLISECOND];

/**
 * TSval is the sender's own clock: the smallest (tap time - TSval) turns each TSval into the time at which the segment would
 * have passed the tap on an empty path. Sets `undelayed` of each segment that was held up on the way to the tap.
 */
export function undelay(sent: readonly Seg[]): void {
  const stamped = sent.filter((s) => s.hasTimestamps);
  if (stamped.length < 3 || !ticksInMilliseconds(stamped)) return;
  const delays = delaysBy(TICK, stamped);
  if (Math.max(...delays) <= GRAIN) return;
  if (OTHER_TICKS.some((tick) => explainsBetter(delaysBy(tick, stamped), delays, Math.max(tick, TICK)))) return;
  let before = stamped[0];
  for (const [index, delay] of delays.entries()) {
    const s = stamped[index];
    if (delay > GRAIN) s.undelayed = s.time - delay + TICK / 2;
    if (((s.tsVal - before.tsVal) | 0) < 0) continue;
    // Of one tick, too, the order is that of the wire.
    if (s.undelayed <= before.undelayed) s.undelayed = Math.min(s.time, before.undelayed + 1);
    before = s;
  }
}

/**
 * In a short connection the length of a tick shows only by the delays that it leaves to be explained: those of most
 * segments, or of a few. There are such delays by the `own` clock.
 */
function explainsBetter(other: readonly Time[], own: readonly Time[], grain: Time): boolean {
  if (Math.max(...other) <= grain) return true;
  return median(own) > GRAIN && median(other) <= Math.max(grain, median(own) / 2);
}

/**
 * By how much each segment came later than the quickest one, were its sender's clock of this tick; as far as that is more
 * than the clock can have drifted between the two.
 */
function delaysBy(tick: Time, stamped: readonly Seg[]): Time[] {
  const origin = stamped[0].tsVal;
  const offsets = stamped.map((s) => s.time - ((s.tsVal - origin) | 0) * tick);
  const least = [...offsets];
  const lower = (index: number, neighbour: number): void => {
    const apart = Math.abs(stamped[index].time - stamped[neighbour].time);
    least[index] = Math.min(least[index], least[neighbour] + apart * DRIFT);
  };
  for (let index = 1; index < least.length; index++) lower(index, index - 1);
  for (let index = least.length - 2; index >= 0; index--) lower(index, index + 1);
  return offsets.map((offset, index) => offset - least[index]);
}

const median = (values: readonly number[]): number => [...values].sort((x, y) => x - y)[values.length >> 1];

/** Over the time that was seen, the clock ran at one tick a millisecond, within what delays can feign. */
function ticksInMilliseconds(stamped: readonly Seg[]): boolean {
  const [first, last] = [stamped[0], stamped[stamped.length - 1]];
  const elapsed = last.time - first.time;
  const ticked = ((last.tsVal - first.tsVal) | 0) * TICK;
  return Math.abs(elapsed - ticked) <= Math.max(elapsed * 0.01, 1000 * MILLISECOND);
}
