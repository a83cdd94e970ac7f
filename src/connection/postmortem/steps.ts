import { ACK } from '../../decode/segment.js';
import type { Time } from '../model.js';
import { orphanTimeout } from '../profile.js';
import { SECOND } from '../time.js';
import { type Arrival, acknowledgementOf, arrivalOf, handshakeAckOf, synAckArrivalOf } from './delivery.js';
import type { History, Seg } from './history.js';
import { acceptedResets, isInjected, markAnsweredByReset } from './resets.js';
import type { TcpEvent } from './state-machine.js';
import type { View } from './view.js';

/** Something that happened to one end: it sent a segment, or one reached it. */
export interface Step {
  readonly event: TcpEvent;
  /** The segment; for what the capture does not hold, the peer's that acknowledges it. */
  readonly seg: Seg;
  /** Estimated time at the endpoint: what steps are ordered by. */
  when: Time;
  readonly sent: boolean;
  /** What the end sent was not captured. */
  readonly unseen: boolean;
  readonly arrival: Arrival | null;
}

/** All that happened to one end, in the order in which it happened there. */
export function stepsOf(view: View, other: View, history: History): Step[] {
  return inOrder(view, [...receivedSteps(view, other, history), ...sentSteps(view), ...unseenSteps(view, other)]);
}

const received = (event: TcpEvent, arrival: Arrival): Step => ({
  event,
  seg: arrival.cause,
  when: 0,
  sent: false,
  unseen: false,
  arrival,
});
const sent = (event: TcpEvent, seg: Seg, unseen = false): Step => ({
  event,
  seg,
  when: 0,
  sent: true,
  unseen,
  arrival: null,
});
const because = (cause: Seg, earliest: Time, proof: Seg | null): Arrival => ({ cause, earliest, proof, revoked: [] });

/** Within one segment, its acknowledgement counts before its FIN (RFC 9293, section 3.10.7.4: fifth before eighth). */
function receivedSteps(view: View, other: View, history: History): Step[] {
  const steps: Step[] = [];
  const add = (event: TcpEvent, arrival: Arrival | null): void => {
    if (arrival) steps.push(received(event, arrival));
  };
  const syns = view.sent.filter((s) => s.isSyn);
  const synAcks = view.sent.filter((s) => s.isSynAck);
  add('receive-syn', takenSyn(view));
  if (synAcks.length > 0) add('receive-ack-of-syn', handshakeAckOf(view, [...syns, ...synAcks]));
  else add('receive-syn-ack', synAckArrivalOf(view, syns));
  add('receive-ack-of-fin', finAcknowledgement(view));
  add('receive-fin', finArrival(view, other));
  const icmp = history.segments.find((s) => s.icmp !== null && s.from === view.side);
  if (icmp && icmp.seq === 0 && !syns.some((s) => s.frame > icmp.frame))
    add('receive-icmp-error', because(icmp, icmp.time, null));
  markAnsweredByReset(view);
  for (const arrival of acceptedResets(view)) add('receive-rst', arrival);
  for (const seg of history.segments) {
    if (!seg.isSuccessor) continue;
    if (seg.from === view.side) steps.push(sent('new-incarnation', seg));
    else add('new-incarnation', because(seg, seg.time, null));
  }
  return steps;
}

/** A SYN that nobody answers may have been dropped, by the path or by the host: only an answer makes it a request. */
function takenSyn(view: View): Arrival | null {
  const peerSyns = view.received.filter((s) => s.isSyn);
  const arrival = arrivalOf(view, peerSyns, 1, (s) => s.isSynAck);
  return arrival?.proof ? arrival : null;
}

function finAcknowledgement(view: View): Arrival | null {
  const fins = view.sent.filter((s) => s.isFin || s.afterHiddenFin);
  if (fins.length > 0) {
    const end = fins[0].isFin ? fins[0].end : fins[0].seq;
    return acknowledgementOf(view, fins, end, (all) => orphanGivesUp(view, all));
  }
  const unseen = unseenFin(view);
  return unseen && because(unseen.ack, unseen.ack.time, null);
}

function finArrival(view: View, other: View): Arrival | null {
  const fins = view.received.filter((s) => s.isFin);
  const unseen = unseenFin(other);
  if (unseen) return because(unseen.ack, unseen.before.time, unseen.ack);
  if (fins.length === 0) return null;
  const end = fins[0].end;
  const arrival = arrivalOf(view, fins, end, (s) => s.ack >= end);
  // A FIN that draws a bare RST met no socket: nothing changed by it.
  const answered = (rst: Seg): boolean => fins.some((f) => f.ack === rst.seq && f.frame < rst.frame);
  const forgotten = view.sent.some((s) => s.isRst && (s.flags & ACK) === 0 && answered(s));
  return arrival?.proof === null && forgotten ? null : arrival;
}

/** The next repetition of an orphan's FIN would not have come: its time is over (tcp_orphan_retries, tcp_write_timeout). */
function orphanGivesUp(view: View, fins: readonly Seg[]): boolean {
  if (fins.length < 3) return false;
  const last = fins[fins.length - 1].time;
  const due = last + 2 * (last - fins[fins.length - 2].time);
  return due - fins[1].time >= orphanTimeout(view.profile) * SECOND;
}

function sentSteps(view: View): Step[] {
  const steps: Step[] = [];
  for (const seg of view.sent) {
    if (!seg.isRst) steps.push(sent(eventOf(seg), seg));
    else if (!isInjected(view, seg)) steps.push(sent('send-rst', seg));
  }
  return steps;
}

function eventOf(seg: Seg): TcpEvent {
  if (seg.isSyn) return 'send-syn';
  if (seg.isSynAck) return 'send-syn-ack';
  return seg.isFin || seg.afterHiddenFin ? 'send-fin' : 'send-segment';
}

/** A FIN that was not captured, or only later, in a copy. */
interface UnseenFin {
  /** The peer's segment that acknowledges it: one beyond the data, where no more data follows. */
  readonly ack: Seg;
  /** The last that was seen of its sender before that. */
  readonly before: Seg;
}

function unseenFin(view: View): UnseenFin | null {
  let end = Number.NEGATIVE_INFINITY;
  let next = 0;
  for (const ack of view.received) {
    for (; next < view.sent.length && view.sent[next].frame < ack.frame; next++) {
      if (!view.sent[next].isRst) end = Math.max(end, view.sent[next].end);
    }
    if (ack.isRst || ack.ack !== end + 1) continue;
    const followed = view.sent.some((s) => !s.isRst && s.seq + s.length > end);
    return followed ? null : { ack, before: view.sent[next - 1] };
  }
  return null;
}

/** What the end must have sent, by what the peer acknowledges: the capture has a gap there, or holds one direction only. */
function unseenSteps(view: View, other: View): Step[] {
  const steps: Step[] = [];
  const add = (event: TcpEvent, ack: Seg | undefined): void => {
    if (ack) steps.push(sent(event, ack, true));
  };
  const acks = view.received.filter((s) => s.ack >= 1 && !s.isRst);
  add('send-fin', unseenFin(view)?.ack);
  if (!view.sent.some((s) => s.isSyn || s.isSynAck)) {
    if (other.sent.some((s) => s.isSyn)) add('send-syn-ack', acks[0]);
    else
      add(
        'send-syn',
        acks.find((s) => s.isSynAck),
      );
  }
  add(
    'send-segment',
    acks.find((s) => s.ack > 1 && (s.showsGap || view.sent.length === 0)),
  );
  return steps;
}

/**
 * Puts what an endpoint sent and received in the order in which it happened there: a sent segment half a round trip before
 * it passed the tap, a received one half a round trip after, but before the segment that proves it, and after every segment
 * that does not acknowledge it yet. Paths keep their order; of one instant the order of `steps` stands.
 */
function inOrder(view: View, steps: Step[]): Step[] {
  const half = view.rtt / 2;
  for (const step of steps) {
    if (step.sent) {
      step.when = step.seg.undelayed - half;
      continue;
    }
    const arrived = step.seg.time + half;
    const proof = step.arrival?.proof;
    const notBefore = lastSentWithout(view, step.seg);
    step.when = Math.min(
      Math.max(arrived, notBefore ? notBefore.undelayed - half + 1 : Number.NEGATIVE_INFINITY),
      proof ? proof.undelayed - half : Number.POSITIVE_INFINITY,
    );
  }
  sortUnlessSorted(steps, (a, b) => a.seg.frame - b.seg.frame);
  let soonest = Number.POSITIVE_INFINITY;
  for (let i = steps.length - 1; i >= 0; i--) {
    if (steps[i].sent) continue;
    soonest = Math.min(soonest, steps[i].when);
    steps[i].when = soonest;
  }
  for (const step of steps) {
    // A bare ACK beyond its sender's lost FIN: that FIN went before whatever the ACK answers.
    if (!step.sent || !step.seg.afterHiddenFin) continue;
    for (const s of steps) if (s.arrival?.proof === step.seg) step.when = Math.min(step.when, s.when - 1);
  }
  return sortUnlessSorted(steps, (a, b) => a.when - b.when);
}

/** A native sort copies what it sorts, which is most often in order already. */
function sortUnlessSorted(steps: Step[], compare: (a: Step, b: Step) => number): Step[] {
  for (let i = 1; i < steps.length; i++) if (compare(steps[i - 1], steps[i]) > 0) return steps.sort(compare);
  return steps;
}

/** Every segment tells what its sender had received: the last one that does not acknowledge `seg` was sent before it came. */
function lastSentWithout(view: View, seg: Seg): Seg | undefined {
  if (seg.end <= seg.seq) return undefined;
  // The data of a SYN need not be accepted (RFC 7413, section 4.2.2).
  const end = seg.isSyn ? seg.seq + 1 : seg.end;
  return view.sent.findLast((s) => !s.isRst && (Number.isNaN(s.ack) || s.ack < end));
}
