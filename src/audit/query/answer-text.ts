import { csvCell, escapeText, toJson } from '../../report/escape.js';
import { PLAIN, type Style } from '../../report/style.js';
import { displayWidth, padEnd, padStart, truncate } from '../../report/width.js';
import type { Answer, Value } from './query.js';

/** A cell of a table for people takes no more columns than this. */
const WIDEST = 60;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** Rows under their columns' names, numbers to the right. */
export function answerText({ columns, rows }: Answer, style: Style = PLAIN): string {
  const cells = rows.map((row) => row.map((value) => truncate(escapeText(cellText(value)), WIDEST)));
  const names = columns.map((name) => truncate(escapeText(name), WIDEST));
  const widths = names.map((name, i) => Math.max(displayWidth(name), ...cells.map((row) => displayWidth(row[i]))));
  const numeric = names.map((_, i) => cells.every((row) => row[i] === '' || NUMBER.test(row[i])));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (numeric[i] ? padStart(cell, widths[i]) : padEnd(cell, widths[i])))
      .join('  ')
      .trimEnd();
  return [style('strong', line(names)), ...cells.map(line)].map((text) => `${text}\n`).join('');
}

/** With a header line; line ends as in RFC 4180. */
export function answerCsv({ columns, rows }: Answer): string {
  const lines = [columns, ...rows.map((row) => row.map(cellText))];
  return lines
    .map((line) => `${line.map((cell) => (NUMBER.test(cell) ? cell : csvCell(cell))).join(',')}\r\n`)
    .join('');
}

export const answerJson = (answer: Answer): string => `${toJson(objects(answer), 2)}\n`;

export const answerNdjson = (answer: Answer): string =>
  objects(answer)
    .map((row) => `${toJson(row)}\n`)
    .join('');

function objects({ columns, rows }: Answer): Record<string, Value>[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
}

function cellText(value: Value): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
