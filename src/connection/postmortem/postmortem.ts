import type { Distances } from '../distances.js';
import type { Clock, Connection, LoggedSegment, SegmentRole, Time, Transition } from '../model.js';
import type { HostProfile } from '../profile.js';
import { LOG } from '../segment-log.js';
import type { Side, TcpState } from '../state.js';
import { SECOND } from '../time.js';
import { reconstructEndpoint } from './endpoint.js';
import { markDelivered } from './fates.js';
import type { History, Seg } from './history.js';
import { rolesOf } from './roles.js';
import { tapOf } from './tap.js';
import { type View, viewsOf } from './view.js';

/** A connection with what its reconstruction rests on: for the rules that look for findings. */
export interface Postmortem {
  readonly connection: Connection;
  readonly history: History;
  readonly views: Readonly<Record<Side, View>>;
}

export interface PostmortemContext {
  readonly capture: string;
  readonly clock: Clock;
  /** Tap time of the newest frame of the capture so far. */
  readonly followedUntil: Time;
  readonly profiles: Readonly<Record<Side, HostProfile>>;
  /** What the connections of the capture so far tell of the hosts' distances; this one adds to it. Null where it alone counts. */
  readonly distances: Distances | null;
}

/** What both ends went through, with hindsight over the whole of what was kept of the flow. */
export function postmortem(history: History, context: PostmortemContext): Postmortem {
  const views = viewsOf(history, context.profiles, context.distances, context.followedUntil);
  const client = reconstructEndpoint(views.client, views.server, history);
  const server = reconstructEndpoint(views.server, views.client, history);
  const timeline = merge(client.transitions, server.transitions);
  const stateAtEnd = (side: Side, initial: TcpState | null): TcpState =>
    timeline.findLast((t) => t.endpoint === side)?.to ?? initial ?? 'CLOSED';
  let segments: LoggedSegment[] | null = null;
  const connection: Connection = {
    flow: history.flow,
    tcpStream: history.tcpStream,
    capture: context.capture,
    clock: context.clock,
    client: history.client,
    server: history.server,
    ...(history.network !== null && { network: history.network }),
    roles: history.roles,
    start: history.start,
    end: history.end,
    followedUntil: context.followedUntil,
    tap: tapOf(views.client.roundTrip, views.server.roundTrip),
    clientState: stateAtEnd('client', client.initial),
    serverState: stateAtEnd('server', server.initial),
    timeline,
    // Most readers of a flow never ask for its segments, and 500,000 flows are many.
    get segments() {
      segments ??= withRoles(history);
      return segments;
    },
    packets: history.packets,
    bytes: history.bytes,
    retransmissions: history.retransmissions,
    handshakeRtt: handshakeRtt(views),
    roundTrips: { client: inSeconds(views.client.roundTrip), server: inSeconds(views.server.roundTrip) },
    isn: history.isn,
  };
  return { connection, history, views };
}

const inSeconds = (time: Time | null): number | null => (time === null ? null : time / SECOND);

/** In the order of `at`; entries of one instant keep the order within each end. */
function merge(a: readonly Transition[], b: readonly Transition[]): Transition[] {
  return [...a, ...b].sort((x, y) => x.at - y.at);
}

function handshakeRtt(views: Readonly<Record<Side, View>>): number | null {
  const syns = views.client.sent.filter((s) => s.isSyn);
  const synAcks = views.server.sent.filter((s) => s.isSynAck);
  if (syns.length !== 1 || synAcks.length !== 1) return null;
  const ack = views.client.sent.find((s) => s.ack >= 1 && !s.isRst);
  return ack ? (ack.time - syns[0].time) / SECOND : null;
}

/** What is shown of the segments: those kept for display in the place of their run. */
function withRoles(history: History): LoggedSegment[] {
  const shown = history.segments.filter((s) => s.run === null || (s.marks & LOG.shown) === 0);
  markDelivered(shown);
  const roles = rolesOf(shown);
  return shown.map((s) => toLogged(s, history, roles.get(s) ?? 'segment'));
}

function toLogged(seg: Seg, history: History, role: SegmentRole): LoggedSegment {
  const other: Side = seg.from === 'client' ? 'server' : 'client';
  return {
    frame: seg.frame,
    time: seg.time,
    from: seg.from,
    flags: seg.flags,
    seq: Number.isNaN(seg.seq) ? 0 : (history.base[seg.from] + seg.seq) >>> 0,
    ack: Number.isNaN(seg.ack) ? 0 : (history.base[other] + seg.ack) >>> 0,
    length: seg.length,
    window: seg.window,
    hasTimestamps: seg.hasTimestamps,
    tsVal: seg.tsVal,
    tsEcr: seg.tsEcr,
    sack: seg.sack && [(history.base[other] + seg.sack[0]) >>> 0, (history.base[other] + seg.sack[1]) >>> 0],
    role,
    retransmission: seg.isRetransmission,
    fate: seg.fate,
    run: seg.run,
    icmp: seg.icmp,
  };
}
