import type { ComparedFlow, PathSegment } from '../../../compare/compared-flow.js';
import type { Time } from '../../../connection/model.js';
import { otherSide, type Side } from '../../../connection/state.js';
import { foldPath } from '../../compare-fold.js';
import type { Arrow, Run } from './ladder-model.js';

/** What two captures show of a connection's segments: when each passed either tap, and what became of it between them. */
export function comparedArrows(flow: ComparedFlow, unfolded: boolean): { arrows: Arrow[]; runs: Run[] } {
  const arrows: Arrow[] = [];
  const runs: Run[] = [];
  const copies = new Map<string, Arrow>();
  for (const passed of unfolded ? flow.path : foldPath(flow)) {
    const { segment } = passed;
    if (segment.run !== null) {
      runs.push({ segment, from: segment.time, to: Math.max(segment.run.lastTime, segment.time + 1) });
      continue;
    }
    const key = `${segment.from} ${segment.seq} ${segment.length > 0} ${segment.flags & 7}`;
    const arrow = arrowOf(flow, passed, segment.retransmission ? (copies.get(key) ?? null) : null);
    if (segment.icmp === null) copies.set(key, arrow);
    arrows.push(arrow);
  }
  return { arrows, runs };
}

function arrowOf(flow: ComparedFlow, passed: PathSegment, repeats: Arrow | null): Arrow {
  const { segment, fate, sentAt, arrivedAt, arrivalFrame } = passed;
  const { from, icmp, time } = segment;
  const to = otherSide(from);
  const frames: Record<Side, number | null> = { client: null, server: null };
  if (icmp !== null || sentAt !== null) frames[from] = segment.frame;
  if (icmp === null && fate === 'injected') frames[to] = segment.frame;
  else if (icmp === null && arrivalFrame !== null) frames[to] = arrivalFrame;
  // An ICMP message ends at the sender of what it quotes: it comes from somewhere on the path.
  const usual = icmp === null ? usualDelay(flow, from) : 0;
  const sent = sentAt ?? (arrivedAt ?? time) - usual;
  // By as much as the clocks are uncertain, something may seem to arrive before it was sent.
  const received = Math.max(sent, arrivedAt ?? sent + usual);
  return {
    segment,
    sent,
    tapped: time,
    received,
    repeats,
    changes: flow.timeline.filter(({ endpoint, frame, basis }) => basis !== 'timer' && frames[endpoint] === frame),
    frames,
    passed,
  };
}

/** What a segment of this direction takes, as far as others tell. */
const usualDelay = ({ fates }: ComparedFlow, from: Side): Time =>
  Math.max(0, ((from === 'client' ? fates?.clientToServer : fates?.serverToClient)?.delay?.mean ?? 0) * 1e9);
