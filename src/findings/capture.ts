import { finding, type Rule } from './rule.js';

const midStream: Rule = (p) => {
  const first = p.connection.timeline.find((t) => t.basis === 'assumed');
  if (!first || p.connection.roles === 'observed') return null;
  return finding(p, 'mid-stream', {
    endpoint: null,
    at: p.connection.start,
    frames: [first],
    message: 'the capture began when this connection was already open: who opened it, and when, is assumed',
  });
};

const oneSided: Rule = (p) => {
  const { client, server } = p.views;
  const total = client.sent.length + server.sent.length;
  const silent = client.sent.length === 0 ? 'client' : server.sent.length === 0 ? 'server' : null;
  const speaker = silent === 'client' ? server : client;
  const acknowledged = speaker.sent.filter((s) => s.ack > 1 && !s.isRst);
  if (silent === null || total < 3 || acknowledged.length < 2) return null;
  return finding(p, 'one-sided', {
    endpoint: silent,
    at: p.connection.start,
    frames: acknowledged.slice(0, 2),
    message: `only the ${speaker.side}'s segments were captured, though it acknowledges the ${silent}'s`,
  });
};

/** An acknowledgement of data never seen is a gap in the capture, not in the connection. */
const gap: Rule = (p) => {
  for (const view of [p.views.client, p.views.server]) {
    if (view.received.length === 0) continue;
    let sent = Number.NEGATIVE_INFINITY;
    let next = 0;
    for (const reply of view.sent) {
      for (; next < view.received.length && view.received[next].frame < reply.frame; next++) {
        const s = view.received[next];
        if (!s.isRst && s.end > sent) sent = s.end;
      }
      if (sent === Number.NEGATIVE_INFINITY || reply.isRst || !(reply.ack > sent + 1)) continue;
      return finding(p, 'capture-gap', {
        endpoint: null,
        at: reply.time,
        frames: [reply],
        message: `the ${view.side} acknowledged ${reply.ack - sent} bytes that the capture does not hold`,
      });
    }
  }
  return null;
};

export const CAPTURE_RULES: readonly Rule[] = [midStream, oneSided, gap];
