import type { CaptureError } from './error.js';
import type { Frame } from './frame.js';

/** What is known of a capture before its first frame was read, and what is known at the end. */
export interface CaptureInfo {
  /** As the user named it; `-` for standard input. */
  readonly path: string;
  readonly format: 'pcap';
  /** Compression found by its magic number, else null. */
  readonly compression: 'gzip' | null;
  /** LINKTYPE_ value, without the FCS bits. */
  readonly linkType: number;
  /** Digits after the second's point that the timestamps have: 6 or 9. */
  readonly timeDigits: 6 | 9;
  /** The most bytes per frame that were kept (snap length); 0 where the header says nothing. */
  readonly snapLength: number;
}

/**
 * Frames of one capture, in the order of the file.
 *
 * ```ts
 * while (await source.advance()) while (source.next()) use(source.frame);
 * if (source.error) report(source.error);
 * ```
 */
export interface PacketSource {
  readonly info: CaptureInfo;
  /** The cursor; valid until the next `next()` or `advance()`. */
  readonly frame: Frame;
  /** Reads more of the capture, once `next()` has returned false. False at its end, or where it cannot be read further (see `error`). */
  advance(): Promise<boolean>;
  /** Steps to the next frame that is in memory. False when there is none: `advance()` reads more. */
  next(): boolean;
  /** Why reading stopped before the end; null while all is well. */
  readonly error: CaptureError | null;
  /** Bytes of the file (as stored, so compressed ones) consumed so far: for progress. */
  readonly bytesRead: number;
  /** Size of the file as stored in bytes; null where unknown (standard input, pipes). */
  readonly size: number | null;
  /** Releases the file. Safe to call twice. */
  close(): Promise<void>;
}
