import { SYN } from '../../decode/segment.js';
import type { Distances } from '../distances.js';
import type { FlowNetwork } from '../flow-network.js';
import type { Clock, Connection, Endpoint, LoggedSegment, SegmentRole, Tap, Time, Transition } from '../model.js';
import type { HostProfile } from '../profile.js';
import { LOG } from '../segment-log.js';
import type { Side, TcpState } from '../state.js';
import { SECOND } from '../time.js';
import { merge } from './changes.js';
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
  const ends = {
    client: stateAtEnd('client', client.initial),
    server: stateAtEnd('server', server.initial),
  };
  return { connection: new FollowedConnection(history, context, views, ends, timeline), history, views };
}

class FollowedConnection implements Connection {
  readonly flow: number;
  readonly tcpStream: number;
  readonly capture: string;
  readonly clock: Clock;
  readonly client: Endpoint;
  readonly server: Endpoint;
  declare readonly network?: FlowNetwork;
  readonly roles: Connection['roles'];
  readonly start: Time;
  readonly end: Time;
  readonly followedUntil: Time;
  readonly tap: Tap;
  readonly clientState: TcpState;
  readonly serverState: TcpState;
  readonly timeline: readonly Transition[];
  declare readonly segments: readonly LoggedSegment[];
  readonly packets: Connection['packets'];
  readonly bytes: Connection['bytes'];
  readonly retransmissions: Connection['retransmissions'];
  readonly hadReset: boolean;
  readonly synTimestamp: Connection['synTimestamp'];
  readonly handshakeRtt: number | null;
  readonly roundTrips: Connection['roundTrips'];
  readonly isn: Connection['isn'];
  readonly #history: History;
  #segments: readonly LoggedSegment[] | null = null;

  /**
   * Most readers of a flow never ask for its segments, and 500,000 flows are many. An own property, so that a copy of the
   * connection has it; one getter for all, since V8 gives each object with a getter of its own a hidden class of its own.
   */
  static readonly #madeOnDemand: PropertyDescriptor & ThisType<FollowedConnection> = {
    enumerable: true,
    configurable: true,
    get() {
      this.#segments ??= withRoles(this.#history);
      return this.#segments;
    },
  };

  constructor(
    history: History,
    { capture, clock, followedUntil }: PostmortemContext,
    { client, server }: Readonly<Record<Side, View>>,
    ends: Readonly<Record<Side, TcpState>>,
    timeline: readonly Transition[],
  ) {
    this.flow = history.flow;
    this.tcpStream = history.tcpStream;
    this.capture = capture;
    this.clock = clock;
    this.client = history.client;
    this.server = history.server;
    if (history.network !== null) this.network = history.network;
    this.roles = history.roles;
    this.start = history.start;
    this.end = history.end;
    this.followedUntil = followedUntil;
    this.tap = tapOf(client.roundTrip, server.roundTrip);
    this.clientState = ends.client;
    this.serverState = ends.server;
    this.timeline = timeline;
    Object.defineProperty(this, 'segments', FollowedConnection.#madeOnDemand);
    this.packets = history.packets;
    this.bytes = history.bytes;
    this.retransmissions = history.retransmissions;
    this.hadReset = history.segments.some((s) => s.isRst && s.icmp === null);
    this.synTimestamp = synTimestampOf(history);
    this.handshakeRtt = handshakeRtt(client, server);
    this.roundTrips = { client: inSeconds(client.roundTrip), server: inSeconds(server.roundTrip) };
    this.isn = history.isn;
    this.#history = history;
  }
}

const inSeconds = (time: Time | null): number | null => (time === null ? null : time / SECOND);

function handshakeRtt(client: View, server: View): number | null {
  const syns = client.sent.filter((s) => s.isSyn);
  const synAcks = server.sent.filter((s) => s.isSynAck);
  if (syns.length !== 1 || synAcks.length !== 1) return null;
  const ack = client.sent.find((s) => s.ack >= 1 && !s.isRst);
  return ack ? (ack.time - syns[0].time) / SECOND : null;
}

function synTimestampOf({ segments }: History): Connection['synTimestamp'] {
  const syn = segments.find((s) => (s.flags & SYN) !== 0 && s.from === 'client');
  return syn?.hasTimestamps ? { time: syn.time, tsVal: syn.tsVal } : null;
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
