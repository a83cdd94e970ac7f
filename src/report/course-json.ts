import type { Transition } from '../connection/model.js';
import type { Side, TcpState } from '../connection/state.js';
import type { Flow } from '../findings/finding.js';
import { formatUnits, timestamp, unitBefore, unitBehind } from './timestamp.js';

/** What both ends of a connection went through. Times are ISO 8601 in UTC. */
export interface CourseJson {
  readonly roles: 'observed' | 'assumed';
  readonly start: string;
  readonly end: string;
  readonly tap: 'client' | 'server' | 'middle' | 'unknown';
  readonly clientState: TcpState;
  readonly serverState: TcpState;
  readonly timeline: readonly TransitionJson[];
}

export interface TransitionJson {
  readonly endpoint: Side;
  readonly from: TcpState | null;
  readonly to: TcpState;
  readonly at: string;
  readonly earliest: string | null;
  readonly latest: string | null;
  /** Its number in its capture, as are all numbers of frames here. */
  readonly frame: number;
  /** In a flow of more than one capture: the one that holds the frame; null where it is no longer known. */
  readonly frameCapture?: string | null;
  readonly basis: Transition['basis'];
  readonly reason: string;
  readonly confirmedBy: number | null;
  readonly confirmedByCapture?: string | null;
  readonly revoked: readonly number[];
  readonly revokedCaptures?: readonly (string | null)[];
}

export function courseJson(flow: Flow): CourseJson {
  const { roles, start, end, tap, clientState, serverState, timeline, clock } = flow;
  return {
    roles,
    start: timestamp(start, clock),
    end: timestamp(end, clock),
    tap,
    clientState,
    serverState,
    timeline: timeline.map((transition) => transitionJson(transition, flow)),
  };
}

export function transitionJson(transition: Transition, flow: Flow): TransitionJson {
  const { clock, frameNames } = flow;
  const { endpoint, from, to, basis, reason, confirmedBy } = transition;
  const at = timestamp(transition.at, clock);
  // Bounds are rounded outwards, so that they hold what they held before, the rounded estimate included.
  const earliest = transition.earliest === null ? null : formatUnits(unitBefore(transition.earliest, clock), clock);
  const latest = transition.latest === null ? null : formatUnits(unitBehind(transition.latest, clock), clock);
  const name = frameNames.nameOf(transition.frame);
  const { frame } = name;
  const proof = confirmedBy === null ? null : frameNames.nameOf(confirmedBy);
  const proofFrame = proof === null ? null : proof.frame;
  const others = transition.revoked.map((number) => frameNames.nameOf(number));
  const revoked = others.map((other) => other.frame);
  if (flow.captures.length === 1)
    return { endpoint, from, to, at, earliest, latest, frame, basis, reason, confirmedBy: proofFrame, revoked };
  return {
    endpoint,
    from,
    to,
    at,
    earliest,
    latest,
    frame,
    frameCapture: name.capture,
    basis,
    reason,
    confirmedBy: proofFrame,
    confirmedByCapture: proof === null ? null : proof.capture,
    revoked,
    revokedCaptures: others.map(({ capture }) => capture),
  };
}
