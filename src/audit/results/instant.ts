import type { Clock, Time } from '../../connection/model.js';

/** 9999-12-31T23:59:59Z: what lies beyond comes from a damaged clock, and no engine's date type holds it. */
const LAST = 253_402_300_799_000_000;

/** Microseconds since 1970 (UTC), within the years 1970 to 9999. */
export function utcMicroseconds(time: Time, clock: Clock, round: (value: number) => number = Math.round): number {
  return Math.min(LAST, Math.max(0, clock.epochSeconds * 1e6 + round(time / 1000)));
}

/** The UTC day, `2026-11-20`, that an instant in microseconds lies in. */
export function utcDay(microseconds: number): string {
  return new Date(microseconds / 1000).toISOString().slice(0, 10);
}
