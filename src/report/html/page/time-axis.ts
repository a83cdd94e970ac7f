const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Distances between the marks of a time axis, in seconds. */
export const TIME_STEPS: readonly number[] = [
  ...[1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 30, 100].map((n) => n * DAY),
];

/** What stands at the marks, in UTC: no more digits than tell them apart. */
export function timeTicks(seconds: readonly number[]): string[] {
  const step = seconds.length > 1 ? seconds[1] - seconds[0] : 1;
  return seconds.map((second) => {
    const text = new Date(Math.round(second * 1e3)).toISOString();
    if (step >= DAY) return text.slice(0, 10);
    if (step >= MINUTE) return text.slice(11, 16);
    if (step >= 1) return text.slice(11, 19);
    const digits = Math.min(6, Math.max(1, Math.ceil(-Math.log10(step) - 1e-9)));
    const fraction = (second - Math.floor(second)).toFixed(digits);
    const whole = fraction.startsWith('1') ? Math.floor(second) + 1 : Math.floor(second);
    return `${new Date(whole * 1e3).toISOString().slice(11, 19)}${fraction.slice(1)}`;
  });
}
