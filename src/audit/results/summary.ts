import type { Outcome } from '../../findings/analysis.js';
import type { FindingKind, Severity } from '../../findings/finding.js';
import type { AnalysisJson } from '../../report/analysis-json.js';
import type { BaselineReport, Change } from '../baseline/compare.js';
import type { ReadError } from '../discovery/probe.js';
import type { PassedOver } from '../discovery/walk.js';
import type { Verdict } from '../policy/judge.js';
import type { WorstFlow } from '../work/record.js';
import type { ClientCount, KindCount } from '../work/tally.js';

/** `summary.json`: all that an audit found out. The same captures, options, policy and baseline give the same bytes. */
export interface Summary {
  readonly format: 1;
  /** The version that wrote it. */
  readonly lastack: string;
  /** `1/4`; null for the whole. */
  readonly shard: string | null;
  readonly options: unknown;
  readonly counts: CaptureCounts;
  readonly start: string | null;
  readonly end: string | null;
  readonly flows: number;
  /** Connections that are not among them: more were open at a time than are followed. */
  readonly givenUp: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly statesAtEnd: AnalysisJson['statesAtEnd'];
  readonly handshake: HandshakeSummary;
  readonly findings: readonly KindSummary[];
  readonly acrossFlows: readonly AcrossSummary[];
  readonly services: readonly ServiceSummary[];
  readonly clients: readonly ClientCount[];
  /** The flows to open first. */
  readonly worst: readonly (WorstFlow & { readonly capture: string })[];
  readonly policy: Verdict | null;
  readonly baseline: BaselineReport | null;
  readonly captures: readonly CaptureSummaryJson[];
  /** Files that could not be read at all. */
  readonly unreadable: readonly Unreadable[];
  readonly ignored: readonly PassedOver[];
}

export interface CaptureCounts {
  /** Captures and series of rotated files, each counted once. */
  readonly captures: number;
  /** Of these, read to the end of every file. */
  readonly complete: number;
  /** Of these, read in part. */
  readonly partial: number;
  readonly unreadable: number;
  readonly ignored: number;
  /** Files that were read, of all series together. */
  readonly files: number;
  readonly bytes: number;
  readonly frames: number;
  readonly tcpSegments: number;
}

/** Seconds. Null where no handshake was seen whole. */
export interface HandshakeSummary {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

/** One kind of finding in the whole batch. */
export interface KindSummary {
  readonly kind: FindingKind;
  /** The worst that occurred. */
  readonly severity: Severity;
  readonly flows: number;
  readonly captures: number;
  readonly firstAt: string;
  /** Message and advice of the first one. */
  readonly message: string;
  readonly advice: string;
}

export interface AcrossSummary {
  readonly capture: string;
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly subject: string;
  readonly flows: number;
  readonly at: string;
  readonly message: string;
  readonly advice: string;
}

export interface ServiceSummary {
  readonly service: string | null;
  readonly flows: number;
  readonly findings: readonly KindCount[];
  readonly handshake: HandshakeSummary;
}

export interface CaptureSummaryJson {
  readonly id: string;
  readonly files: AnalysisJson['captures'];
  readonly bytes: number;
  readonly flows: number;
  readonly complete: boolean;
  readonly findings: readonly { readonly kind: FindingKind; readonly severity: Severity; readonly flows: number }[];
}

export interface Unreadable {
  readonly path: string;
  readonly error: ReadError;
}

/** The change of one kind in all services together, where there is a baseline. */
export function changeOf({ baseline }: Summary, kind: FindingKind): Change | null {
  return baseline?.kinds.find((change) => change.kind === kind) ?? null;
}

/** Findings of a service, of one severity. */
export function findingsOf({ findings }: { readonly findings: readonly KindCount[] }, severity: Severity): number {
  return findings.reduce((sum, found) => sum + (found.severity === severity ? found.flows : 0), 0);
}

/** Services with an error or a warning, the worst first. */
export function worstServices({ services }: Summary): ServiceSummary[] {
  return services
    .filter((s) => s.service !== null && findingsOf(s, 'error') + findingsOf(s, 'warning') > 0)
    .sort(
      (a, b) =>
        findingsOf(b, 'error') - findingsOf(a, 'error') ||
        findingsOf(b, 'warning') - findingsOf(a, 'warning') ||
        compareText(a.service ?? '', b.service ?? ''),
    );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
