import { ACK } from '../../decode/segment.js';
import type { Basis, Time, Transition } from '../model.js';
import type { TcpState } from '../state.js';
import { MILLISECOND, SECOND } from '../time.js';
import { Changes } from './changes.js';
import { firstSpeech } from './delivery.js';
import type { History, Seg } from './history.js';
import { nextStates, type TcpEvent } from './state-machine.js';
import { type Step, stepsOf } from './steps.js';
import { type Expiry, expiryOf } from './timers.js';
import type { View } from './view.js';

/** One end's life: its first state, and every change. */
export interface EndpointLife {
  readonly initial: TcpState | null;
  readonly transitions: readonly Transition[];
}

/** What one end went through. Timers that end after the capture's last frame are not foretold. */
export function reconstructEndpoint(view: View, other: View, history: History): EndpointLife {
  const steps = stepsOf(view, other, history);
  return new Walk(view, other, history).run(steps);
}

class Walk {
  #state: TcpState;
  readonly #initial: TcpState | null;
  readonly #changes: Changes;
  #ended = false;
  #lastSign: Seg | null = null;
  /** Of the state that it is in; undefined before anybody has asked. */
  #expiry: Expiry | null | undefined;

  constructor(
    readonly view: View,
    readonly other: View,
    readonly history: History,
  ) {
    this.#changes = new Changes(view.side, history.start);
    this.#initial = initialState(view, other, history);
    this.#state = this.#initial ?? 'ESTABLISHED';
  }

  run(steps: readonly Step[]): EndpointLife {
    if (this.#initial === null) this.#assume();
    for (const step of steps) {
      this.#expire(step.when);
      if (this.#ended && step.event !== 'send-syn') continue;
      if (this.#isNoEvidence(step)) continue;
      const path = nextStates(this.#state, step.event);
      if (path.length > 0) this.#enter(path, step);
      if (step.sent && !step.unseen) this.#lastSign = step.seg;
    }
    this.#expire(this.view.until);
    return { initial: this.#initial, transitions: this.#changes.close() };
  }

  #isNoEvidence(step: Step): boolean {
    if (step.event === 'send-segment' && this.#state === 'SYN_RECV') {
      return this.view.fastOpened && step.seg.frame < (firstSpeech(this.view)?.frame ?? Number.POSITIVE_INFINITY);
    }
    // Elsewhere than in TIME_WAIT a new SYN draws a challenge ACK (RFC 5961, section 4); so it does there where it is too old.
    if (step.event === 'new-incarnation' && !step.sent) {
      const { rtt, margin, sent } = this.view;
      const refused = sent.some((s) => s.frame > step.seg.frame && s.time <= step.seg.time + rtt + margin && !s.isRst);
      return this.#state !== 'TIME_WAIT' || refused;
    }
    return false;
  }

  #assume(): void {
    const start = this.history.start;
    this.#push(null, this.#state, {
      at: start,
      earliest: null,
      latest: start,
      frame: this.history.segments[0].frame,
      basis: 'assumed',
      reason: 'the capture began in mid-connection',
      confirmedBy: null,
      revoked: [],
    });
  }

  /** Lets the state's timer run out if it did so before `when`. */
  #expire(when: Time): void {
    const since = this.#changes.last;
    if (!since) return;
    if (this.#expiry === undefined) this.#expiry = expiryOf(since, this.view);
    const expiry = this.#expiry;
    if (expiry === null || expiry.at > when || (expiry.latest ?? expiry.at) > this.view.until) return;
    if (this.view.sent.some((s) => !s.isRst && s.undelayed - this.view.rtt / 2 > expiry.at)) return;
    const { at, earliest, latest, frame, reason } = expiry;
    this.#push(this.#state, 'CLOSED', {
      at,
      earliest,
      latest,
      frame,
      basis: 'timer',
      reason,
      confirmedBy: null,
      revoked: [],
    });
    this.#ended = true;
  }

  #enter(path: readonly TcpState[], step: Step): void {
    const { seg, arrival, sent } = step;
    const revoked = (arrival?.revoked ?? []).map((s) => s.frame);
    for (const to of path) {
      const basis: Basis = sent && !step.unseen ? 'observed' : 'inferred';
      const proof = arrival?.proof ?? null;
      const isLast = to === path[path.length - 1];
      const earliest = sent ? this.#sentAfter(step, to, isLast) : (arrival?.earliest ?? seg.time);
      const latest = sent ? seg.time : (proof?.time ?? null);
      this.#push(this.#state, to, {
        at: sent ? this.#sentAt(step) : step.when,
        earliest,
        latest,
        frame: seg.frame,
        basis,
        reason: reasonOf(step),
        confirmedBy: proof?.frame ?? null,
        revoked,
      });
    }
    if (this.#state === 'CLOSED') this.#ended = true;
  }

  /** What was not captured had come to the other end before that acknowledged it. */
  #sentAt({ seg, unseen }: Step): Time {
    return seg.undelayed - this.view.rtt / 2 - (unseen ? this.other.rtt : 0);
  }

  /** The tap time after which a sender came into a state that shows by this segment; null where nothing tells. */
  #sentAfter({ seg, event, unseen }: Step, to: TcpState, isLast: boolean): Time | null {
    const { received, spread } = this.view;
    if (isLast && !unseen) {
      if (event === 'send-fin') return Math.min(this.#firstFinAfter(seg), seg.busySince) - spread;
      if (event === 'send-rst' && (seg.flags & ACK) !== 0) return seg.undelayed - spread;
    }
    // Else the segment tells that the state had been entered, but not since when: nothing does but what went before.
    const syn = to === 'SYN_RECV' ? received.find((s) => s.isSyn) : undefined;
    return syn?.time ?? (this.#lastSign ? this.#lastSign.undelayed - spread : null);
  }

  /**
   * On the way to a distant tap the first FIN may have been lost: then this one is a repetition, at least one minimal RTO
   * after what its sender sent before.
   */
  #firstFinAfter(fin: Seg): Time {
    const before = this.#lastSign;
    const isNear = this.view.roundTrip !== null && this.view.rtt < MILLISECOND;
    if (isNear || before === null) return fin.undelayed;
    const pause = fin.undelayed - before.undelayed;
    return fin.afterHiddenFin || pause >= this.view.profile.minRto * SECOND * 0.9 ? before.undelayed : fin.undelayed;
  }

  #push(from: TcpState | null, to: TcpState, change: Omit<Transition, 'endpoint' | 'from' | 'to'>): void {
    this.#changes.add(from, to, change);
    this.#state = to;
    this.#expiry = undefined;
  }
}

function initialState(view: View, other: View, history: History): TcpState | null {
  if (history.roles === 'assumed') return null;
  if (view.sent.some((s) => s.isSyn)) return 'CLOSED';
  if (view.side === 'client') return 'CLOSED';
  const refuses = view.sent.length > 0 && view.sent.every((s) => s.isRst);
  return refuses && other.sent.some((s) => s.isSyn) ? 'CLOSED' : 'LISTEN';
}

export const REASONS: Record<TcpEvent, string> = {
  'send-syn': 'it sent a SYN',
  'send-syn-ack': 'it answered a SYN with SYN+ACK',
  'send-segment': 'it sent what only a synchronized state sends',
  'send-fin': 'it sent a FIN',
  'send-rst': 'it sent a RST',
  'receive-syn': 'it received a SYN',
  'receive-syn-ack': 'it received the SYN+ACK',
  'receive-ack-of-syn': 'its SYN was acknowledged',
  'receive-fin': 'it received a FIN',
  'receive-ack-of-fin': 'its FIN was acknowledged',
  'receive-rst': 'it received a RST',
  'receive-icmp-error': 'an ICMP error returned its SYN',
  'new-incarnation': 'a new connection took over its addresses and ports',
  timeout: 'a timer ran out',
};

function reasonOf(step: Step): string {
  const { event, seg } = step;
  if (step.unseen) return 'the other end acknowledged what the capture does not hold';
  if (event === 'send-rst' && (seg.flags & ACK) === 0)
    return 'it sent a RST without ACK: it had no such connection any more';
  if (event === 'receive-ack-of-syn' && step.arrival && step.arrival.revoked.length > 0)
    return 'its SYN+ACK was acknowledged at last';
  return REASONS[event];
}
