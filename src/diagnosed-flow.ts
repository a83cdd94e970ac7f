import type { FrameNames } from './capture/frame-names.js';
import type { History } from './connection/postmortem/history.js';
import { type PostmortemContext, postmortem } from './connection/postmortem/postmortem.js';
import { diagnose } from './findings/diagnose.js';
import type { Flow } from './findings/finding.js';
import { inWords } from './findings/found.js';
import type { Thresholds } from './findings/thresholds.js';

export interface DiagnosisContext extends Omit<PostmortemContext, 'capture'> {
  /** Those that hold the flow's frames. */
  readonly captures: readonly string[];
  readonly frameNames: FrameNames;
  /** Null for a connection without incident: it has no findings. */
  readonly thresholds: Thresholds | null;
  /** Whether somebody may copy the findings. */
  readonly inWords: boolean;
}

/** One connection, with what both ends went through and what was wrong. */
export function diagnosedFlow(history: History, context: DiagnosisContext): Flow {
  const { captures, frameNames, thresholds, clock, followedUntil, profiles, distances } = context;
  const result = postmortem(history, { capture: captures[0], clock, followedUntil, profiles, distances });
  const found = thresholds === null ? [] : diagnose(result, thresholds);
  const findings = context.inWords ? found.map(inWords) : found;
  // Not spread: its segments are made on demand.
  return Object.assign(result.connection, { captures, frameNames, findings });
}
