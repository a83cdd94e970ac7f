import { UnitError } from './unit-error.js';

export { formatTimestamp, parseTimestamp } from './timestamp.js';
export { UnitError } from './unit-error.js';

const SECOND = 1e9;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What is written with one unit: its name, its size, and how many of it make the next one. */
type Unit = readonly [name: string, size: number, next: number];

const SHORT_TIMES: readonly Unit[] = [
  ['ns', 1, 1000],
  ['µs', 1e3, 1000],
  ['ms', 1e6, 1000],
  ['s', SECOND, 60],
];

const BYTES: readonly Unit[] = [
  ['B', 1, 1000],
  ['kB', 1e3, 1000],
  ['MB', 1e6, 1000],
  ['GB', 1e9, 1000],
  ['TB', 1e12, 1000],
  ['PB', 1e15, Infinity],
];

const DURATIONS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['ms', 1e6],
  ['s', SECOND],
  ['m', MINUTE],
  ['min', MINUTE],
  ['h', HOUR],
  ['d', DAY],
]);

/** Where digits are set apart in threes: `Intl.NumberFormat` does the same, and takes 15 ms to begin. */
const THOUSANDS = /\B(?=(?:\d{3})+$)/g;

/** Nanoseconds for people: three significant digits below a minute, two units from there on: `1.02 s`, `1 h 3 min`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds < 0) return `-${formatDuration(-nanoseconds)}`;
  if (nanoseconds === 0) return '0 s';
  const short = inOneUnit(nanoseconds, SHORT_TIMES);
  if (short !== null) return short;
  const seconds = Math.round(nanoseconds / SECOND);
  if (seconds < 3600) return inTwoUnits(seconds, 60, 'min', 's');
  const minutes = Math.round(nanoseconds / MINUTE);
  if (minutes < 1440) return inTwoUnits(minutes, 60, 'h', 'min');
  return inTwoUnits(Math.round(nanoseconds / HOUR), 24, 'd', 'h');
}

/** Bytes for people: powers of 1000, three significant digits: `431 kB`. */
export function formatBytes(bytes: number): string {
  return inOneUnit(bytes, BYTES) ?? `${bytes} B`;
}

/** A whole number with a comma before every three digits. */
export function formatCount(count: number): string {
  return String(count).replace(THOUSANDS, ',');
}

/** Null for what is too much for the last unit. Rounds before it chooses, so that nothing reads `1000 ms`. */
function inOneUnit(amount: number, units: readonly Unit[]): string | null {
  for (const [name, size, next] of units) {
    const rounded = Number((amount / size).toPrecision(3));
    if (rounded < next) return `${rounded} ${name}`;
  }
  return null;
}

function inTwoUnits(small: number, perGreat: number, greatName: string, smallName: string): string {
  const rest = small % perGreat;
  const great = `${(small - rest) / perGreat} ${greatName}`;
  return rest === 0 ? great : `${great} ${rest} ${smallName}`;
}

/**
 * Nanoseconds that a text such as `10s`, `1.5 ms`, `2m` or `1h` stands for, rounded to whole ones.
 * @throws {UnitError}
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([a-z\u00b5]+)$/.exec(text.trim());
  const size = match === null ? undefined : DURATIONS.get(match[2]);
  const nanoseconds = match === null || size === undefined ? Number.NaN : Math.round(Number(match[1]) * size);
  if (!Number.isSafeInteger(nanoseconds)) throw new UnitError('a duration such as 10s, 500ms, 2m or 1h', text);
  return nanoseconds;
}
