import type { SentSegments } from '../deferred-segments.js';
import type { Basis, Time, Transition } from '../model.js';
import type { HostProfile } from '../profile.js';
import type { Side, TcpState } from '../state.js';
import { MILLISECOND, SECOND } from '../time.js';
import { Changes } from './changes.js';
import { GRAIN, TICK } from './clock.js';
import { REASONS } from './endpoint.js';
import type { TcpEvent } from './state-machine.js';
import { timeWaitExpiry } from './timers.js';
import { spreadOf } from './view.js';

/**
 * One end of a sound connection, from what both have sent. Nothing was lost there, repeated or out of order, so that each
 * segment that changes a state is known by its place, where steps.ts and delivery.ts have to look for it and for what contradicts
 * it: the same life comes out in a tenth of the time (test/connection/followed-twice.ts holds one to the other).
 *
 * Segments are named by their index.
 */
export class SoundEnd {
  readonly side: Side;
  readonly roundTrip: Time;
  readonly #sent: SentSegments;
  readonly #received: SentSegments;
  readonly #profile: HostProfile;
  readonly #half: Time;
  readonly #changes: Changes;
  #state: TcpState;

  constructor(side: Side, sent: SentSegments, received: SentSegments, profile: HostProfile, start: Time) {
    this.side = side;
    this.#sent = sent;
    this.#received = received;
    this.#profile = profile;
    this.roundTrip = leastRoundTrip(sent, received);
    this.#half = this.roundTrip / 2;
    this.#changes = new Changes(side, start);
    this.#state = side === 'client' ? 'CLOSED' : 'LISTEN';
  }

  /** @param until tap time of the capture's last frame */
  life(until: Time): readonly Transition[] {
    if (this.side === 'client') this.#openActively();
    else this.#openPassively();
    const sentFin = this.#sent.fin;
    const receivedFin = this.#received.fin;
    if (sentFin >= 0 && receivedFin >= 0) {
      const isFirst = this.#sent.frame[sentFin] < this.#received.frame[receivedFin];
      if (isFirst) this.#closeActively(sentFin, receivedFin, until);
      else this.#closePassively(sentFin, receivedFin);
    }
    return this.#changes.close();
  }

  #openActively(): void {
    const { time, frame } = this.#sent;
    this.#send('SYN_SENT', 'send-syn', 0, null);
    const [synAck, ack] = [this.#received.time[0], time[1]];
    this.#receive('ESTABLISHED', 'receive-syn-ack', 0, this.#arrival(0, 1), synAck, ack, frame[1]);
  }

  #openPassively(): void {
    const { time, frame } = this.#sent;
    const received = this.#received.time;
    this.#receive('SYN_RECV', 'receive-syn', 0, this.#arrival(0, 0), received[0], time[0], frame[0]);
    this.#receive('ESTABLISHED', 'receive-ack-of-syn', 1, this.#arrival(1, 1), received[1], time[1], frame[1]);
  }

  #closeActively(sentFin: number, receivedFin: number, until: Time): void {
    const sent = this.#sent;
    const received = this.#received;
    const ack = firstAfter(received, sent.frame[sentFin], sent.end[sentFin]);
    const proof = this.#proofOf(ack);
    const answer = firstAfter(sent, received.frame[receivedFin], received.end[receivedFin]);
    this.#send('FIN_WAIT1', 'send-fin', sentFin, this.#finAfter(sentFin));
    const acked = this.#arrival(ack, proof);
    const [proved, proofFrame] = proof < 0 ? [null, null] : [sent.time[proof], sent.frame[proof]];
    this.#receive('FIN_WAIT2', 'receive-ack-of-fin', ack, acked, received.time[ack], proved, proofFrame);
    const closed = this.#arrival(receivedFin, answer);
    const since = received.time[receivedFin];
    this.#receive('TIME_WAIT', 'receive-fin', receivedFin, closed, since, sent.time[answer], sent.frame[answer]);
    this.#waitTwoMsl(until);
  }

  #closePassively(sentFin: number, receivedFin: number): void {
    const sent = this.#sent;
    const received = this.#received;
    const answer = firstAfter(sent, received.frame[receivedFin], received.end[receivedFin]);
    const ack = firstAfter(received, sent.frame[sentFin], sent.end[sentFin]);
    const closed = this.#arrival(receivedFin, answer);
    const since = received.time[receivedFin];
    this.#receive('CLOSE_WAIT', 'receive-fin', receivedFin, closed, since, sent.time[answer], sent.frame[answer]);
    this.#send('LAST_ACK', 'send-fin', sentFin, this.#finAfter(sentFin));
    const acked = this.#arrival(ack, NONE);
    this.#receive('CLOSED', 'receive-ack-of-fin', ack, acked, received.time[ack], null, null);
  }

  #waitTwoMsl(until: Time): void {
    const since = this.#changes.last;
    if (since === undefined) return;
    const expiry = timeWaitExpiry(since, this.#profile, since.at, since.frame);
    if (expiry.at > until || (expiry.latest ?? expiry.at) > until) return;
    this.#change('CLOSED', expiry.at, expiry.earliest, expiry.latest, expiry.frame, 'timer', expiry.reason, null);
  }

  /** Estimated time at which a segment came, which `proof` proves. */
  #arrival(cause: number, proof: number): Time {
    const { time, seq, end } = this.#received;
    let when = time[cause] + this.#half;
    if (end[cause] > seq[cause]) {
      const before = lastBefore(this.#sent, end[cause]);
      if (before >= 0) when = Math.max(when, this.#sent.time[before] - this.#half + 1);
    }
    return proof < 0 ? when : Math.min(when, this.#sent.time[proof] - this.#half);
  }

  /** The tap time after which a FIN was sent. */
  #finAfter(fin: number): Time {
    const { time, busySince } = this.#sent;
    const pause = time[fin] - time[fin - 1];
    const mayBeRepeated = this.roundTrip >= MILLISECOND && pause >= this.#profile.minRto * SECOND * 0.9;
    return Math.min(mayBeRepeated ? time[fin - 1] : time[fin], busySince[fin]) - spreadOf(this.roundTrip);
  }

  /** The first segment that shows that `seg` came: it acknowledges it, or echoes its timestamp; see delivery.ts. */
  #proofOf(seg: number): number {
    const sent = this.#sent;
    const { frame, seq, end, hasTimestamps, tsVal } = this.#received;
    for (let i = 0; i < sent.length; i++) {
      if (sent.frame[i] < frame[seg]) continue;
      if (end[seg] > seq[seg] && sent.ack[i] >= end[seg]) return i;
      const isEcho = sent.hasTimestamps[i] !== 0 && hasTimestamps[seg] !== 0 && sent.tsEcr[i] === tsVal[seg];
      if (isEcho && isFirstOfItsTick(this.#received, seg)) return i;
    }
    return NONE;
  }

  #send(to: TcpState, event: TcpEvent, index: number, earliest: Time | null): void {
    const { time, frame } = this.#sent;
    const at = time[index] - this.#half;
    this.#change(to, at, earliest, time[index], frame[index], 'observed', REASONS[event], null);
  }

  #receive(
    to: TcpState,
    event: TcpEvent,
    cause: number,
    at: Time,
    earliest: Time,
    latest: Time | null,
    proof: number | null,
  ): void {
    this.#change(to, at, earliest, latest, this.#received.frame[cause], 'inferred', REASONS[event], proof);
  }

  #change(
    to: TcpState,
    at: Time,
    earliest: Time | null,
    latest: Time | null,
    frame: number,
    basis: Basis,
    reason: string,
    confirmedBy: number | null,
  ): void {
    this.#changes.add(this.#state, to, { at, earliest, latest, frame, basis, reason, confirmedBy, revoked: NOTHING });
    this.#state = to;
  }
}

const NONE = -1;
const NOTHING: readonly number[] = [];

/** No segment came later than the quickest one by more than a grain: its sender's clock has nothing to say (clock.ts). */
export function isPunctual({ length, time, hasTimestamps, tsVal }: SentSegments): boolean {
  let first = NONE;
  let [soonest, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < length; i++) {
    if (hasTimestamps[i] === 0) continue;
    if (first < 0) first = i;
    const offset = time[i] - ((tsVal[i] - tsVal[first]) | 0) * TICK;
    if (offset < soonest) soonest = offset;
    if (offset > latest) latest = offset;
  }
  return latest - soonest <= GRAIN;
}

/** The least time from a segment's passing the tap to its acknowledgement's passing back: there is one of the handshake. */
function leastRoundTrip(sent: SentSegments, received: SentSegments): Time {
  let least = Number.POSITIVE_INFINITY;
  let heard = Number.NEGATIVE_INFINITY;
  let next = 0;
  for (let reply = 0; reply < sent.length; reply++) {
    if (!(sent.ack[reply] > heard)) continue;
    heard = sent.ack[reply];
    while (next < received.length && (received.end[next] < heard || received.end[next] === received.seq[next])) next++;
    if (next === received.length) break;
    if (received.end[next] === heard) least = Math.min(least, sent.time[reply] - received.time[next]);
  }
  return least;
}

/** The first segment behind that frame which acknowledges as much. */
function firstAfter({ length, frame, ack }: SentSegments, behind: number, end: number): number {
  for (let i = 0; i < length; i++) if (frame[i] > behind && ack[i] >= end) return i;
  return NONE;
}

/** The last one that does not. */
function lastBefore({ length, ack }: SentSegments, end: number): number {
  for (let i = length - 1; i >= 0; i--) if (!(ack[i] >= end)) return i;
  return NONE;
}

/** No segment before it carried the same TSval. */
function isFirstOfItsTick({ hasTimestamps, tsVal }: SentSegments, index: number): boolean {
  for (let i = 0; i < index; i++) if (hasTimestamps[i] !== 0 && tsVal[i] === tsVal[index]) return false;
  return true;
}
