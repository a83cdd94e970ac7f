import { type FindingKind, SEVERITIES, type Severity } from '../../findings/finding.js';
import { formatCount } from '../units.js';
import type { FindingFacts, Verdict } from './embedded.js';

/** How many connections there are, by the worst that was found in each. */
export type Severities = Readonly<Record<Severity, number>>;

/**
 * What a capture comes to, in one sentence. `findings` are sorted, the worst first; `titleOf` gives the headline of a kind.
 */
export function verdictOf(
  flows: number,
  worst: Severities,
  findings: readonly FindingFacts[],
  titleOf: (kind: FindingKind) => string,
): Verdict {
  if (flows === 0) return { severity: null, text: 'There is no TCP connection in this capture.' };
  const top = findings.find(({ severity }) => isWrong(severity));
  if (top === undefined) {
    return {
      severity: null,
      text: `Nothing is wrong with ${flows === 1 ? 'this connection' : `these ${formatCount(flows)} connections`}.`,
    };
  }
  const place = top.where === null ? '' : `, at ${top.where}`;
  if (flows === 1 && !top.across) {
    const lead = top.severity === 'error' ? 'The connection failed or is stuck' : 'The connection suffered';
    return { severity: top.severity, text: `${lead}: ${top.message}.` };
  }
  const of = `of ${formatCount(flows)} connections`;
  const share = top.across || top.flows === worst[top.severity] ? '' : ` (${formatCount(top.flows)} of them)`;
  return { severity: top.severity, text: `${lead(worst, of)}: ${lowerFirst(titleOf(top.kind))}${place}${share}.` };
}

function lead({ error, warning }: Severities, of: string): string {
  if (error > 0) return `${formatCount(error)} ${of} failed or ${error === 1 ? 'is' : 'are'} stuck`;
  if (warning > 0) return `None ${of} failed, but ${formatCount(warning)} suffered`;
  return `Each ${of} is well by itself, not all together`;
}

export const isWrong = (severity: Severity): boolean => SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf('warning');

/** Leaves what is written in capitals (SYN, CLOSE_WAIT) as it is. */
const lowerFirst = (text: string): string => (/^[A-Z][a-z ]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text);
