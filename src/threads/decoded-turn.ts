import type { CaptureErrorCode } from '../capture/error.js';
import type { Time } from '../connection/model.js';
import type { CaptureSummary } from '../findings/analysis.js';
import type { Progress } from '../flows.js';

/** Which capture a thread shall decode. */
export interface DecodingJob {
  readonly path: string;
  readonly verifyChecksums: boolean;
  /** For its turns, each returned when it was used. */
  readonly buffers: readonly ArrayBuffer[];
}

/** Segments of a capture, in the words of segment-words.ts. */
export interface DecodedTurn {
  readonly buffer: ArrayBuffer;
  /** Words that are used. */
  readonly length: number;
  /** Time of the newest frame, be it in a segment or not. */
  readonly newest: Time;
  readonly epochSeconds: number;
  /** Before it was read, and after. */
  readonly timeDigits: readonly [6 | 9, 6 | 9];
  /** As `Turn.read` returns it. */
  readonly progress: Progress | null;
}

/** An error of a capture, its class left out: what can be handed to another thread. */
export interface PlainError {
  readonly code: CaptureErrorCode;
  readonly path: string;
  readonly offset: number | null;
  readonly frame: number | null;
  readonly expected: string;
  readonly found: string;
}

/** The capture's end. */
export interface DecodedEnd {
  readonly summary: Omit<CaptureSummary, 'error'>;
  readonly error: PlainError | null;
}

export type Decoded = DecodedTurn | DecodedEnd;
