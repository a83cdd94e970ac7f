import type { CaptureInterface } from '../capture/capture-interface.js';
import type { CaptureError } from '../capture/error.js';
import type { CaptureFormat, Compression } from '../capture/source.js';
import type { Clock, Tap, Time } from '../connection/model.js';
import type { Side, TcpState } from '../connection/state.js';
import type { FragmentCounts } from '../decode/reassembly.js';
import type { AcrossFinding, FindingKind, Flow, Severity } from './finding.js';

/** What was in one capture. */
export interface CaptureSummary {
  readonly path: string;
  readonly format: CaptureFormat | 'unknown';
  readonly compression: Compression | null;
  /** Wireshark's word for the link type, for example `Ethernet`; where interfaces differ, each one's, with commas. */
  readonly linkType: string;
  /** The interfaces that the capture describes; of pcap the one that there is, without a name. */
  readonly interfaces: readonly CaptureInterface[];
  readonly frames: number;
  /** Frames in which a TCP header was found, those quoted by ICMP errors included. */
  readonly tcpSegments: number;
  /** Frames that were passed over, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly fragments: Readonly<FragmentCounts>;
  /** False where the capture broke off or could not be read to its end. */
  readonly complete: boolean;
  readonly error: CaptureError | null;
  /** Null where the capture holds no frame. */
  readonly clock: Clock | null;
  readonly firstFrameAt: Time | null;
  readonly lastFrameAt: Time | null;
}

/** Frames that the capture says it lost while it was taken; null where it says nothing. */
export function droppedFrames({ interfaces }: CaptureSummary): number | null {
  const counts = interfaces.flatMap(({ dropped }) => (dropped === null ? [] : [dropped]));
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

/** How connections ended, each counted once. */
export type Outcome = 'closed in order' | 'reset' | 'still open' | 'never opened';

/** All findings of one kind. */
export interface FindingSummary {
  readonly kind: FindingKind;
  /** The worst that occurred. */
  readonly severity: Severity;
  readonly flows: number;
  /** Numbers of up to ten flows, the first ones. */
  readonly examples: readonly number[];
  /** Clock of `firstAt`. */
  readonly clock: Clock;
  readonly firstAt: Time;
  /** What they share, where most share it: `10.0.3.7:8080` (server), or `10.0.9.0/24`; else null. */
  readonly where: string | null;
  /** The message and advice of the first one. */
  readonly message: string;
  readonly advice: string;
}

/** What `analyze` reports: one pass over the captures, in bounded memory. */
export interface Analysis {
  readonly captures: readonly CaptureSummary[];
  readonly flows: number;
  /** Connections that are not among them: more were open at a time than are followed (`maxFlows`). */
  readonly givenUp: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly statesAtEnd: Readonly<Record<Side, Partial<Record<TcpState, number>>>>;
  /** By severity, then by how many flows. */
  readonly findings: readonly FindingSummary[];
  readonly acrossFlows: readonly AcrossFinding[];
  /** Where most connections say the capture was taken, and the median round trip from the tap to that host in seconds. */
  readonly tap: Tap;
  readonly tapRtt: number | null;
  /** The flows to open first: worst severity, then first seen; up to ten. */
  readonly worst: readonly Flow[];
}
