import type { LoggedSegment, SegmentRun } from '../connection/model.js';
import type { Side } from '../connection/state.js';
import { ACK, CWR, ECE, PSH } from '../decode/segment.js';
import type { Flow } from '../findings/finding.js';

/** Fewer rows than this are not worth a fold. */
const LEAST = 3;

/** The flow's segments, with each long stretch of ordinary ones as one run between `keep` segments on either side. */
export function foldSegments(flow: Flow, keep = 3): LoggedSegment[] {
  const telling = new Set<number>();
  for (const transition of flow.timeline) {
    telling.add(transition.frame);
    if (transition.confirmedBy !== null) telling.add(transition.confirmedBy);
  }
  for (const finding of flow.findings) for (const frame of finding.frames) telling.add(frame);

  const folded: LoggedSegment[] = [];
  let stretch: LoggedSegment[] = [];
  const flush = () => {
    folded.push(...foldStretch(stretch, keep));
    stretch = [];
  };
  for (const segment of flow.segments) {
    if (segment.run !== null || (isOrdinary(segment) && !telling.has(segment.frame))) {
      stretch.push(segment);
    } else {
      flush();
      folded.push(segment);
    }
  }
  flush();
  return folded;
}

function isOrdinary(segment: LoggedSegment): boolean {
  return (
    segment.role === 'segment' &&
    (segment.flags & ~(ACK | PSH | ECE | CWR)) === 0 &&
    !segment.retransmission &&
    (segment.fate === 'delivered' || segment.fate === 'presumed') &&
    segment.window > 0
  );
}

function foldStretch(stretch: readonly LoggedSegment[], keep: number): LoggedSegment[] {
  const firstRun = stretch.findIndex((segment) => segment.run !== null);
  const lastRun = stretch.findLastIndex((segment) => segment.run !== null);
  const from = firstRun < 0 ? keep : Math.min(keep, firstRun);
  const to = Math.max(stretch.length - keep, lastRun + 1);
  if (to - from < LEAST && firstRun < 0) return [...stretch];
  return [...stretch.slice(0, from), joinSegments(stretch.slice(from, to)), ...stretch.slice(to)];
}

/** One run in the place of `segments`, of which there is at least one. */
export function joinSegments(segments: readonly LoggedSegment[]): LoggedSegment {
  const total = { segments: { client: 0, server: 0 }, bytes: { client: 0, server: 0 } };
  for (const segment of segments) {
    const run = segment.run ?? runOf(segment);
    for (const side of ['client', 'server'] satisfies Side[]) {
      total.segments[side] += run.segments[side];
      total.bytes[side] += run.bytes[side];
    }
  }
  const last = segments[segments.length - 1];
  return {
    ...segments[0],
    role: 'run',
    run: { ...total, lastFrame: last.run?.lastFrame ?? last.frame, lastTime: last.run?.lastTime ?? last.time },
  };
}

const runOf = (segment: LoggedSegment): SegmentRun => ({
  segments: { client: 0, server: 0, [segment.from]: 1 },
  bytes: { client: 0, server: 0, [segment.from]: segment.length },
  lastFrame: segment.frame,
  lastTime: segment.time,
});
