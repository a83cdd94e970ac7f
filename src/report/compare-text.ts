import type { ComparedFlow, Comparison } from '../compare/compared-flow.js';
import { type FindingKind, SEVERITIES, type Severity } from '../findings/finding.js';
import { comparisonClockWords, overlapWords } from './compare-words.js';
import { escapeText } from './escape.js';
import { PLAIN, SEVERITY_MARK, type Style } from './style.js';
import { formatCount, formatDuration } from './units.js';
import { displayWidth, padEnd, padStart, wrap } from './width.js';

interface KindCount {
  severity: Severity;
  flows: number;
  first: number;
  /** Of the first flow that has one. */
  verdict: string | null;
  message: string;
}

/** Counts what was found, for the summary of a comparison. */
export class ComparisonFindings {
  readonly #kinds = new Map<FindingKind, KindCount>();

  add(flow: ComparedFlow): void {
    const seen = new Set<FindingKind>();
    for (const { kind, severity, verdict, message } of flow.findings) {
      const known = this.#kinds.get(kind);
      if (known === undefined) this.#kinds.set(kind, { severity, flows: 1, first: flow.flow, verdict, message });
      else {
        if (!seen.has(kind)) known.flows++;
        if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(known.severity)) known.severity = severity;
        known.verdict ??= verdict;
      }
      seen.add(kind);
    }
  }

  /** By severity, then by how many flows. */
  kinds(): [FindingKind, KindCount][] {
    return [...this.#kinds].sort(
      ([, a], [, b]) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.flows - a.flows,
    );
  }
}

/** What two captures hold together, and what was lost between them, as text. */
export function comparisonText(
  comparison: Comparison,
  findings: ComparisonFindings,
  { width = 80, style = PLAIN }: { readonly width?: number; readonly style?: Style } = {},
): string {
  const lines: string[] = [];
  const { captures, overlap, clock, flows } = comparison;
  for (const [index, files] of captures.entries()) {
    const name = files.map((f) => escapeText(f.path)).join(', ');
    const frames = files.reduce((sum, f) => sum + f.frames, 0);
    const segments = files.reduce((sum, f) => sum + f.tcpSegments, 0);
    const facts = `${formatCount(frames)} frames, ${formatCount(segments)} TCP`;
    lines.push(style('strong', `${index === 0 ? 'first ' : 'second'}  ${name}   ${facts}`));
  }
  lines.push('');
  for (const sentence of [overlapWords(comparison), clock === null ? null : comparisonClockWords(clock)]) {
    if (sentence !== null) lines.push(...wrap(sentence, width));
  }
  const only = [
    ...(flows.first > 0 ? [`${formatCount(flows.first)} in the first only`] : []),
    ...(flows.second > 0 ? [`${formatCount(flows.second)} in the second only`] : []),
  ];
  lines.push(
    `${formatCount(flows.both)} ${flows.both === 1 ? 'connection' : 'connections'} in both captures${only.map((text) => `, ${text}`).join('')}`,
  );
  if (overlap.kind !== 'nothing') lines.push('', ...pathLines(comparison, width));
  const kinds = findings.kinds();
  if (kinds.length > 0) lines.push('', 'What is wrong, and what decides it');
  for (const [kind, count] of kinds) {
    const head = ` ${SEVERITY_MARK[count.severity]} ${kind}`;
    const tail = `${formatCount(count.flows)} ${count.flows === 1 ? 'flow' : 'flows'}, first ${count.first}`;
    lines.push(style(count.severity, padEnd(head, width - displayWidth(tail)) + tail));
    const text = count.verdict === null ? count.message : `= ${count.verdict}`;
    lines.push(...wrap(escapeText(text), width - 5).map((line) => `     ${line}`));
  }
  return `${lines.join('\n')}\n`;
}

function pathLines({ delivered, lost, injected, delays }: Comparison, width: number): string[] {
  const names = ['first → second', 'second → first'];
  const rows = names.flatMap((name, d) => {
    const all = Object.values(lost[d]).reduce((sum, n) => sum + n, 0);
    const share = all === 0 ? '' : ` (${((100 * all) / (delivered[d] + all)).toFixed(2)} %)`;
    const classes = Object.entries(lost[d]).sort((a, b) => b[1] - a[1]);
    const least = Math.min(...delays[d].map((s) => s.least));
    const most = Math.max(...delays[d].map((s) => s.most));
    const segments = delays[d].reduce((sum, s) => sum + s.segments, 0);
    const mean = delays[d].reduce((sum, s) => sum + s.mean * s.segments, 0) / segments;
    const time = (s: number): string => formatDuration(Math.round(s * 1e9));
    const delay = segments === 0 ? '' : `${time(least)} to ${time(most)} on the way, ${time(mean)} on average`;
    const kinds = classes.map(([kind, n]) => `${formatCount(n)} ${kind}`).join(', ');
    return [
      `${name}  ${padStart(formatCount(delivered[d]), 11)} arrived ${padStart(formatCount(all), 8)} lost${share}`,
      ...(injected[d] > 0
        ? [`                ${formatCount(injected[d])} never sent, or missed by the sender's capture`]
        : []),
      ...(kinds === '' ? [] : wrap(`lost: ${kinds}`, width - 16).map((line) => `                ${line}`)),
      ...(delay === '' ? [] : [`                ${delay}`]),
    ];
  });
  return rows;
}
