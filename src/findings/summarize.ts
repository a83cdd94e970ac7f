import { type Clock, TAPS, type Tap } from '../connection/model.js';
import { ORDINARY_OUTCOMES, type OrdinaryEnd } from '../connection/postmortem/ordinary.js';
import { type Side, TCP_STATES, type TcpState } from '../connection/state.js';
import { SECOND } from '../connection/time.js';
import { AcrossFlows } from './across-flows.js';
import type { Analysis, CaptureSummary, FindingSummary, Outcome } from './analysis.js';
import { truncatedCaptures } from './capture.js';
import { type Finding, type FindingKind, type Flow, SEVERITIES, type Severity } from './finding.js';
import { inWords } from './found.js';
import { withPort } from './rule.js';
import type { Thresholds } from './thresholds.js';

const MOST_EXAMPLES = 10;
const MOST_WORST = 10;
/** Places per kind that are counted; what comes after those are full is counted as elsewhere. */
const MOST_PLACES = 1000;
/** Round trips that the median is taken of. */
const MOST_SAMPLES = 10_001;

/** Puts flows together, one after the other, in bounded memory. */
export class Summarizer {
  #flows = 0;
  #givenUp = 0;
  readonly #outcomes: Record<Outcome, number> = { 'closed in order': 0, reset: 0, 'still open': 0, 'never opened': 0 };
  readonly #states: Record<Side, Map<TcpState, number>> = { client: new Map(), server: new Map() };
  /** By tap, of each of ORDINARY_OUTCOMES. */
  readonly #ordinary: Readonly<Record<Tap, Float64Array>> = {
    client: new Float64Array(ORDINARY_OUTCOMES.length),
    server: new Float64Array(ORDINARY_OUTCOMES.length),
    middle: new Float64Array(ORDINARY_OUTCOMES.length),
    unknown: new Float64Array(ORDINARY_OUTCOMES.length),
  };
  readonly #kinds = new Map<FindingKind, KindCount>();
  readonly #taps = new Map<Tap, number>();
  readonly #roundTrips: Record<Side, number[]> = { client: [], server: [] };
  readonly #across: AcrossFlows;
  #worst: Flow[] = [];

  constructor(thresholds: Thresholds) {
    this.#across = new AcrossFlows(thresholds);
  }

  add(flow: Flow): void {
    this.#flows++;
    this.#outcomes[outcomeOf(flow)]++;
    for (const [side, state] of [
      ['client', flow.clientState],
      ['server', flow.serverState],
    ] as const) {
      increment(this.#states[side], state);
      const sample = flow.roundTrips[side];
      if (sample !== null && this.#roundTrips[side].length < MOST_SAMPLES) this.#roundTrips[side].push(sample);
    }
    increment(this.#taps, flow.tap);
    const seen = new Set<FindingKind>();
    const service = withPort(flow.server);
    const network = networkOf(flow.client.address);
    for (const finding of flow.findings) {
      let kind = this.#kinds.get(finding.kind);
      if (!kind) {
        kind = new KindCount(flow, finding);
        this.#kinds.set(finding.kind, kind);
      }
      kind.add(flow, finding);
      if (!seen.has(finding.kind)) kind.count(flow, service, network);
      seen.add(finding.kind);
    }
    if (flow.findings.length > 0 && isBad(flow)) this.#considerWorst(flow);
    this.#across.add(flow, service);
  }

  /** A connection without incident: the same as `add`, without its post-mortem. */
  addOrdinary(o: OrdinaryEnd, clock: Clock): void {
    this.#ordinary[o.tap][o.outcome]++;
    if (this.#roundTrips.client.length < MOST_SAMPLES) this.#roundTrips.client.push(o.clientRoundTrip / SECOND);
    if (this.#roundTrips.server.length < MOST_SAMPLES) this.#roundTrips.server.push(o.serverRoundTrip / SECOND);
    this.#across.addOrdinary(o, clock);
  }

  /** Counts connections that were not followed to their end, and are not added. */
  giveUp(connections: number): void {
    this.#givenUp += connections;
  }

  result(captures: readonly CaptureSummary[]): Analysis {
    this.#countOrdinary();
    const tap = this.#tap();
    return {
      captures,
      flows: this.#flows,
      givenUp: this.#givenUp,
      outcomes: this.#outcomes,
      statesAtEnd: { client: inOrder(this.#states.client), server: inOrder(this.#states.server) },
      findings: [...this.#kinds].map(([kind, count]) => count.summary(kind)).sort(byImportance),
      acrossFlows: [...this.#across.findings(), ...truncatedCaptures(captures)],
      tap,
      tapRtt: tap === 'client' || tap === 'server' ? median(this.#roundTrips[tap]) : null,
      worst: this.#worst.map(toldInWords),
    };
  }

  /** Counts those without incident as the others, together: one by one, that takes most of the time that they take here. */
  #countOrdinary(): void {
    for (const [index, { closer, clientState, serverState }] of ORDINARY_OUTCOMES.entries()) {
      for (const tap of TAPS) {
        const flows = this.#ordinary[tap][index];
        if (flows === 0) continue;
        this.#flows += flows;
        this.#outcomes[closer === null ? 'still open' : 'closed in order'] += flows;
        increment(this.#states.client, clientState, flows);
        increment(this.#states.server, serverState, flows);
        increment(this.#taps, tap, flows);
      }
    }
    for (const tap of TAPS) this.#ordinary[tap].fill(0);
  }

  #considerWorst(flow: Flow): void {
    if (this.#worst.length === MOST_WORST && byBadness(flow, this.#worst[MOST_WORST - 1]) >= 0) return;
    this.#worst.push(flow);
    this.#worst.sort(byBadness);
    if (this.#worst.length > MOST_WORST) this.#worst.length = MOST_WORST;
  }

  /** The place that most connections with an answer agree on. */
  #tap(): Tap {
    let known = 0;
    for (const [tap, n] of this.#taps) if (tap !== 'unknown') known += n;
    for (const [tap, n] of this.#taps) if (tap !== 'unknown' && n * 2 > known) return tap;
    return 'unknown';
  }
}

/** Flows by where they are. */
type Places = Map<string, { flows: number }>;

/** One kind's flows, and where they are. */
class KindCount {
  #flows = 0;
  #severity: Severity;
  readonly #examples: number[] = [];
  #first: { readonly flow: Flow; readonly finding: Finding };
  readonly #services: Places = new Map();
  readonly #networks: Places = new Map();

  constructor(flow: Flow, finding: Finding) {
    this.#severity = finding.severity;
    this.#first = { flow, finding };
  }

  add(flow: Flow, finding: Finding): void {
    if (rank(finding.severity) < rank(this.#severity)) this.#severity = finding.severity;
    if (finding.at < this.#first.finding.at) this.#first = { flow, finding };
  }

  /** Once for each flow: the text of its server, and of its client's network. */
  count({ flow }: Flow, service: string, network: string): void {
    this.#flows++;
    if (this.#examples.length < MOST_EXAMPLES) this.#examples.push(flow);
    count(this.#services, service);
    count(this.#networks, network);
  }

  summary(kind: FindingKind): FindingSummary {
    const { flow, finding } = this.#first;
    return {
      kind,
      severity: this.#severity,
      flows: this.#flows,
      examples: [...this.#examples].sort((a, b) => a - b),
      clock: flow.clock,
      firstAt: finding.at,
      where: mostly(this.#services, this.#flows) ?? mostly(this.#networks, this.#flows),
      message: finding.message,
      advice: finding.advice,
    };
  }
}

/** How a connection ended, as far as the capture shows. */
export function outcomeOf(flow: Flow): Outcome {
  const opened =
    flow.roles === 'assumed' || flow.timeline.some((t) => t.endpoint === 'client' && t.to === 'ESTABLISHED');
  if (!opened) return 'never opened';
  const gone = (state: TcpState): boolean => state === 'CLOSED' || state === 'TIME_WAIT' || state === 'LISTEN';
  if (!gone(flow.clientState) || !gone(flow.serverState)) return 'still open';
  return flow.hadReset ? 'reset' : 'closed in order';
}

const toldInWords = (flow: Flow): Flow => Object.assign(flow, { findings: flow.findings.map(inWords) });
const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);
const isBad = (flow: Flow): boolean => rank(flow.findings[0].severity) <= rank('warning');
const byBadness = (a: Flow, b: Flow): number =>
  rank(a.findings[0].severity) - rank(b.findings[0].severity) || a.start - b.start;
const byImportance = (a: FindingSummary, b: FindingSummary): number =>
  rank(a.severity) - rank(b.severity) || b.flows - a.flows;

function increment<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function inOrder(counts: ReadonlyMap<TcpState, number>): Partial<Record<TcpState, number>> {
  return Object.fromEntries(TCP_STATES.flatMap((state) => (counts.has(state) ? [[state, counts.get(state)]] : [])));
}

function count(places: Places, place: string): void {
  const counted = places.get(place);
  if (counted !== undefined) counted.flows++;
  else if (places.size < MOST_PLACES) places.set(place, { flows: 1 });
}

/** The place that most flows share, if one does. */
function mostly(places: Places, flows: number): string | null {
  for (const [place, { flows: n }] of places) if (n * 2 > flows) return flows > 1 || n === 1 ? place : null;
  return null;
}

/** The /24 or /64 that an address is in. */
function networkOf(address: string): string {
  if (!address.includes(':')) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  const head = address.split('::')[0].split(':').filter(Boolean).slice(0, 4);
  return `${head.join(':')}::/64`;
}

function median(samples: readonly number[]): number | null {
  return samples.length === 0 ? null : Float64Array.from(samples).sort()[samples.length >> 1];
}
