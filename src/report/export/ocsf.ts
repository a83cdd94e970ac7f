import type { Clock, Time } from '../../connection/model.js';
import type { FindingKind, Flow, Severity } from '../../findings/finding.js';
import { outcomeOf } from '../../findings/summarize.js';
import { communityId } from '../community-id.js';

/** Version of the Open Cybersecurity Schema Framework whose names are used. */
const SCHEMA_VERSION = '1.6.0';
const CATEGORY = 4;
const CLASS = 4001;
const TCP = 6;

const ACTIVITIES = { Open: 1, Close: 2, Reset: 3, Fail: 4, Refuse: 5, Traffic: 6 } as const;
type Activity = keyof typeof ACTIVITIES;

/** Connects that failed, though the capture may end before the client has given up. */
const FAILED: ReadonlySet<FindingKind> = new Set(['syn-timeout', 'connection-unreachable', 'connect-aborted']);

const SEVERITY: Readonly<Record<Severity, readonly [id: number, name: string]>> = {
  error: [4, 'High'],
  warning: [3, 'Medium'],
  notice: [2, 'Low'],
  info: [1, 'Informational'],
};

const STATUS: Readonly<Record<Activity, readonly [id: number, name: string]>> = {
  Open: [1, 'Success'],
  Close: [1, 'Success'],
  Reset: [2, 'Failure'],
  Fail: [2, 'Failure'],
  Refuse: [2, 'Failure'],
  Traffic: [0, 'Unknown'],
};

/**
 * A connection as an OCSF event of class Network Activity (4001). Times are milliseconds since 1970. What the schema has no
 * name for stands in `unmapped`.
 */
export function ocsfEvent(flow: Flow, version: string): Readonly<Record<string, unknown>> {
  const { clock, client, server, packets, bytes, findings } = flow;
  const activity = activityOf(flow);
  const worst = findings[0];
  const [severityId, severity] = SEVERITY[worst?.severity ?? 'info'];
  const [statusId, status] = STATUS[activity];
  return {
    activity_id: ACTIVITIES[activity],
    activity_name: activity,
    category_uid: CATEGORY,
    category_name: 'Network Activity',
    class_uid: CLASS,
    class_name: 'Network Activity',
    type_uid: CLASS * 100 + ACTIVITIES[activity],
    type_name: `Network Activity: ${activity}`,
    severity_id: severityId,
    severity,
    status_id: statusId,
    status,
    time: milliseconds(flow.start, clock),
    start_time: milliseconds(flow.start, clock),
    end_time: milliseconds(flow.end, clock),
    duration: Math.round((flow.end - flow.start) / 1e6),
    message: worst?.message ?? outcomeOf(flow),
    metadata: {
      version: SCHEMA_VERSION,
      product: { name: 'lastack', vendor_name: 'lastack', version },
    },
    src_endpoint: { ip: client.address, port: client.port },
    dst_endpoint: { ip: server.address, port: server.port },
    connection_info: {
      protocol_num: TCP,
      protocol_name: 'tcp',
      protocol_ver_id: client.address.includes(':') ? 6 : 4,
      direction_id: 0,
      community_uid: communityId(client, server),
    },
    traffic: {
      packets: packets.client + packets.server,
      packets_out: packets.client,
      packets_in: packets.server,
      bytes: bytes.client + bytes.server,
      bytes_out: bytes.client,
      bytes_in: bytes.server,
    },
    unmapped: {
      flow: flow.flow,
      tcpStream: flow.tcpStream,
      capture: flow.capture,
      roles: flow.roles,
      tap: flow.tap,
      clientState: flow.clientState,
      serverState: flow.serverState,
      findings: findings.map(({ kind, severity: how, endpoint, frames }) => ({
        kind,
        severity: how,
        endpoint,
        frames,
      })),
      retransmissions: { client: flow.retransmissions.client, server: flow.retransmissions.server },
      handshakeRtt: flow.handshakeRtt,
    },
  };
}

/** What OCSF calls the connection's end; Traffic where the capture shows neither beginning nor end. */
function activityOf(flow: Flow): Activity {
  switch (outcomeOf(flow)) {
    case 'closed in order':
      return 'Close';
    case 'reset':
      return 'Reset';
    case 'still open':
      return flow.roles === 'observed' ? 'Open' : 'Traffic';
    case 'never opened': {
      const kinds = flow.findings.map(({ kind }) => kind);
      if (kinds.includes('connection-refused')) return 'Refuse';
      const isOver = flow.clientState === 'CLOSED' && flow.timeline.length > 0;
      return isOver || kinds.some((kind) => FAILED.has(kind)) ? 'Fail' : 'Traffic';
    }
  }
}

const milliseconds = (time: Time, { epochSeconds }: Clock): number => epochSeconds * 1000 + Math.floor(time / 1e6);
