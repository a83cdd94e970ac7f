import type { Clock } from '../connection/model.js';
import { TCP_STATES, type TcpState } from '../connection/state.js';
import { csvCell, escapeText, toJson } from './escape.js';
import type { StateSample } from './state-series.js';
import type { StateCount, StateGroup } from './states.js';
import { PLAIN, type Style } from './style.js';
import { formatTimestamp } from './units.js';
import { padEnd, padStart } from './width.js';

/** One count as scripts read it. */
export interface StateRow {
  /** ISO 8601, in a series only. */
  readonly at?: string;
  readonly address?: string;
  readonly port?: number;
  readonly state: TcpState;
  readonly count: number;
}

const BARS = '▁▂▃▄▅▆▇█';

/** The lines of `netstat -n | awk '/^tcp/ {++S[$NF]} END {for(a in S) print a, S[a]}'`, each after its group where there are groups. */
export function countsText(rows: readonly StateCount[]): string {
  return rows
    .map(({ group, state, count }) => `${group === null ? '' : `${escapeText(group)} `}${state} ${count}\n`)
    .join('');
}

export function countRows(rows: readonly StateCount[], by?: StateGroup): StateRow[] {
  return rows.map(({ group, state, count }) => {
    if (by === undefined || group === null) return { state, count };
    return by === 'port' ? { port: Number(group), state, count } : { address: group, state, count };
  });
}

export function seriesRows(samples: readonly StateSample[], clock: Clock): StateRow[] {
  const states = statesIn(samples);
  return samples.flatMap(({ at, counts }) =>
    states.map((state) => ({ at: formatTimestamp(Math.round(at), clock), state, count: counts[state] ?? 0 })),
  );
}

/** A line per sample and a column per state that occurs, then a sparkline per state, of at most `width` columns. */
export function seriesText(samples: readonly StateSample[], clock: Clock, width = 80, style: Style = PLAIN): string {
  const states = statesIn(samples);
  if (states.length === 0) return '';
  const times = samples.map(({ at }) => shortTime(formatTimestamp(Math.round(at), clock)));
  const column = Math.max(...times.map((time) => time.length));
  const cells = states.map((state) =>
    Math.max(state.length, ...samples.map(({ counts }) => String(counts[state] ?? 0).length)),
  );
  const lines = [
    `${padEnd('time', column)}${states.map((state, i) => `  ${style(state, padStart(state, cells[i]))}`).join('')}`,
  ];
  samples.forEach(({ counts }, row) => {
    lines.push(
      padEnd(times[row], column) +
        states.map((state, i) => `  ${padStart(String(counts[state] ?? 0), cells[i])}`).join(''),
    );
  });
  lines.push('');
  for (const state of states) {
    const values = samples.map(({ counts }) => counts[state] ?? 0);
    const most = values.reduce((a, b) => Math.max(a, b), 0);
    const label = `  at most ${most}`;
    lines.push(
      `${padEnd(state, 11)}  ${style(state, sparkline(values, Math.max(8, width - 13 - label.length)))}${label}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Bars from 0 to the greatest of `values`; where there are more than `width`, each bar is the greatest of its share. */
export function sparkline(values: readonly number[], width: number): string {
  const bars = Math.min(values.length, width);
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return Array.from({ length: bars }, (_, index) => {
    const from = Math.floor((index * values.length) / bars);
    const to = Math.floor(((index + 1) * values.length) / bars);
    const value = values.slice(from, to).reduce((a, b) => Math.max(a, b), 0);
    if (value === 0) return ' ';
    return BARS[Math.ceil((value / most) * BARS.length) - 1];
  }).join('');
}

export const rowsJson = (rows: readonly StateRow[]): string => `${toJson(rows, 2)}\n`;

export const rowsNdjson = (rows: readonly StateRow[]): string => rows.map((row) => `${toJson(row)}\n`).join('');

/** With a header line; line ends as in RFC 4180. */
export function rowsCsv(rows: readonly StateRow[], columns: readonly (keyof StateRow)[]): string {
  const lines = [
    columns.join(','),
    ...rows.map((row) => columns.map((column) => csvCell(row[column] ?? '')).join(',')),
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

const statesIn = (samples: readonly StateSample[]): TcpState[] =>
  TCP_STATES.filter((state) => samples.some(({ counts }) => (counts[state] ?? 0) > 0));

/** Without the digits that are all zero. */
const shortTime = (timestamp: string): string => timestamp.replace(/\.?0+Z$/, 'Z');
