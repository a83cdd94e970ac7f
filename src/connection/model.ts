import type { FlowNetwork } from './flow-network.js';
import type { Side, TcpState } from './state.js';

/** Nanoseconds since `Clock.epochSeconds`: a whole number that a float64 holds exactly for 104 days. */
export type Time = number;

/** What turns a `Time` into a date. */
export interface Clock {
  /** Whole second since 1970 that `Time` counts from. */
  readonly epochSeconds: number;
  /** Digits after the second's point that the capture has. */
  readonly digits: 6 | 9;
}

/**
 * How a change of state is known.
 * - `observed`: the endpoint itself sent a segment that only the new state sends.
 * - `inferred`: a segment was sent to it and nothing contradicts delivery.
 * - `timer`: a timer of the host's profile ran out on the capture's clock.
 * - `assumed`: the capture began in mid-connection.
 */
export type Basis = 'observed' | 'inferred' | 'timer' | 'assumed';

/** One change of one endpoint's state. */
export interface Transition {
  readonly endpoint: Side;
  /** Null for a connection met in mid-life. */
  readonly from: TcpState | null;
  readonly to: TcpState;
  /** Best estimate, in [earliest, latest]. */
  readonly at: Time;
  /** Null only for an endpoint's first change, with nothing before it. */
  readonly earliest: Time | null;
  /** Null while nothing has proved it. */
  readonly latest: Time | null;
  /** The segment behind the change; for a timer, the last segment that started it. */
  readonly frame: number;
  readonly basis: Basis;
  /** One plain sentence: why the state changed. */
  readonly reason: string;
  /** The frame that proved it, where that is another one. */
  readonly confirmedBy: number | null;
  /** Frames once believed to have caused this change, and contradicted since. */
  readonly revoked: readonly number[];
}

/** What became of a segment behind the tap. */
export type Fate =
  /** Its receiver's later segments prove that it arrived. */
  | 'delivered'
  /** Nothing contradicts that it arrived. */
  | 'presumed'
  /** Its receiver went on as if it had never come: lost behind the tap, or dropped by the host. */
  | 'unheeded'
  /** It arrived and its receiver did not act on it (a RST outside the window, a copy). */
  | 'ignored';

/** One segment, or a folded run of ordinary ones, as kept for the post-mortem. */
export interface LoggedSegment {
  readonly frame: number;
  readonly time: Time;
  readonly from: Side;
  /** Flag bits as in decode/segment.ts. */
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  /** Bytes of payload. */
  readonly length: number;
  /** Scaled by the sender's window scale where both SYNs offered it. */
  readonly window: number;
  readonly hasTimestamps: boolean;
  readonly tsVal: number;
  readonly tsEcr: number;
  /** First SACK block, or null. */
  readonly sack: readonly [number, number] | null;
  readonly role: SegmentRole;
  /** A copy of an earlier segment's sequence space was in it. */
  readonly retransmission: boolean;
  readonly fate: Fate;
  /** Set on a folded run of ordinary segments of both directions; its other fields are those of the first one. */
  readonly run: SegmentRun | null;
  /** Set on an ICMP error that quotes a segment of `from`. */
  readonly icmp: { readonly type: number; readonly code: number; readonly ipVersion: 4 | 6 } | null;
}

export interface SegmentRun {
  readonly segments: Readonly<Record<Side, number>>;
  readonly bytes: Readonly<Record<Side, number>>;
  readonly lastFrame: number;
  readonly lastTime: Time;
}

/** What a segment is, in a word that a ladder can print. */
export type SegmentRole =
  | 'segment'
  | 'keep-alive'
  | 'keep-alive-ack'
  | 'window-probe'
  | 'duplicate-ack'
  | 'challenge-ack'
  | 'icmp'
  | 'run';

export interface Endpoint {
  /** As text: dotted IPv4, or RFC 5952 IPv6. */
  readonly address: string;
  readonly port: number;
}

/** Where the capture was taken, as seen from one connection. */
export type Tap = (typeof TAPS)[number];
export const TAPS = ['client', 'server', 'middle', 'unknown'] as const;

/** The post-mortem of one connection (one incarnation of a 4-tuple): what both ends went through. */
export interface Connection {
  /** Number in the order of first segments, from 1. */
  readonly flow: number;
  /** What Wireshark calls `tcp.stream` for the capture. */
  readonly tcpStream: number;
  /** Path of the capture as the user named it. */
  readonly capture: string;
  readonly clock: Clock;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** Where `key` was given. */
  readonly network?: FlowNetwork;
  /** `observed` where a SYN told who opened. */
  readonly roles: 'observed' | 'assumed';
  /** Tap times of the first and the last segment. */
  readonly start: Time;
  readonly end: Time;
  /** Tap time of the last frame of the capture up to which this connection was followed. */
  readonly followedUntil: Time;
  readonly tap: Tap;
  readonly clientState: TcpState;
  readonly serverState: TcpState;
  /** In the order of `at`; continuous per endpoint. */
  readonly timeline: readonly Transition[];
  readonly segments: readonly LoggedSegment[];
  readonly packets: Readonly<Record<Side, number>>;
  readonly bytes: Readonly<Record<Side, number>>;
  readonly retransmissions: Readonly<Record<Side, number>>;
  /** A RST of either end passed the tap. */
  readonly hadReset: boolean;
  /** Tap time and TSval of the client's first SYN; null where that was not seen, or has no timestamp. */
  readonly synTimestamp: { readonly time: Time; readonly tsVal: number } | null;
  /** SYN to ACK of the SYN+ACK, both sides of the tap together, in seconds; null where not seen, or blurred by retransmission. */
  readonly handshakeRtt: number | null;
  /** From the tap to each end and back, in seconds; null where nothing tells. */
  readonly roundTrips: Readonly<Record<Side, number | null>>;
  /** Initial sequence numbers; null where no SYN of that side was seen. */
  readonly isn: Readonly<Record<Side, number | null>>;
}
