import type { FrameNames } from '../capture/frame-names.js';
import type { Clock, Connection, Time } from '../connection/model.js';
import type { Side } from '../connection/state.js';

/** `error`: a connection failed or is stuck; `warning`: it suffered; `notice`: worth a look; `info`: normal, but worth knowing. */
export const SEVERITIES = ['error', 'warning', 'notice', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const PHASES = ['opening', 'established', 'closing', 'across-flows', 'capture'] as const;
export type Phase = (typeof PHASES)[number];

export const FINDING_KINDS = [
  'syn-timeout',
  'connection-refused',
  'connection-unreachable',
  'connect-aborted',
  'syn-retransmitted',
  'syn-ack-retransmitted',
  'handshake-ack-lost',
  'synack-retries-exhausted',
  'rst-after-synack-retries',
  'accept-queue-overflow',
  'defer-accept',
  'simultaneous-open',
  'fast-open',
  'slow-handshake',
  'handshake-incomplete-at-end-of-capture',
  'half-open-reset',
  'abortive-close',
  'unread-data-reset',
  'injected-reset-suspected',
  'challenge-ack',
  'retransmission-timeout',
  'keepalive-timeout',
  'zero-window-stall',
  'idle-too-long',
  'close-wait-long',
  'close-wait-at-end-of-capture',
  'fin-wait1-stuck',
  'fin-wait2-long',
  'fin-wait2-timeout',
  'fin-retransmitted',
  'last-ack-lost',
  'last-ack-stuck',
  'half-close',
  'simultaneous-close',
  'reset-while-closing',
  'port-reused',
  'time-wait-reuse',
  'time-wait-refused',
  'time-wait-assassination',
  'syn-scan',
  'syn-flood',
  'time-wait-accumulation',
  'close-wait-accumulation',
  'timestamp-drop-suspected',
  'port-exhaustion',
  'mid-stream',
  'one-sided',
  'capture-gap',
  'duplicate-frames',
  'reordered-frames',
  'truncated-capture',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** One thing that happened in a connection's life. */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** The end it happened at; null where it is the path's, or the capture's. */
  readonly endpoint: Side | null;
  readonly at: Time;
  /** The frames that prove it, in ascending order. */
  readonly frames: readonly number[];
  /** What happened, in one sentence with the figures. */
  readonly message: string;
  /** What to look at next: host, command, setting. */
  readonly advice: string;
  /** Causes that fit the evidence. */
  readonly causes: readonly string[];
  /** Causes that the evidence excludes, each with why. */
  readonly excluded: readonly string[];
}

/** A connection with its diagnosis. */
export interface Flow extends Connection {
  /** The captures that hold its frames, `capture` first: more than one where it spans files of a series. */
  readonly captures: readonly string[];
  /** What the numbers of its frames stand for: they count through a series of captures. */
  readonly frameNames: Pick<FrameNames, 'nameOf'>;
  /** By severity, then by time. */
  readonly findings: readonly Finding[];
}

/** A finding that no single connection shows. */
export interface AcrossFinding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** The address, or `address:port`, it is about. */
  readonly subject: string;
  readonly clock: Clock;
  readonly at: Time;
  readonly flows: number;
  /** Numbers of up to ten of the flows. */
  readonly examples: readonly number[];
  readonly message: string;
  readonly advice: string;
}
