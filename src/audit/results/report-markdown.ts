import { escapeText } from '../../report/escape.js';
import { givenUpText } from '../../report/given-up.js';
import { formatBytes, formatCount, formatDuration } from '../../report/units.js';
import { changeText } from '../policy/judge.js';
import { changeOf, findingsOf, type Summary, worstServices } from './summary.js';

/** Lines of a table; what is beyond is in summary.json and the Parquet files. */
const MOST = 20;

/** `report.md`: the audit for people, to be read in a browser or attached to a ticket. */
export function reportMarkdown(summary: Summary): string {
  const blocks = [
    ['# lastack audit'],
    overview(summary),
    policy(summary),
    findings(summary),
    changes(summary),
    services(summary),
    clients(summary),
    worst(summary),
    captures(summary),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function overview(summary: Summary): string[] {
  const { counts, flows, givenUp, start, end, outcomes, handshake, shard } = summary;
  const ended = Object.entries(outcomes).flatMap(([name, n]) => (n > 0 ? [`${formatCount(n)} ${name}`] : []));
  return [
    ...(shard === null ? [] : [`Share ${shard} of the batch.\n`]),
    `- ${formatCount(counts.captures)} captures (${formatCount(counts.files)} files, ${formatBytes(counts.bytes)}): ` +
      `${formatCount(counts.complete)} read to the end, ${formatCount(counts.partial)} in part; ` +
      `${formatCount(counts.unreadable)} files unreadable, ${formatCount(counts.ignored)} ignored`,
    `- ${formatCount(counts.frames)} frames, ${formatCount(counts.tcpSegments)} TCP` +
      (start === null || end === null ? '' : `, from ${start} to ${end}`),
    `- ${formatCount(flows)} connections${ended.length > 0 ? `: ${ended.join(', ')}` : ''}`,
    ...(givenUp === 0 ? [] : [`- ${givenUpText(givenUp)}`]),
    ...(handshake.count === 0
      ? []
      : [`- handshakes: median ${time(handshake.p50)}, p90 ${time(handshake.p90)}, p99 ${time(handshake.p99)}`]),
  ];
}

function policy({ policy: verdict }: Summary): string[] {
  if (verdict === null) return [];
  const { violated, limits, regressions, ignored, expired, path } = verdict;
  return [
    `## Policy: ${violated ? 'violated' : 'kept'}\n`,
    ...table(
      ['line', 'limit', 'holds', 'measured'],
      limits.map(({ line, limit, holds, measured }) => [
        `${text(path)}:${line}`,
        text(limit),
        holds ? 'yes' : '**no**',
        measured.slice(0, MOST).map(text).join('<br>'),
      ]),
    ),
    ...list('\nChanges that it does not allow:\n', regressions),
    ...list(
      '\nIgnored:\n',
      ignored.map(({ line, kind, findings: n, reason }) => `line ${line}: ${formatCount(n)} ${kind}: ${reason}`),
    ),
    ...list(
      '\nIgnores that are over:\n',
      expired.map(({ line, kind, until }) => `line ${line}: ${kind}, until ${until}`),
    ),
  ];
}

function findings(summary: Summary): string[] {
  const { findings: kinds, acrossFlows } = summary;
  if (kinds.length + acrossFlows.length === 0) return ['## Findings\n', 'None.'];
  const single = kinds.map((found) => {
    const change = changeOf(summary, found.kind);
    return [
      found.severity,
      found.kind,
      formatCount(found.flows),
      formatCount(found.captures),
      change === null
        ? ''
        : `${change.change}, ${formatCount(change.before.findings)} of ${formatCount(change.before.flows)} before`,
      text(found.message),
    ];
  });
  const across = acrossFlows
    .slice(0, MOST)
    .map((found) => [
      found.severity,
      found.kind,
      formatCount(found.flows),
      found.capture,
      '',
      `${text(found.subject)}: ${text(found.message)}`,
    ]);
  return [
    '## Findings\n',
    ...table(['severity', 'kind', 'flows', 'captures', 'against the baseline', 'the first'], [...single, ...across]),
  ];
}

function changes({ baseline }: Summary): string[] {
  if (baseline === null) return [];
  const { counts, path, test, significance } = baseline;
  const told = Object.entries(counts).flatMap(([name, n]) => (n > 0 ? [`${formatCount(n)} ${name}`] : []));
  return [
    `## Against ${text(path)}\n`,
    `Per service and kind of finding: ${told.join(', ') || 'nothing to compare'}. ${test}; a change is one with p ≤ ${significance}.`,
    ...list('', baseline.changes.slice(0, MOST).map(changeText)),
  ];
}

function services(summary: Summary): string[] {
  const rows = worstServices(summary)
    .slice(0, MOST)
    .map((service) => [
      text(service.service ?? ''),
      formatCount(service.flows),
      formatCount(findingsOf(service, 'error')),
      formatCount(findingsOf(service, 'warning')),
      time(service.handshake.p99),
      service.findings
        .slice(0, 3)
        .map(({ kind, flows }) => `${formatCount(flows)} ${kind}`)
        .join(', '),
    ]);
  if (rows.length === 0) return [];
  return [
    '## Worst services\n',
    ...table(['service', 'flows', 'errors', 'warnings', 'handshake p99', 'findings'], rows),
  ];
}

function clients(summary: Summary): string[] {
  const rows = summary.clients
    .filter(({ address }) => address !== null)
    .slice(0, MOST)
    .map(({ address, flows, errors, warnings }) => [
      text(address ?? ''),
      formatCount(flows),
      formatCount(errors),
      formatCount(warnings),
    ]);
  if (rows.length === 0) return [];
  return ['## Worst clients\n', ...table(['client', 'flows', 'with an error', 'with a warning'], rows)];
}

function worst(summary: Summary): string[] {
  const rows = summary.worst.map((flow) => [
    text(flow.file),
    String(flow.flow),
    `${text(flow.client)} → ${text(flow.server)}`,
    flow.kind,
    flow.at,
    text(flow.message),
  ]);
  if (rows.length === 0) return [];
  return ['## Connections to open first\n', ...table(['file', 'flow', 'connection', 'finding', 'at', 'what'], rows)];
}

/** What could not be read is named one by one: nothing may be missing in silence. */
function captures({ captures: all, unreadable, ignored }: Summary): string[] {
  const partial = all.flatMap(({ files }) =>
    files.flatMap(({ path, complete, error, frames }) =>
      complete ? [] : [`${error?.message ?? `${path}: not read to its end`} (${formatCount(frames)} frames read)`],
    ),
  );
  return [
    ...list('## Read in part\n', partial),
    ...list(
      `${partial.length > 0 ? '\n' : ''}## Unreadable\n`,
      unreadable.map(({ error }) => error.message),
    ),
    ...list(
      `${partial.length + unreadable.length > 0 ? '\n' : ''}## Ignored\n`,
      ignored.map(({ path, reason }) => `${path}: ${reason}`),
    ),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/** Nothing where there is nothing to list. */
function list(head: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [...(head === '' ? [''] : [head]), ...items.map((item) => `- ${text(item)}`)];
}

const time = (seconds: number | null): string => (seconds === null ? '' : formatDuration(seconds * 1e9));

/** `text` as Markdown shows it, letter by letter: no markup, no HTML, no link, no mention. */
export function text(text: string): string {
  return escapeText(text)
    .replace(/[\\`*_[\]<>|~#!$&]/g, '\\$&')
    .replace(/^([+-]|\d+[.)])(?=\s)/, '\\$1')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/@/g, '\\@')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}\\.`);
}
