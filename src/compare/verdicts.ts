import type { Time } from '../connection/model.js';
import { otherSide, type Side } from '../connection/state.js';
import { diagnose } from '../findings/diagnose.js';
import { type Finding, type FindingKind, SEVERITIES } from '../findings/finding.js';
import type { finding, seconds } from '../findings/rule.js';
import type { formatTimestamp } from '../report/timestamp.js';
import type { ComparedFinding, ComparedFlow, OneTapSegment, PathFates, SegmentClass } from './compared-flow.js';
import type { ComposeContext, SideView } from './compose.js';

export type Fates = ComparedFlow['fates'];
void 0 as unknown as [
  Time,
  FindingKind,
  Finding,
  PathFates,
  SegmentClass,
  typeof finding,
  typeof seconds,
  typeof formatTimestamp,
  OneTapSegment,
];

const SIDES: readonly Side[] = ['client', 'server'];

export function comparedFindings(
  views: Readonly<Record<Side, SideView | null>>,
  fates: Fates,
  context: ComposeContext,
): ComparedFinding[] {
  const all: ComparedFinding[] = [];
  for (const side of SIDES) {
    const view = views[side];
    if (view === null) continue;
    const alone = views[otherSide(side)] === null;
    for (const f of diagnose(view.postmortem, context.thresholds)) {
      if (!alone && f.endpoint === otherSide(side)) continue;
      if (f.endpoint === null && all.some((other) => other.kind === f.kind)) continue;
      all.push({ ...f, at: view.toReference(f.at), tap: side, verdict: null });
    }
  }
  void fates;
  return all.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.at - b.at);
}
