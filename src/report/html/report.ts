import { deflateSync } from 'node:zlib';
import type { ComparedFlow, Comparison } from '../../compare/compared-flow.js';
import type { Clock } from '../../connection/model.js';
import type { Analysis, CaptureSummary } from '../../findings/analysis.js';
import { CATALOGUE } from '../../findings/catalogue/index.js';
import { type FindingKind, type Flow, SEVERITIES, type Severity } from '../../findings/finding.js';
import { Summarizer } from '../../findings/summarize.js';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../../findings/thresholds.js';
import { escapeText } from '../escape.js';
import { givenUpText } from '../given-up.js';
import { captureFacts } from './capture-facts.js';
import { isCompared } from './compared-pack.js';
import { comparisonFacts } from './comparison-facts.js';
import { builtAssets, type PageAssets, pageDocument } from './document.js';
import { detailBlock, type FindingFacts, OVERVIEW_BLOCK, type Overview, ROWS_BLOCK } from './embedded.js';
import { FlowDetails } from './flow-details.js';
import { FlowRows } from './flow-rows.js';
import { StateCurve } from './state-curve.js';
import { verdictOf } from './verdict.js';

export interface HtmlReportOptions {
  /** Those that the flows were judged by. */
  readonly thresholds?: Partial<Thresholds>;
  /** Version to name in the page. */
  readonly version?: string;
  /** Script and style of the page; by default the ones that were built with this module. */
  readonly assets?: PageAssets;
}

/**
 * Puts flows together to one HTML page that needs no network: `add` each flow (of `flows` with `detail: 'full'`, so that
 * their segments can be shown), then write what `pieces` gives. Memory is bounded: see `FlowRows` and `FlowDetails`.
 */
export class HtmlReport {
  readonly #options: HtmlReportOptions;
  readonly #summarizer: Summarizer;
  readonly #curve = new StateCurve();
  readonly #rows = new FlowRows();
  readonly #details = new FlowDetails();
  readonly #worst: Record<Severity, number> = { error: 0, warning: 0, notice: 0, info: 0 };
  /** What the other side's capture decides, by kind of finding. */
  readonly #verdicts = new Map<FindingKind, NonNullable<FindingFacts['verdict']>>();
  #clock: Clock | null = null;

  constructor(options: HtmlReportOptions = {}) {
    this.#options = options;
    this.#summarizer = new Summarizer({ ...DEFAULT_THRESHOLDS, ...options.thresholds });
  }

  add(flow: Flow): void {
    this.#clock ??= flow.clock;
    this.#summarizer.add(flow);
    this.#curve.add(flow, this.#clock);
    if (isCompared(flow)) this.#noteVerdicts(flow);
    if (flow.findings.length > 0) this.#worst[flow.findings[0].severity]++;
    if (this.#rows.hasRoom(flow)) this.#rows.add(flow, this.#clock, this.#details.add(flow));
  }

  /** Counts connections that were not followed to their end, and are not added. */
  giveUp(connections: number): void {
    this.#summarizer.giveUp(connections);
  }

  /**
   * The document, to be written in order. `captures` are those that the flows came from, read to their end; `comparison`
   * what `compare` tells of both sides, where the flows are its.
   */
  *pieces(captures: readonly CaptureSummary[], comparison: Comparison | null = null): Generator<string> {
    const { assets = builtAssets() } = this.#options;
    const names = captures.map(({ path }) => escapeText(path)).slice(0, 3);
    yield* pageDocument(assets, [...names, 'lastack'].join(' · '), this.#blocks(captures, comparison));
  }

  #noteVerdicts({ flow, findings }: ComparedFlow): void {
    for (const { kind, verdict } of findings)
      if (verdict !== null && !this.#verdicts.has(kind)) this.#verdicts.set(kind, { flow, text: verdict });
  }

  *#blocks(
    captures: readonly CaptureSummary[],
    comparison: Comparison | null,
  ): Generator<readonly [string, Uint8Array]> {
    const blocks = this.#details.blocks();
    yield [OVERVIEW_BLOCK, deflateSync(JSON.stringify(this.#overview(captures, comparison)))];
    yield [ROWS_BLOCK, deflateSync(this.#rows.bytes())];
    for (const [number, data] of blocks) yield [detailBlock(number), data];
  }

  #overview(captures: readonly CaptureSummary[], comparison: Comparison | null): Overview {
    const analysis = this.#summarizer.result(captures);
    const clock = this.#clock ?? { epochSeconds: 0, digits: 6 };
    const findings = findingFacts(analysis, clock, this.#verdicts);
    const kinds = [...new Set(findings.map(({ kind }) => kind))];
    return {
      version: this.#options.version ?? '',
      verdict: verdictOf(analysis.flows, this.#worst, findings, (kind) => CATALOGUE[kind].title),
      clock,
      captures: captures.map(captureFacts),
      flows: analysis.flows,
      givenUp: analysis.givenUp === 0 ? null : givenUpText(analysis.givenUp),
      outcomes: analysis.outcomes,
      statesAtEnd: analysis.statesAtEnd,
      // Each end is told of by its own side's capture.
      tap: comparison === null ? analysis.tap : 'unknown',
      tapRtt: analysis.tapRtt,
      findings,
      catalogue: Object.fromEntries(kinds.map((kind) => [kind, CATALOGUE[kind]])),
      curve: this.#curve.data(),
      rows: this.#rows.tables(),
      detail: this.#details.facts(),
      comparison: comparison && comparisonFacts(comparison),
    };
  }
}

function findingFacts(
  analysis: Analysis,
  clock: Clock,
  verdicts: ReadonlyMap<FindingKind, NonNullable<FindingFacts['verdict']>>,
): FindingFacts[] {
  const on = (of: Clock): number => (of.epochSeconds - clock.epochSeconds) * 1e9;
  const single = analysis.findings.map(({ clock: own, firstAt, ...facts }) => ({
    ...facts,
    at: firstAt + on(own),
    across: false,
    verdict: verdicts.get(facts.kind) ?? null,
  }));
  const across = analysis.acrossFlows.map(({ clock: own, subject, ...facts }) => ({
    ...facts,
    where: subject,
    at: facts.at + on(own),
    across: true,
    verdict: null,
  }));
  const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);
  return [...across, ...single].sort((a, b) => rank(a.severity) - rank(b.severity) || b.flows - a.flows);
}
