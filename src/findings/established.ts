import type { Seg } from '../connection/postmortem/history.js';
import type { Postmortem } from '../connection/postmortem/postmortem.js';
import { isInjected, isProbe } from '../connection/postmortem/resets.js';
import type { View } from '../connection/postmortem/view.js';
import { retransmissionTimeout as giveUpAfter } from '../connection/profile.js';
import { otherSide, type Side } from '../connection/state.js';
import { SECOND } from '../connection/time.js';
import { ACK } from '../decode/segment.js';
import type { Finding } from './finding.js';
import { finding } from './found.js';
import { addTo, changeTo, endpointText, type Rule, seconds, spansOf, stateAt, times } from './rule.js';

const SIDES: readonly Side[] = ['client', 'server'];
const each =
  (rule: (p: Postmortem, side: Side, view: View) => Finding | null): Rule =>
  (p) => {
    const found: Finding[] = [];
    for (const side of SIDES) addTo(found, rule(p, side, p.views[side]));
    return found;
  };

const hasFin = (view: View, before: Seg): boolean => view.sent.some((s) => s.isFin && s.frame < before.frame);

/** A RST without ACK answers a segment for which there is no socket (RFC 9293, section 3.10.7.1). */
const halfOpenReset = each((p, side, view) => {
  const rst = view.sent.find((s) => s.isRst && (s.flags & ACK) === 0);
  if (!rst || isInjected(view, rst) || hasFin(view, rst)) return null;
  const closed = p.connection.timeline.find((t) => t.endpoint === side && t.to === 'CLOSED');
  const lived = changeTo(p, side, 'ESTABLISHED');
  if (!lived || (closed && closed.from !== 'ESTABLISHED' && closed.from !== 'CLOSE_WAIT')) return null;
  if (view.received.some((s) => s.isRst && s.frame < rst.frame)) return null;
  const trigger = view.received.findLast((s) => s.frame < rst.frame) ?? null;
  if (trigger === null) return null;
  const sign = view.sent.findLast((s) => s.frame < rst.frame);
  return finding(p, 'half-open-reset', {
    endpoint: side,
    at: rst.time,
    frames: [sign, trigger, rst],
    message: () =>
      `the ${side} answered with RST: it no longer knew the connection that the ${otherSide(side)} still held in ${stateAt(p, otherSide(side), trigger.time) ?? 'ESTABLISHED'}${sign ? `; its last sign of life was ${seconds(rst.time - sign.time)} before` : ''}`,
  });
});

/** A RST with ACK is sent by a socket that is being destroyed (tcp_send_active_reset). */
const activeReset = each((p, side, view) => {
  const rst = view.sent.find((s) => s.isRst && (s.flags & ACK) !== 0);
  if (!rst || isInjected(view, rst) || hasFin(view, rst) || probesUnanswered(view, rst) >= 2) return null;
  if (!changeTo(p, side, 'ESTABLISHED') && !changeTo(p, side, 'CLOSE_WAIT')) return null;
  const lastData = view.received.findLast((s) => s.length > 0 && s.frame < rst.frame);
  const lastSent = view.sent.findLast((s) => s.length > 0 && s.frame < rst.frame);
  // Who spoke first waits for answers; the other one owes them.
  const asked = view.received.find((s) => s.length > 0);
  const owes = asked !== undefined && !view.sent.some((s) => s.length > 0 && s.frame < asked.frame);
  const unread = owes && lastData !== undefined && (lastSent === undefined || lastSent.frame < lastData.frame);
  return finding(p, unread ? 'unread-data-reset' : 'abortive-close', {
    endpoint: side,
    at: rst.time,
    frames: [unread ? lastData : lastSent, rst],
    message: () =>
      unread
        ? `the ${side} reset the connection after ${lastData.length} bytes that it never answered: closed with unread data, or aborted`
        : `the ${side} ended the connection with RST instead of FIN`,
  });
});

const injected = each((p, side, view) => {
  const rst = view.sent.find((s) => s.isRst && isInjected(view, s));
  if (!rst) return null;
  const taken = p.connection.timeline.find((t) => t.endpoint === otherSide(side) && t.frame === rst.frame);
  const after = view.sent.find((s) => s.frame > rst.frame && !s.isRst);
  if (!taken) return null;
  return finding(p, 'injected-reset-suspected', {
    endpoint: otherSide(side),
    at: rst.time,
    frames: [rst, after],
    message: () =>
      `a RST in the ${side}'s name ended the connection at the ${otherSide(side)}, and the ${side} went on as if it had not sent it`,
  });
});

const challengeAck: Rule = (p) => {
  for (const side of SIDES) {
    const view = p.views[side];
    for (const rst of view.received) {
      if (!rst.isRst || rst.fate !== 'ignored') continue;
      const answer = view.sent.find((s) => s.frame > rst.frame && !s.isRst && s.length === 0);
      if (!answer || answer.time > rst.time + view.rtt * 2 + view.margin) continue;
      return finding(p, 'challenge-ack', {
        endpoint: side,
        at: answer.time,
        frames: [rst, answer],
        message: () =>
          `the ${side} answered a RST inside its window, but not at the next number, with a challenge ACK and stayed as it was`,
      });
    }
  }
  const segments = p.history.segments;
  const syn = segments.find((s) => s.isSuccessor || s.isOldDuplicate);
  const asked = syn ?? segments.find((s) => s.isSyn);
  if (!asked) return null;
  const answer = segments.find(
    (s) =>
      s.frame > asked.frame &&
      s.from !== asked.from &&
      (s.flags & (ACK | 2 | 4)) === ACK &&
      (syn ? s.length === 0 : s.isOfPredecessor),
  );
  if (!answer || answer.time - asked.time > 5 * SECOND) return null;
  if (p.connection.timeline.some((t) => t.endpoint === answer.from && t.to === 'TIME_WAIT')) return null;
  return finding(p, 'challenge-ack', {
    endpoint: answer.from,
    at: answer.time,
    frames: [asked, answer],
    message: () =>
      `the ${answer.from} answered a SYN with a challenge ACK: it still held ${syn ? 'this' : 'an older'} connection`,
  });
};

/**
 * An ACK that repeats the one before, with nothing sent to its sender in between: something that did not pass the tap drew
 * it, such as a RST from elsewhere that was not exact (RFC 5961, section 3.2).
 */
const unpromptedAck = each((p, side, view) => {
  for (let i = 1; i < view.sent.length; i++) {
    const [before, again] = [view.sent[i - 1], view.sent[i]];
    const same =
      again.ack === before.ack && again.seq === before.end && again.length === 0 && again.window === before.window;
    if (!same || (again.flags & 7) !== 0 || again.sack || before.isSynAck || isProbe(view.sent, before)) continue;
    if (isProbe(view.sent, again)) continue;
    const reach = again.time - view.rtt - view.margin - SECOND / 4;
    if (before.time > reach || view.received.some((s) => s.time > reach && s.frame < again.frame)) continue;
    return finding(p, 'challenge-ack', {
      endpoint: side,
      at: again.time,
      frames: [before, again],
      message: () =>
        `the ${side} repeated its last ACK with nothing sent to it: it answered something that did not pass the tap, such as a forged RST`,
    });
  }
  return null;
});

/** Data that a side sent, and repeated, and that was never acknowledged. */
function neverAcknowledged(view: View): Seg[] {
  let heard = 0;
  for (const s of view.received) if (!s.isRst && s.ack > heard) heard = s.ack;
  return view.sent.filter(
    (s) => s.length > 0 && !s.isSyn && !s.isRst && s.seq + s.length > heard && !isProbe(view.sent, s),
  );
}

function probesUnanswered(view: View, before: Seg): number {
  const lastHeard = view.received.findLast((s) => s.frame < before.frame)?.frame ?? -1;
  return view.sent.filter(
    (s) =>
      s.frame > lastHeard &&
      s.frame < before.frame &&
      s.length <= 1 &&
      !s.isSyn &&
      !s.isSynAck &&
      isProbe(view.sent, s),
  ).length;
}

const retransmissionTimeout = each((p, side, view) => {
  const tail = neverAcknowledged(view).filter((s) => s.isRetransmission);
  // Before the other end was ESTABLISHED, its request socket ignored the data: that is the opening's matter.
  if (tail.length < 3 || !changeTo(p, side, 'ESTABLISHED') || !changeTo(p, otherSide(side), 'ESTABLISHED')) return null;
  const first = neverAcknowledged(view)[0];
  const last = tail[tail.length - 1];
  if (last.time - first.time < SECOND) return null;
  const limit = seconds(giveUpAfter(view.profile) * SECOND);
  return finding(p, 'retransmission-timeout', {
    endpoint: side,
    at: last.time,
    frames: [first, ...tail],
    message: () =>
      `the ${side} repeated its data ${times(tail.length)} in ${seconds(last.time - first.time)} and ${endpointText(p, otherSide(side))} acknowledged none; without TCP_USER_TIMEOUT it gives up after ${limit}`,
    excluded: () =>
      p.connection.tap === side
        ? []
        : [`loss before the tap: the repetitions passed it on the way to the ${otherSide(side)}`],
  });
});

const keepaliveTimeout = each((p, side, view) => {
  const rst = view.sent.find((s) => s.isRst && (s.flags & ACK) !== 0);
  const lastHeard = view.received.findLast((s) => rst === undefined || s.frame < rst.frame)?.frame ?? -1;
  const probes = view.sent.filter(
    (s) =>
      s.frame > lastHeard && s.length <= 1 && !s.isFin && !s.isRst && !s.isSyn && !s.isSynAck && isProbe(view.sent, s),
  );
  if (probes.length < 2 || (rst === undefined && probes.length < 3)) return null;
  const last = rst ?? probes[probes.length - 1];
  return finding(p, 'keepalive-timeout', {
    endpoint: side,
    at: last.time,
    frames: [...probes, rst],
    message: () =>
      `${probes.length} keep-alive probes of the ${side} in ${seconds(last.time - probes[0].time)} went unanswered${rst ? ', and it dropped the connection' : ''}`,
  });
});

const zeroWindow: Rule = (p, thresholds) => {
  const found: Finding[] = [];
  for (const side of SIDES) {
    const view = p.views[side];
    const closed = view.sent.find((s) => s.window === 0 && !s.isRst && !s.isSyn && !Number.isNaN(s.ack));
    if (!closed) continue;
    const opened = view.sent.find((s) => s.frame > closed.frame && s.window > 0 && !s.isRst);
    const until = opened?.time ?? p.connection.end;
    if (until - closed.time < thresholds.zeroWindow * SECOND) continue;
    found.push(
      finding(p, 'zero-window-stall', {
        endpoint: side,
        at: closed.time,
        frames: [closed, opened],
        message: () =>
          `the ${side} closed its window for ${seconds(until - closed.time)}: its application did not read`,
      }),
    );
  }
  return found;
};

const idle: Rule = (p, thresholds) => {
  const segments = p.history.segments.filter((s) => !s.isSuccessor);
  for (let i = 1; i < segments.length; i++) {
    const before = segments[i - 1].run?.lastTime ?? segments[i - 1].time;
    const gap = segments[i].time - before;
    if (gap < thresholds.idle * SECOND) continue;
    const held = SIDES.every((side) =>
      spansOf(p, side).some(
        (s) => s.state === 'ESTABLISHED' && s.since.at <= before && s.since.at + s.duration >= segments[i].time,
      ),
    );
    if (!held) continue;
    return finding(p, 'idle-too-long', {
      endpoint: null,
      at: before,
      frames: [segments[i - 1], segments[i]],
      message: () =>
        `nothing passed for ${seconds(gap)} while both ends were ESTABLISHED: firewalls and NAT forget sooner`,
    });
  }
  return null;
};

export const ESTABLISHED_RULES: readonly Rule[] = [
  halfOpenReset,
  activeReset,
  injected,
  challengeAck,
  unpromptedAck,
  retransmissionTimeout,
  keepaliveTimeout,
  zeroWindow,
  idle,
];
