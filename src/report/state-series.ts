import type { Clock, Time } from '../connection/model.js';
import { type Side, TCP_STATES, type TcpState } from '../connection/state.js';
import type { Flow } from '../findings/finding.js';
import { isSocket, sidesOf } from './states.js';

/** Rows beyond this are nobody's to read, and would not be bounded memory. */
export const MOST_ROWS = 100_000;

/** A series that would have more than `MOST_ROWS` rows. */
export class TooManyRowsError extends RangeError {
  override readonly name = 'TooManyRowsError';
}

/** Sockets per state at one moment. */
export interface StateSample {
  readonly at: Time;
  readonly counts: Readonly<Partial<Record<TcpState, number>>>;
}

const SOCKET_STATES = TCP_STATES.filter(isSocket);

/**
 * Counts of sockets per state at every whole multiple of a duration since 1970, and at the end. Flows may come in any
 * order: what each adds to a state, and takes away again, is kept per row, so that memory grows with the rows only.
 */
export class StateSeries {
  readonly #every: number;
  readonly #side: Side | undefined;
  /** Changes of the counts by row; an index is the number of the multiple. */
  readonly #changes = new Map<number, Float64Array>();
  readonly #final = new Float64Array(SOCKET_STATES.length);
  #clock: Clock | null = null;
  /** What brings the first flow's clock to a multiple of `#every`, in nanoseconds. */
  #offset = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  /** `every` in nanoseconds, above 0. */
  constructor(every: number, side?: Side) {
    this.#every = every;
    this.#side = side;
  }

  /** Clock of the samples; null before the first flow. */
  get clock(): Clock | null {
    return this.#clock;
  }

  /** Throws TooManyRowsError. */
  add(flow: Flow): void {
    const shift = this.#shift(flow.clock);
    this.#first = Math.min(this.#first, flow.start + shift);
    this.#last = Math.max(this.#last, flow.followedUntil + shift, flow.end + shift);
    for (const side of sidesOf(this.#side)) {
      let state = -1;
      for (const transition of flow.timeline) {
        if (transition.endpoint !== side) continue;
        const row = Math.ceil((transition.at + shift + this.#offset) / this.#every);
        this.#change(row, state, -1);
        state = SOCKET_STATES.indexOf(transition.to);
        this.#change(row, state, 1);
      }
      if (state >= 0) this.#final[state]++;
    }
  }

  /** From the first flow's start to the last frame. Throws TooManyRowsError. */
  samples(): StateSample[] {
    if (this.#clock === null) return [];
    const from = Math.ceil((this.#first + this.#offset) / this.#every);
    const until = Math.floor((this.#last + this.#offset) / this.#every);
    this.#check(until - from);
    const counts = new Float64Array(SOCKET_STATES.length);
    const early = [...this.#changes.keys()].filter((row) => row < from);
    for (const row of early) this.#apply(row, counts);
    const samples: StateSample[] = [];
    for (let row = from; row <= until; row++) {
      this.#apply(row, counts);
      samples.push({ at: row * this.#every - this.#offset, counts: named(counts) });
    }
    if (until * this.#every - this.#offset < this.#last) samples.push({ at: this.#last, counts: named(this.#final) });
    return samples;
  }

  #change(row: number, state: number, by: 1 | -1): void {
    if (state < 0) return;
    let changes = this.#changes.get(row);
    if (changes === undefined) {
      this.#check(this.#changes.size);
      changes = new Float64Array(SOCKET_STATES.length);
      this.#changes.set(row, changes);
    }
    changes[state] += by;
  }

  #apply(row: number, counts: Float64Array): void {
    this.#changes.get(row)?.forEach((change, state) => {
      counts[state] += change;
    });
  }

  #check(rows: number): void {
    if (rows > MOST_ROWS) throw new TooManyRowsError(`more than ${MOST_ROWS} rows: choose a longer interval`);
  }

  /** Nanoseconds that bring a time on `clock` to the clock of the first flow. */
  #shift(clock: Clock): number {
    if (this.#clock === null) {
      this.#clock = clock;
      this.#offset = Number((BigInt(clock.epochSeconds) * 1_000_000_000n) % BigInt(this.#every));
    }
    return (clock.epochSeconds - this.#clock.epochSeconds) * 1e9;
  }
}

function named(counts: Float64Array): Partial<Record<TcpState, number>> {
  const named: Partial<Record<TcpState, number>> = {};
  counts.forEach((count, state) => {
    if (count > 0) named[SOCKET_STATES[state]] = count;
  });
  return named;
}
