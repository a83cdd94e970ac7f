import { ACK } from '../../decode/segment.js';
import type { Time } from '../model.js';
import { MILLISECOND, SECOND } from '../time.js';
import type { Seg } from './history.js';
import { SAME_HOST } from './tap.js';
import type { View } from './view.js';

/** What a host's answer may be quicker than the quickest one measured: in proportion, and in all. */
const QUICKER = 0.7;
const TIGHT = MILLISECOND / 10;
/** Linux's timer wheel rounds up by at most an eighth (kernel/time/timer.c). */
export const LATE = 1 / 8;
/** Longest delay of an ACK that RFC 9293, section 3.8.6.3 allows is 500 ms; Linux stays below 200. */
const DELAYED_ACK = 200 * MILLISECOND;

/** The segment that reached an endpoint and did something there, and what that rests on. */
export interface Arrival {
  readonly cause: Seg;
  /** It happened after this: the tap time of the first copy that may have been the one. */
  readonly earliest: Time;
  /** The endpoint's own segment that proves it; null while nothing did. */
  readonly proof: Seg | null;
  /** Segments that were believed to do the same, and are contradicted. */
  readonly revoked: readonly Seg[];
}

/** What passed the tap at `reply` may have been sent when the segment that passed it at `seg` had come. */
const mayAnswer = (view: View, seg: Time, reply: Time): boolean => reply - seg >= view.rtt * QUICKER - TIGHT;

/**
 * The latest tap time before which nothing sent to the endpoint acknowledged `copies` there: each time it repeats itself it
 * had not heard yet. The crossing rule: what passed the tap less than a round trip before may have crossed.
 */
function deafUntil(view: View, copies: readonly Seg[]): { until: Time; by: Seg | null } {
  let until = Number.NEGATIVE_INFINITY;
  let by: Seg | null = null;
  for (let i = 1; i < copies.length; i++) {
    const again = copies[i];
    const echoed = echoOf(view, again);
    const time = echoed ? echoed.time : again.undelayed - view.rtt - view.margin;
    if (time > until) {
      until = time;
      by = again;
    }
  }
  return { until, by };
}

/** A repeated SYN draws an extra SYN+ACK at once (tcp_check_req): that one says nothing of an ACK sent after the SYN. */
export function echoOf(view: View, synAck: Seg): Seg | null {
  if (!synAck.isSynAck) return null;
  for (let i = view.received.length - 1; i >= 0; i--) {
    const syn = view.received[i];
    if (!syn.isSyn || syn.frame > synAck.frame) continue;
    return syn.isRetransmission && synAck.time - syn.time <= view.rtt + view.margin ? syn : null;
  }
  return null;
}

/**
 * What passed between the last copy that a timer sent and the one before it; null where no timer has sent any. The echo of a
 * repeated SYN sets a request's timer anew, to what it was: only the timer's own copies double it (tcp_check_req,
 * reqsk_timer_handler).
 */
export function lastTimeout(view: View, copies: readonly Seg[]): Time | null {
  const last = copies.findLastIndex((s, i) => i > 0 && echoOf(view, s) === null);
  return last < 0 ? null : copies[last].time - copies[last - 1].time;
}

/**
 * A host that ignores what it is sent (a full accept queue): it left data unanswered, too. Until when that is certain.
 */
function ignoresUntil(view: View, speech: Seg | undefined): Time {
  const data = view.received.filter((s) => s.length > 0 && !s.isSyn && !s.isRst);
  const patience = view.rtt + view.margin + DELAYED_ACK;
  const unanswered = data.filter((d) => speech === undefined || speech.time > d.time + patience);
  return unanswered.length >= 2 ? unanswered[unanswered.length - 1].time : Number.NEGATIVE_INFINITY;
}

/** Refutes, and returns, each acknowledgement of `copies` after which the endpoint repeated itself: it had not been heard. */
function refuteUnheard(view: View, copies: readonly Seg[], end: number): Seg[] {
  const deaf = deafUntil(view, copies);
  const unheard = view.received.filter((s) => s.time <= deaf.until && acknowledges(s, copies[0], end));
  for (const seg of unheard) {
    seg.fate = 'unheeded';
    seg.refutedBy = deaf.by;
  }
  return unheard;
}

const acknowledges = (seg: Seg, first: Seg, end: number): boolean =>
  seg.frame >= first.frame && !seg.isRst && seg.ack >= end;

/**
 * Which segment told the endpoint that its SYN, SYN+ACK or FIN (`copies`, in tap order, ending at `end`) had arrived: the
 * first acknowledgement that no later repetition contradicts.
 */
export function acknowledgementOf(
  view: View,
  copies: readonly Seg[],
  end: number,
  usedUp: (copies: readonly Seg[]) => boolean,
): Arrival | null {
  const revoked = refuteUnheard(view, copies, end);
  const heard = view.received.filter((s) => acknowledges(s, copies[0], end) && !revoked.includes(s));
  if (heard.length === 0) return null;
  const [cause] = heard;
  const proof = proofOf(view, cause);
  // Silence after the last repetition speaks for delivery only where another repetition was due.
  if (proof === null && revoked.length > 0 && usedUp(copies)) {
    for (const late of heard) {
      late.fate = 'unheeded';
      late.refutedBy = copies[copies.length - 1];
    }
    return null;
  }
  return { cause, earliest: cause.time, proof, revoked };
}

/**
 * The endpoint's first segment that shows that it was synchronized: anything but SYN and RST; after a Fast Open, only what
 * it sent when the handshake's ACK may have come.
 */
export function firstSpeech(view: View): Seg | undefined {
  const ack = view.fastOpened ? view.received.find((s) => s.ack >= 1) : undefined;
  if (view.fastOpened && !ack) return undefined;
  return view.sent.find(
    (s) => !s.isSyn && !s.isSynAck && !s.isRst && (ack === undefined || mayAnswer(view, ack.time, s.time)),
  );
}

/**
 * Which segment completed the handshake at an end that had sent SYN+ACK. One that the end answered with a bare RST did not:
 * its request was refused (tcp_abort_on_overflow), or gone.
 */
export function handshakeAckOf(view: View, copies: readonly Seg[]): Arrival | null {
  const speech = firstSpeech(view);
  const retriesUsedUp = (all: readonly Seg[]): boolean =>
    speech === undefined &&
    (all.filter((s) => s.isSynAck).length > view.profile.synAckRetries || view.sent.some((s) => s.isRst));
  const heard = acknowledgementOf(view, copies, 1, retriesUsedUp);
  if (heard === null) return null;
  const ignores = heard.revoked.length > 0 ? ignoresUntil(view, speech) : Number.NEGATIVE_INFINITY;
  if (ignores > Number.NEGATIVE_INFINITY) return afterIgnoring(view, heard, ignores, copies, speech);
  if (speech === undefined) {
    // On its own host an ACK that came and was not taken was ignored, and so will be the next until accept() has run: another
    // connection tells, or a repetition that was due and did not come.
    const [ignored] = heard.revoked;
    const onItsHost = view.roundTrip !== null && view.roundTrip < SAME_HOST;
    if (
      ignored &&
      onItsHost &&
      view.until < nextRepetition(view, copies) &&
      !view.listenerSigns.some((t) => t > ignored.time)
    )
      return null;
    const reset = view.sent.find((s) => s.isRst && s.frame > heard.cause.frame);
    const atOnce = reset && reset.time - heard.cause.time <= view.rtt + view.margin;
    if (atOnce && (reset.flags & ACK) === 0 && reset.seq === heard.cause.ack) return null;
    return heard;
  }
  if (speech.frame < heard.cause.frame) return heard;
  const isAlone = !view.received.some(
    (s) => s.frame > heard.cause.frame && s.frame < speech.frame && s.ack >= 1 && mayAnswer(view, s.time, speech.time),
  );
  if (isAlone) {
    heard.cause.fate = 'delivered';
    heard.cause.provedBy = speech;
  }
  return { ...heard, proof: speech };
}

/** When the next SYN+ACK is certainly due: twice the last timeout later, and what a timer may be late. */
function nextRepetition(view: View, copies: readonly Seg[]): Time {
  const timeout = lastTimeout(view, copies);
  const wait = timeout === null ? view.profile.initialRto * SECOND : 2 * timeout;
  return copies[copies.length - 1].time + wait * (1 + LATE);
}

/** The host went on ignoring: what completed the handshake is what it first answered, if that ever came. */
function afterIgnoring(
  view: View,
  heard: Arrival,
  ignores: Time,
  copies: readonly Seg[],
  speech: Seg | undefined,
): Arrival | null {
  const revoked = [...heard.revoked];
  const ignored = view.received.filter(
    (s) => s.frame >= heard.cause.frame && s.time <= ignores && s.ack >= 1 && !s.isRst,
  );
  for (const seg of ignored) {
    seg.fate = 'unheeded';
    seg.refutedBy = copies[copies.length - 1];
    revoked.push(seg);
  }
  if (speech === undefined) return null;
  // As soon as its application has run accept(), the listener takes the next ACK.
  const accepted = view.listenerSigns.find((t) => t > heard.revoked[0].time && t < speech.time);
  const later = view.received.filter((s) => s.time > ignores && s.frame < speech.frame && s.ack >= 1 && !s.isRst);
  const next = accepted === undefined ? undefined : later.find((s) => s.time > accepted - view.rtt / 2);
  if (next) return { cause: next, earliest: later[0].time, proof: speech, revoked };
  const answered = later.findLast((s) => mayAnswer(view, s.time, speech.time));
  if (!answered) return null;
  return { cause: answered, earliest: later[0].time, proof: speech, revoked };
}

/**
 * Which SYN+ACK made the client ESTABLISHED: the first that no repeated SYN contradicts, unless a timestamp names another.
 * A client that answers with a bare RST had given up before.
 */
export function synAckArrivalOf(view: View, syns: readonly Seg[]): Arrival | null {
  refuteUnheard(view, syns, 1);
  const copies = view.received.filter((s) => s.isSynAck && s.ack >= 1);
  if (copies.length === 0) return null;
  const proof = view.sent.find((s) => s.ack >= 1 && !s.isSyn && s.frame > copies[0].frame) ?? null;
  const believed = copies.filter((c) => c.refutedBy === null && (proof === null || c.frame < proof.frame));
  if (believed.length === 0) return null;
  if (proof === null) {
    const gone = view.sent.some((s) => s.isRst && s.frame > copies[0].frame);
    return gone ? null : unproven(view, believed);
  }
  const named = proof.hasTimestamps ? believed.find((c) => c.hasTimestamps && c.tsVal === proof.tsEcr) : undefined;
  const cause = named ?? believed[0];
  for (const copy of believed) if (named && copy.frame < named.frame) copy.fate = 'unheeded';
  cause.fate = 'delivered';
  cause.provedBy = proof;
  return { cause, earliest: believed[0].time, proof, revoked: [] };
}

/** The endpoint's first segment that shows that `seg` reached it: it acknowledges it, or echoes its timestamp. */
function proofOf(view: View, seg: Seg): Seg | null {
  const occupies = seg.end > seg.seq;
  for (const reply of view.sent) {
    if (reply.frame < seg.frame) continue;
    if (occupies && reply.ack >= seg.end) return reply;
    if (reply.hasTimestamps && seg.hasTimestamps && reply.tsEcr === seg.tsVal && isNewest(view, seg)) return reply;
  }
  return null;
}

/** No earlier segment to the endpoint carried the same TSval, so that an echo of it names this one. */
function isNewest(view: View, seg: Seg): boolean {
  for (const other of view.received) {
    if (other.frame >= seg.frame) return true;
    if (other.hasTimestamps && other.tsVal === seg.tsVal) return false;
  }
  return true;
}

/**
 * Which of the copies of a SYN, SYN+ACK or FIN was the one that reached the endpoint first, and what proves it.
 * @param copies in tap order, all ending at `end`
 * @returns null where none is believed to have arrived
 */
export function arrivalOf(
  view: View,
  copies: readonly Seg[],
  end: number,
  isProof: (reply: Seg) => boolean,
): Arrival | null {
  if (copies.length === 0) return null;
  const proof = view.sent.find((s) => s.frame > copies[0].frame && isProof(s)) ?? null;
  if (proof === null) {
    const believed = copies.filter((c) => c.refutedBy === null);
    return believed.length === 0 ? null : unproven(view, believed);
  }
  const before = copies.filter((c) => c.frame < proof.frame);
  const possible = before.filter((c) => c.refutedBy === null && mayAnswer(view, c.time, proof.time));
  const candidates = possible.length > 0 ? possible : before;
  const named = namedBy(proof, candidates, end);
  const cause = named ?? candidates[candidates.length - 1];
  const earliest = named ? named.time : candidates[0].time;
  for (const copy of candidates) {
    if (copy === cause) break;
    if (named) copy.fate = 'unheeded';
  }
  cause.fate = 'delivered';
  cause.provedBy = proof;
  return waitingForData(view, { cause, earliest, proof, revoked: [] });
}

/**
 * A FIN that overtook its data takes effect when the hole is filled (RFC 9293, section 3.10.7.4, eighth): until then its
 * receiver went on to acknowledge less.
 */
function waitingForData(view: View, arrival: Arrival & { readonly proof: Seg }): Arrival {
  const { cause, proof } = arrival;
  const isBetween = (s: Seg): boolean => s.frame > cause.frame && s.frame < proof.frame;
  const lagging = view.sent.findLast((s) => isBetween(s) && !s.isRst && mayAnswer(view, cause.time, s.undelayed));
  if (!lagging) return arrival;
  const fills = (s: Seg): boolean => isBetween(s) && s.length > 0 && mayAnswer(view, s.time, proof.time);
  const filler = view.received.findLast(fills);
  if (!filler) return arrival;
  const earliest = Math.max(arrival.earliest, lagging.undelayed - view.rtt - view.margin);
  return { ...arrival, cause: filler, earliest: Math.min(earliest, filler.time) };
}

/** What a reply says of the copy that it answers, by its timestamp echo or a duplicate SACK; null where it says nothing. */
function namedBy(proof: Seg, candidates: readonly Seg[], end: number): Seg | null {
  // Nothing lies beyond a FIN: a block up to its end is of bytes that had come before (RFC 2883).
  const duplicate = proof.sack !== null && proof.sack[1] >= end;
  if (duplicate) return candidates[0];
  if (!proof.hasTimestamps) return null;
  const echoed = candidates.find((c) => c.hasTimestamps && c.tsVal === proof.tsEcr);
  if (echoed) return echoed;
  // An echo older than every copy is of data that was not acknowledged yet (RFC 7323, section 4.3): its FIN came soon after.
  const older = candidates.every((c) => c.hasTimestamps && ((proof.tsEcr - c.tsVal) | 0) < 0);
  return older ? candidates[0] : null;
}

/** Without a reaction: one copy is presumed to arrive; where the sender had to repeat itself without an answer, none is. */
function unproven(view: View, copies: readonly Seg[]): Arrival | null {
  const last = copies[copies.length - 1];
  const contradicted = view.sent.some((s) => s.time > last.time + view.rtt + view.margin + DELAYED_ACK && !s.isRst);
  if (contradicted || (copies.length > 1 && !isReached(view, copies[0]))) return null;
  return { cause: copies[0], earliest: copies[0].time, proof: null, revoked: [] };
}

/**
 * The endpoint had a FIN of its own waiting for an acknowledgement, whose first passed the tap with `seg` or shortly before,
 * and never repeated it: the path to it works, and it is its answers that are lost.
 */
function isReached(view: View, seg: Seg): boolean {
  const fin = view.sent.findLast((s) => s.isFin && s.frame < seg.frame);
  if (fin === undefined) return false;
  const first = view.received.find((s) => s.ack >= fin.end && s.refutedBy === null);
  return first !== undefined && seg.time - first.time <= view.profile.minRto * SECOND;
}
