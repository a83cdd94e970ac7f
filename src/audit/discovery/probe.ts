import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { CaptureError, type CaptureErrorCode } from '../../capture/error.js';
import { openCapture } from '../../capture/open.js';
import { hasCaptureName } from './capture-name.js';
import type { FoundFile } from './walk.js';

const HEAD_LENGTH = 65_536;
/** Content that does not say whether the file is meant to be a capture: then its name does. */
const UNDECIDED: readonly CaptureErrorCode[] = [
  'not-a-capture',
  'unsupported-format',
  'empty',
  'damaged-compression',
  'unreadable',
];

/** Why a file could not be read, as summaries have it. */
export interface ReadError {
  readonly code: CaptureErrorCode | 'internal';
  readonly message: string;
}

/** What a file is, from its beginning. */
export interface Probed extends FoundFile {
  readonly kind: 'capture' | 'broken' | 'other';
  /** Of the size and the first 64 KiB: which share of a batch it belongs to. */
  readonly head: string;
  readonly error: ReadError | null;
  readonly linkType: number | null;
  /** Seconds since 1970; null where there is no frame. */
  readonly firstFrameAt: number | null;
}

/** Recognises a capture by its content. Never throws for what is in the file. */
export async function probe(file: FoundFile): Promise<Probed> {
  const nothing = { ...file, linkType: null, firstFrameAt: null };
  const head = headOf(file);
  try {
    const source = await openCapture(file.path);
    try {
      const { linkType } = source.info;
      const hasFrame = (await source.advance()) && source.next();
      const firstFrameAt = hasFrame ? source.frame.seconds + source.frame.nanoseconds / 1e9 : null;
      return { ...file, kind: 'capture', head, error: null, linkType, firstFrameAt };
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    const { code, message } = error;
    const kind = UNDECIDED.includes(code) && !hasCaptureName(file.path) ? 'other' : 'broken';
    return { ...nothing, kind, head, error: { code, message } };
  }
}

/** When the last frame was captured, in seconds since 1970: reads the whole file. Null where there is no frame. */
export async function lastFrameAt(path: string): Promise<number | null> {
  const source = await openCapture(path);
  try {
    let last: number | null = null;
    while (await source.advance()) {
      while (source.next()) last = Math.max(last ?? 0, source.frame.seconds + source.frame.nanoseconds / 1e9);
    }
    return last;
  } finally {
    await source.close();
  }
}

/** Of what cannot be read, of the name. */
function headOf({ path, stats }: FoundFile): string {
  const hash = createHash('sha256').update(`${stats.size}\0`);
  try {
    const descriptor = openSync(path, 'r');
    try {
      const bytes = new Uint8Array(HEAD_LENGTH);
      hash.update(bytes.subarray(0, readSync(descriptor, bytes)));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    hash.update(path);
  }
  return hash.digest('hex');
}
