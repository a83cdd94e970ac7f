import type { Agreement } from './agreement.js';
import type { Side } from './scenario.js';
import { percent, type Verdict } from './verdict.js';

const COLUMNS = ['scenario', 'tap', 'client', 'server', 'time right', 'findings', 'agreement'] as const;

/** Verdicts as a table in Markdown, one line for each capture. */
export function tableOf(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((verdict) => [
    verdict.scenario,
    verdict.tap,
    paths(verdict.ends, 'client'),
    paths(verdict.ends, 'server'),
    percent(Math.min(1, ...verdict.ends.map((end) => end.timeRight))),
    verdict.reported.join(', ') || 'none',
    agreement(verdict),
  ]);
  const widths = COLUMNS.map((title, index) =>
    Math.max(...[title, ...rows.map((row) => row[index] ?? '')].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`;
  return [line(COLUMNS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** How many of an end's paths of states are right, of how many connections. */
function paths(ends: readonly Agreement[], side: Side): string {
  const own = ends.filter((end) => end.side === side);
  const right = own.filter((end) => end.pathRight).length;
  if (own.length === 1) return right === 1 ? 'right' : 'wrong';
  return `${right}/${own.length} right`;
}

function agreement({ differences, explained }: Verdict): string {
  if (differences.length === 0) return 'agrees';
  return explained === null ? differences.join('; ') : `${differences.join('; ')} (${explained})`;
}
