import type { Clock, Time } from '../connection/model.js';
import { putDigits } from './digits.js';
import { formatUnits } from './timestamp.js';

const SECOND = 1e9;
/** 9999-12-31T00:00:00Z, in seconds since 1970. */
const LAST_DAY = 253_402_214_400;

/** Whether this time, and any before it, has as many bytes as all others with its clock's digits. */
export const hasTimestampLength = (time: Time, { epochSeconds }: Clock): boolean =>
  epochSeconds + time / SECOND < LAST_DAY;

const MINUTE_BYTES = '2000-01-01T00:00:'.length;
const SECOND_BYTES = MINUTE_BYTES + '00.'.length;
const encoder = new TextEncoder();

/**
 * A place in a text, where times stand one after another: as bytes of what `formatUnits` says of each. Within a minute, only what
 * is behind it is written.
 */
export class TimestampField {
  readonly #bytes: Uint8Array;
  readonly #at: number;
  /** When the minute of the last one began, in units of the capture's digits. */
  #minute = Number.NaN;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /**
   * @param units those of the capture's digits, of a time for which `hasTimestampLength` holds
   * @param clock the same each time
   */
  put(units: number, clock: Clock): void {
    const ofSecond = clock.digits === 6 ? 1e6 : 1e9;
    const behind = units - this.#minute;
    if (!(behind >= 0 && behind < 60 * ofSecond)) {
      encoder.encodeInto(formatUnits(units, clock), this.#bytes.subarray(this.#at));
      const seconds = clock.epochSeconds + Math.floor(units / ofSecond);
      this.#minute = (Math.floor(seconds / 60) * 60 - clock.epochSeconds) * ofSecond;
      return;
    }
    const seconds = Math.floor(behind / ofSecond);
    putDigits(seconds, 2, this.#bytes, this.#at + MINUTE_BYTES);
    // Below 2^31: it is taken apart as a whole number.
    putDigits((behind - seconds * ofSecond) | 0, clock.digits, this.#bytes, this.#at + SECOND_BYTES);
  }
}

export const isSameClock = (one: Clock, other: Clock): boolean =>
  one.epochSeconds === other.epochSeconds && one.digits === other.digits;
