import { echoOf, firstSpeech } from '../connection/postmortem/delivery.js';
import type { Seg } from '../connection/postmortem/history.js';
import type { Postmortem } from '../connection/postmortem/postmortem.js';
import type { TcpState } from '../connection/state.js';
import { MILLISECOND, SECOND } from '../connection/time.js';
import { ACK } from '../decode/segment.js';
import type { Finding } from './finding.js';
import { finding } from './found.js';
import { icmpText } from './icmp.js';
import { changeTo, endpointText, notLost, once, type Rule, seconds, spanIn, stateAt, times } from './rule.js';

/** On its own host, a SYN that is taken in is answered well before that. */
const UNANSWERED = 500 * MILLISECOND;

/** The opening as both ends saw it. */
interface Opening {
  readonly syns: readonly Seg[];
  readonly synAcks: readonly Seg[];
  /** SYN+ACKs that a timer repeated, not a repeated SYN. */
  readonly repeated: readonly Seg[];
  /** What the client acknowledged the SYN+ACK with, and the server did not act on. */
  readonly unheeded: readonly Seg[];
  readonly answered: boolean;
}

const openingOf = once((p: Postmortem): Opening => {
  const { client, server } = p.views;
  const syns = client.sent.filter((s) => s.isSyn);
  const synAcks = server.sent.filter((s) => s.isSynAck);
  return {
    syns,
    synAcks,
    repeated: synAcks.slice(1).filter((s) => echoOf(server, s) === null),
    unheeded: server.received.filter((s) => s.refutedBy?.isSynAck === true && !s.isSyn),
    answered: server.sent.length > 0 || client.sent.some((s) => s.ack >= 1 && !s.isRst),
  };
});

const simultaneous = (p: Postmortem): boolean =>
  p.views.client.sent.some((s) => s.isSyn) && p.views.server.sent.some((s) => s.isSyn);

const synTimeout: Rule = (p) => {
  const { syns, answered } = openingOf(p);
  if (syns.length === 0 || answered || p.history.segments.some((s) => s.icmp)) return null;
  const { synRetries, synLinearTimeouts } = p.views.client.profile;
  const closed = changeTo(p, 'client', 'CLOSED');
  const last = syns[syns.length - 1];
  const tried = syns.length - 1;
  const all = tried >= synRetries + synLinearTimeouts || tried >= synRetries;
  if (tried === 0 && !closed) {
    return finding(p, 'handshake-incomplete-at-end-of-capture', {
      endpoint: 'client',
      at: last.time,
      frames: syns,
      message: () => `the capture ends with the SYN to ${endpointText(p, 'server')} unanswered`,
    });
  }
  if (!all && closed && !p.views.client.sent.some((s) => s.isRst)) {
    return finding(p, 'connect-aborted', {
      endpoint: 'client',
      at: closed.at,
      frames: syns,
      message: () =>
        `the client gave up in SYN_SENT after ${syns.length === 1 ? 'one SYN' : `${syns.length} SYNs`} in ${seconds(last.time - syns[0].time)}, before its retries were used up; no SYN was answered`,
    });
  }
  return finding(p, 'syn-timeout', {
    endpoint: 'client',
    at: closed?.at ?? last.time,
    frames: syns,
    message: () =>
      `${syns.length} SYNs to ${endpointText(p, 'server')} in ${seconds(last.time - syns[0].time)} and no answer${closed ? ': connect() failed with ETIMEDOUT' : ''}`,
    excluded: () => (p.connection.tap === 'server' ? [notLost('the SYNs', 'server', syns)] : []),
  });
};

const refused: Rule = (p) => {
  const { syns, synAcks } = openingOf(p);
  const rst = p.views.server.sent.find((s) => s.isRst);
  if (syns.length === 0 || synAcks.length > 0 || !rst || (rst.flags & ACK) === 0 || rst.ack < 1) return null;
  if (p.views.server.sent.some((s) => !s.isRst)) return null;
  return finding(p, 'connection-refused', {
    endpoint: 'server',
    at: rst.time,
    frames: [syns[0], rst],
    message: () => `${endpointText(p, 'server')} answered the SYN with RST: connect() failed with ECONNREFUSED`,
  });
};

const unreachable: Rule = (p) => {
  const error = p.history.segments.find((s) => s.icmp !== null && s.from === 'client');
  const icmp = error?.icmp;
  if (!icmp || p.views.server.sent.some((s) => s.isSynAck)) return null;
  const { syns } = openingOf(p);
  return finding(p, 'connection-unreachable', {
    endpoint: 'client',
    at: error.time,
    frames: [syns[0], error],
    message: () => `the SYN to ${endpointText(p, 'server')} drew ${icmpText(icmp)}`,
  });
};

/** The client's socket was gone when the SYN+ACK came: its kernel answers that with a bare RST. */
const abortedBeforeAnswer: Rule = (p) => {
  const { syns, synAcks } = openingOf(p);
  if (syns.length === 0 || synAcks.length === 0) return null;
  const first = p.views.client.sent.find((s) => s.frame > synAcks[0].frame && !s.isSyn);
  if (!first?.isRst || (first.flags & ACK) !== 0) return null;
  return finding(p, 'connect-aborted', {
    endpoint: 'client',
    at: first.time,
    frames: [...syns, synAcks[0], first],
    message: () =>
      `the client answered the SYN+ACK with RST, ${seconds(first.time - syns[0].time)} after its first SYN: it had given the attempt up, or never had a socket for it (a scan)`,
  });
};

const synRepeated: Rule = (p) => {
  const { syns } = openingOf(p);
  if (syns.length < 2) return null;
  return finding(p, 'syn-retransmitted', {
    endpoint: 'client',
    at: syns[1].time,
    frames: syns,
    message: () =>
      `the client sent its SYN ${times(syns.length)} within ${seconds(syns[syns.length - 1].time - syns[0].time)}`,
    excluded: () => (p.connection.tap === 'server' ? [notLost('these SYNs', 'server', syns)] : []),
  });
};

/**
 * SYN+ACKs repeated after the client's ACK: the server was still in SYN_RECV. Whether the ACK was lost or ignored depends
 * on where the tap was; how it ended, on what got through.
 */
const stuckInSynRecv: Rule = (p) => {
  const { synAcks, repeated, unheeded, syns } = openingOf(p);
  // A single SYN+ACK that was heeded is what most connections have.
  if (synAcks.length === 0 || (synAcks.length === 1 && unheeded.length === 0) || simultaneous(p)) return null;
  const span = spanIn(p, 'server', 'SYN_RECV');
  const established = changeTo(p, 'server', 'ESTABLISHED');
  const found: Finding[] = [];
  const atServer = p.connection.tap === 'server';
  const bareAcks = unheeded.filter((s) => s.length === 0 && !s.isFin);
  const firstGap = repeated.length > 0 ? repeated[0].time - synAcks[0].time : 0;
  const acked = unheeded[0];
  const clientState = (): TcpState => (acked && stateAt(p, 'client', acked.time)) ?? 'ESTABLISHED';
  const duration = (): string => (span ? seconds(span.duration) : 'a while');
  if (acked && span) {
    const deferred =
      acked.length === 0 && bareAcks.length > 0 && acked.time < repeated[0]?.time && firstGap > 2.5 * SECOND;
    const evidence = {
      endpoint: 'server' as const,
      at: acked.time,
      frames: [synAcks[0], ...unheeded, ...repeated],
    };
    if (deferred && repeated.length <= 2) {
      found.push(
        finding(p, 'defer-accept', {
          ...evidence,
          message: () =>
            `the server stayed in SYN_RECV for ${duration()} after the client's ACK, and repeated its SYN+ACK only after ${seconds(firstGap)}: TCP_DEFER_ACCEPT waits for data`,
        }),
      );
    } else if (atServer) {
      found.push(
        finding(p, 'accept-queue-overflow', {
          ...evidence,
          message: () =>
            `client ${clientState()}, server in SYN_RECV for ${duration()}: ${unheeded.length === 1 ? 'the ACK' : `${unheeded.length} ACKs`} arrived and ${unheeded.length === 1 ? 'was' : 'were'} ignored, the SYN+ACK repeated ${times(repeated.length)}`,
          excluded: () => [notLost('the ACK', 'server', unheeded)],
        }),
      );
    }
    if (!deferred && !atServer && (established || span.until === null)) {
      found.push(
        finding(p, 'handshake-ack-lost', {
          ...evidence,
          message: () =>
            `client ${clientState()}, server stuck in SYN_RECV for ${duration()}: it repeated its SYN+ACK ${times(repeated.length)} after the client's ACK${established ? ', until a later one got through' : ''}`,
        }),
      );
    }
  }
  const ended = span?.until?.to === 'CLOSED' ? span.until : null;
  const rst = p.views.server.sent.find((s) => s.isRst);
  const silent = ended !== null && ended.basis === 'timer';
  if (
    !established &&
    repeated.length > 0 &&
    ended &&
    (silent || (rst && p.views.client.sent.some((s) => s.ack >= 1)))
  ) {
    found.push(
      finding(p, 'synack-retries-exhausted', {
        endpoint: 'server',
        at: ended.at,
        frames: [...synAcks, ...unheeded],
        message: () =>
          `the server repeated its SYN+ACK ${times(repeated.length)} in ${seconds(repeated[repeated.length - 1].time - synAcks[0].time)} and gave the request up${acked ? `; the client, ESTABLISHED all along, was not told` : ''}`,
        excluded: () => (atServer && acked ? [notLost('the ACK', 'server', unheeded)] : []),
      }),
    );
    if (rst) {
      const trigger = p.views.client.sent.findLast((s) => s.frame < rst.frame);
      found.push(
        finding(p, 'rst-after-synack-retries', {
          endpoint: 'server',
          at: rst.time,
          frames: [trigger, rst],
          message: () =>
            `${seconds(rst.time - repeated[repeated.length - 1].time)} after its last SYN+ACK the server answered the client's segment with RST: it no longer knew the connection`,
        }),
      );
    }
  }
  if (synAcks.length > 1 && found.length === 0) {
    found.push(
      finding(p, 'syn-ack-retransmitted', {
        endpoint: 'server',
        at: synAcks[1].time,
        frames: [syns[0], ...synAcks],
        message: () => `the server sent its SYN+ACK ${times(synAcks.length)} before an acknowledgement came through`,
        excluded: () => (p.connection.tap === 'client' ? [notLost('these SYN+ACKs', 'client', synAcks)] : []),
      }),
    );
  }
  return found;
};

/** tcp_abort_on_overflow: the ACK that should complete the handshake is answered with RST (tcp_check_req). */
const refusedAtAccept: Rule = (p) => {
  const { synAcks, syns } = openingOf(p);
  const { client, server } = p.views;
  const rst = server.sent.find((s) => s.isRst);
  if (synAcks.length === 0 || syns.length === 0 || !rst || firstSpeech(server)) return null;
  const ack = client.sent.find((s) => s.frame > synAcks[0].frame && !s.isSyn);
  if (!ack || ack.isRst || rst.time - ack.time > server.rtt + server.margin || synAcks.length > 1) return null;
  return finding(p, 'accept-queue-overflow', {
    endpoint: 'server',
    at: rst.time,
    frames: [synAcks[0], ack, rst],
    message: () =>
      `${endpointText(p, 'server')} answered the ACK that completes the handshake with RST: its accept queue was full, and tcp_abort_on_overflow is 1`,
  });
};

/** The handshake was completed by data; the ACK that a client sends first was lost before the tap, or left out. */
const completedByData: Rule = (p) => {
  const { synAcks } = openingOf(p);
  if (synAcks.length !== 1 || simultaneous(p) || p.history.segments.some((s) => s.isSyn && s.offersFastOpen))
    return null;
  const first = p.views.client.sent.find((s) => s.frame > synAcks[0].frame && !s.isSyn);
  const speech = firstSpeech(p.views.server);
  if (!first || first.isRst || first.length === 0 || !speech) return null;
  return finding(p, 'handshake-ack-lost', {
    endpoint: 'server',
    severity: 'notice',
    at: first.time,
    frames: [synAcks[0], first, speech],
    message: () =>
      `no bare ACK of the SYN+ACK passed: the client's data completed the handshake ${seconds(first.time - synAcks[0].time)} after it`,
  });
};

/** On the server's own host: a SYN that came and was not answered, though the host answered another copy of it. */
const synDropped: Rule = (p) => {
  const { syns, synAcks } = openingOf(p);
  if (p.connection.tap !== 'server' || syns.length < 2 || synAcks.length === 0) return null;
  // A connection of before may answer for the listener (RFC 9293, section 3.10.7.4): that SYN was not dropped.
  const challenges = p.history.segments.filter((s) => s.from === 'server' && s.isOfPredecessor);
  const isUnanswered = (syn: Seg): boolean =>
    syn.time + UNANSWERED < synAcks[0].time &&
    !challenges.some((s) => s.time >= syn.time && s.time <= syn.time + UNANSWERED);
  const dropped = syns.filter((s) => s.frame < synAcks[0].frame && isUnanswered(s));
  if (dropped.length === 0) return null;
  return finding(p, 'accept-queue-overflow', {
    endpoint: 'server',
    at: dropped[0].time,
    frames: [...dropped, synAcks[0]],
    message: () =>
      `${dropped.length === 1 ? 'a SYN' : `${dropped.length} SYNs`} reached the server's host and got no answer for ${seconds(synAcks[0].time - dropped[0].time)}`,
    excluded: () => [notLost('the SYN', 'server', dropped)],
  });
};

const simultaneousOpen: Rule = (p) => {
  if (!simultaneous(p)) return null;
  const [a, b] = [p.views.client.sent.find((s) => s.isSyn), p.views.server.sent.find((s) => s.isSyn)];
  return finding(p, 'simultaneous-open', {
    endpoint: null,
    at: b?.time ?? p.connection.start,
    frames: [a, b],
    message: () => 'both ends sent a SYN before they had the other one: one connection, opened from both sides',
  });
};

const fastOpen: Rule = (p) => {
  const syn = p.history.segments.find((s) => s.isSyn && (s.length > 0 || s.offersFastOpen));
  if (!syn) return null;
  return finding(p, 'fast-open', {
    endpoint: syn.from,
    at: syn.time,
    frames: [syn],
    message: () =>
      syn.length > 0 ? `the SYN carried ${syn.length} bytes of data` : 'the SYN asked for a Fast Open cookie',
  });
};

const slowHandshake: Rule = (p, thresholds) => {
  const rtt = p.connection.handshakeRtt;
  if (rtt === null || rtt < thresholds.slowHandshake) return null;
  const ack = p.views.client.sent.find((s) => s.ack >= 1);
  return finding(p, 'slow-handshake', {
    endpoint: null,
    at: p.connection.start,
    frames: [p.connection.segments[0].frame, ack],
    message: () => `the handshake took ${seconds(rtt * SECOND)} without a repetition`,
  });
};

const incomplete: Rule = (p) => {
  const { synAcks } = openingOf(p);
  if (synAcks.length === 0 || p.connection.serverState !== 'SYN_RECV') return null;
  return finding(p, 'handshake-incomplete-at-end-of-capture', {
    endpoint: 'server',
    at: synAcks[synAcks.length - 1].time,
    frames: synAcks,
    message: () => 'the capture ends with the server still in SYN_RECV',
  });
};

export const OPENING_RULES: readonly Rule[] = [
  synTimeout,
  refused,
  unreachable,
  abortedBeforeAnswer,
  synRepeated,
  stuckInSynRecv,
  refusedAtAccept,
  completedByData,
  synDropped,
  simultaneousOpen,
  fastOpen,
  slowHandshake,
  incomplete,
];
