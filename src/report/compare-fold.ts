import type { ComparedFlow, PathSegment } from '../compare/compared-flow.js';
import type { LoggedSegment } from '../connection/model.js';
import { otherSide, type Side } from '../connection/state.js';
import { ACK, CWR, ECE, PSH } from '../decode/segment.js';
import { joinSegments } from './fold.js';

/** Frames that a finding names, by the side whose capture they are in. */
export type TellingFrames = Readonly<Record<Side, ReadonlySet<number>>>;

export function telling(flow: ComparedFlow): Record<Side, Set<number>> {
  const frames = { client: new Set<number>(), server: new Set<number>() };
  for (const f of flow.findings) for (const frame of f.frames) frames[f.tap].add(frame);
  return frames;
}

/** Data or an acknowledgement that arrived, and of which no finding speaks; or a run of such. */
export function isOrdinaryPassage({ segment, fate, arrivalFrame }: PathSegment, told: TellingFrames): boolean {
  if (segment.run !== null) return true;
  return (
    fate === 'delivered' &&
    segment.icmp === null &&
    segment.role === 'segment' &&
    (segment.flags & ~(ACK | PSH | ECE | CWR)) === 0 &&
    !segment.retransmission &&
    segment.window > 0 &&
    !told[segment.from].has(segment.frame) &&
    (arrivalFrame === null || !told[otherSide(segment.from)].has(arrivalFrame))
  );
}

/** Ordinary segments that are shown at either end of a stretch of them. */
const KEEP = 3;
const LEAST_FOLDED = 3;

/** The path with each long stretch of ordinary segments as one run, by the reference clock. */
export function foldPath(flow: ComparedFlow): PathSegment[] {
  const told = telling(flow);
  for (const { endpoint, frame } of flow.timeline) told[endpoint].add(frame);
  const folded: PathSegment[] = [];
  let stretch: PathSegment[] = [];
  const flush = (): void => {
    const hasRun = stretch.some(({ segment }) => segment.run !== null);
    const keep = hasRun ? 0 : KEEP;
    const middle = stretch.slice(keep, stretch.length - keep);
    if (middle.length < (hasRun ? 1 : LEAST_FOLDED)) folded.push(...stretch);
    else folded.push(...stretch.slice(0, keep), joinPath(middle), ...stretch.slice(stretch.length - keep));
    stretch = [];
  };
  for (const passed of flow.path) {
    if (isOrdinaryPassage(passed, told)) {
      stretch.push(passed);
      continue;
    }
    flush();
    folded.push(passed);
  }
  flush();
  return folded;
}

/** One run in the place of segments, of which there is at least one. */
export function joinPath(middle: readonly PathSegment[]): PathSegment {
  const segment: LoggedSegment = joinSegments(middle.map(onReference));
  return { segment, fate: 'delivered', sentAt: segment.time, arrivedAt: null, arrivalFrame: null };
}

/** The segment with its times by the reference clock: its own are those of the capture that has it. */
export function onReference({ segment, sentAt, arrivedAt }: PathSegment): LoggedSegment {
  const time = sentAt ?? arrivedAt ?? segment.time;
  const { run } = segment;
  return { ...segment, time, run: run && { ...run, lastTime: run.lastTime + time - segment.time } };
}
