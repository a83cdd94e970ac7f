import type { ComparedFlow, PathSegment } from '../../compare/compared-flow.js';
import type { Time } from '../../connection/model.js';
import type { Flow } from '../../findings/finding.js';

const FATES: readonly PathSegment['fate'][] = ['delivered', 'lost', 'injected', 'unknown'];

/** What became of a segment between the taps, without the names of its fields. */
type PackedPassage = readonly [fate: number, sentAt: Time | null, arrivedAt: Time | null, arrivalFrame: number | null];

/** What two captures tell of a connection beyond what one of them does. */
export interface PackedComparison
  extends Pick<ComparedFlow, 'taps' | 'reference' | 'flowClock' | 'fates' | 'rewritten'> {
  /** One for each segment of the connection, in their order. */
  readonly passages: readonly PackedPassage[];
}

/** Whether a connection was put together from two captures. */
export const isCompared = (flow: Flow): flow is ComparedFlow => 'path' in flow;

export function packComparison(flow: ComparedFlow, path: readonly PathSegment[]): PackedComparison {
  const { taps, reference, flowClock, fates, rewritten } = flow;
  const passages = path.map(
    ({ fate, sentAt, arrivedAt, arrivalFrame }): PackedPassage => [
      FATES.indexOf(fate),
      sentAt,
      arrivedAt,
      arrivalFrame,
    ],
  );
  return { taps, reference, flowClock, fates, rewritten, passages };
}

/** `flow` has the segments of the path, on the reference clock. */
export function unpackComparison(flow: Flow, { passages, ...compared }: PackedComparison): ComparedFlow {
  const path = passages.map(
    ([fate, sentAt, arrivedAt, arrivalFrame], index): PathSegment => ({
      segment: flow.segments[index],
      fate: FATES[fate],
      sentAt,
      arrivedAt,
      arrivalFrame,
    }),
  );
  return { ...flow, findings: flow.findings as ComparedFlow['findings'], ...compared, path };
}
