/** Stable names of what can be wrong with a capture. */
export type CaptureErrorCode =
  | 'not-found'
  | 'is-directory'
  | 'unreadable'
  | 'empty'
  | 'not-a-capture'
  | 'unsupported-format'
  | 'unsupported-version'
  | 'unsupported-link-type'
  | 'truncated-header'
  | 'truncated-record'
  | 'record-length'
  | 'damaged-block'
  | 'damaged-compression'
  | 'missing-tool';

/** What is wrong with a capture, as data: where, what was expected, what was found. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';

  constructor(
    readonly code: CaptureErrorCode,
    /** The capture as the user named it. */
    readonly path: string,
    /** Offset in the (decompressed) capture of the first byte that is wrong; null where none was read. */
    readonly offset: number | null,
    /** Number of the frame that could not be read, from 1; null before the first record. */
    readonly frame: number | null,
    readonly expected: string,
    readonly found: string,
    options?: ErrorOptions,
  ) {
    super(describe(path, offset, frame, expected, found), options);
  }
}

function describe(path: string, offset: number | null, frame: number | null, expected: string, found: string): string {
  const place = [frame === null ? '' : `frame ${frame}`, offset === null ? '' : `byte ${offset}`].filter(Boolean);
  return `${path}: ${place.length ? `${place.join(', ')}: ` : ''}expected ${expected}, found ${found}`;
}
