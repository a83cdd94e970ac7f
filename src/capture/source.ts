import type { CaptureInterface } from './capture-interface.js';
import type { CaptureError } from './error.js';
import type { Frame } from './frame.js';
import type { RecordSpan } from './record-span.js';
import type { TimeOrder } from './time-order.js';

export type CaptureFormat = 'pcap' | 'pcapng' | 'snoop';
export type Compression = 'gzip' | 'zstd' | 'lz4' | 'xz' | 'bzip2';

/** What is known of a capture before its first frame was read; of pcapng, what is known so far. */
export interface CaptureInfo {
  /** As the user named it; `-` for standard input. */
  readonly path: string;
  readonly format: CaptureFormat;
  /** Compression found by its magic number, else null. */
  readonly compression: Compression | null;
  /** LINKTYPE_ value, without the FCS bits; of pcapng that of the first interface, or -1 where none is described yet. */
  readonly linkType: number;
  /** Digits after the second's point that the timestamps have: 9 where those of any interface are finer than 6. */
  readonly timeDigits: 6 | 9;
  /** The most bytes per frame that were kept (snap length); 0 where the capture says nothing. */
  readonly snapLength: number;
}

/**
 * Frames of one capture, in the order of the file, unless `order` is there.
 *
 * ```ts
 * while (await source.advance()) while (source.next()) use(source.frame);
 * if (source.error) report(source.error);
 * ```
 */
export interface PacketSource {
  readonly info: CaptureInfo;
  /** The interfaces that the capture describes, in their order, as far as it was read; of pcap the one that there is. */
  readonly interfaces: readonly CaptureInterface[];
  /** The cursor; valid until the next `next()` or `advance()`. */
  readonly frame: Frame;
  /** Reads more of the capture, once `next()` has returned false. False at its end, or where it cannot be read further (see `error`). */
  advance(): Promise<boolean>;
  /** Steps to the next frame that is in memory. False when there is none: `advance()` reads more. */
  next(): boolean;
  /**
   * Tells of records behind the cursor, which may be read without it, and are of the frame's link type: sets `bytes`,
   * `piece`, `position`, `limit`, `nanosecondsOfUnit` and `interfaces`. Absent where the source has none to lend.
   * @returns false where there are none now
   */
  lend?(span: RecordSpan): boolean;
  /** The cursor goes on behind records that were lent: so many, up to `position`. */
  skip?(records: number, position: number): void;
  /** What is read from now on may be put there; absent where it stands elsewhere anyway. */
  readInto?(memory: Uint8Array): void;
  /** How far the file's own order is from that of time, where the source has put its frames in order. */
  readonly order?: TimeOrder;
  /** Why reading stopped before the end; null while all is well. */
  readonly error: CaptureError | null;
  /** Bytes of the file (as stored, so compressed ones) consumed so far: for progress. */
  readonly bytesRead: number;
  /** Size of the file as stored in bytes; null where unknown (standard input, pipes). */
  readonly size: number | null;
  /** Releases the file. Safe to call twice. */
  close(): Promise<void>;
}
