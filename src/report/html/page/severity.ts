import type { Severity } from '../../../findings/finding.js';
import { SEVERITY_MARK } from '../../look.js';
import { h } from './dom.js';

/** A sign with its meaning: shape and word, not only colour. */
export function severityMark(severity: Severity): HTMLElement {
  return h(
    'span',
    { class: `mark ${severity}`, role: 'img', 'aria-label': severity, title: severity },
    SEVERITY_MARK[severity],
  );
}
