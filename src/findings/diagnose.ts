import type { Postmortem } from '../connection/postmortem/postmortem.js';
import { CAPTURE_RULES, unseenEnd } from './capture.js';
import { CATALOGUE } from './catalogue/index.js';
import { CLOSING_RULES } from './closing.js';
import { ESTABLISHED_RULES } from './established.js';
import { type Finding, SEVERITIES } from './finding.js';
import { OPENING_RULES } from './opening.js';
import { addTo, type Rule } from './rule.js';
import type { Thresholds } from './thresholds.js';

const RULES: readonly Rule[] = [...OPENING_RULES, ...ESTABLISHED_RULES, ...CLOSING_RULES, ...CAPTURE_RULES];

/** What one connection's post-mortem shows: by severity, then by time. */
export function diagnose(p: Postmortem, thresholds: Thresholds): Finding[] {
  // Of an end that was not captured nothing is known but what the other one acknowledges: no fault of it can be told.
  const unseen = unseenEnd(p);
  const known = (f: Finding): boolean =>
    unseen === null || f.endpoint !== unseen || CATALOGUE[f.kind].phase === 'capture';
  const found: Finding[] = [];
  // With flatMap this took a twentieth of an analysis of handshakes with loss: most rules find nothing.
  for (const rule of RULES) addTo(found, rule(p, thresholds));
  return found
    .filter(known)
    .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.at - b.at);
}
