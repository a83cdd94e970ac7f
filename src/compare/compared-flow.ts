import type { LoggedSegment, Time } from '../connection/model.js';
import type { Side } from '../connection/state.js';
import type { CaptureSummary } from '../findings/analysis.js';
import type { Finding, Flow } from '../findings/finding.js';

/** The first capture named when comparing, or the second. */
export type TapIndex = 0 | 1;

/** What a lost segment was, as far as its loss matters to the connection. */
export type SegmentClass = 'SYN' | 'SYN+ACK' | 'handshake ACK' | 'data' | 'FIN' | 'last ACK' | 'RST' | 'ACK';

/** A segment that passed one of the two taps only. */
export interface OneTapSegment {
  /** In the capture that has it: of the sender's side for a lost one, of the receiver's side for an injected one. */
  readonly frame: number;
  /** By the reference clock. */
  readonly time: Time;
  readonly from: Side;
  /** As in the header. */
  readonly seq: number;
  readonly ack: number;
  /** Bytes of payload. */
  readonly length: number;
  readonly flags: number;
  readonly class: SegmentClass;
  /** With a third capture between the two: on which stretch of the path it was lost, in words; else null. */
  readonly where: string | null;
}

/** One-way delays from tap to tap, in seconds: only as good as the clocks' difference is known. */
export interface Delays {
  readonly least: number;
  readonly mean: number;
  readonly most: number;
}

/** What became between the taps of the segments of one direction. */
export interface PathFates {
  /** Passed both taps. */
  readonly delivered: number;
  /** Passed the sender's tap, and never the receiver's; the first ones, see `lostMore`. */
  readonly lost: readonly OneTapSegment[];
  readonly lostMore: number;
  /** Passed the receiver's tap, and never the sender's: sent by somebody else, or missed by the sender's capture. */
  readonly injected: readonly OneTapSegment[];
  readonly injectedMore: number;
  /** Frames that came to the receiver's tap twice. */
  readonly duplicated: number;
  /** Segments that came after some that were sent later. */
  readonly reordered: number;
  /** Delivered with another window or other flags than they were sent with. */
  readonly altered: number;
  /** Sent so shortly before both captures end that nothing tells whether they arrived. */
  readonly inFlight: number;
  /** Not in the receiver's side's capture, though the receiver acknowledged them and nobody sent them again: it missed them. */
  readonly missed: number;
  /** Passed one tap at a time that the other capture does not cover. */
  readonly uncovered: number;
  /** Null where nothing was delivered, or the clocks' difference is not known. */
  readonly delay: Delays | null;
}

/** What the server's side's clock was ahead of the client's side's, at the flow's start. */
export interface FlowClock {
  /** Seconds. */
  readonly offset: number;
  /** Parts per million: how much it gains. */
  readonly drift: number;
  /** Parts per million: the drift's error is no larger, if it is steady and below 500. */
  readonly driftUncertainty: number;
  /** Seconds: the offset's error is no larger, whatever the delays were. */
  readonly uncertainty: number;
}

/** A finding, and what the other capture says to it. */
export interface ComparedFinding extends Finding {
  /** The side whose capture shows it: its frames are those of that capture. */
  readonly tap: Side;
  /** What is known of the cause, in one sentence; null where the two captures decide nothing. */
  readonly verdict: string | null;
}

/** A segment as the ladder shows it: when it passed either tap. */
export interface PathSegment {
  /** As at the sender's side, with the client's side's sequence numbers; an injected one as at the receiver's. */
  readonly segment: LoggedSegment;
  /** Its frame in the capture of the receiver's side; null where it is not there, or not told of by itself. */
  readonly arrivalFrame: number | null;
  readonly fate: 'delivered' | 'lost' | 'injected' | 'unknown';
  /** By the reference clock; null where it did not pass, or is not known to. */
  readonly sentAt: Time | null;
  readonly arrivedAt: Time | null;
}

/** One side's view of the connection. */
export interface TapView {
  readonly captures: readonly string[];
  readonly tcpStream: number;
  /** Flow number at this tap. */
  readonly flow: number;
  /** Addresses as this tap saw them. */
  readonly client: string;
  readonly server: string;
}

/**
 * The post-mortem of one connection from two captures. All times are by the clock of the first capture named; each
 * endpoint's transitions are from its own side's capture, and `frame` is a number there.
 */
export interface ComparedFlow extends Flow {
  readonly findings: readonly ComparedFinding[];
  /** Null for a side whose capture does not hold the connection. */
  readonly taps: Readonly<Record<Side, TapView | null>>;
  /** Which side the first capture named is; its clock is the reference. */
  readonly reference: Side;
  readonly flowClock: FlowClock | null;
  /** Null where the other side's capture does not cover the connection. */
  readonly fates: { readonly clientToServer: PathFates; readonly serverToClient: PathFates } | null;
  /** What middleboxes between the taps change, in words. */
  readonly rewritten: readonly string[];
  /** In the order of time. */
  readonly path: readonly PathSegment[];
}

/** How the two captures belong together. */
export interface Overlap {
  /**
   * - `together`: the captures hold the same connections.
   * - `nothing`: no segment is in both.
   * - `same-recording`: each segment has the very same time in both: one recording, or a copy of it.
   */
  readonly kind: 'together' | 'nothing' | 'same-recording';
  /** By the reference clock: when both captures ran, as far as frames tell; null where they never did, or nothing tells. */
  readonly from: Time | null;
  readonly until: Time | null;
}

/** What was in the captures, and what became of it all. */
export interface Comparison {
  readonly captures: readonly [readonly CaptureSummary[], readonly CaptureSummary[]];
  readonly overlap: Overlap;
  /** The second capture's clock less the first one's, at the first's beginning; null where nothing tells. */
  readonly clock: FlowClock | null;
  /** Connections in both captures; in one of them only. */
  readonly flows: { readonly both: number; readonly first: number; readonly second: number };
  /** Of the directions from the first tap to the second, and back. */
  readonly delivered: readonly [number, number];
  readonly lost: readonly [LossByClass, LossByClass];
  readonly injected: readonly [number, number];
  readonly delays: readonly [readonly DelaySample[], readonly DelaySample[]];
}

export type LossByClass = Readonly<Partial<Record<SegmentClass, number>>>;

/** One-way delays in a stretch of time. */
export interface DelaySample extends Delays {
  /** By the reference clock: the beginning of the stretch. */
  readonly at: Time;
  readonly segments: number;
}
