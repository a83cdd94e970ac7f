import type { Postmortem } from '../connection/postmortem/postmortem.js';
import { CAPTURE_RULES } from './capture.js';
import { CLOSING_RULES } from './closing.js';
import { ESTABLISHED_RULES } from './established.js';
import { type Finding, SEVERITIES } from './finding.js';
import { OPENING_RULES } from './opening.js';
import type { Rule } from './rule.js';
import type { Thresholds } from './thresholds.js';

const RULES: readonly Rule[] = [...OPENING_RULES, ...ESTABLISHED_RULES, ...CLOSING_RULES, ...CAPTURE_RULES];

/** What one connection's post-mortem shows: by severity, then by time. */
export function diagnose(p: Postmortem, thresholds: Thresholds): Finding[] {
  return RULES.flatMap((rule) => rule(p, thresholds) ?? []).sort(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.at - b.at,
  );
}
