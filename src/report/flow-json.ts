import type { Clock, Time, Transition } from '../connection/model.js';
import type { Side, TcpState } from '../connection/state.js';
import type { Finding, FindingKind, Flow, Severity } from '../findings/finding.js';
import { communityId } from './community-id.js';
import { toJson } from './escape.js';
import { formatUnits, nearestUnit, unitBefore, unitBehind } from './timestamp.js';
import { hasTimestampLength } from './timestamp-bytes.js';
import { writeTransition } from './transition-json.js';
import { Pieces, type Utf8Text, utf8 } from './utf8-text.js';

/** One connection as scripts read it: a line of `timeline --format ndjson`. Times are ISO 8601 in UTC. */
export interface FlowJson {
  readonly flow: number;
  readonly tcpStream: number;
  readonly capture: string;
  /** The captures that hold its frames, `capture` first. */
  readonly captures: readonly string[];
  readonly client: { readonly address: string; readonly port: number };
  readonly server: { readonly address: string; readonly port: number };
  /** Where `key` names VLANs: the identifiers of the first two tags, the outer one first. */
  readonly vlan?: readonly number[];
  /** Where `key` names tunnels: the innermost one; null without a tunnel. */
  readonly tunnel?: { readonly kind: string; readonly id: number | null } | null;
  readonly roles: 'observed' | 'assumed';
  readonly start: string;
  readonly end: string;
  readonly tap: 'client' | 'server' | 'middle' | 'unknown';
  readonly clientState: TcpState;
  readonly serverState: TcpState;
  readonly timeline: readonly TransitionJson[];
  readonly findings: readonly FindingJson[];
  readonly packets: Readonly<Record<Side, number>>;
  readonly bytes: Readonly<Record<Side, number>>;
  readonly retransmissions: Readonly<Record<Side, number>>;
  /** Seconds. */
  readonly handshakeRtt: number | null;
  /** Version 1, seed 0. */
  readonly communityId: string;
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

export interface FindingJson {
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly endpoint: Side | null;
  readonly at: string;
  readonly frames: readonly number[];
  /** In a flow of more than one capture: those that hold the frames, in the same order. */
  readonly frameCaptures?: readonly (string | null)[];
  readonly message: string;
  readonly advice: string;
  readonly causes: readonly string[];
  readonly excluded: readonly string[];
}

export function flowJson(flow: Flow): FlowJson {
  const { clock } = flow;
  return {
    flow: flow.flow,
    tcpStream: flow.tcpStream,
    capture: flow.capture,
    captures: flow.captures,
    client: { address: flow.client.address, port: flow.client.port },
    server: { address: flow.server.address, port: flow.server.port },
    ...flow.network,
    roles: flow.roles,
    start: timestamp(flow.start, clock),
    end: timestamp(flow.end, clock),
    tap: flow.tap,
    clientState: flow.clientState,
    serverState: flow.serverState,
    timeline: flow.timeline.map((transition) => transitionJson(transition, flow)),
    findings: flow.findings.map((finding) => findingJson(finding, flow)),
    packets: sides(flow.packets),
    bytes: sides(flow.bytes),
    retransmissions: sides(flow.retransmissions),
    handshakeRtt: flow.handshakeRtt,
    communityId: communityId(flow.client, flow.server),
  };
}

/**
 * Writes the same, on one line: with 500,000 connections, half of the time was taken by objects and pieces of text that were
 * made to be written and forgotten.
 */
export function writeFlowJson(flow: Flow, to: Utf8Text): void {
  // What spans captures or names networks has more fields.
  const isPlain = flow.captures.length === 1 && flow.network === undefined;
  if (!isPlain || !hasTimestampLength(flow.followedUntil, flow.clock)) {
    to.text(toJson(flowJson(flow)));
    return;
  }
  const { client, server, clock, frameNames, timeline, findings } = flow;
  to.piece(FLOW).number(flow.flow).piece(TCP_STREAM).number(flow.tcpStream);
  to.piece(PIECES.capture.of(flow.capture)).text(client.address).piece(PORT).number(client.port);
  to.piece(SERVER).text(server.address).piece(PORT).number(server.port);
  to.piece(PIECES.roles.of(flow.roles)).text(timestamp(flow.start, clock)).piece(END);
  to.text(timestamp(flow.end, clock)).piece(PIECES.tap.of(flow.tap));
  to.piece(PIECES.clientState.of(flow.clientState)).piece(PIECES.serverState.of(flow.serverState));
  for (let i = 0; i < timeline.length; i++) {
    if (i > 0) to.piece(COMMA);
    writeTransition(timeline[i], clock, frameNames, to);
  }
  to.piece(FINDINGS);
  if (findings.length > 0) to.text(findings.map((finding) => toJson(findingJson(finding, flow))).join(','));
  writeSides(PACKETS, flow.packets, to);
  writeSides(BYTES, flow.bytes, to);
  writeSides(RETRANSMISSIONS, flow.retransmissions, to);
  to.piece(HANDSHAKE_RTT).text(String(flow.handshakeRtt)).piece(COMMUNITY_ID).text(communityId(client, server));
  to.piece(LINE_END);
}

const FLOW = utf8('{"flow":');
const TCP_STREAM = utf8(',"tcpStream":');
const PORT = utf8('","port":');
const SERVER = utf8('},"server":{"address":"');
const END = utf8('","end":"');
const COMMA = utf8(',');
const FINDINGS = utf8('],"findings":[');
const PACKETS = utf8('],"packets":{"client":');
const BYTES = utf8('},"bytes":{"client":');
const RETRANSMISSIONS = utf8('},"retransmissions":{"client":');
const OF_SERVER = utf8(',"server":');
const HANDSHAKE_RTT = utf8('},"handshakeRtt":');
const COMMUNITY_ID = utf8(',"communityId":"');
const LINE_END = utf8('"}');
/** Pieces that one word decides. */
const PIECES = {
  capture: new Pieces((path) => `,"capture":${toJson(path)},"captures":[${toJson(path)}],"client":{"address":"`),
  roles: new Pieces((roles) => `},"roles":"${roles}","start":"`),
  tap: new Pieces((tap) => `","tap":"${tap}",`),
  clientState: new Pieces((state) => `"clientState":"${state}",`),
  serverState: new Pieces((state) => `"serverState":"${state}","timeline":[`),
} as const;

function writeSides(name: Uint8Array, { client, server }: Readonly<Record<Side, number>>, to: Utf8Text): void {
  to.piece(name).number(client).piece(OF_SERVER).number(server);
}

/** `time` as text, to the nearest instant that the capture's digits can name. */
export function timestamp(time: Time, clock: Clock): string {
  return formatUnits(nearestUnit(time, clock), clock);
}

function transitionJson(transition: Transition, flow: Flow): TransitionJson {
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

function findingJson(finding: Finding, flow: Flow): FindingJson {
  const names = finding.frames.map((frame) => flow.frameNames.nameOf(frame));
  return {
    kind: finding.kind,
    severity: finding.severity,
    endpoint: finding.endpoint,
    at: timestamp(finding.at, flow.clock),
    frames: names.map(({ frame }) => frame),
    ...(flow.captures.length > 1 && { frameCaptures: names.map(({ capture }) => capture) }),
    message: finding.message,
    advice: finding.advice,
    causes: finding.causes,
    excluded: finding.excluded,
  };
}

const sides = (of: Readonly<Record<Side, number>>) => ({ client: of.client, server: of.server });
