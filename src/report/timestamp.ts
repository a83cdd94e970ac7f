import type { Clock, Time } from '../connection/model.js';
import { UnitError } from './unit-error.js';

const SECOND = 1e9;
const SECONDS_A_DAY = 86_400;

/** ISO 8601 in UTC, with the digits that the capture has; what lies below them is cut off, towards the past. */
export function formatTimestamp(time: Time, clock: Clock): string {
  const seconds = Math.floor(time / SECOND);
  const nanoseconds = time - seconds * SECOND;
  const second = secondText(clock.epochSeconds + seconds);
  const milliseconds = Math.floor(nanoseconds / 1e6);
  const microseconds = Math.floor(nanoseconds / 1000) - milliseconds * 1000;
  const digits = `${second}.${THREE_DIGITS[milliseconds]}${THREE_DIGITS[microseconds]}`;
  return clock.digits === 6 ? `${digits}Z` : `${digits}${THREE_DIGITS[Math.floor(nanoseconds % 1000)]}Z`;
}

/** 000 to 999: a timeline has dozens of times, and to pad each number takes twice as long. */
const THREE_DIGITS = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));

/** What was asked for last: times of one connection share few seconds, and those of a capture few days. */
let lastSecond = Number.NaN;
let lastText = '';
let lastDay = Number.NaN;
let lastDate = '';

function secondText(seconds: number): string {
  if (seconds === lastSecond) return lastText;
  const day = Math.floor(seconds / SECONDS_A_DAY);
  if (day !== lastDay) {
    lastDate = new Date(day * SECONDS_A_DAY * 1000).toISOString().slice(0, -'T00:00:00.000Z'.length);
    lastDay = day;
  }
  const ofDay = seconds - day * SECONDS_A_DAY;
  const minute = Math.floor(ofDay / 60);
  lastText = `${lastDate}T${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}:${twoDigits(ofDay % 60)}`;
  lastSecond = seconds;
  return lastText;
}

const twoDigits = (value: number): string => (value < 10 ? `0${value}` : String(value));

const FRACTION = '(?:\\.(?<fraction>\\d{1,9}))?';
const TIME_OF_DAY = `(?<hours>\\d\\d):(?<minutes>\\d\\d)(?::(?<seconds>\\d\\d)${FRACTION})?`;
const RELATIVE = new RegExp(`^\\+(?<seconds>\\d+)${FRACTION}$`);
const DAYTIME = new RegExp(`^${TIME_OF_DAY}$`);
const ISO = new RegExp(`^(?<date>\\d{4}-\\d\\d-\\d\\d)[T ]${TIME_OF_DAY}(?:Z|(?<offset>[+-]\\d\\d:?\\d\\d))?$`);

/**
 * The moment that a text stands for, exact wherever `Time` is: ISO 8601 with up to nine digits, in UTC unless it says
 * otherwise; a time of day, on the day on which the capture began; or `+12.5`, seconds after `start`.
 * @throws {UnitError}
 */
export function parseTimestamp(text: string, clock: Clock, start: Time = 0): Time {
  const relative = RELATIVE.exec(text)?.groups;
  if (relative) return start + Number(relative.seconds) * SECOND + nanoseconds(relative.fraction);
  const iso = ISO.exec(text)?.groups;
  const parts = iso ?? DAYTIME.exec(text)?.groups;
  const midnight = iso ? dayStart(iso.date) : clock.epochSeconds - (clock.epochSeconds % SECONDS_A_DAY);
  const ofDay = parts ? secondsOfDay(parts) : null;
  const offset = offsetSeconds(iso?.offset);
  if (midnight === null || ofDay === null || offset === null) {
    throw new UnitError('a time such as 2026-11-20T12:00:00Z, 12:00:00.5 or +12.5 (seconds from the start)', text);
  }
  return (midnight + ofDay - offset - clock.epochSeconds) * SECOND + nanoseconds(parts?.fraction);
}

type Parts = Readonly<Record<string, string | undefined>>;

/** Null for a day that no calendar has. */
function dayStart(date: string): number | null {
  const milliseconds = Date.parse(`${date}T00:00:00Z`);
  const exists = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(date);
  return exists ? milliseconds / 1000 : null;
}

function secondsOfDay({ hours = '', minutes = '', seconds = '0' }: Parts): number | null {
  const fits = Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
  return fits ? (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds) : null;
}

function offsetSeconds(offset = '+00:00'): number | null {
  const [hours, minutes] = [offset.slice(1, 3), offset.slice(-2)];
  const seconds = secondsOfDay({ hours, minutes });
  return seconds !== null && offset.startsWith('-') ? -seconds : seconds;
}

function nanoseconds(fraction = ''): number {
  return Number(fraction.padEnd(9, '0'));
}
