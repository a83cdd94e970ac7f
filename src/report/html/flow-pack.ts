import type { Clock, Fate, LoggedSegment, SegmentRole } from '../../connection/model.js';
import type { Side } from '../../connection/state.js';
import type { Flow } from '../../findings/finding.js';

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
export interface PackedFlow extends Omit<Flow, 'segments' | 'clock' | 'capture'> {
  readonly packed: readonly PackedSegment[];
}

export function packFlow(flow: Flow, segments: readonly LoggedSegment[]): PackedFlow {
  const { segments: _, clock: __, capture: ___, ...rest } = flow;
  return { ...rest, packed: segments.map(packSegment) };
}

export function unpackFlow({ packed, ...rest }: PackedFlow, capture: string, clock: Clock): Flow {
  return { ...rest, capture, clock, segments: packed.map(unpackSegment) };
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
