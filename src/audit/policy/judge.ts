import { SEVERITIES } from '../../findings/finding.js';
import { formatCount, formatDuration } from '../../report/units.js';
import type { BaselineReport, Change } from '../baseline/compare.js';
import type { AcrossSummary } from '../results/summary.js';
import { Sketch } from '../work/sketch.js';
import type { ServiceCount } from '../work/tally.js';
import type { Ignore, Limit, Policy } from './policy.js';

/** What became of one limit. */
export interface LimitResult {
  readonly line: number;
  /** The limit in words. */
  readonly limit: string;
  readonly holds: boolean;
  /** What was measured, for each service that exceeds it, or for all together; those that exceed it most first. */
  readonly measured: readonly string[];
}

export interface Verdict {
  readonly path: string;
  readonly violated: boolean;
  readonly limits: readonly LimitResult[];
  /** Changes against the baseline that the policy does not allow. */
  readonly regressions: readonly string[];
  /** Findings that were ignored, and why. */
  readonly ignored: readonly {
    readonly line: number;
    readonly kind: string;
    readonly findings: number;
    readonly reason: string;
  }[];
  /** Ignores that are over. */
  readonly expired: readonly { readonly line: number; readonly kind: string; readonly until: string }[];
}

/** All that a policy looks at. */
export interface Evidence {
  readonly services: readonly ServiceCount[];
  readonly across: readonly AcrossSummary[];
  readonly baseline: BaselineReport | null;
  /** The day, `2026-11-20`, that ignores are held against. */
  readonly today: string;
}

export function judge(policy: Policy, evidence: Evidence): Verdict {
  const { today } = evidence;
  const active = policy.ignores.filter(({ until }) => until >= today);
  const limits = policy.limits.map((limit) => judgeLimit(limit, evidence, active));
  const regressions = regressionsOf(policy, evidence.baseline);
  return {
    path: policy.path,
    violated: limits.some(({ holds }) => !holds) || regressions.length > 0,
    limits,
    regressions,
    ignored: active.map((ignore) => ({
      line: ignore.line,
      kind: ignore.kind,
      findings: ignoredBy(ignore, evidence),
      reason: ignore.reason,
    })),
    expired: policy.ignores
      .filter(({ until }) => until < today)
      .map(({ line, kind, until }) => ({ line, kind, until })),
  };
}

/** Flows, findings and handshakes that a limit is held against. */
class Measure {
  flows = 0;
  findings = 0;
  readonly handshakes = new Sketch();

  constructor(readonly service: string | null) {}
}

function judgeLimit(limit: Limit, { services, across }: Evidence, ignores: readonly Ignore[]): LimitResult {
  const measures = new Map<string | null, Measure>();
  const measureOf = (service: string): Measure => {
    const key = limit.each ? service : null;
    const known = measures.get(key) ?? new Measure(key);
    measures.set(key, known);
    return known;
  };
  const isIgnored = (kind: string, service: string): boolean =>
    ignores.some((ignore) => ignore.kind === kind && ignore.scope.holds(service));
  for (const { service, flows, findings, handshakes } of services) {
    // Beyond the bound, nobody knows which service it was: only limits on all of them count it.
    if (service === null ? limit.each || !limit.scope.isAll : !limit.scope.holds(service)) continue;
    const measure = measureOf(service ?? '');
    measure.flows += flows;
    measure.handshakes.merge(handshakes);
    for (const found of findings) {
      if (counts(limit, found) && !isIgnored(found.kind, service ?? '')) measure.findings += found.flows;
    }
  }
  for (const found of across) {
    if (!limit.scope.holds(found.subject) || !counts(limit, found) || isIgnored(found.kind, found.subject)) continue;
    measureOf(found.subject).findings += 1;
  }
  const judged = [...measures.values()].filter((measure) => measure.flows >= limit.minFlows || acrossOnly(measure));
  const broken = judged
    .filter((measure) => exceeds(limit, measure))
    .sort((a, b) => amountOf(limit, b) - amountOf(limit, a));
  const told = broken.length > 0 || limit.each ? broken : judged;
  return {
    line: limit.line,
    limit: limitText(limit),
    holds: broken.length === 0,
    measured: told.map((measure) => measureText(limit, measure)),
  };
}

/** A finding across flows whose subject is no service that has flows. */
const acrossOnly = ({ flows, findings }: Measure): boolean => flows === 0 && findings > 0;

function counts({ subject }: Limit, { kind, severity }: { readonly kind: string; readonly severity: string }): boolean {
  if ('kind' in subject) return subject.kind === kind;
  return 'severity' in subject && subject.severity === severity;
}

/** In the unit of the limit. */
function amountOf(limit: Limit, { flows, findings, handshakes }: Measure): number {
  if ('quantile' in limit.subject) return handshakes.quantile(limit.subject.quantile) ?? 0;
  return limit.most.unit === 'share' ? findings / Math.max(1, flows) : findings;
}

function exceeds(limit: Limit, measure: Measure): boolean {
  const value = amountOf(limit, measure);
  return 'quantile' in limit.subject ? value >= limit.most.value : value > limit.most.value;
}

function limitText({ subject, scope, each, most }: Limit): string {
  const what =
    'quantile' in subject
      ? `p${Number((subject.quantile * 100).toFixed(4))} of the handshake below ${formatDuration(most.value * 1e9)}`
      : `${'kind' in subject ? subject.kind : `findings of severity ${subject.severity}`} at most ${mostText(most)}`;
  return [what, scope.text, each ? 'for each service' : ''].filter(Boolean).join(' ');
}

const mostText = ({ unit, value }: Limit['most']): string =>
  unit === 'share' ? `${percent(value)} of flows` : formatCount(value);

function measureText(limit: Limit, measure: Measure): string {
  const { service, flows, findings, handshakes } = measure;
  const where = service === null ? '' : `${service}: `;
  if ('quantile' in limit.subject) {
    return `${where}${formatDuration(amountOf(limit, measure) * 1e9)} over ${formatCount(handshakes.count)} handshakes`;
  }
  return `${where}${formatCount(findings)} in ${formatCount(flows)} flows (${percent(findings / Math.max(1, flows))})`;
}

/** Three significant digits. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

function ignoredBy({ kind, scope }: Ignore, { services, across }: Evidence): number {
  let findings = across.filter((found) => found.kind === kind && scope.holds(found.subject)).length;
  for (const { service, findings: found } of services) {
    if (!scope.holds(service ?? '')) continue;
    for (const one of found) if (one.kind === kind) findings += one.flows;
  }
  return findings;
}

function regressionsOf({ baseline, ignores }: Policy, report: BaselineReport | null): string[] {
  const { fail } = baseline;
  if (report === null || fail === null) return [];
  const isGrave = ({ severity }: Change): boolean => SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(fail);
  return report.changes
    .filter((change) => (change.change === 'new' || change.change === 'worse') && isGrave(change))
    .filter(({ kind, service }) => !ignores.some((ignore) => ignore.kind === kind && ignore.scope.holds(service)))
    .map(changeText);
}

/** One change in words, with the counts behind it. */
export function changeText({ change, kind, service, before, now, p }: Change): string {
  const then = `${formatCount(before.findings)} of ${formatCount(before.flows)}`;
  const counts = `${then} flows before, ${formatCount(now.findings)} of ${formatCount(now.flows)} now`;
  return `${change}: ${kind} on ${service}: ${counts}${p === null ? '' : ` (p = ${p})`}`;
}
