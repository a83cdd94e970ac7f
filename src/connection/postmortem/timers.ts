import { SYN } from '../../decode/segment.js';
import type { Time, Transition } from '../model.js';
import type { HostProfile } from '../profile.js';
import { MILLISECOND, SECOND } from '../time.js';
import { LATE, lastTimeout } from './delivery.js';
import type { Seg } from './history.js';
import type { View } from './view.js';

/** A state that ended, or would end, by a timer of its host. */
export interface Expiry {
  readonly at: Time;
  readonly earliest: Time;
  readonly latest: Time | null;
  readonly frame: number;
  readonly reason: string;
}

/** What it rounds up by on average: an eighth at the start of one of its levels, a sixty-fourth at the end. */
const USUALLY_LATE = 1 / 32;
const SCHEDULING = 100 * MILLISECOND;
/** What delays of the path may take off an interval at the tap. */
const JITTER = 1 / 128;

/** When the state entered by `since` ends by itself; null where no timer ends it, or nothing tells when. */
export function expiryOf(since: Transition, view: View): Expiry | null {
  switch (since.to) {
    case 'SYN_SENT':
      return afterLastCopy(
        view.sent.filter((s) => s.isSyn),
        view,
        'no answer to its SYNs',
      );
    case 'SYN_RECV':
      return afterLastCopy(
        view.sent.filter((s) => s.isSynAck),
        view,
        'no acknowledgement of its SYN+ACKs was taken',
      );
    case 'FIN_WAIT1':
    case 'CLOSING':
    case 'LAST_ACK':
      return afterLastCopy(
        view.sent.filter((s) => s.isFin),
        view,
        'its FIN was never acknowledged',
      );
    case 'FIN_WAIT2':
      return fixed(since, view.profile.finTimeout * SECOND, since.at, since.frame, 'FIN_WAIT2 timed out');
    case 'TIME_WAIT': {
      const again = view.received.findLast((s) => s.isFin && s.time > since.at);
      const [restart, frame] = again ? [again.time, again.frame] : [since.at, since.frame];
      return timeWaitExpiry(since, view.profile, restart, frame);
    }
    default:
      return null;
  }
}

/** @param restart when a FIN started 2 MSL last @param frame of that FIN */
export const timeWaitExpiry = (since: Transition, profile: HostProfile, restart: Time, frame: number): Expiry =>
  fixed(since, profile.timeWait * SECOND, restart, frame, '2 MSL are over');

/** When a timer of `duration`, started at `start` at the latest, has certainly run out. */
export const goneBy = (start: Time, duration: Time): Time => start + duration * (1 + LATE) + SCHEDULING;

function fixed(since: Transition, duration: Time, start: Time, frame: number, reason: string): Expiry {
  const moved = Math.max(0, start - since.at);
  return {
    at: start + duration * (1 + USUALLY_LATE),
    earliest: (since.earliest ?? since.at) + moved + duration,
    latest: since.latest === null ? null : goneBy(since.latest + moved, duration),
    frame,
    reason: reasonOf(reason, duration),
  };
}

/** By what has run out, its last one: a text of its own for each of 500,000 connections would be compared by its letters. */
const reasons = new Map<string, { readonly duration: Time; readonly text: string }>();

function reasonOf(reason: string, duration: Time): string {
  const last = reasons.get(reason);
  if (last?.duration === duration) return last.text;
  const text = `${reason} (${duration / SECOND} s)`;
  reasons.set(reason, { duration, text });
  return text;
}

/**
 * A retransmission timer gives up when it would have fired once more: at twice the last timeout after the last copy,
 * whatever the number of retries (tcp_write_timeout, reqsk_timer_handler). The first SYN and SYN+ACK wait one second
 * (RFC 6298, section 2); SYNs are first repeated every second since Linux 6.5 (tcp_syn_linear_timeouts).
 */
function afterLastCopy(copies: readonly Seg[], view: View, why: string): Expiry | null {
  if (copies.length === 0) return null;
  const last = copies[copies.length - 1];
  const timeout = lastTimeout(view, copies);
  let wait: Time;
  // What the timer was set to at the least: it fires late, never early.
  let least: Time;
  if (timeout === null) {
    // A single SYN on a distant tap says nothing of the others.
    if ((last.flags & SYN) === 0 || (last.isSyn && view.roundTrip === null)) return null;
    wait = least = view.profile.initialRto * SECOND;
  } else {
    // The timer is doubled from the timeout on that comes after the linear ones (tcp_retransmit_timer).
    const linear = last.isSyn && copies.length <= view.profile.synLinearTimeouts + 1 && timeout < 1.3 * SECOND;
    wait = linear ? timeout : 2 * timeout;
    least = 2 * timerBefore(timeout, view.profile.initialRto * SECOND);
  }
  return {
    at: last.time + wait + (wait * USUALLY_LATE) / 2,
    // A request socket dies by its timer only; an application may abandon its connection at any time.
    earliest: last.time - view.spread + (last.isSynAck ? least : 0),
    latest: last.time + wait * (1 + LATE) + SCHEDULING,
    frame: last.frame,
    reason: `${why}: it had sent ${copies.length === 1 ? 'one' : copies.length}, and the next never came`,
  };
}

/** The doubled retransmission timer, from `initial` on, that let `interval` pass: the largest that is no longer. */
const timerBefore = (interval: Time, initial: Time): Time =>
  initial * 2 ** Math.floor(Math.log2((interval * (1 + JITTER)) / initial));
