import type { Clock, Time } from '../connection/model.js';
import { UnitError } from './unit-error.js';

const SECOND = 1e9;
const SECONDS_A_DAY = 86_400;

/** ISO 8601 in UTC, with the digits that the capture has; what lies below them is cut off, towards the past. */
export const formatTimestamp = (time: Time, clock: Clock): string => formatUnits(unitBefore(time, clock), clock);

/** `time` as text, to the nearest instant that the capture's digits can name. */
export function timestamp(time: Time, clock: Clock): string {
  return formatUnits(nearestUnit(time, clock), clock);
}

/** @param units those of the capture's digits */
export function formatUnits(units: number, { digits, epochSeconds }: Clock): string {
  const ofSecond = digits === 6 ? 1e6 : 1e9;
  const seconds = Math.floor(units / ofSecond);
  const fraction = units - seconds * ofSecond;
  const thousands = Math.floor(fraction / 1000);
  const text = digits === 6 ? THREE_DIGITS[thousands] : sixDigits(thousands);
  return `${secondText(epochSeconds + seconds)}.${text}${THREE_DIGITS[fraction - thousands * 1000]}Z`;
}

function sixDigits(value: number): string {
  const thousands = Math.floor(value / 1000);
  return THREE_DIGITS[thousands] + THREE_DIGITS[value - thousands * 1000];
}

/* The unit of time that the capture's digits count: the nearest one, the last one before, the first one behind. */
export const nearestUnit = (time: Time, clock: Clock): number => Math.round(time / unitOf(clock));
export const unitBefore = (time: Time, clock: Clock): number => Math.floor(time / unitOf(clock));
export const unitBehind = (time: Time, clock: Clock): number => Math.ceil(time / unitOf(clock));

const unitOf = ({ digits }: Clock): Time => (digits === 6 ? 1000 : 1);

/** Of a number of days since 1970. */
const dateText = (day: number): string =>
  new Date(day * SECONDS_A_DAY * 1000).toISOString().slice(0, -'T00:00:00.000Z'.length);

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
    lastDate = dateText(day);
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
