import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FindingKind, SEVERITIES, type Severity } from '../../findings/finding.js';
import { AuditError } from '../error.js';
import type { KindCount } from '../work/tally.js';
import { adjust } from './false-discovery.js';
import { fisherExact, type Proportion } from './fisher.js';

/**
 * `new` and `gone`: seen on one side only; `worse` and `better`: on both. Each beyond what chance explains; what chance does
 * explain is `unchanged`. `incomparable`: one side has no flows of the service.
 */
export type ChangeName = 'new' | 'worse' | 'better' | 'gone' | 'unchanged' | 'incomparable';

/** A kind of finding on a service, then and now. */
export interface Change {
  readonly service: string;
  readonly kind: FindingKind;
  /** The graver of both sides. */
  readonly severity: Severity;
  readonly change: ChangeName;
  readonly before: Proportion;
  readonly now: Proportion;
  /** Of the two-sided test, adjusted for how many were made, to three digits; null where there is nothing to test. */
  readonly p: number | null;
}

export interface BaselineReport {
  readonly path: string;
  readonly test: string;
  readonly significance: number;
  readonly counts: Readonly<Record<ChangeName, number>>;
  /** All services together, one for each kind. */
  readonly kinds: readonly Change[];
  /** Per service and kind, without those that chance explains; the surest first. */
  readonly changes: readonly Change[];
}

/** What a comparison needs of each side: a part of `summary.json`. */
export interface Side {
  readonly flows: number;
  readonly services: readonly SideService[];
}

interface SideService {
  readonly service: string | null;
  readonly flows: number;
  readonly findings: readonly KindCount[];
}

const TEST =
  "Fisher's exact test, two-sided, on flows with and without the finding; p adjusted by Benjamini and Hochberg";
const ALL = 'all services';

/**
 * Reads the results that an earlier run left.
 * @throws AuditError where there are none, or not complete
 */
export function readBaseline(folder: string): Side {
  const path = join(folder, 'summary.json');
  let summary: unknown;
  try {
    summary = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new AuditError(`no baseline in ${folder}: ${error instanceof Error ? error.message : error}`);
  }
  if (!isSide(summary)) throw new AuditError(`no baseline in ${folder}: summary.json is not of lastack audit`);
  return summary;
}

function isSide(value: unknown): value is Side {
  return typeof value === 'object' && value !== null && 'services' in value && Array.isArray(value.services);
}

export function compare(path: string, before: Side, now: Side, significance: number): BaselineReport {
  const kinds = tested(pairsOf([together(before)], [together(now)]), significance);
  const all = tested(pairsOf(before.services, now.services), significance);
  const counts: Record<ChangeName, number> = { new: 0, worse: 0, better: 0, gone: 0, unchanged: 0, incomparable: 0 };
  for (const { change } of all) counts[change]++;
  return {
    path,
    test: TEST,
    significance,
    counts,
    kinds,
    changes: all.filter(({ change }) => change !== 'unchanged').sort(bySureness),
  };
}

function together({ flows, services }: Side): SideService {
  return { service: ALL, flows, findings: services.flatMap(({ findings }) => findings) };
}

type Pair = Omit<Change, 'change' | 'p'>;

function pairsOf(before: readonly SideService[], now: readonly SideService[]): Pair[] {
  const then = new Map(before.map((service) => [service.service, service]));
  const today = new Map(now.map((service) => [service.service, service]));
  const pairs: Pair[] = [];
  for (const service of [...new Set([...then.keys(), ...today.keys()])]) {
    // Beyond the bound: not one service, and not the same ones.
    if (service === null) continue;
    const [a, b] = [then.get(service), today.get(service)];
    for (const kind of new Set([...(a?.findings ?? []), ...(b?.findings ?? [])].map((found) => found.kind))) {
      pairs.push({
        service,
        kind,
        severity: worstOf([...(a?.findings ?? []), ...(b?.findings ?? [])].filter((found) => found.kind === kind)),
        before: proportion(a, kind),
        now: proportion(b, kind),
      });
    }
  }
  return pairs;
}

function proportion(service: SideService | undefined, kind: FindingKind): Proportion {
  const found = (service?.findings ?? []).filter((one) => one.kind === kind);
  return { findings: found.reduce((sum, one) => sum + one.flows, 0), flows: service?.flows ?? 0 };
}

const worstOf = (found: readonly KindCount[]): Severity =>
  SEVERITIES.find((severity) => found.some((one) => one.severity === severity)) ?? 'info';

function tested(pairs: readonly Pair[], significance: number): Change[] {
  const comparable = (pair: Pair): boolean => pair.before.flows > 0 && pair.now.flows > 0;
  const tests = pairs.filter(comparable);
  const adjusted = adjust(tests.map(({ before, now }) => fisherExact(before, now)));
  const values = new Map(tests.map((pair, i) => [pair, adjusted[i]]));
  return pairs.map((pair) => {
    const p = values.get(pair);
    if (p === undefined) return { ...pair, change: 'incomparable', p: null };
    return { ...pair, change: p <= significance ? direction(pair) : 'unchanged', p: Number(p.toPrecision(3)) };
  });
}

function direction({ before, now }: Pair): ChangeName {
  if (before.findings === 0) return 'new';
  if (now.findings === 0) return 'gone';
  return now.findings / now.flows > before.findings / before.flows ? 'worse' : 'better';
}

function bySureness(a: Change, b: Change): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    (a.p ?? 1) - (b.p ?? 1) ||
    b.now.findings - a.now.findings ||
    (a.service + a.kind < b.service + b.kind ? -1 : 1)
  );
}
