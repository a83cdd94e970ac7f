import type { Side } from '../connection/state.js';
import type { Finding, FindingKind, Flow, Severity } from '../findings/finding.js';
import { communityId } from './community-id.js';
import { type CourseJson, courseJson } from './course-json.js';
import { courseTextOf } from './course-kinds.js';
import { toJson } from './escape.js';
import { timestamp } from './timestamp.js';
import { hasTimestampLength } from './timestamp-bytes.js';
import { Pieces, type Utf8Text, utf8 } from './utf8-text.js';

/** One connection as scripts read it: a line of `timeline --format ndjson`. Times are ISO 8601 in UTC. */
export interface FlowJson extends CourseJson {
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
  readonly findings: readonly FindingJson[];
  readonly packets: Readonly<Record<Side, number>>;
  readonly bytes: Readonly<Record<Side, number>>;
  readonly retransmissions: Readonly<Record<Side, number>>;
  /** Seconds. */
  readonly handshakeRtt: number | null;
  /** Version 1, seed 0. */
  readonly communityId: string;
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
  return {
    flow: flow.flow,
    tcpStream: flow.tcpStream,
    capture: flow.capture,
    captures: flow.captures,
    client: { address: flow.client.address, port: flow.client.port },
    server: { address: flow.server.address, port: flow.server.port },
    ...flow.network,
    ...courseJson(flow),
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
  const { client, server, findings } = flow;
  to.piece(FLOW).number(flow.flow).piece(TCP_STREAM).number(flow.tcpStream);
  to.piece(CAPTURE.of(flow.capture)).text(client.address).piece(PORT).number(client.port);
  to.piece(SERVER).text(server.address).piece(PORT).number(server.port).piece(COURSE);
  // Most of the text, and of few kinds.
  const course = courseTextOf(flow);
  if (course === null) to.text(toJson(courseJson(flow)).slice(1, -1));
  else to.piece(course.of(flow));
  if (findings.length === 0) to.piece(NO_FINDINGS);
  else
    to.piece(FINDINGS)
      .text(findings.map((finding) => toJson(findingJson(finding, flow))).join(','))
      .piece(PACKETS);
  writeSides(flow.packets, to);
  writeSides(flow.bytes, to.piece(BYTES));
  writeSides(flow.retransmissions, to.piece(RETRANSMISSIONS));
  to.piece(HANDSHAKE_RTT);
  if (flow.handshakeRtt === null) to.text('null');
  else to.seconds(flow.handshakeRtt);
  to.piece(COMMUNITY_ID).text(communityId(client, server)).piece(LINE_END);
}

const FLOW = utf8('{"flow":');
const TCP_STREAM = utf8(',"tcpStream":');
const PORT = utf8('","port":');
const SERVER = utf8('},"server":{"address":"');
const COURSE = utf8('},');
const FINDINGS = utf8(',"findings":[');
const PACKETS = utf8('],"packets":{"client":');
const NO_FINDINGS = utf8(',"findings":[],"packets":{"client":');
const BYTES = utf8('},"bytes":{"client":');
const RETRANSMISSIONS = utf8('},"retransmissions":{"client":');
const OF_SERVER = utf8(',"server":');
const HANDSHAKE_RTT = utf8('},"handshakeRtt":');
const COMMUNITY_ID = utf8(',"communityId":"');
const LINE_END = utf8('"}');
/** What the capture's name decides. */
const CAPTURE = new Pieces((path) => `,"capture":${toJson(path)},"captures":[${toJson(path)}],"client":{"address":"`);

function writeSides({ client, server }: Readonly<Record<Side, number>>, to: Utf8Text): void {
  to.number(client).piece(OF_SERVER).number(server);
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
