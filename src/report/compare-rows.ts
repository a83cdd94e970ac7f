import type { ComparedFinding, ComparedFlow, PathSegment } from '../compare/compared-flow.js';
import type { Time, Transition } from '../connection/model.js';
import { otherSide, type Side } from '../connection/state.js';
import { isOrdinaryPassage, type TellingFrames, telling } from './compare-fold.js';

export type Changes = Readonly<Partial<Record<Side, Transition>>>;

/** One step of the ladder of two captures, from top to bottom. */
export type Row =
  | { readonly type: 'segment'; readonly at: Time; readonly passed: PathSegment; readonly changes: Changes }
  /** Ordinary segments that all arrived. */
  | { readonly type: 'run'; readonly at: Time; readonly segments: number; readonly bytes: number; readonly until: Time }
  | { readonly type: 'change'; readonly at: Time; readonly transition: Transition }
  | { readonly type: 'finding'; readonly at: Time; readonly finding: ComparedFinding };

/** Ordinary segments that are shown at either end of a stretch of them. */
const KEEP = 2;
const LEAST_FOLDED = 3;

/** Rows for a flow, in the order of time; a change stands with the segment that made it where that keeps each end's order. */
export function compareRows(flow: ComparedFlow): Row[] {
  const changes = flow.timeline.map((transition) => ({ transition, placed: false }));
  const segments: Row[] = flow.path.map((passed) => {
    const at = passed.sentAt ?? passed.arrivedAt ?? 0;
    const on: Partial<Record<Side, Transition>> = {};
    const { from } = passed.segment;
    const to = otherSide(from);
    for (const [side, frame] of [
      [from, passed.sentAt === null ? null : passed.segment.frame],
      [to, passed.arrivalFrame],
    ] as const) {
      const own = changes.filter((c) => c.transition.endpoint === side);
      const index = own.findIndex((c) => !c.placed && c.transition.frame === frame && isBy(c.transition, passed, side));
      if (index < 0) continue;
      // Standing higher than its time, it must not overtake what happened to its end before.
      const overtaken = own.slice(0, index).some((c) => !c.placed || c.transition.at > at);
      if (overtaken) continue;
      own[index].placed = true;
      on[side] = own[index].transition;
    }
    return { type: 'segment', at, passed, changes: on };
  });
  const rows: Row[] = [
    ...fold(segments, telling(flow)),
    ...changes
      .filter((c) => !c.placed)
      .map(({ transition }): Row => ({ type: 'change', at: transition.at, transition })),
    ...flow.findings.map((finding): Row => ({ type: 'finding', at: finding.at, finding })),
  ];
  const rank = { segment: 0, run: 0, change: 1, finding: 2 } as const;
  return rows.sort((a, b) => a.at - b.at || rank[a.type] - rank[b.type]);
}

/** The sender changes by what it sends, the receiver by what it is sent; a timer is nobody's segment. */
function isBy(transition: Transition, passed: PathSegment, side: Side): boolean {
  return transition.basis !== 'timer' && (side === passed.segment.from || passed.fate !== 'lost');
}

function fold(rows: readonly Row[], told: TellingFrames): Row[] {
  const folded: Row[] = [];
  let stretch: Row[] = [];
  const flush = (): void => {
    const middle = stretch.slice(KEEP, -KEEP);
    const hasRun = stretch.some((row) => row.type === 'segment' && row.passed.segment.run !== null);
    if (hasRun) folded.push(joined(stretch));
    else if (middle.length < LEAST_FOLDED) folded.push(...stretch);
    else folded.push(...stretch.slice(0, KEEP), joined(middle), ...stretch.slice(-KEEP));
    stretch = [];
  };
  for (const row of [...rows].sort((a, b) => a.at - b.at)) {
    if (row.type === 'segment' && isOrdinary(row, told)) {
      stretch.push(row);
      continue;
    }
    if (stretch.length > 0) flush();
    folded.push(row);
  }
  if (stretch.length > 0) flush();
  return folded;
}

function isOrdinary({ passed, changes }: Row & { type: 'segment' }, told: TellingFrames): boolean {
  return isOrdinaryPassage(passed, told) && changes.client === undefined && changes.server === undefined;
}

function joined(rows: readonly Row[]): Row {
  let segments = 0;
  let bytes = 0;
  let until = rows[0].at;
  for (const row of rows) {
    if (row.type !== 'segment') continue;
    const { run, length } = row.passed.segment;
    segments += run === null ? 1 : run.segments.client + run.segments.server;
    bytes += run === null ? length : run.bytes.client + run.bytes.server;
    until = Math.max(until, row.at + (run === null ? 0 : run.lastTime - row.passed.segment.time));
  }
  return { type: 'run', at: rows[0].at, segments, bytes, until };
}
