import type { Clock, Time } from '../connection/model.js';
import { dateText } from './timestamp.js';

/* The texts of timestamp.ts as bytes: they are a quarter of what is written of most connections. */

const SECOND = 1e9;
const SECONDS_A_DAY = 86_400;
/** 9999-12-31T00:00:00Z, in seconds since 1970. */
const LAST_DAY = 253_402_214_400;

/** Whether this time, and any before it, has as many bytes as `timestampLength` says. */
export const hasTimestampLength = (time: Time, { epochSeconds }: Clock): boolean =>
  epochSeconds + time / SECOND < LAST_DAY;

export const timestampLength = (digits: Clock['digits']): number => SECOND_BYTES + digits + 'Z'.length;

/**
 * Writes what `formatUnits` says of a time for which `hasTimestampLength` holds, from `at` on.
 *
 * @param units those of the capture's digits
 */
export function putTimestamp(units: number, { digits, epochSeconds }: Clock, bytes: Uint8Array, at: number): void {
  const ofSecond = digits === 6 ? 1e6 : 1e9;
  const seconds = Math.floor(units / ofSecond);
  setSecond(epochSeconds + seconds);
  for (let i = 0; i < SECOND_BYTES; i++) bytes[at + i] = writtenSecond[i];
  // Below 2^31: what follows is done with whole numbers.
  let rest = (units - seconds * ofSecond) | 0;
  for (let to = at + SECOND_BYTES + digits - 1; to >= at + SECOND_BYTES; to--) {
    const tenth = (rest / 10) | 0;
    bytes[to] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
  bytes[at + SECOND_BYTES + digits] = UTC;
}

const [ZERO, UTC] = [...'0Z'].map((character) => character.charCodeAt(0));
const SECOND_BYTES = '2000-01-01T00:00:00.'.length;
/** Where in those hours, minutes and seconds stand. */
const [HOUR_AT, MINUTE_AT, SECOND_AT] = [11, 14, 17];
/** The second that was written last, with the point behind it. */
const writtenSecond = new Uint8Array(SECOND_BYTES);
let writtenSeconds = Number.NaN;
let writtenDay = Number.NaN;
const encoder = new TextEncoder();

function setSecond(seconds: number): void {
  if (seconds === writtenSeconds) return;
  const day = Math.floor(seconds / SECONDS_A_DAY);
  if (day !== writtenDay) {
    encoder.encodeInto(`${dateText(day)}T00:00:00.`, writtenSecond);
    writtenDay = day;
  }
  const ofDay = seconds - day * SECONDS_A_DAY;
  const minutes = Math.floor(ofDay / 60);
  const hours = Math.floor(minutes / 60);
  putTwoDigits(hours, HOUR_AT);
  putTwoDigits(minutes - 60 * hours, MINUTE_AT);
  putTwoDigits(ofDay - 60 * minutes, SECOND_AT);
  writtenSeconds = seconds;
}

function putTwoDigits(value: number, at: number): void {
  const tens = (value / 10) | 0;
  writtenSecond[at] = ZERO + tens;
  writtenSecond[at + 1] = ZERO + value - 10 * tens;
}
