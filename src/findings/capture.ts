import type { Seg } from '../connection/postmortem/history.js';
import type { Postmortem } from '../connection/postmortem/postmortem.js';
import { otherSide, type Side } from '../connection/state.js';
import type { CaptureSummary } from './analysis.js';
import { CATALOGUE } from './catalogue/index.js';
import type { AcrossFinding } from './finding.js';
import { finding } from './found.js';
import { type Rule, times } from './rule.js';

const midStream: Rule = (p) => {
  const first = p.connection.timeline.find((t) => t.basis === 'assumed');
  if (!first || p.connection.roles === 'observed') return null;
  return finding(p, 'mid-stream', {
    endpoint: null,
    at: p.connection.start,
    frames: [first],
    message: () => 'the capture began when this connection was already open: who opened it, and when, is assumed',
  });
};

/** The end whose segments were not captured, though the other one acknowledges them; null where both were. */
export function unseenEnd(p: Postmortem): Side | null {
  const { client, server } = p.views;
  const silent = client.sent.length === 0 ? 'client' : server.sent.length === 0 ? 'server' : null;
  if (silent === null) return null;
  const speaker = p.views[otherSide(silent)];
  return speaker.sent.filter((s) => s.ack > 1 && !s.isRst).length >= 2 && speaker.sent.length >= 3 ? silent : null;
}

const oneSided: Rule = (p) => {
  const silent = unseenEnd(p);
  if (silent === null) return null;
  const speaker = p.views[otherSide(silent)];
  const acknowledged = speaker.sent.filter((s) => s.ack > 1 && !s.isRst);
  return finding(p, 'one-sided', {
    endpoint: silent,
    at: p.connection.start,
    frames: acknowledged.slice(0, 2),
    message: () => `only the ${speaker.side}'s segments were captured, though it acknowledges the ${silent}'s`,
  });
};

/** An acknowledgement of data never seen is a gap in the capture, not in the connection. */
const gap: Rule = (p) => {
  const gaps = p.history.segments.filter((s) => s.showsGap);
  const first = gaps[0];
  if (!first || p.views.client.sent.length === 0 || p.views.server.sent.length === 0) return null;
  return finding(p, 'capture-gap', {
    endpoint: null,
    at: first.time,
    frames: gaps,
    message: () =>
      `the ${first.from} acknowledged ${first.from === 'client' ? "the server's" : "the client's"} data that the capture does not hold, ${times(gaps.length)}`,
  });
};

const copies: Rule = (p) => {
  const first = p.history.segments.find((s) => s.isCopy);
  if (!first) return null;
  const n = p.history.copies;
  return finding(p, 'duplicate-frames', {
    endpoint: null,
    at: first.time,
    frames: [first],
    message: () => `${n === 1 ? 'one frame was' : `${n} frames were`} captured twice, and counted once`,
  });
};

/** The sender's own clock says that a later frame was sent before an earlier one. */
const reordered: Rule = (p) => {
  const late: Seg[] = [];
  for (const view of [p.views.client, p.views.server]) {
    let newest: Seg | null = null;
    for (const seg of view.sent) {
      if (!seg.hasTimestamps) continue;
      if (newest && ((seg.tsVal - newest.tsVal) | 0) < 0) late.push(seg);
      else newest = seg;
    }
  }
  const first = late.sort((a, b) => a.frame - b.frame)[0];
  if (!first) return null;
  return finding(p, 'reordered-frames', {
    endpoint: null,
    at: first.time,
    frames: late,
    message: () =>
      `${late.length === 1 ? 'one frame was' : `${late.length} frames were`} captured after frames that their sender had sent later`,
  });
};

export const CAPTURE_RULES: readonly Rule[] = [midStream, oneSided, gap, copies, reordered];

/** Captures that end in the middle of a record: their states are as of the last whole one. */
export function truncatedCaptures(captures: readonly CaptureSummary[]): AcrossFinding[] {
  const { severity, checks } = CATALOGUE['truncated-capture'];
  return captures.flatMap(({ path, error, clock, lastFrameAt }) => {
    if (error?.code !== 'truncated-record' || clock === null || lastFrameAt === null) return [];
    const message = `the capture breaks off at frame ${error.frame}: expected ${error.expected}, found ${error.found}`;
    const advice = checks[0].command.replace('FILE', path);
    return [
      {
        kind: 'truncated-capture',
        severity,
        subject: path,
        clock,
        at: lastFrameAt,
        flows: 0,
        examples: [],
        message,
        advice,
      },
    ];
  });
}
