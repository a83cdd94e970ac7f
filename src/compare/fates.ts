import type { Time } from '../connection/model.js';
import type { Side } from '../connection/state.js';
import { SECOND } from '../connection/time.js';
import { ACK, FIN, RST, SYN } from '../decode/segment.js';
import type { OneTapSegment, PathFates, SegmentClass, TapIndex } from './compared-flow.js';
import type { DirectionCount, EndedFlow } from './ended-flow.js';
import type { Unmatched, UnmatchedSegment } from './matching.js';
import type { MiddleTap } from './middle-tap.js';
import type { ReferenceClock } from './reference-clock.js';

/** When a capture ran, by the reference clock, as far as its frames tell. */
export interface Span {
  readonly from: Time;
  readonly until: Time;
}

/** All that is known of one connection's segments. */
export interface PathEvidence {
  /** By tap; null where it does not hold the connection. */
  readonly ended: readonly [EndedFlow | null, EndedFlow | null];
  readonly unmatched: readonly [Unmatched | undefined, Unmatched | undefined];
  /** When each capture ran; null where it holds no frame. */
  readonly spans: readonly [Span | null, Span | null];
  readonly clock: ReferenceClock;
  /** The tap on the client's side. */
  readonly clientTap: TapIndex;
  /** A third tap between the two; null where there is none. */
  readonly middle: MiddleTap | null;
}

/** Repetitions up to which the log of a flow has each. */
const MOST_REPETITIONS = 64;

/** What became of the segments that one side sent. */
export function pathFates(evidence: PathEvidence, from: Side): PathFates {
  const { ended, unmatched, clock, clientTap } = evidence;
  const sender: TapIndex = (from === 'client') === (clientTap === 0) ? 0 : 1;
  const receiver: TapIndex = sender === 0 ? 1 : 0;
  const known = ended[0] ?? ended[1];
  const direction = known === null ? 0 : from === 'client' ? known.clientDirection : 1 - known.clientDirection;
  const own = ended[sender]?.counts[direction];
  const their = ended[receiver]?.counts[direction];
  const counts = [own, their].filter((c) => c !== undefined);
  const delivered = sum(counts, (c) => c.delivered);
  const { least, most } = delayBetween(evidence, direction, receiver);
  const passedOne = (tap: TapIndex): { covered: OneTapSegment[]; uncovered: number } => {
    const all = (unmatched[tap]?.segments ?? []).filter((s) => s.direction === direction);
    const limits = coverage(evidence, tap === 0 ? 1 : 0);
    const covered: OneTapSegment[] = [];
    for (const s of all) {
      const time = clock.toReference(tap, s.time);
      // When it would have passed the other tap: after its delay where that is the receiver's, else before.
      const [soonest, latest] = tap === sender ? [time + least, time + most] : [time - most, time - least];
      if (soonest >= limits.from && latest <= limits.until)
        covered.push(oneTapSegment(evidence, s, time, from, tap === sender ? tap : null));
    }
    return { covered, uncovered: all.length - covered.length };
  };
  const sent = passedOne(sender);
  const came = passedOne(receiver);
  const { lost: missing, inFlight } = split(evidence, sent.covered, direction, receiver, delivered);
  const lost = missing.filter((s) => !hasArrived(evidence, s, sender, receiver));
  return {
    delivered,
    lost,
    lostMore: unmatched[sender]?.more ?? 0,
    injected: came.covered,
    injectedMore: unmatched[receiver]?.more ?? 0,
    duplicated: their?.copies ?? 0,
    reordered: sum(counts, (c) => c.reordered),
    altered: sum(counts, (c) => c.altered),
    inFlight,
    missed: missing.length - lost.length,
    uncovered: sent.uncovered + came.uncovered,
    delay: delivered === 0 || !clock.known ? null : delays(evidence, counts, delivered, sender),
  };
}

/**
 * When a tap's capture covers the connection: always, unless the other tap shows its end sending before its first frame, or
 * after its last one. A SYN or a FIN that was lost over and over again leaves no frame either.
 */
export function coverage(evidence: PathEvidence, tap: TapIndex): Span {
  const span = evidence.spans[tap];
  const other: TapIndex = tap === 0 ? 1 : 0;
  let from = Number.NEGATIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  if (span === null) return { from, until };
  for (const s of evidence.unmatched[other]?.segments ?? []) {
    if ((s.flags & RST) !== 0 || senderTap(evidence, s) !== tap) continue;
    const time = evidence.clock.toReference(other, s.time);
    const { least, most } = delayBetween(evidence, s.direction, other);
    if (time - most < span.from) from = span.from;
    if (time - least > span.until) until = span.until;
  }
  return { from, until };
}

/** The tap on the side of who sent a segment. */
function senderTap(evidence: PathEvidence, s: UnmatchedSegment): TapIndex {
  const known = evidence.ended[0] ?? evidence.ended[1];
  const byClient = s.direction === known?.clientDirection;
  return byClient ? evidence.clientTap : evidence.clientTap === 0 ? 1 : 0;
}

/**
 * Data that the receiver acknowledged though its sender never repeated it did arrive: the capture on the receiver's side
 * missed it.
 */
function hasArrived(evidence: PathEvidence, lost: OneTapSegment, sender: TapIndex, receiver: TapIndex): boolean {
  const occupied = lost.length + ((lost.flags & FIN) !== 0 ? 1 : 0);
  const own = evidence.ended[sender]?.history;
  if (occupied === 0 || (lost.flags & (SYN | RST)) !== 0 || own === undefined || evidence.ended[receiver] === null)
    return false;
  const seq = lost.seq - own.base[lost.from];
  // Of a flow with very many repetitions not all are kept, each by itself.
  if (own.retransmissions[lost.from] > MOST_REPETITIONS) return false;
  const repeated = own.segments.some(
    (s) =>
      s.from === lost.from &&
      s.frame !== lost.frame &&
      s.run === null &&
      s.end > s.seq &&
      ((s.end - seq) | 0) > 0 &&
      ((s.seq - seq - occupied) | 0) < 0,
  );
  if (repeated) return false;
  const acknowledged = own.segments.some(
    (s) => s.from !== lost.from && s.isOwn && !s.isRst && !Number.isNaN(s.ack) && ((s.ack - seq - occupied) | 0) >= 0,
  );
  return acknowledged;
}

/** What was sent just before both captures end may still have been under way, unless the path had stopped to deliver before. */
function split(
  evidence: PathEvidence,
  sent: readonly OneTapSegment[],
  direction: number,
  receiver: TapIndex,
  delivered: number,
): { lost: OneTapSegment[]; inFlight: number } {
  const { clock, spans, ended } = evidence;
  if (delivered === 0 || !clock.known) return { lost: [...sent], inFlight: 0 };
  const end = Math.max(...spans.map((s) => s?.until ?? Number.NEGATIVE_INFINITY));
  const delay = delayBetween(evidence, direction, receiver);
  const isLate = (s: OneTapSegment): boolean => s.time + delay.least > end;
  const arrived = Math.max(...ended.map((e) => (e === null ? Number.NEGATIVE_INFINITY : e.lastFound[direction])));
  const dead = sent.some((s) => !isLate(s) && s.time > arrived - delay.least);
  const lost = dead ? [...sent] : sent.filter((s) => !isLate(s));
  return { lost, inFlight: sent.length - lost.length };
}

function delays(
  evidence: PathEvidence,
  counts: readonly DirectionCount[],
  delivered: number,
  sender: TapIndex,
): PathFates['delay'] {
  const { least, most, offset } = delayOf(evidence, counts, sender === 0 ? 1 : 0);
  const sign = sender === 0 ? 1 : -1;
  const total = sum(counts, (c) => c.sum) - delivered * offset;
  return { least: least / SECOND, mean: (sign * total) / delivered / SECOND, most: most / SECOND };
}

/** The delays behind differences of time, as the clocks differed in the middle of the connection. */
function delayOf(
  { ended, clock }: PathEvidence,
  counts: readonly DirectionCount[],
  receiver: TapIndex,
): { least: Time; most: Time; offset: Time } {
  const known = ended[0] ?? ended[1];
  const start = known === null ? 0 : clock.toReference(known.tap, known.history.start);
  const last = Math.max(start, ...(known?.lastFound ?? []));
  const offset = clock.difference((start + last) / 2);
  const least = Math.min(...counts.map((c) => c.least)) - offset;
  const most = Math.max(...counts.map((c) => c.most)) - offset;
  return receiver === 1 ? { least, most, offset } : { least: -most, most: -least, offset };
}

/** The delays of what was delivered in a direction; none where nothing was, or the clocks are not known. */
function delayBetween(evidence: PathEvidence, direction: number, receiver: TapIndex): { least: Time; most: Time } {
  const counts = evidence.ended.flatMap((e) => (e === null ? [] : [e.counts[direction]]));
  if (!evidence.clock.known || sum(counts, (c) => c.delivered) === 0) return { least: 0, most: 0 };
  return delayOf(evidence, counts, receiver);
}

function oneTapSegment(
  evidence: PathEvidence,
  s: UnmatchedSegment,
  time: Time,
  from: Side,
  sender: TapIndex | null,
): OneTapSegment {
  const { frame, seq, ack, length, flags } = s;
  const { middle } = evidence;
  const flow = sender === null ? undefined : evidence.ended[sender]?.number;
  const told = middle !== null && sender !== null && flow !== undefined && middle.covered[sender].has(flow);
  const where = told ? stretch(middle, sender, frame, from) : null;
  return { frame, time, from, seq, ack, length, flags, class: classOf(evidence, s, from), where };
}

function stretch({ name, missed }: MiddleTap, sender: TapIndex, frame: number, from: Side): string {
  const to: Side = from === 'client' ? 'server' : 'client';
  return missed[sender].has(frame) ? `between the ${from}'s side and ${name}` : `between ${name} and the ${to}'s side`;
}

function classOf(evidence: PathEvidence, s: UnmatchedSegment, from: Side): SegmentClass {
  if ((s.flags & RST) !== 0) return 'RST';
  if ((s.flags & SYN) !== 0) return (s.flags & ACK) !== 0 ? 'SYN+ACK' : 'SYN';
  if ((s.flags & FIN) !== 0) return 'FIN';
  if (s.length > 0) return 'data';
  const to: Side = from === 'client' ? 'server' : 'client';
  // Numbers as the sender's own tap has them.
  const tap = senderTap(evidence, s);
  const history = evidence.ended[tap]?.history ?? null;
  if (history === null) return 'ACK';
  const isn = history.isn[to];
  if (from === 'client' && isn !== null && s.ack === (isn + 1) >>> 0 && isFirst(history.isn[from], s))
    return 'handshake ACK';
  const fin = history.segments.find((seg) => seg.isOwn && seg.isFin && seg.from === to);
  const ended = history.segments.some((seg) => seg.isOwn && seg.isFin && seg.from === from && seg.frame < s.frame);
  if (fin && ended && s.ack === (history.base[to] + fin.end) >>> 0) return 'last ACK';
  return 'ACK';
}

const isFirst = (isn: number | null, s: UnmatchedSegment): boolean => isn === null || s.seq === (isn + 1) >>> 0;

const sum = <T>(of: readonly T[], value: (one: T) => number): number =>
  of.reduce((total, one) => total + value(one), 0);
