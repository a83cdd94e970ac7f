import type { Frame } from './frame.js';

const MICROSECONDS = 1_000_000n;
const BILLION = 1_000_000_000n;
/** The last second of the year 9999: what is later cannot be written as a date. */
const LAST_SECOND = 253_402_300_799;

/** Turns the 64-bit timestamps of one interface into seconds and nanoseconds since 1970. */
export class PcapngClock {
  /** Digits after the second's point that the timestamps fill. */
  readonly digits: 6 | 9;
  readonly #unitsPerSecond: bigint;
  /** Nanoseconds of one unit, where those of a second are a multiple of the units; else 0. */
  readonly #nanosecondsPerUnit: number;
  readonly #offset: number;
  readonly #units: number;
  /** The upper half of the last timestamp, and what it is worth: it rarely changes. */
  #high = -1;
  #wholeSeconds = 0;
  #remainder = 0;

  /**
   * @param resolution if_tsresol: a negative power of 10, or of 2 where the highest bit is set; 6 where there is none
   * @param offset if_tsoffset: whole seconds to add
   */
  constructor(resolution = 6, offset = 0n) {
    const power = BigInt(resolution & 0x7f);
    this.#unitsPerSecond = (resolution & 0x80) === 0 ? 10n ** power : 1n << power;
    this.digits = this.#unitsPerSecond > MICROSECONDS || MICROSECONDS % this.#unitsPerSecond !== 0n ? 9 : 6;
    this.#units = Number(this.#unitsPerSecond);
    const fits = this.#unitsPerSecond <= BILLION && BILLION % this.#unitsPerSecond === 0n;
    this.#nanosecondsPerUnit = fits ? 1e9 / this.#units : 0;
    this.#offset = Number(offset);
  }

  /** Nanoseconds of its unit, where it counts microseconds or nanoseconds since 1970; else null. */
  get plainUnit(): 1000 | 1 | null {
    if (this.#offset !== 0) return null;
    if (this.#units === 1e6) return 1000;
    return this.#units === 1e9 ? 1 : null;
  }

  /** Sets the frame's time. What lies outside the years 1970 to 9999 is moved to their edge. */
  set(frame: Frame, high: number, low: number): void {
    if (this.#nanosecondsPerUnit === 0) {
      this.#setExactly(frame, (BigInt(high) << 32n) | BigInt(low));
      return;
    }
    if (high !== this.#high) {
      const upper = BigInt(high) << 32n;
      this.#high = high;
      this.#wholeSeconds = Number(upper / this.#unitsPerSecond) + this.#offset;
      this.#remainder = Number(upper % this.#unitsPerSecond);
    }
    const rest = this.#remainder + low;
    const seconds = Math.floor(rest / this.#units);
    put(frame, this.#wholeSeconds + seconds, (rest - seconds * this.#units) * this.#nanosecondsPerUnit);
  }

  #setExactly(frame: Frame, time: bigint): void {
    const rest = time % this.#unitsPerSecond;
    put(frame, Number(time / this.#unitsPerSecond) + this.#offset, Number((rest * BILLION) / this.#unitsPerSecond));
  }
}

function put(frame: Frame, seconds: number, nanoseconds: number): void {
  const isDate = seconds >= 0 && seconds <= LAST_SECOND;
  frame.seconds = isDate ? seconds : seconds < 0 ? 0 : LAST_SECOND;
  frame.nanoseconds = isDate ? nanoseconds : 0;
}
