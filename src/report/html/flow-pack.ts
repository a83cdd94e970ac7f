import type { ComparedFlow, PathSegment } from '../../compare/compared-flow.js';
import type { Clock, Fate, LoggedSegment, SegmentRole } from '../../connection/model.js';
import type { Side } from '../../connection/state.js';
import type { Flow } from '../../findings/finding.js';
import { onReference } from '../compare-fold.js';
import { type PackedComparison, packComparison, unpackComparison } from './compared-pack.js';

const ROLES: readonly SegmentRole[] = [
  'segment',
  'keep-alive',
  'keep-alive-ack',
  'window-probe',
  'duplicate-ack',
  'challenge-ack',
  'icmp',
  'run',
];
const FATES: readonly Fate[] = ['delivered', 'presumed', 'unheeded', 'ignored'];
const SIDES: readonly Side[] = ['client', 'server'];

/** A segment without the names of its fields; pairs and objects stay what they are. */
type PackedSegment = readonly [
  frame: number,
  time: number,
  bits: number,
  flags: number,
  seq: number,
  ack: number,
  length: number,
  window: number,
  tsVal: number,
  tsEcr: number,
  sack: LoggedSegment['sack'],
  run: LoggedSegment['run'],
  icmp: LoggedSegment['icmp'],
];

/** A connection as JSON, with what the page knows of its capture anyway left out. */
export interface PackedFlow extends Omit<Flow, 'segments' | 'clock' | 'capture' | 'frameNames'> {
  readonly packed: readonly PackedSegment[];
  /** Of a connection that spans captures: number of a frame, index of its capture in `captures`, number there. */
  readonly names: readonly (readonly [number, number, number])[];
  /** Where two captures hold it: its segments are those of the path then. */
  readonly compared?: PackedComparison;
}

export function packFlow(flow: Flow, segments: readonly LoggedSegment[]): PackedFlow {
  const { segments: _, clock: __, capture: ___, frameNames, ...rest } = flow;
  return { ...rest, packed: segments.map(packSegment), names: namesOf(flow, segments) };
}

/** `path` holds as much of the flow's as is to be kept. */
export function packComparedFlow(flow: ComparedFlow, path: readonly PathSegment[]): PackedFlow {
  const { path: _, taps, reference, flowClock, fates, rewritten, ...plain } = flow;
  return { ...packFlow(plain, path.map(onReference)), compared: packComparison(flow, path) };
}

export function unpackFlow({ packed, names, compared, ...rest }: PackedFlow, capture: string, clock: Clock): Flow {
  const { captures } = rest;
  const named = new Map(names.map(([number, index, frame]) => [number, { capture: captures[index], frame }]));
  const frameNames = { nameOf: (frame: number) => named.get(frame) ?? { capture: captures[0], frame } };
  const flow = { ...rest, capture, clock, frameNames, segments: packed.map(unpackSegment) };
  return compared === undefined ? flow : unpackComparison(flow, compared);
}

function namesOf({ captures, frameNames, timeline, findings }: Flow, segments: readonly LoggedSegment[]) {
  if (captures.length === 1) return [];
  const numbers = new Set([
    ...segments.map(({ frame }) => frame),
    ...timeline.flatMap(({ frame, confirmedBy, revoked }) => [frame, confirmedBy ?? frame, ...revoked]),
    ...findings.flatMap(({ frames }) => frames),
  ]);
  return [...numbers].flatMap((number) => {
    const { capture, frame } = frameNames.nameOf(number);
    return capture === null ? [] : [[number, captures.indexOf(capture), frame] as const];
  });
}

/** Bits: side, retransmission, timestamps, two of fate, role above. */
function packSegment(s: LoggedSegment): PackedSegment {
  const bits =
    SIDES.indexOf(s.from) |
    (Number(s.retransmission) << 1) |
    (Number(s.hasTimestamps) << 2) |
    (FATES.indexOf(s.fate) << 3) |
    (ROLES.indexOf(s.role) << 5);
  return [s.frame, s.time, bits, s.flags, s.seq, s.ack, s.length, s.window, s.tsVal, s.tsEcr, s.sack, s.run, s.icmp];
}

function unpackSegment(packed: PackedSegment): LoggedSegment {
  const [frame, time, bits, flags, seq, ack, length, window, tsVal, tsEcr, sack, run, icmp] = packed;
  return {
    frame,
    time,
    from: SIDES[bits & 1],
    flags,
    seq,
    ack,
    length,
    window,
    hasTimestamps: (bits & 4) !== 0,
    tsVal,
    tsEcr,
    sack,
    role: ROLES[bits >> 5],
    retransmission: (bits & 2) !== 0,
    fate: FATES[(bits >> 3) & 3],
    run,
    icmp,
  };
}
