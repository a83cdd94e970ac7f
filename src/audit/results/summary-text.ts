import { escapeText, shellWord } from '../../report/escape.js';
import { givenUpText } from '../../report/given-up.js';
import { type Look, PLAIN, SEVERITY_MARK, type Style } from '../../report/style.js';
import { formatBytes, formatCount, formatDuration } from '../../report/units.js';
import { pack, padEnd, padStart, truncate, wrap } from '../../report/width.js';
import type { Change } from '../baseline/compare.js';
import { changeOf, findingsOf, type Summary, worstServices } from './summary.js';

export interface SummaryTextOptions {
  /** Columns that a line may take; less than 80 is taken as 80. Commands to copy are never broken. */
  readonly width?: number;
  readonly style?: Style;
}

const MOST_KINDS = 7;
const MOST_PLACES = 3;
const MOST_VIOLATIONS = 4;
const NUMBER = 9;

/** What `lastack audit` prints: one screen, whatever the batch. All of it is in the files of `out`. */
export function auditText(summary: Summary, out: string, options: SummaryTextOptions = {}): string {
  const width = Math.max(80, options.width ?? 80);
  const style = options.style ?? PLAIN;
  const blocks = [
    captures(summary, width, style),
    connections(summary, style),
    findings(summary, width, style),
    places(summary, width, style),
    verdict(summary, width, style),
    lookFirst(summary, out, width),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function captures({ counts, start, end, shard }: Summary, width: number, style: Style): string[] {
  const name = `${formatCount(counts.captures)} ${counts.captures === 1 ? 'capture' : 'captures'}`;
  const facts = [
    ...(counts.files > counts.captures ? [`${formatCount(counts.files)} files`] : []),
    formatBytes(counts.bytes),
    `${formatCount(counts.frames)} frames, ${formatCount(counts.tcpSegments)} TCP`,
    ...(start === null || end === null ? [] : [`${span(start, end)} UTC`]),
    ...(shard === null ? [] : [`share ${shard}`]),
  ];
  const indent = name.length + 3;
  const lines = pack(facts, ' · ', width - indent);
  const shown = lines.map((line, i) => (i === 0 ? `${style('strong', name)}   ${line}` : ' '.repeat(indent) + line));
  const wrong = [
    ...(counts.partial > 0 ? [`${formatCount(counts.partial)} read only in part`] : []),
    ...(counts.unreadable > 0 ? [`${files(counts.unreadable)} could not be read`] : []),
  ];
  const rest = counts.ignored > 0 ? [`${files(counts.ignored)} ignored`] : [];
  return [
    ...shown,
    ...(wrong.length > 0 ? [' '.repeat(indent) + style('error', `✖ ${wrong.join(', ')}`)] : []),
    ...rest.map((text) => ' '.repeat(indent) + text),
  ];
}

/** How connections ended on the left, in which states both ends were left on the right. */
function connections({ flows, givenUp, outcomes, statesAtEnd }: Summary, style: Style): string[] {
  if (flows === 0) return ['No TCP connection.'];
  const ended = Object.entries(outcomes).filter(([, count]) => count > 0);
  const left = [
    `${formatCount(flows)} ${flows === 1 ? 'connection' : 'connections'}`,
    ...ended.map(([outcome, count]) => `${padStart(formatCount(count), 11)} ${outcome}`),
  ];
  const { client, server } = statesAtEnd;
  const states = ([...new Set([...Object.keys(client), ...Object.keys(server)])] as (keyof typeof client)[])
    .map((state) => ({ state, client: client[state] ?? 0, server: server[state] ?? 0 }))
    .filter(({ state }) => state !== 'CLOSED' && state !== 'LISTEN')
    .sort((a, b) => b.client + b.server - a.client - a.server || (a.state < b.state ? -1 : 1));
  const shown = states.slice(0, Math.max(4, ended.length));
  const right = [
    states.length > 0
      ? `${padEnd('at the end', 14)}${padStart('client', NUMBER)}${padStart('server', NUMBER)}`
      : 'at the end every socket was gone',
    ...shown.map((row) => `${style(row.state, padEnd(row.state, 14))}${cell(row.client)}${cell(row.server)}`),
  ];
  const lines = Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    right[i] === undefined ? left[i] : padEnd(left[i] ?? '', 38) + right[i],
  );
  return givenUp === 0 ? lines : [...lines, style('warning', ` ▲ ${givenUpText(givenUp)}`)];
}

interface Line {
  readonly severity: Summary['findings'][number]['severity'];
  readonly kind: string;
  readonly captures: number;
  readonly flows: number;
  readonly change: Change | null;
}

function findings(summary: Summary, width: number, style: Style): string[] {
  if (summary.flows === 0 && summary.acrossFlows.length === 0) return [];
  const lines = [
    ...acrossLines(summary),
    ...summary.findings.map((f): Line => ({ ...f, change: changeOf(summary, f.kind) })),
  ];
  if (lines.length === 0) return ['Nothing was found.'];
  // Those across flows come first among equals: each stands for many.
  const order = Object.keys(SEVERITY_MARK);
  lines.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const shown = lines.slice(0, MOST_KINDS);
  const kinds = Math.max(...shown.map(({ kind }) => kind.length)) + 4;
  const { baseline } = summary;
  const head = `${style('strong', padEnd('Findings', kinds))}${padStart('captures', NUMBER)}${padStart('flows', NUMBER)}`;
  return [
    baseline === null ? head : `${head}   against the baseline`,
    ...shown.map(({ severity, kind, captures: n, flows, change }) => {
      const name = style(severity, padEnd(` ${SEVERITY_MARK[severity]} ${kind}`, kinds));
      const against = baseline === null ? '' : `   ${changeNote(change)}`;
      return `${name}${cell(n)}${cell(flows)}${truncate(against, width - kinds - 2 * NUMBER)}`.trimEnd();
    }),
    ...(lines.length > shown.length ? [`   and ${lines.length - shown.length} more kinds`] : []),
    ...(baseline === null ? [] : [changesLine(baseline.counts)]),
  ];
}

function acrossLines({ acrossFlows }: Summary): Line[] {
  const kinds = new Map<string, Line & { readonly seen: Set<string> }>();
  for (const { kind, severity, flows, capture } of acrossFlows) {
    const before = kinds.get(kind);
    const seen = before?.seen.add(capture) ?? new Set([capture]);
    // They come with the gravest first.
    const worst = before?.severity ?? severity;
    kinds.set(kind, {
      kind,
      severity: worst,
      flows: flows + (before?.flows ?? 0),
      captures: seen.size,
      seen,
      change: null,
    });
  }
  return [...kinds.values()];
}

function changeNote(change: Change | null): string {
  if (change === null) return '';
  const { before } = change;
  return `${change.change} (${formatCount(before.findings)} of ${formatCount(before.flows)})`;
}

function changesLine(counts: Readonly<Record<string, number>>): string {
  const told = Object.entries(counts).flatMap(([name, n]) => (n > 0 ? [`${formatCount(n)} ${name}`] : []));
  return `   by service and kind: ${told.join(', ') || 'nothing to compare'}`;
}

function places(summary: Summary, width: number, style: Style): string[] {
  const services = worstServices(summary).map((service) => ({
    name: service.service ?? '',
    counts: [service.flows, findingsOf(service, 'error'), findingsOf(service, 'warning')],
    note: service.handshake.p99 === null ? '' : `handshake p99 ${formatDuration(service.handshake.p99 * 1e9)}`,
  }));
  const clients = summary.clients
    .filter(({ address }) => address !== null)
    .map(({ address, flows, errors, warnings }) => ({
      name: address ?? '',
      counts: [flows, errors, warnings],
      note: '',
    }));
  if (services.length + clients.length === 0) return [];
  const shown = [...services.slice(0, MOST_PLACES), ...clients.slice(0, MOST_PLACES)];
  const names = Math.min(44, Math.max(16, ...shown.map(({ name }) => name.length + 1)) + 1);
  const row = ({ name, counts, note }: (typeof shown)[number]): string =>
    truncate(
      `${padEnd(` ${truncate(escapeText(name), names - 2)}`, names)}${counts.map(cell).join('')}   ${note}`,
      width,
    ).trimEnd();
  const heads = ['flows', 'errors', 'warnings'].map((head) => padStart(head, NUMBER)).join('');
  return [
    `${style('strong', padEnd('Worst services', names))}${heads}`,
    ...services.slice(0, MOST_PLACES).map(row),
    style('strong', 'Worst clients'),
    ...clients.slice(0, MOST_PLACES).map(row),
  ];
}

function verdict({ policy }: Summary, width: number, style: Style): string[] {
  if (policy === null) return [];
  const { limits, regressions, expired } = policy;
  const path = escapeText(policy.path);
  const broken = [
    ...limits
      .filter(({ holds }) => !holds)
      .map(({ line, limit, measured }) => {
        const more = measured.length > 1 ? ` and ${measured.length - 1} more` : '';
        return `line ${line}: ${limit}: ${measured[0] ?? ''}${more}`;
      }),
    ...regressions,
  ];
  const notes = expired.map(({ line, kind, until }) => `line ${line}: ${kind} is no longer ignored, since ${until}`);
  const mark = (look: Look, sign: string) => (text: string) => {
    const lines = wrap(escapeText(text), width - 3).slice(0, 2);
    return lines.map((line, i) => style(look, `${i === 0 ? ` ${sign}` : '  '} ${line}`));
  };
  const beyond = broken.length - MOST_VIOLATIONS;
  return [
    broken.length > 0
      ? style('error', truncate(`The policy ${path} is violated`, width))
      : truncate(`The policy ${path} is kept: ${limits.length} ${limits.length === 1 ? 'limit' : 'limits'}`, width),
    ...broken.slice(0, MOST_VIOLATIONS).flatMap(mark('error', '✖')),
    ...(beyond > 0 ? [`   and ${beyond} more`] : []),
    ...notes.slice(0, 2).flatMap(mark('warning', '▲')),
  ];
}

/** Commands to copy. */
function lookFirst(summary: Summary, out: string, width: number): string[] {
  const { worst, captures: all } = summary;
  const [first] = worst;
  const folder = shellWord(out.startsWith('-') ? `./${out}` : out);
  const lines: string[] = [];
  if (first !== undefined) {
    const file = shellWord(first.file.startsWith('-') ? `./${first.file}` : first.file);
    const series = all.find(({ id }) => id === first.capture)?.files ?? [];
    // Numbers of a series count through all of its files.
    const select = series.length > 1 ? `--finding ${first.kind}` : `--flow ${first.flow}`;
    lines.push(`lastack timeline ${file} ${select}`, `lastack explain ${first.kind}`);
  }
  const broken = brokenFiles(summary);
  const names = broken.length > 1 ? `   names the ${files(broken.length)} that were not read whole` : '';
  lines.push(`lastack query ${folder} --list`, `${folder}/report.md${names}`);
  const remark = broken.length === 1 ? wrap(escapeText(broken[0]), width - 13) : [];
  return [...remark, ...lines].map((line, i) => `${i === 0 ? 'Look first:' : '           '}  ${line}`);
}

function brokenFiles({ captures: all, unreadable }: Summary): string[] {
  return [
    ...unreadable.map(({ error }) => error.message),
    ...all.flatMap((capture) => capture.files.flatMap(({ error }) => error?.message ?? [])),
  ];
}

const cell = (count: number): string => padStart(formatCount(count), NUMBER);
const files = (count: number): string => `${formatCount(count)} ${count === 1 ? 'file' : 'files'}`;
const span = (start: string, end: string): string =>
  minute(start) === minute(end) ? minute(start) : `${minute(start)} – ${minute(end)}`;
const minute = (time: string): string => time.slice(0, 16).replace('T', ' ');
