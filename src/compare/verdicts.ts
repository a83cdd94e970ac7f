import type { Time } from '../connection/model.js';
import { otherSide, type Side } from '../connection/state.js';
import { RST } from '../decode/segment.js';
import { diagnose } from '../findings/diagnose.js';
import { type Finding, type FindingKind, SEVERITIES } from '../findings/finding.js';
import { finding, inWords } from '../findings/found.js';
import { seconds, spanIn } from '../findings/rule.js';
import { formatTimestamp } from '../report/timestamp.js';
import type { ComparedFinding, ComparedFlow, OneTapSegment, SegmentClass } from './compared-flow.js';
import type { ComposeContext, SideView } from './compose.js';

type Fates = NonNullable<ComparedFlow['fates']>;
type Views = Readonly<Record<Side, SideView | null>>;

const SIDES: readonly Side[] = ['client', 'server'];
/** Times that a verdict names; of more, the first ones. */
const MOST_TIMES = 4;

/** What an end repeats until it is answered, and what answers it. */
const REPEATED: Partial<Record<FindingKind, { readonly what: string; readonly answers: readonly SegmentClass[] }>> = {
  'syn-timeout': { what: 'SYN', answers: ['SYN+ACK', 'RST'] },
  'connect-aborted': { what: 'SYN', answers: ['SYN+ACK', 'RST'] },
  'syn-retransmitted': { what: 'SYN', answers: ['SYN+ACK', 'RST'] },
  'syn-ack-retransmitted': { what: 'SYN+ACK', answers: ['handshake ACK', 'ACK', 'data'] },
  'synack-retries-exhausted': { what: 'SYN+ACK', answers: ['handshake ACK', 'ACK', 'data'] },
  'retransmission-timeout': { what: 'segment', answers: ['ACK', 'data'] },
  'keepalive-timeout': { what: 'segment', answers: ['ACK'] },
  'fin-wait1-stuck': { what: 'FIN', answers: ['ACK', 'last ACK', 'FIN'] },
  'fin-retransmitted': { what: 'FIN', answers: ['ACK', 'last ACK', 'FIN'] },
  'last-ack-lost': { what: 'FIN', answers: ['last ACK', 'ACK'] },
  'last-ack-stuck': { what: 'FIN', answers: ['last ACK', 'ACK'] },
};
const RESETS: readonly FindingKind[] = [
  'half-open-reset',
  'abortive-close',
  'unread-data-reset',
  'reset-while-closing',
  'connection-refused',
  'rst-after-synack-retries',
];

/**
 * What both captures show: of each end what its own side's capture shows, and with it what became of the segments that
 * matter to it. What fits from one side is decided by the other.
 */
export function comparedFindings(
  views: Views,
  fates: ComparedFlow['fates'],
  context: ComposeContext,
): ComparedFinding[] {
  const found = ownFindings(views, context);
  const court = fates === null ? null : new Court(views, fates, context);
  const decided = court === null ? found : court.decide(found);
  return decided.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.at - b.at);
}

function ownFindings(views: Views, context: ComposeContext): ComparedFinding[] {
  const all: ComparedFinding[] = [];
  for (const side of SIDES) {
    const view = views[side];
    if (view === null) continue;
    const alone = views[otherSide(side)] === null;
    for (const f of diagnose(view.postmortem, context.thresholds)) {
      if (!alone && f.endpoint === otherSide(side)) continue;
      if (f.endpoint === null && all.some((other) => other.kind === f.kind)) continue;
      all.push(toCompared(f, view, null));
    }
  }
  return all;
}

const toCompared = (f: Finding, view: SideView, verdict: string | null): ComparedFinding => ({
  ...inWords(f),
  at: view.toReference(f.at),
  tap: view.side,
  verdict,
});

/** Decides what the findings leave open. */
class Court {
  constructor(
    readonly views: Views,
    readonly fates: Fates,
    readonly context: ComposeContext,
  ) {}

  decide(found: readonly ComparedFinding[]): ComparedFinding[] {
    const handshake = this.#handshakeAckLost(found);
    const kept = handshake === null ? found : found.filter((f) => f.kind !== 'syn-ack-retransmitted');
    const decided = kept.map((f) => {
      const kind = this.#isLastAckLost(f) ? 'last-ack-lost' : f.kind;
      return { ...f, kind, verdict: this.#verdict(f) };
    });
    return [...decided, ...(handshake === null ? [] : [handshake]), ...this.#forgedResets(found)];
  }

  #verdict(f: ComparedFinding): string | null {
    if (f.endpoint === null) return null;
    const repeated = REPEATED[f.kind];
    if (repeated !== undefined) return this.#verdictOnRepeated(f, f.endpoint, repeated.what, repeated.answers);
    if (RESETS.includes(f.kind)) return this.#verdictOnReset(f, f.endpoint);
    if (f.kind === 'accept-queue-overflow' || f.kind === 'defer-accept') return this.#verdictOnIgnored(f);
    if (f.kind === 'injected-reset-suspected' || f.kind === 'challenge-ack')
      return this.#verdictOnForged(f, f.endpoint);
    return null;
  }

  /** The endpoint repeated itself: what of it was lost, and what of the answers. */
  #verdictOnRepeated(
    f: ComparedFinding,
    endpoint: Side,
    what: string,
    answers: readonly SegmentClass[],
  ): string | null {
    if (f.tap !== endpoint) return null;
    const view = this.views[endpoint];
    if (view === null) return null;
    const peer = otherSide(endpoint);
    const sent = view.postmortem.views[endpoint].sent.filter((s) => f.frames.includes(s.frame));
    const frames = new Set(sent.map((s) => s.frame));
    const lost = this.#lost(endpoint).filter((s) => frames.has(s.frame));
    const from = sent.length === 0 ? f.at : view.toReference(sent[0].time);
    const until = sent.length === 0 ? f.at : view.toReference(sent[sent.length - 1].time);
    const answersLost = this.#lost(peer).filter((s) => s.time >= from && s.time <= until && answers.includes(s.class));
    const parts: string[] = [];
    if (lost.length > 0) parts.push(`${ofAll(lost.length, frames.size, what)} lost ${this.#times(lost)}`);
    if (answersLost.length > 0)
      parts.push(
        `${answersLost.length === 1 ? `the ${peer}'s answer` : `${answersLost.length} answers of the ${peer}`} ${answersLost.length === 1 ? 'was' : 'were'} lost ${this.#times(answersLost)}`,
      );
    if (parts.length > 0) return parts.join('; ');
    if (frames.size === 0 || this.views[peer] === null) return null;
    return `${frames.size === 1 ? `the ${what}` : `all ${frames.size}`} arrived at the ${peer}'s side and nothing sent in answer was lost: it is the ${peer} that did not take it`;
  }

  #verdictOnReset(f: ComparedFinding, endpoint: Side): string | null {
    const lost = this.#lost(endpoint).filter((s) => (s.flags & RST) !== 0 && f.frames.includes(s.frame));
    if (lost.length === 0) return null;
    return `the RST was lost ${this.#times(lost)}: the ${otherSide(endpoint)} was not told`;
  }

  /** On the server's own side: what it ignored had arrived. */
  #verdictOnIgnored(f: ComparedFinding): string | null {
    const view = this.views.server;
    if (f.tap !== 'server' || view === null) return null;
    const arrived = view.postmortem.views.server.received.filter((s) => f.frames.includes(s.frame));
    if (arrived.length === 0) return null;
    const at = arrived.slice(0, MOST_TIMES).map((s) => this.#time(view.toReference(s.time)));
    const rest = arrived.length > at.length ? ', …' : '';
    const reset = view.postmortem.views.server.sent.some((s) => s.isRst && f.frames.includes(s.frame));
    if (reset) return `arrived at the server at ${at.join(', ')}${rest}, answered with RST: accept queue full`;
    const why = f.kind === 'defer-accept' ? 'TCP_DEFER_ACCEPT waits for data' : 'accept queue full';
    return `arrived at the server at ${at.join(', ')}${rest}, ignored: ${why}`;
  }

  #verdictOnForged(f: ComparedFinding, endpoint: Side): string | null {
    const forged = this.#injected(otherSide(endpoint)).filter((s) => (s.flags & RST) !== 0);
    if (forged.length > 0)
      return `the RST of ${this.#time(forged[0].time)} was sent by neither end: it passed the ${endpoint}'s side only`;
    return f.kind === 'injected-reset-suspected' ? `the RST passed the ${otherSide(endpoint)}'s side, too` : null;
  }

  /** The server waited for an ACK that the client had sent. */
  #handshakeAckLost(found: readonly ComparedFinding[]): ComparedFinding | null {
    const { server } = this.views;
    const lost = this.#lost('client').filter((s) => s.class === 'handshake ACK');
    if (server === null || lost.length === 0 || found.some((f) => f.kind === 'handshake-ack-lost')) return null;
    const span = spanIn(server.postmortem, 'server', 'SYN_RECV');
    const synAcks = server.postmortem.views.server.sent.filter((s) => s.isSynAck);
    if (span === undefined || synAcks.length === 0) return null;
    // Only an ACK that came nowhere kept the server waiting, not one that followed what had arrived.
    const until = span.until === null ? Number.POSITIVE_INFINITY : server.toReference(span.until.at);
    const missed = lost.filter((s) => s.time < until);
    if (missed.length === 0) return null;
    const repeated = synAcks.length > 1;
    const f = finding(server.postmortem, 'handshake-ack-lost', {
      endpoint: 'server',
      severity: repeated ? 'warning' : 'notice',
      at: span.since.at,
      frames: synAcks,
      message: () =>
        `client ESTABLISHED, server in SYN_RECV for ${seconds(span.duration)}: the client's ACK did not arrive`,
    });
    return toCompared(f, server, `${ofAll(missed.length, missed.length, 'ACK')} lost ${this.#times(missed)}`);
  }

  /** An end repeated its FIN from LAST_ACK, and it is the ACK of it that was lost. */
  #isLastAckLost(f: ComparedFinding): boolean {
    if (f.kind !== 'fin-retransmitted' || f.endpoint === null) return false;
    const view = this.views[f.endpoint];
    const inLastAck = view !== null && spanIn(view.postmortem, f.endpoint, 'LAST_ACK') !== undefined;
    return inLastAck && this.#lost(otherSide(f.endpoint)).some((s) => s.class === 'last ACK');
  }

  /** Resets that ended the connection at the end they reached, and that the other end never sent. */
  #forgedResets(found: readonly ComparedFinding[]): ComparedFinding[] {
    return SIDES.flatMap((side) => {
      const view = this.views[side];
      if (view === null || found.some((f) => f.kind === 'injected-reset-suspected' && f.endpoint === side)) return [];
      const forged = this.#injected(otherSide(side)).filter((s) => (s.flags & RST) !== 0);
      const taken = forged.find((s) =>
        view.postmortem.connection.timeline.some(
          (t) => t.endpoint === side && t.frame === s.frame && t.to === 'CLOSED',
        ),
      );
      if (taken === undefined) return [];
      const segment = view.postmortem.views[side].received.find((s) => s.frame === taken.frame);
      const f = finding(view.postmortem, 'injected-reset-suspected', {
        endpoint: side,
        at: segment?.time ?? view.postmortem.connection.end,
        frames: [taken.frame],
        message: () => `a RST in the ${otherSide(side)}'s name ended the connection at the ${side}`,
      });
      return [toCompared(f, view, this.#verdictOnForged({ ...toCompared(f, view, null) }, side))];
    });
  }

  #lost(from: Side): readonly OneTapSegment[] {
    return (from === 'client' ? this.fates.clientToServer : this.fates.serverToClient).lost;
  }

  #injected(from: Side): readonly OneTapSegment[] {
    return (from === 'client' ? this.fates.clientToServer : this.fates.serverToClient).injected;
  }

  /** Where and when they were lost. */
  #times(segments: readonly OneTapSegment[]): string {
    const places = new Set(segments.map((s) => s.where));
    const place = (places.size === 1 && segments[0]?.where) || 'between the taps';
    const shown = segments.slice(0, MOST_TIMES).map((s) => this.#time(s.time));
    return `${place} at ${shown.join(', ')}${segments.length > shown.length ? ', …' : ''}`;
  }

  /** Time of day, to the millisecond. */
  #time(time: Time): string {
    return formatTimestamp(Math.round(time), this.context.reference).slice(11, 23);
  }
}

const ofAll = (lost: number, all: number, what: string): string => {
  if (all === 1) return `the ${what} was`;
  return lost === all ? `all ${all} ${what}s were` : `${lost} of ${all} ${what}s ${lost === 1 ? 'was' : 'were'}`;
};
