import type { PathSegment } from '../../../compare/compared-flow.js';
import type { LoggedSegment, Time, Transition } from '../../../connection/model.js';
import { otherSide, type Side, type TcpState } from '../../../connection/state.js';
import { FIN, RST, SYN } from '../../../decode/segment.js';
import type { Flow } from '../../../findings/finding.js';
import { foldSegments } from '../../fold.js';
import { isSocket } from '../../states.js';
import { isCompared } from '../compared-pack.js';
import { comparedArrows } from './compared-model.js';

/** A segment on its way: when it left its sender, passed the tap, and reached its receiver. */
export interface Arrow {
  readonly segment: LoggedSegment;
  readonly sent: Time;
  readonly tapped: Time;
  readonly received: Time;
  /** The copy of it that came before, where that is drawn, too. */
  readonly repeats: Arrow | null;
  /** What it did to both ends. */
  readonly changes: readonly Transition[];
  /** Its number in the capture that tells of each end; null where that does not hold it. */
  readonly frames: Readonly<Record<Side, number | null>>;
  /** What became of it between two taps; null where there is one. */
  readonly passed: PathSegment | null;
}

/** An arrow whose arrival is still to be seen beside the answers. */
type Draft = Omit<Arrow, 'received'> & { received: Time };

/** A folded run of ordinary segments. */
export interface Run {
  readonly segment: LoggedSegment;
  readonly from: Time;
  readonly to: Time;
}

/** A stretch of time that an end spent in one state. */
export interface Span {
  readonly side: Side;
  /** Null while nothing is known. */
  readonly state: TcpState | null;
  readonly from: Time;
  readonly to: Time;
  /** From when on it is proved; null for never. */
  readonly proved: Time | null;
  /** What began it; null for the state that the end was found in. */
  readonly change: Transition | null;
}

/** One connection as it is drawn: times estimated, nothing yet measured in pixels. */
export interface LadderModel {
  readonly arrows: readonly Arrow[];
  readonly runs: readonly Run[];
  readonly spans: readonly Span[];
  readonly start: Time;
  readonly end: Time;
  /** At least one end still has its socket. */
  readonly isOpen: boolean;
  /** Both ends were captured: the path between the taps is a lane of its own. */
  readonly hasPath: boolean;
}

const SIDES: readonly Side[] = ['client', 'server'];

/** `unfolded` shows ordinary segments one by one, as far as they were kept. */
export function ladderModel(flow: Flow, unfolded: boolean): LadderModel {
  const { arrows, runs } = isCompared(flow) ? comparedArrows(flow, unfolded) : tappedArrows(flow, unfolded);
  const isOpen = isSocket(flow.clientState) || isSocket(flow.serverState);
  const start = arrows.reduce((least, { sent }) => Math.min(least, sent), flow.timeline[0]?.at ?? flow.start);
  const end = [
    flow.end,
    ...(isOpen ? [flow.followedUntil] : []),
    ...arrows.map(({ received }) => received),
    ...flow.timeline.map(({ at }) => at),
  ].reduce((most, time) => Math.max(most, time), flow.start);
  const spans = SIDES.flatMap((side) => spansOf(flow, side, start, end));
  return { arrows, runs, spans, start, end, isOpen, hasPath: isCompared(flow) };
}

function tappedArrows(flow: Flow, unfolded: boolean): { arrows: Arrow[]; runs: Run[] } {
  const segments = unfolded ? flow.segments : foldSegments(flow);
  const runs = segments.flatMap((segment) =>
    segment.run === null ? [] : [{ segment, from: segment.time, to: Math.max(segment.run.lastTime, segment.time + 1) }],
  );
  return { arrows: arrowsOf(flow, segments), runs };
}

function arrowsOf(flow: Flow, segments: readonly LoggedSegment[]): Arrow[] {
  // What a host takes to answer is no way to go: where the tap is at one end, it is at no distance from it.
  const transitTo = (side: Side): Time => (flow.tap === side ? 0 : ((flow.roundTrips[side] ?? 0) * 1e9) / 2);
  const transit = { client: transitTo('client'), server: transitTo('server') };
  const copies = new Map<string, Arrow>();
  const arrows: Draft[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const segment of segments) {
    // Segments of one instant still come one after the other.
    const tapped = Math.max(segment.time, last + 1);
    last = tapped;
    if (segment.run !== null) continue;
    // An ICMP message goes to the sender of what it quotes.
    const from = segment.icmp === null ? segment.from : otherSide(segment.from);
    const changes = flow.timeline.filter(({ frame, basis }) => frame === segment.frame && basis !== 'timer');
    const arrival = changes.find(({ endpoint, at }) => endpoint !== from && at >= segment.time)?.at;
    // The state that a SYN, FIN or RST begins, begins with it.
    const began = changes.findLast(({ endpoint, at }) => endpoint === from && at <= tapped)?.at;
    const departure = (segment.flags & (SYN | FIN | RST)) !== 0 ? began : undefined;
    const key = `${segment.from} ${segment.seq} ${segment.length > 0} ${segment.flags & 7}`;
    const arrow = {
      segment,
      sent: departure ?? tapped - transit[from],
      tapped,
      received: Math.max(tapped, arrival ?? tapped + transit[otherSide(from)]),
      repeats: segment.retransmission ? (copies.get(key) ?? null) : null,
      changes,
      frames: { client: segment.frame, server: segment.frame },
      passed: null,
    };
    if (segment.icmp === null) copies.set(key, arrow);
    arrows.push(arrow);
  }
  arriveBeforeAnswers(arrows, Object.values(transit));
  return arrows;
}

/**
 * Half a round trip is an estimate: what would arrive only just after its receiver's next segment left is taken for what
 * that one answers. Jitter as the post-mortem allows for it (postmortem/view.ts).
 */
function arriveBeforeAnswers(arrows: readonly Draft[], transits: readonly Time[]): void {
  const margin = 1e6 + Math.max(...transits) / 2;
  const nextSent = { client: Number.POSITIVE_INFINITY, server: Number.POSITIVE_INFINITY };
  /** Arrivals that were moved, so that those before them still come before them. */
  const nextMoved = { client: Number.POSITIVE_INFINITY, server: Number.POSITIVE_INFINITY };
  for (const arrow of arrows.toReversed()) {
    if (arrow.segment.icmp !== null) continue;
    const { from } = arrow.segment;
    const answer = nextSent[otherSide(from)];
    const late = arrow.received - answer;
    const isEstimate = arrow.changes.every(({ endpoint }) => endpoint === from);
    if (isEstimate && late > 0 && late < margin) {
      arrow.received = Math.max(arrow.tapped, Math.min(answer, nextMoved[from]) - 1);
      nextMoved[from] = arrow.received;
    }
    nextSent[from] = arrow.sent;
  }
}

function spansOf(flow: Flow, side: Side, start: Time, end: Time): Span[] {
  const changes = flow.timeline.filter(({ endpoint }) => endpoint === side);
  const initial = changes.length > 0 ? changes[0].from : side === 'client' ? flow.clientState : flow.serverState;
  const first: Span = { side, state: initial, from: start, to: changes[0]?.at ?? end, proved: start, change: null };
  return [
    first,
    ...changes.map((change, index) => ({
      side,
      state: change.to,
      from: change.at,
      to: changes[index + 1]?.at ?? end,
      proved: change.latest,
      change,
    })),
  ];
}
