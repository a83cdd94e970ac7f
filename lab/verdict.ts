import { type Agreement, compare, isBetween, isOf } from './agreement.js';
import { segmentsOf } from './capture.js';
import type { Outcome } from './experiment.js';
import { type Flow, flowsOf, seconds } from './lastack.js';
import { ONE_WAY_DELAY } from './namespaces.js';
import { expectedAt, type Scenario, SIDES, type Side } from './scenario.js';

/** What lastack made of one capture of a scenario. */
export interface Verdict {
  readonly scenario: string;
  readonly tap: Side;
  readonly ends: readonly Agreement[];
  /** Kinds of finding, sorted. */
  readonly expected: readonly string[];
  readonly reported: readonly string[];
  /** What lastack got wrong, one line each; empty where it agrees with the kernel. */
  readonly differences: readonly string[];
  /** Why differences at this tap are not lastack's. */
  readonly explained: string | null;
}

/** The share of time in the right state that counts as agreement: Linux's own timers are late by up to an eighth. */
const ENOUGH = 0.95;

/** Runs lastack on both captures of a scenario and compares. */
export async function judge(scenario: Scenario, outcome: Outcome, command: string): Promise<readonly Verdict[]> {
  const { captures, settings } = outcome;
  return Promise.all(
    SIDES.map(async (tap) => {
      const flows = await flowsOf(command, captures[tap], settings.client, settings.server);
      const segments = await segmentsOf(captures[tap]);
      const { until, blink } = outcome;
      const rest = [...flows].sort((one, other) => seconds(one.start) - seconds(other.start));
      const seen = outcome.connections.filter((connection) => segments.some((segment) => isOf(segment, connection)));
      const ends = seen.flatMap((connection) => {
        const index = rest.findIndex((flow) => isBetween(flow, connection));
        const [flow] = index < 0 ? [] : rest.splice(index, 1);
        return compare(connection, flow, { segments, until, delay: ONE_WAY_DELAY, blink });
      });
      const expected = [...expectedAt(scenario, tap)].sort();
      const reported = [...new Set(flows.flatMap((flow) => flow.findings.map((finding) => finding.kind)))].sort();
      const differences = [
        ...ends.flatMap(differenceOf),
        ...(rest.length === 0 ? [] : [`${rest.length} flows too many`]),
        ...findingDifferences(expected, scenario.maybe ?? [], flows),
      ];
      return {
        scenario: scenario.name,
        tap,
        ends,
        expected,
        reported,
        differences,
        explained: scenario.explained?.[tap] ?? null,
      };
    }),
  );
}

function differenceOf({ side, kernel, lastack, pathRight, timeRight }: Agreement): readonly string[] {
  if (!pathRight) return [`${side}: kernel ${kernel.join(' ')}, lastack ${lastack.join(' ') || 'nothing'}`];
  return timeRight < ENOUGH ? [`${side}: ${percent(timeRight)} of the time right`] : [];
}

/** All that was expected must be reported, and nothing else that claims a fault. */
function findingDifferences(
  expected: readonly string[],
  maybe: readonly string[],
  flows: readonly Flow[],
): readonly string[] {
  const all = flows.flatMap((flow) => flow.findings);
  const missing = expected.filter((kind) => !all.some((finding) => finding.kind === kind));
  const granted = [...expected, ...maybe];
  const alarms = all.filter(({ kind, severity }) => ['error', 'warning'].includes(severity) && !granted.includes(kind));
  return [
    ...missing.map((kind) => `${kind} not reported`),
    ...[...new Set(alarms.map((finding) => finding.kind))].map((kind) => `${kind} reported`),
  ];
}

/** Rounded down, so that 100 % means all. */
export function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}
