import type { Time } from '../connection/model.js';

/** Clocks that differ by more than this drift are not believed: the most by which NTP slews one (RFC 5905, section 11.3). */
const MOST_DRIFT = 500e-6;
/** By how much the two sides of the corridor may seem to overlap where they touch: times are doubles. */
const ROUNDING: Time = 1;
/** A drift is believed for what it widens the corridor, beyond this share of what it moves over the whole time. */
const RELUCTANCE = 0.5;
/** And beyond this: what a short time's jitter makes of it is no drift. */
const LEAST_GAIN: Time = 1e5;

/** The difference of two clocks: `offset + drift * (time - origin)`, in nanoseconds. */
export interface ClockLine {
  readonly origin: Time;
  readonly offset: Time;
  readonly drift: number;
}

/** Half of a convex hull, of points that come in the order of `x`: the lower (sign 1) or upper (sign -1) one. */
class HalfHull {
  readonly x: number[] = [];
  readonly y: number[] = [];

  constructor(readonly sign: 1 | -1) {}

  add(x: number, value: number): void {
    const y = value * this.sign;
    let n = this.x.length;
    // Points that come a little late are taken as of the last one's time: a delay is short against what a drift needs.
    const at = n > 0 && x < this.x[n - 1] ? this.x[n - 1] : x;
    if (n > 0 && at === this.x[n - 1]) {
      if (y >= this.y[n - 1]) return;
      n--;
    }
    while (n >= 2 && this.#turnsUp(n, at, y)) n--;
    this.x.length = n;
    this.y.length = n;
    this.x.push(at);
    this.y.push(y);
  }

  /** The least of `sign * (y - slope * x)`. */
  least(slope: number, origin: number): number {
    let least = Number.POSITIVE_INFINITY;
    const s = slope * this.sign;
    for (let i = 0; i < this.x.length; i++) {
      const value = this.y[i] - s * (this.x[i] - origin);
      if (value < least) least = value;
    }
    return least;
  }

  /** Of its edges. */
  slopes(): number[] {
    const { x, y } = this;
    return x.slice(1).map((at, i) => (this.sign * (y[i + 1] - y[i])) / (at - x[i]));
  }

  #turnsUp(n: number, x: number, y: number): boolean {
    const { x: xs, y: ys } = this;
    return (ys[n - 1] - ys[n - 2]) * (x - xs[n - 2]) >= (y - ys[n - 2]) * (xs[n - 1] - xs[n - 2]);
  }
}

/**
 * What two clocks differ by, from segments that passed both taps. A segment from the first tap to the second takes its time:
 * the difference of its two times is at least the clocks'; one that goes the other way gives at most that. All those from
 * one side lie above the clocks' line and all those from the other below it: no delay has to be known, and none to be
 * constant or the same in both directions. The best estimate is the line in the middle of the widest corridor between them;
 * every line that keeps both apart is possible, which bounds the error.
 */
export class ClockCorridor {
  readonly #above = new HalfHull(1);
  readonly #below = new HalfHull(-1);
  #changed = false;
  #fitted: ClockLine | null = null;
  #possible: { drift: number; low: number; high: number }[] = [];
  /** How much further apart the two sides are than one line allows: the clocks were set, or do not run evenly; 0 if they do. */
  excess: Time = 0;

  /** A segment that passed the first tap at `time` and the second at `time + difference`, by their own clocks. */
  forward(time: Time, difference: Time): void {
    this.#above.add(time, difference);
    this.#changed = true;
  }

  /** The same for a segment that passed the second tap first. */
  backward(time: Time, difference: Time): void {
    this.#below.add(time, difference);
    this.#changed = true;
  }

  /** As of the last `fit()`; null until segments had passed in both directions. */
  get line(): ClockLine | null {
    return this.#fitted;
  }

  /** How far the drift can be from that of the line. */
  get driftUncertainty(): number {
    const drift = this.#fitted?.drift ?? 0;
    const [least, most] = [this.#possible[0]?.drift ?? -MOST_DRIFT, this.#possible.at(-1)?.drift ?? MOST_DRIFT];
    return Math.max(most - drift, drift - least);
  }

  /** How far from the line the clocks' difference can be at a time. */
  uncertaintyAt(time: Time): Time {
    const line = this.#fitted;
    if (line === null) return Number.POSITIVE_INFINITY;
    const estimate = valueAt(line, time);
    let most = this.excess;
    for (const { drift, low, high } of this.#possible) {
      const moved = drift * (time - line.origin);
      most = Math.max(most, high + moved - estimate, estimate - low - moved);
    }
    return most;
  }

  /** Takes into account what was added. */
  fit(): void {
    if (!this.#changed) return;
    this.#changed = false;
    const [above, below] = [this.#above, this.#below];
    if (above.x.length === 0 || below.x.length === 0) return;
    const first = Math.min(above.x[0], below.x[0]);
    const last = Math.max(above.x[above.x.length - 1], below.x[below.x.length - 1]);
    const origin = first;
    const high = (drift: number): number => above.least(drift, origin);
    const low = (drift: number): number => -below.least(drift, origin);
    const width = (drift: number): number => high(drift) - low(drift) + ROUNDING;
    const worth = (drift: number): number => width(drift) - RELUCTANCE * Math.abs(drift) * (last - first);
    const best = maximum(worth, -MOST_DRIFT, MOST_DRIFT);
    const believed = width(0) >= 0 && worth(best) - width(0) < LEAST_GAIN ? 0 : best;
    const drift = width(believed) >= 0 ? believed : maximum(width, -MOST_DRIFT, MOST_DRIFT);
    this.#fitted = { origin, offset: (high(drift) + low(drift)) / 2, drift };
    this.excess = Math.max(0, -width(drift));
    const least = boundary(width, drift, -MOST_DRIFT);
    const most = boundary(width, drift, MOST_DRIFT);
    // Both bounds are straight lines between the drifts of the hulls' edges: their extremes are at these.
    const turns = [...above.slopes(), ...below.slopes()].filter((d) => d > least && d < most).sort((a, b) => a - b);
    this.#possible = [least, ...turns, most].map((d) => ({ drift: d, low: low(d), high: high(d) }));
  }
}

export const valueAt = (line: ClockLine, time: Time): Time => line.offset + line.drift * (time - line.origin);

/** Where a concave function is greatest. */
function maximum(f: (x: number) => number, from: number, to: number): number {
  let [a, b] = [from, to];
  for (let i = 0; i < 80; i++) {
    const third = (b - a) / 3;
    if (f(a + third) < f(b - third)) a += third;
    else b -= third;
  }
  const x = (a + b) / 2;
  return f(0) >= f(x) ? 0 : x;
}

/** How far from `inside` towards `limit` a concave function stays at 0 or above. */
function boundary(f: (x: number) => number, inside: number, limit: number): number {
  if (f(limit) >= 0 || f(inside) < 0) return f(inside) < 0 ? inside : limit;
  let [a, b] = [inside, limit];
  for (let i = 0; i < 50; i++) {
    const middle = (a + b) / 2;
    if (f(middle) >= 0) a = middle;
    else b = middle;
  }
  return a;
}
