import type { TcpState } from '../../connection/state.js';
import type { Outcome } from '../../findings/analysis.js';
import { type FindingKind, SEVERITIES, type Severity } from '../../findings/finding.js';
import type { AnalysisJson } from '../../report/analysis-json.js';
import type { BaselineReport } from '../baseline/compare.js';
import type { PassedOver } from '../discovery/walk.js';
import type { Verdict } from '../policy/judge.js';
import type { CaptureRecord, WorstFlow } from '../work/record.js';
import { Sketch } from '../work/sketch.js';
import { type ServiceCount, Tally } from '../work/tally.js';
import type {
  AcrossSummary,
  CaptureSummaryJson,
  HandshakeSummary,
  KindSummary,
  Summary,
  Unreadable,
} from './summary.js';

/** Services and clients that are told apart in a whole batch. */
const MOST_SERVICES = 100_000;
const MOST_CLIENTS = 100_000;
const MOST_WORST = 10;

/** Everything but the captures' records that goes into a summary. */
export interface Circumstances {
  readonly lastack: string;
  readonly shard: string | null;
  readonly options: unknown;
  readonly unreadable: readonly Unreadable[];
  readonly ignored: readonly PassedOver[];
}

/** What all captures give together, before it is judged. */
export interface Gathered extends Omit<Summary, 'policy' | 'baseline' | 'services'> {
  readonly services: readonly ServiceCount[];
}

/** Puts the records of all captures together; their order does not matter but for bounds, so they come sorted by id. */
export function gather(records: Iterable<CaptureRecord>, circumstances: Circumstances): Gathered {
  const totals = new Totals();
  for (const record of records) totals.add(record);
  return totals.result(circumstances);
}

export function summaryOf(gathered: Gathered, policy: Verdict | null, baseline: BaselineReport | null): Summary {
  const services = gathered.services.map(({ service, flows, findings, handshakes }) => ({
    service,
    flows,
    findings,
    handshake: handshakeOf(Sketch.of(handshakes)),
  }));
  const { services: _, ...rest } = gathered;
  return { ...rest, services, policy, baseline };
}

class Totals {
  #flows = 0;
  #givenUp = 0;
  #bytes = 0;
  readonly #outcomes: Record<Outcome, number> = { 'closed in order': 0, reset: 0, 'still open': 0, 'never opened': 0 };
  readonly #states: Record<'client' | 'server', Partial<Record<TcpState, number>>> = { client: {}, server: {} };
  readonly #kinds = new Map<FindingKind, KindSummary>();
  readonly #across: AcrossSummary[] = [];
  readonly #tally = new Tally(MOST_SERVICES, MOST_CLIENTS);
  readonly #captures: CaptureSummaryJson[] = [];
  readonly #unreadable: Unreadable[] = [];
  #worst: (WorstFlow & { readonly capture: string })[] = [];

  add(record: CaptureRecord): void {
    const { id, analysis, bytes } = record;
    const unreadable = analysis.captures.filter(({ frames, error }) => frames === 0 && error !== null);
    for (const { path, error } of unreadable) {
      if (error !== null) this.#unreadable.push({ path, error: { code: error.code, message: error.message } });
    }
    if (unreadable.length === analysis.captures.length) return;
    this.#flows += analysis.flows;
    this.#givenUp += analysis.givenUp;
    this.#bytes += bytes;
    for (const outcome of Object.keys(analysis.outcomes) as Outcome[]) {
      this.#outcomes[outcome] += analysis.outcomes[outcome];
    }
    for (const side of ['client', 'server'] as const) {
      const into = this.#states[side];
      for (const [state, count] of Object.entries(analysis.statesAtEnd[side]) as [TcpState, number][]) {
        into[state] = (into[state] ?? 0) + count;
      }
    }
    for (const finding of analysis.findings) this.#addKind(finding);
    for (const { examples: _, ...finding } of analysis.acrossFlows) this.#across.push({ capture: id, ...finding });
    this.#tally.merge(record.services, record.clients);
    this.#worst = [...this.#worst, ...record.worst.map((flow) => ({ capture: id, ...flow }))]
      .sort(
        (a, b) => rank(a.severity) - rank(b.severity) || compareText(a.at, b.at) || compareText(a.capture, b.capture),
      )
      .slice(0, MOST_WORST);
    this.#captures.push({
      id,
      files: analysis.captures,
      bytes,
      flows: analysis.flows,
      complete: analysis.captures.every(({ complete }) => complete),
      findings: analysis.findings.map(({ kind, severity, flows }) => ({ kind, severity, flows })),
    });
  }

  result(circumstances: Circumstances): Gathered {
    const { lastack, shard, options, ignored } = circumstances;
    // Shares that are put together have both the record and what their summaries made of it.
    const found = [...circumstances.unreadable, ...this.#unreadable];
    const unreadable = [...new Map(found.map((file) => [file.path, file])).values()];
    const sketch = new Sketch();
    const services = this.#tally.services();
    for (const { handshakes } of services) sketch.merge(handshakes);
    const files = this.#captures.flatMap((capture) => capture.files);
    return {
      format: 1,
      lastack,
      shard,
      options,
      counts: {
        captures: this.#captures.length,
        complete: this.#captures.filter(({ complete }) => complete).length,
        partial: this.#captures.filter(({ complete }) => !complete).length,
        unreadable: unreadable.length,
        ignored: ignored.length,
        files: files.length,
        bytes: this.#bytes,
        frames: files.reduce((sum, file) => sum + file.frames, 0),
        tcpSegments: files.reduce((sum, file) => sum + file.tcpSegments, 0),
      },
      start: extreme(
        files.map(({ start }) => start),
        -1,
      ),
      end: extreme(
        files.map(({ end }) => end),
        1,
      ),
      flows: this.#flows,
      givenUp: this.#givenUp,
      outcomes: this.#outcomes,
      statesAtEnd: { client: sorted(this.#states.client), server: sorted(this.#states.server) },
      handshake: handshakeOf(sketch),
      findings: [...this.#kinds.values()].sort(
        (a, b) => rank(a.severity) - rank(b.severity) || b.flows - a.flows || compareText(a.kind, b.kind),
      ),
      acrossFlows: this.#across.sort(
        (a, b) =>
          rank(a.severity) - rank(b.severity) ||
          b.flows - a.flows ||
          compareText(a.at, b.at) ||
          compareText(a.capture + a.kind + a.subject, b.capture + b.kind + b.subject),
      ),
      services,
      clients: this.#tally.clients().filter(({ errors, warnings }) => errors + warnings > 0),
      worst: this.#worst,
      captures: this.#captures.sort((a, b) => compareText(a.files[0].path, b.files[0].path)),
      unreadable: unreadable.sort((a, b) => compareText(a.path, b.path)),
      ignored: [...ignored].sort((a, b) => compareText(a.path, b.path)),
    };
  }

  #addKind(finding: AnalysisJson['findings'][number]): void {
    const { kind, severity, flows, firstAt, message, advice } = finding;
    const before = this.#kinds.get(kind);
    const isFirst = before === undefined || compareText(firstAt, before.firstAt) < 0;
    const first = isFirst ? { firstAt, message, advice } : before;
    this.#kinds.set(kind, {
      kind,
      severity: before !== undefined && rank(before.severity) < rank(severity) ? before.severity : severity,
      flows: flows + (before?.flows ?? 0),
      captures: 1 + (before?.captures ?? 0),
      firstAt: first.firstAt,
      message: first.message,
      advice: first.advice,
    });
  }
}

function handshakeOf(sketch: Sketch): HandshakeSummary {
  const quantile = (q: number): number | null => {
    const value = sketch.quantile(q);
    return value === null ? null : Number(value.toPrecision(3));
  };
  return { count: sketch.count, p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99) };
}

function extreme(times: readonly (string | null)[], sign: 1 | -1): string | null {
  let best: string | null = null;
  for (const time of times) if (time !== null && (best === null || compareText(time, best) * sign > 0)) best = time;
  return best;
}

function sorted(counts: Partial<Record<TcpState, number>>): Partial<Record<TcpState, number>> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => compareText(a, b)));
}

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
