import { LAST, NUMBER, START, TCP_STREAM } from '../../fast-path/layout.js';
import { DeferredSegments } from '../deferred-segments.js';
import type { FlowRecords } from '../flow-record.js';
import type { Clock, Connection, Endpoint, LoggedSegment, Tap, Time, Transition } from '../model.js';
import type { Side, TcpState } from '../state.js';
import { SECOND } from '../time.js';
import { merge } from './changes.js';
import { clientOf, endpointOf, readDeferredHistory } from './deferred-history.js';
import { type PostmortemContext, postmortem } from './postmortem.js';
import { isPunctual, SoundEnd } from './sound-end.js';
import { tapOf } from './tap.js';

const read = new DeferredSegments();

/**
 * The post-mortem of a sound connection, out of a copy of its deferred record and its segments (deferred-copies.ts). Its
 * segments may be no property of its own: see `withOwnSegments`.
 *
 * @param at where its record begins, in words
 */
export function soundConnection(copies: FlowRecords, at: number, context: PostmortemContext): Connection {
  read.read(copies, at);
  const [a, b] = read.sent;
  if (isPunctual(a) && isPunctual(b)) return new SoundConnection(read, copies, at, context);
  return postmortem(readDeferredHistory(copies, at), context).connection;
}

/** Whose segments are in order, their times those at which they passed the tap. */
class SoundConnection implements Connection {
  readonly flow: number;
  readonly tcpStream: number;
  readonly capture: string;
  readonly clock: Clock;
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly roles = 'observed';
  readonly start: Time;
  readonly end: Time;
  readonly followedUntil: Time;
  readonly tap: Tap;
  readonly clientState: TcpState;
  readonly serverState: TcpState;
  readonly timeline: readonly Transition[];
  readonly packets: Readonly<Record<Side, number>>;
  readonly bytes: Readonly<Record<Side, number>>;
  readonly retransmissions = NO_RETRANSMISSIONS;
  readonly hadReset = false;
  readonly synTimestamp: Connection['synTimestamp'];
  readonly handshakeRtt: number;
  readonly roundTrips: Readonly<Record<Side, number>>;
  readonly isn: Readonly<Record<Side, number>>;
  readonly #copies: FlowRecords;
  readonly #at: number;
  readonly #context: PostmortemContext;

  constructor({ sent }: DeferredSegments, copies: FlowRecords, at: number, context: PostmortemContext) {
    const { i32, f64 } = copies;
    const { profiles, followedUntil } = context;
    const direction = clientOf(i32, at);
    const [ofClient, ofServer] = [sent[direction], sent[1 - direction]];
    this.flow = i32[at + NUMBER];
    this.tcpStream = i32[at + TCP_STREAM];
    this.capture = context.capture;
    this.clock = context.clock;
    this.client = endpointOf(i32, at, direction);
    this.server = endpointOf(i32, at, 1 - direction);
    this.start = f64[at / 2 + START];
    this.end = f64[at / 2 + LAST];
    this.followedUntil = followedUntil;
    const client = new SoundEnd('client', ofClient, ofServer, profiles.client, this.start);
    const server = new SoundEnd('server', ofServer, ofClient, profiles.server, this.start);
    const lives = [client.life(followedUntil), server.life(followedUntil)] as const;
    this.tap = tapOf(client.roundTrip, server.roundTrip);
    this.clientState = lives[0][lives[0].length - 1].to;
    this.serverState = lives[1][lives[1].length - 1].to;
    this.timeline = merge(lives[0], lives[1]);
    this.packets = { client: ofClient.packets, server: ofServer.packets };
    this.bytes = { client: ofClient.bytes, server: ofServer.bytes };
    const { time, hasTimestamps, tsVal } = ofClient;
    this.synTimestamp = hasTimestamps[0] === 0 ? null : { time: time[0], tsVal: tsVal[0] >>> 0 };
    this.handshakeRtt = (time[1] - time[0]) / SECOND;
    this.roundTrips = { client: client.roundTrip / SECOND, server: server.roundTrip / SECOND };
    this.isn = { client: ofClient.isn, server: ofServer.isn };
    this.#copies = copies;
    this.#at = at;
    this.#context = context;
  }

  /** Few ask for them. */
  get segments(): readonly LoggedSegment[] {
    return postmortem(readDeferredHistory(this.#copies, this.#at), this.#context).connection.segments;
  }
}

/**
 * So that a copy of the connection has its segments, too: as FollowedConnection has it. Those that are printed, and forgotten, do
 * without: to define it took a tenth of the time of that.
 */
export function withOwnSegments(connection: Connection): Connection {
  return Object.hasOwn(connection, 'segments')
    ? connection
    : Object.defineProperty(connection, 'segments', OWN_SEGMENTS);
}

const OWN_SEGMENTS: PropertyDescriptor & ThisType<SoundConnection> = {
  enumerable: true,
  configurable: true,
  get() {
    return Reflect.get(SoundConnection.prototype, 'segments', this);
  },
};

const NO_RETRANSMISSIONS = { client: 0, server: 0 };
