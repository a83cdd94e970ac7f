import type { AcrossFinding, Flow } from '../../findings/finding.js';
import { withPort } from '../../findings/rule.js';
import { outcomeOf } from '../../findings/summarize.js';
import { utcMicroseconds } from './instant.js';

/** `TIMESTAMP` is in microseconds, adjusted to UTC: the finest that DuckDB, pandas, ClickHouse and Spark all read as a time. */
export type ColumnType = 'STRING' | 'INT32' | 'INT64' | 'DOUBLE' | 'TIMESTAMP';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** For the documentation: what it holds, and the unit. */
  readonly about: string;
}

/** TIMESTAMP in microseconds. */
export type Cell = string | number | null;
export type Row = readonly Cell[];

export const TABLE_NAMES = ['flows', 'transitions', 'findings'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

const column = (name: string, type: ColumnType, about: string): Column => ({ name, type, about, nullable: false });
const optional = (name: string, type: ColumnType, about: string): Column => ({ name, type, about, nullable: true });

/** The columns in the files; `capture` and `day` are in the folders' names. */
export const TABLES: Readonly<Record<TableName, readonly Column[]>> = {
  flows: [
    column('flow', 'INT32', "the flow's number in its capture, from 1; with `capture` the key of the three tables"),
    column('tcp_stream', 'INT32', "Wireshark's `tcp.stream`"),
    column('file', 'STRING', 'the file that the flow is in, as it was named; of a series, the one that it began in'),
    column('client_address', 'STRING', 'dotted IPv4, or RFC 5952 IPv6'),
    column('client_port', 'INT32', ''),
    column('server_address', 'STRING', ''),
    column('server_port', 'INT32', ''),
    column('service', 'STRING', '`server_address:server_port` as text, the address of IPv6 in brackets'),
    column('roles', 'STRING', '`observed` where a SYN told who opened, else `assumed`'),
    column('start_time', 'TIMESTAMP', 'first segment at the tap'),
    column('end_time', 'TIMESTAMP', 'last segment at the tap'),
    column('followed_until', 'TIMESTAMP', 'the last frame up to which the flow was followed'),
    column('tap', 'STRING', '`client`, `server`, `middle` or `unknown`'),
    column('client_state', 'STRING', 'at the end, under its Linux name'),
    column('server_state', 'STRING', ''),
    column('outcome', 'STRING', '`closed in order`, `reset`, `still open` or `never opened`'),
    optional('worst_severity', 'STRING', 'of its findings; null where there is none'),
    column('packets_client', 'INT64', 'segments that the client sent'),
    column('packets_server', 'INT64', ''),
    column('bytes_client', 'INT64', 'payload that the client sent'),
    column('bytes_server', 'INT64', ''),
    column('retransmissions_client', 'INT64', 'segments'),
    column('retransmissions_server', 'INT64', ''),
    optional('handshake_rtt', 'DOUBLE', 'seconds from SYN to the ACK of the SYN+ACK; null where not seen, or blurred'),
    optional('rtt_client', 'DOUBLE', 'seconds from the tap to the client and back'),
    optional('rtt_server', 'DOUBLE', ''),
  ],
  transitions: [
    column('flow', 'INT32', ''),
    column('sequence', 'INT32', "place in the flow's timeline, from 1"),
    column('endpoint', 'STRING', '`client` or `server`'),
    optional('from_state', 'STRING', 'null for a connection met in mid-life'),
    column('to_state', 'STRING', ''),
    column('time', 'TIMESTAMP', 'best estimate'),
    optional('earliest', 'TIMESTAMP', "null only for an endpoint's first change, with nothing before it"),
    optional('latest', 'TIMESTAMP', 'null while nothing has proved it'),
    column('frame', 'INT64', 'the segment behind the change'),
    column('basis', 'STRING', '`observed`, `inferred`, `timer` or `assumed`'),
    optional('confirmed_by', 'INT64', 'the frame that proved it'),
  ],
  findings: [
    optional('flow', 'INT32', 'null for what no single flow shows'),
    column('file', 'STRING', ''),
    column('kind', 'STRING', '`lastack explain KIND` says what it means'),
    column('severity', 'STRING', '`error`, `warning`, `notice` or `info`'),
    optional('endpoint', 'STRING', 'null where it is of the path, or of the capture'),
    optional('subject', 'STRING', 'what a finding across flows is about: an address, a service, a file'),
    column('flows', 'INT64', 'how many flows it touches: 1, or those of a finding across flows'),
    column('time', 'TIMESTAMP', ''),
    optional('frame', 'INT64', 'the first of the frames that prove it'),
    column('message', 'STRING', ''),
    optional('client_address', 'STRING', ''),
    optional('client_port', 'INT32', ''),
    optional('server_address', 'STRING', ''),
    optional('server_port', 'INT32', ''),
    optional('service', 'STRING', ''),
  ],
};

export function flowRow(flow: Flow): Row {
  const { client, server, clock, packets, bytes, retransmissions, roundTrips } = flow;
  return [
    flow.flow,
    flow.tcpStream,
    flow.capture,
    client.address,
    client.port,
    server.address,
    server.port,
    withPort(server),
    flow.roles,
    utcMicroseconds(flow.start, clock),
    utcMicroseconds(flow.end, clock),
    utcMicroseconds(flow.followedUntil, clock),
    flow.tap,
    flow.clientState,
    flow.serverState,
    outcomeOf(flow),
    flow.findings.length > 0 ? flow.findings[0].severity : null,
    packets.client,
    packets.server,
    bytes.client,
    bytes.server,
    retransmissions.client,
    retransmissions.server,
    flow.handshakeRtt,
    roundTrips.client,
    roundTrips.server,
  ];
}

export function* transitionRows({ flow, clock, timeline }: Flow): Generator<Row> {
  for (const [index, change] of timeline.entries()) {
    const { earliest, latest, confirmedBy } = change;
    yield [
      flow,
      index + 1,
      change.endpoint,
      change.from,
      change.to,
      utcMicroseconds(change.at, clock),
      // Bounds are rounded outwards, so that they hold what they held before.
      earliest === null ? null : utcMicroseconds(earliest, clock, Math.floor),
      latest === null ? null : utcMicroseconds(latest, clock, Math.ceil),
      change.frame,
      change.basis,
      confirmedBy,
    ];
  }
}

export function* findingRows({ flow, capture, clock, client, server, findings }: Flow): Generator<Row> {
  for (const finding of findings) {
    yield [
      flow,
      capture,
      finding.kind,
      finding.severity,
      finding.endpoint,
      null,
      1,
      utcMicroseconds(finding.at, clock),
      finding.frames.length > 0 ? finding.frames[0] : null,
      finding.message,
      client.address,
      client.port,
      server.address,
      server.port,
      withPort(server),
    ];
  }
}

/** A finding that no single flow of `file` shows. */
export function acrossRow(finding: AcrossFinding, file: string): Row {
  const { kind, severity, subject, flows, message } = finding;
  const at = utcMicroseconds(finding.at, finding.clock);
  return [null, file, kind, severity, null, subject, flows, at, null, message, null, null, null, null, null];
}

/** The UTC time, to the microsecond, of a TIMESTAMP cell. */
export function cellTime(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1e6);
  const rest = String(microseconds - seconds * 1e6).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${rest}Z`;
}
