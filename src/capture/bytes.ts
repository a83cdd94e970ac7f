import { CaptureError } from './error.js';

/** The bytes of a capture, in order, wherever they come from. */
export interface ByteSource {
  /**
   * The next bytes, one or more; null at the end. They are borrowed: the next call may overwrite them.
   *
   * @throws BytesError
   */
  read(): Promise<Uint8Array | null>;
  /** Bytes taken so far of what is stored, so of compressed ones. */
  readonly bytesRead: number;
  /** Size of what is stored, in bytes; null where unknown. */
  readonly size: number | null;
  /** Of a regular file that holds these bytes from its begin on: they may be read from it beside; absent where there is none. */
  readonly descriptor?: number | undefined;
  /** From the next read on, bytes are put there, as many as there is room for; absent where they stand elsewhere anyway. */
  readInto?(memory: Uint8Array): void;
  /** Lets go of file and stream. Safe to call twice. */
  close(): Promise<void>;
}

/** What kept bytes from being read. Whoever knows the place in the capture makes a `CaptureError` of it. */
export class BytesError extends Error {
  override readonly name = 'BytesError';

  constructor(
    readonly code: 'unreadable' | 'damaged-compression' | 'missing-tool',
    readonly expected: string,
    readonly found: string,
    options?: ErrorOptions,
  ) {
    super(`expected ${expected}, found ${found}`, options);
  }

  /**
   * The same, with its place.
   *
   * @param offset of the first byte in the (decompressed) capture that could not be had
   * @param frame the number of the frame that could not be read, from 1; null before the first record
   */
  at(path: string, offset: number, frame: number | null): CaptureError {
    return new CaptureError(this.code, path, offset, frame, this.expected, this.found, { cause: this });
  }
}

/** The error of a failed system call on reading, in plain words. */
export function unreadable(cause: unknown): BytesError {
  return new BytesError('unreadable', 'bytes that can be read', systemReason(cause), { cause });
}

/** Code of a system error such as `EACCES`; without one, whatever the error says of itself. */
export function systemReason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause ? `error ${String(cause.code)}` : cause.message;
}
