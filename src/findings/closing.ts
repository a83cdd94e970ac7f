import type { Seg } from '../connection/postmortem/history.js';
import type { Postmortem } from '../connection/postmortem/postmortem.js';
import { isInjected } from '../connection/postmortem/resets.js';
import type { View } from '../connection/postmortem/view.js';
import { otherSide, type Side } from '../connection/state.js';
import { SECOND } from '../connection/time.js';
import { ACK } from '../decode/segment.js';
import type { Finding } from './finding.js';
import { finding } from './found.js';
import { addTo, endpointText, notLost, type Rule, seconds, spanIn, times } from './rule.js';
import type { Thresholds } from './thresholds.js';

const SIDES: readonly Side[] = ['client', 'server'];
const each =
  (
    rule: (p: Postmortem, side: Side, view: View, thresholds: Thresholds) => Finding | readonly Finding[] | null,
  ): Rule =>
  (p, thresholds) => {
    const found: Finding[] = [];
    for (const side of SIDES) addTo(found, rule(p, side, p.views[side], thresholds));
    return found;
  };

const finsOf = (view: View): readonly Seg[] => view.sent.filter((s) => s.isFin);

/** Payload that a side sent for the first time after the other's FIN had passed the tap, its own FIN's included. */
function dataAfterPeersFin(p: Postmortem, side: Side): number {
  const fin = finsOf(p.views[otherSide(side)])[0];
  if (!fin) return 0;
  let bytes = 0;
  for (const s of p.history.segments) {
    if (s.frame < fin.frame) continue;
    if (s.run) bytes += s.run.bytes[side];
    else if (s.isOwn && s.from === side && !s.isRetransmission && s.length > 1) bytes += s.length;
  }
  return bytes;
}

/** CLOSE_WAIT lasts until the application closes: TCP has no timer for it. */
const closeWait = each((p, side, view, thresholds) => {
  const span = spanIn(p, side, 'CLOSE_WAIT');
  if (!span) return null;
  const peer = otherSide(side);
  const limit = thresholds.closeWait * SECOND;
  const long = span.duration >= limit;
  const bytes = dataAfterPeersFin(p, side);
  if (bytes === 0 && span.until !== null && !long) return null;
  const found: Finding[] = [];
  const firstFin = finsOf(p.views[peer])[0];
  const afterData = view.sent.filter((s) => s.frame > (firstFin?.frame ?? 0) && s.length > 1 && !s.isRetransmission);
  const end = span.until?.at ?? p.connection.followedUntil;
  // Within a folded run no silence is longer than what ends one.
  const runs = p.history.segments.flatMap((s) =>
    s.run && s.run.bytes[side] > 0 && s.run.lastTime > span.since.at ? [s.run.lastTime - s.time] : [],
  );
  const folded = runs.reduce((sum, length) => sum + length, 0);
  const moments = [span.since.at, ...afterData.map((s) => s.time), end];
  const silence = Math.max(...moments.map((t, i) => (i === 0 ? 0 : t - moments[i - 1]))) - folded;
  if (bytes > 0 && (afterData.length > 1 || span.duration > limit)) {
    found.push(
      finding(p, 'half-close', {
        endpoint: side,
        at: span.since.at,
        frames: [span.since, afterData[0], afterData.at(-1)],
        message: () =>
          `the ${peer} closed its sending side and the ${side} went on to send ${bytes} bytes for ${seconds(end - span.since.at)}`,
      }),
    );
  }
  // As long as data flows, the half-closed connection is in use, and nobody has forgotten to close it.
  const severity = silence >= limit ? {} : ({ severity: bytes > 0 ? 'info' : 'notice' } as const);
  const evidence = { endpoint: side, at: span.since.at, frames: [span.since, span.until] };
  if (span.until === null) {
    found.push(
      finding(p, 'close-wait-at-end-of-capture', {
        ...evidence,
        ...severity,
        message: () =>
          `${endpointText(p, side)} got FIN and has not closed: CLOSE_WAIT for ${seconds(span.duration)} up to the end of the capture`,
      }),
    );
  } else if (long) {
    found.push(
      finding(p, 'close-wait-long', {
        ...evidence,
        ...severity,
        message: () =>
          `${endpointText(p, side)} was in CLOSE_WAIT for ${seconds(span.duration)}: its application closed that much later than the ${peer}`,
      }),
    );
  }
  return found;
});

/** FINs sent again: with an acknowledgement seen in between, that one was lost; without, the FIN or its acknowledgement. */
const finRepeated = each((p, side, view) => {
  const fins = finsOf(view);
  if (fins.length < 2) return null;
  const peer = otherSide(side);
  const peerFinFirst = p.views[peer].sent.find((s) => s.isFin && s.frame < fins[0].frame);
  const last = spanIn(p, side, 'LAST_ACK');
  const end = fins[0].end;
  const unheeded = view.received.filter((s) => s.refutedBy?.isFin === true && s.ack >= end);
  const answered = view.received.some(
    (s) => s.frame > fins[0].frame && s.ack >= end && !s.isRst && s.refutedBy === null,
  );
  const stuck = !answered && fins.length >= 3;
  const span = fins[fins.length - 1].time - fins[0].time;
  const found: Finding[] = [];
  const evidence = { endpoint: side, at: fins[1].time, frames: [...fins, ...unheeded] };
  const sent = (): string => `the ${side} sent its FIN ${times(fins.length)} in ${seconds(span)}`;
  if (last && peerFinFirst) {
    if (unheeded.length > 0) {
      found.push(
        finding(p, 'last-ack-lost', {
          ...evidence,
          message: () => `${sent()}: the last ACK did not reach it, and it stayed in LAST_ACK`,
          excluded: () => (p.connection.tap === side ? [notLost('the last ACK', side, unheeded)] : []),
        }),
      );
    } else {
      found.push(
        finding(p, 'fin-retransmitted', {
          ...evidence,
          message: () => `${sent()} from LAST_ACK before an ACK came through`,
        }),
      );
    }
    if (stuck) {
      found.push(
        finding(p, 'last-ack-stuck', {
          ...evidence,
          at: fins[fins.length - 1].time,
          message: () => `${sent()} and no acknowledgement reached it: stuck in LAST_ACK until its retries ran out`,
        }),
      );
    }
    return found;
  }
  found.push(
    finding(p, 'fin-retransmitted', {
      ...evidence,
      message: () =>
        `${sent()}${unheeded.length > 0 ? ': the acknowledgement was lost' : ' before an acknowledgement came'}`,
    }),
  );
  if (!answered && !unheeded.length && p.connection.timeline.some((t) => t.endpoint === side && t.to === 'FIN_WAIT1')) {
    const state = p.connection.timeline.findLast((t) => t.endpoint === side);
    if (state?.to === 'FIN_WAIT1' || (state?.from === 'FIN_WAIT1' && state.basis === 'timer')) {
      found.push(
        finding(p, 'fin-wait1-stuck', {
          ...evidence,
          at: fins[0].time,
          message: () => `${sent()} and none was acknowledged: stuck in FIN_WAIT1`,
        }),
      );
    }
  }
  return found;
});

const finWait2 = each((p, side, view, thresholds) => {
  const span = spanIn(p, side, 'FIN_WAIT2');
  if (!span) return null;
  const peer = otherSide(side);
  const rst = view.sent.find((s) => s.isRst && s.time > span.since.at);
  const trigger = rst && p.views[peer].sent.findLast((s) => s.frame < rst.frame);
  const timedOut = span.until?.to === 'CLOSED' && span.until.basis === 'timer';
  // Data would draw a RST from a closed socket at any time; a FIN alone only when the socket is gone.
  const forgotten =
    span.until?.frame === rst?.frame &&
    rst !== undefined &&
    (rst.flags & ACK) === 0 &&
    trigger?.isFin &&
    trigger.length === 0;
  const { until } = span;
  if (until && (timedOut || forgotten)) {
    return finding(p, 'fin-wait2-timeout', {
      endpoint: side,
      at: until.at,
      frames: [span.since, trigger, rst],
      message: () =>
        timedOut
          ? `the ${side} gave FIN_WAIT2 up after ${seconds(span.duration)} without a FIN from the ${peer}${rst ? ', and answered what came later with RST' : ''}`
          : `the ${peer}'s FIN came ${seconds((trigger?.time ?? until.at) - span.since.at)} after the ${side}'s was acknowledged and was answered with RST: the ${side} had given FIN_WAIT2 up`,
    });
  }
  if (span.duration < thresholds.finWait2 * SECOND || dataAfterPeersFin(p, peer) > 0) return null;
  return finding(p, 'fin-wait2-long', {
    endpoint: side,
    at: span.since.at,
    frames: [span.since, span.until],
    message: () => `the ${side} waited in FIN_WAIT2 for ${seconds(span.duration)} for the ${peer}'s FIN`,
  });
});

const simultaneousClose: Rule = (p) => {
  const closing = SIDES.filter((side) => spanIn(p, side, 'CLOSING'));
  if (closing.length === 0) return null;
  const fins = SIDES.map((side) => finsOf(p.views[side])[0]);
  return finding(p, 'simultaneous-close', {
    endpoint: null,
    at: Math.max(...fins.map((f) => f?.time ?? p.connection.start)),
    frames: fins,
    message: () => 'both ends closed at the same time and their FINs crossed',
  });
};

const resetWhileClosing: Rule = (p) => {
  for (const side of SIDES) {
    const view = p.views[side];
    const rst = view.sent.find((s) => s.isRst && !isInjected(view, s));
    const fin = rst && p.history.segments.find((s) => s.isFin && s.frame < rst.frame);
    if (!rst || !fin) continue;
    if (assassination(p)?.rst === rst) continue;
    const bare = (rst.flags & ACK) === 0;
    return finding(p, 'reset-while-closing', {
      endpoint: side,
      at: rst.time,
      frames: [fin, rst],
      message: () =>
        `the ${side} sent RST ${seconds(rst.time - fin.time)} after the ${fin.from}'s FIN${bare ? ': it had forgotten the connection' : ''}`,
    });
  }
  return null;
};

/** A RST that reached an end in TIME_WAIT (RFC 1337). */
function assassination(p: Postmortem): { side: Side; rst: Seg } | null {
  for (const side of SIDES) {
    const span = spanIn(p, side, 'TIME_WAIT');
    const rst = p.views[side].received.find((s) => s.isRst && span?.until?.frame === s.frame);
    if (rst) return { side, rst };
  }
  return null;
}

const timeWaitAssassination: Rule = (p) => {
  const found = assassination(p);
  if (!found) return null;
  const { side, rst } = found;
  const span = spanIn(p, side, 'TIME_WAIT');
  const cause = p.views[side].sent.findLast((s) => s.frame < rst.frame);
  return finding(p, 'time-wait-assassination', {
    endpoint: side,
    at: rst.time,
    frames: [cause, rst],
    message: () =>
      `a RST ended the ${side}'s TIME_WAIT after ${seconds(span?.duration ?? 0)}: it had re-acknowledged a late segment, and the ${otherSide(side)} had forgotten the connection`,
  });
};

/** What became of the 4-tuple's TIME_WAIT when a new SYN came. */
const reuse: Rule = (p) => {
  const previous = p.history.previousFins;
  const syn = p.history.segments.find((s) => s.isSyn);
  if (!previous || !syn) return null;
  const closed = previous.client && previous.server;
  const answer = p.history.segments.find((s) => s.frame > syn.frame && s.from !== syn.from);
  if (closed && answer?.isOfPredecessor) {
    return finding(p, 'time-wait-refused', {
      endpoint: answer.from,
      at: answer.time,
      frames: [syn, answer],
      message: () =>
        `the SYN met a TIME_WAIT of the same 4-tuple at the ${answer.from}, which answered with an ACK instead of a SYN+ACK`,
    });
  }
  return finding(p, closed ? 'time-wait-reuse' : 'port-reused', {
    endpoint: syn.from,
    at: syn.time,
    frames: [syn],
    message: () =>
      closed
        ? 'the SYN reused the 4-tuple of a connection still in TIME_WAIT, and was taken'
        : 'the client opened again from the port of a connection that had not been closed in order',
  });
};

export const CLOSING_RULES: readonly Rule[] = [
  closeWait,
  finRepeated,
  finWait2,
  simultaneousClose,
  resetWhileClosing,
  timeWaitAssassination,
  reuse,
];
