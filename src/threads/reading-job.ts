import type { BytesError } from '../capture/bytes.js';
import type { SharedPieces } from './pieces.js';

/** What a thread that reads a capture is started with. */
export interface ReadingJob {
  readonly shared: SharedPieces;
}

/** How the records stand in the capture: see RecordSpan. */
export interface Framing {
  readonly nanosecondsOfUnit: number;
  readonly epochSeconds: number;
  readonly typeAt: number;
  readonly linkHeader: number;
}

/** Where it begins to read. */
export interface ReadingStart {
  /** Descriptor of the capture's file. */
  readonly file: number;
  /** Of a record. */
  readonly offset: number;
  readonly framing: Framing;
}

/** What kept the thread from reading on; null at the end of the capture. */
export type ReadingEnd = Pick<BytesError, 'code' | 'expected' | 'found'> | null;
