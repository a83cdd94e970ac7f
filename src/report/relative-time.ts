import type { Time, Transition } from '../connection/model.js';

const NANOSECONDS = 1e9;

/** Bounds closer than this, in seconds, are not worth showing. */
const CERTAIN = 0.001;

/** Times of one ladder, in seconds since `start`, in at most `width` columns. */
export class RelativeTime {
  readonly #start: Time;
  readonly #width: number;
  /** The same for all rows, so that their points align. */
  readonly #decimals: number;

  constructor(start: Time, end: Time, width: number) {
    this.#start = start;
    this.#width = width;
    const wholeDigits = Math.floor(this.#seconds(end)).toString().length;
    this.#decimals = Math.max(0, Math.min(6, width - wholeDigits - 1));
  }

  exact(time: Time): string {
    return this.#seconds(time).toFixed(this.#decimals);
  }

  /** The time of a change that no segment shows: `7.20 ±.1` from its bounds, `~7.200` where one of them is open. */
  estimate({ at, earliest, latest }: Transition): string {
    const seconds = this.#seconds(at);
    if (earliest === null || latest === null)
      return this.#fit([`~${seconds.toFixed(3)}`, `~${seconds.toFixed(0)}`], at);
    const half = (latest - earliest) / 2 / NANOSECONDS;
    if (half < CERTAIN) return this.exact(at);
    const decimals = Math.max(0, -Math.floor(Math.log10(half)));
    const around = half >= 1 ? `${Math.ceil(half)}` : half.toFixed(decimals).replace(/^0/, '');
    return this.#fit([`${seconds.toFixed(decimals + 1)} ±${around}`, `${seconds.toFixed(decimals)} ±${around}`], at);
  }

  #fit(candidates: readonly string[], at: Time): string {
    return candidates.find((text) => text.length <= this.#width) ?? this.exact(at);
  }

  #seconds(time: Time): number {
    return (time - this.#start) / NANOSECONDS;
  }
}
