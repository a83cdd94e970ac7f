import type { ComparedFinding, ComparedFlow, Comparison, OneTapSegment, PathFates } from '../compare/compared-flow.js';
import type { Clock } from '../connection/model.js';
import { captureJson } from './analysis-json.js';
import { flowJson } from './flow-json.js';
import { timestamp } from './timestamp.js';

/** One connection as a line of `compare --format ndjson`: what `timeline` has, and what the two captures tell together. */
export function comparedFlowJson(flow: ComparedFlow) {
  const plain = flowJson(flow);
  const { clock, flowClock, fates } = flow;
  return {
    ...plain,
    tap: flow.taps.client && flow.taps.server ? 'both' : flow.taps.client ? 'client' : 'server',
    findings: plain.findings.map((finding, i) => ({ ...finding, ...verdictJson(flow.findings[i]) })),
    taps: flow.taps,
    reference: flow.reference,
    ...(flowClock && { clock: flowClock }),
    ...(fates && {
      fates: {
        clientToServer: fatesJson(fates.clientToServer, clock),
        serverToClient: fatesJson(fates.serverToClient, clock),
      },
    }),
    rewritten: flow.rewritten,
  };
}

/** What was in the captures: the object that `compare --format json` prints, without its connections. */
export function comparisonJson(comparison: Comparison) {
  const [first, second] = comparison.captures;
  const clock = first.find((c) => c.clock !== null)?.clock ?? second.find((c) => c.clock !== null)?.clock ?? null;
  const { overlap, delays } = comparison;
  const at = (time: number | null): string | null => (time === null || clock === null ? null : timestamp(time, clock));
  const series = (samples: (typeof delays)[0]) => samples.map((s) => ({ ...s, at: at(s.at) }));
  return {
    captures: { first: first.map(captureJson), second: second.map(captureJson) },
    overlap: { kind: overlap.kind, from: at(overlap.from), until: at(overlap.until) },
    clock: comparison.clock,
    flows: comparison.flows,
    path: {
      firstToSecond: {
        delivered: comparison.delivered[0],
        lost: comparison.lost[0],
        injected: comparison.injected[0],
        delays: series(delays[0]),
      },
      secondToFirst: {
        delivered: comparison.delivered[1],
        lost: comparison.lost[1],
        injected: comparison.injected[1],
        delays: series(delays[1]),
      },
    },
  };
}

const verdictJson = ({ tap, verdict }: ComparedFinding) => ({ tap, verdict });

const fatesJson = (fates: PathFates, clock: Clock) => ({
  ...fates,
  lost: fates.lost.map((s) => segmentJson(s, clock)),
  injected: fates.injected.map((s) => segmentJson(s, clock)),
});

const segmentJson = ({ frame, time, seq, ack, length, flags, class: of, where }: OneTapSegment, clock: Clock) => ({
  frame,
  at: timestamp(time, clock),
  seq,
  ack,
  len: length,
  flags: letters(flags),
  class: of,
  ...(where !== null && { where }),
});

/** Flags as one letter each, in the order of the header from its end: S F R P A U E C. */
const letters = (flags: number): string =>
  (
    [
      ['S', 2],
      ['F', 1],
      ['R', 4],
      ['P', 8],
      ['A', 16],
      ['U', 32],
      ['E', 64],
      ['C', 128],
    ] as const
  )
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([letter]) => letter)
    .join('');
