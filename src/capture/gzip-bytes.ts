import { createGunzip } from 'node:zlib';
import { type ByteSource, BytesError } from './bytes.js';
import { ReadAhead } from './read-ahead.js';

/** What one piece can inflate to is held in memory at once: deflate grows by at most 1032, so 64 MiB. */
const PIECE_LENGTH = 64 * 1024;
/** Of the pieces in which the place of damage is looked for, one pass after another. */
const FINER_LENGTHS = [256, 1];
/** What damage can hide of a pipe. */
const PIPE_OUTPUT_LENGTH = 64 * 1024;
/** Between two outputs zlib waits for the main thread, which may be analysing: larger ones let it wait less often. */
const FILE_OUTPUT_LENGTH = 512 * 1024;
const READ_AHEAD_LENGTH = 4 * 1024 * 1024;

/**
 * Inflates gzip, of one member or many (RFC 1952), in zlib's own threads: ahead of the reader, by some 4 MiB.
 *
 * Damage ends it with a BytesError `damaged-compression` behind all that could be inflated. zlib gives up a whole block of
 * output with the damaged byte: where the stored bytes can be opened again, what was before that byte is inflated again in
 * smaller pieces, at last byte by byte; where they cannot (pipes), up to 64 KiB before the damage are lost.
 */
export class GzipBytes implements ByteSource {
  readonly #progress: Progress = { pieceStart: 0, pieceEnd: 0, delivered: 0, closed: false };
  readonly #inflated: ReadAhead;

  /** @param reopen opens the stored bytes anew from their beginning; null where that cannot be done */
  constructor(
    private readonly stored: ByteSource,
    reopen: (() => Promise<ByteSource>) | null,
  ) {
    this.#inflated = new ReadAhead(inflateAll(stored, reopen, this.#progress), READ_AHEAD_LENGTH);
  }

  read(): Promise<Uint8Array | null> {
    return this.#inflated.read();
  }

  get bytesRead(): number {
    return this.stored.bytesRead;
  }

  get size(): number | null {
    return this.stored.size;
  }

  async close(): Promise<void> {
    this.#progress.closed = true;
    const closed = this.#inflated.close();
    // Inflating may wait for bytes that will never come.
    await this.stored.close();
    await closed;
  }
}

/** How far inflating has come, over all passes. */
interface Progress {
  /** Offsets of the stored piece that was taken last, and behind it. */
  pieceStart: number;
  pieceEnd: number;
  /** Inflated bytes that were delivered. */
  delivered: number;
  /** Nobody waits for the rest. */
  closed: boolean;
}

async function* inflateAll(
  stored: ByteSource,
  reopen: (() => Promise<ByteSource>) | null,
  progress: Progress,
): AsyncGenerator<Uint8Array, void> {
  const outputLength = reopen === null ? PIPE_OUTPUT_LENGTH : FILE_OUTPUT_LENGTH;
  try {
    yield* onward(inflate(pieces(stored, progress, PIECE_LENGTH), outputLength), progress);
  } catch (error) {
    if (reopen === null || !(error instanceof BytesError) || !hidesOutput(error)) throw error;
    for (const length of FINER_LENGTHS) if (!progress.closed) yield* inflateAgain(reopen, progress, length);
    throw error;
  }
}

/** Delivers what is sound before the damage, as far as pieces of this length tell. */
async function* inflateAgain(
  reopen: () => Promise<ByteSource>,
  progress: Progress,
  length: number,
): AsyncGenerator<Uint8Array, void> {
  const stored = await reopen().catch(() => null);
  if (stored === null) return;
  try {
    yield* onward(inflate(pieces(stored, progress, length), FILE_OUTPUT_LENGTH), progress);
  } catch (error) {
    if (!(error instanceof BytesError)) throw error;
  } finally {
    await stored.close();
  }
}

/** Whether zlib dropped output together with this error: it does not where the input merely ends. */
function hidesOutput(error: BytesError): boolean {
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && cause.code === 'Z_DATA_ERROR';
}

/**
 * Cuts the stored bytes into pieces.
 *
 * @param length of pieces out of that in which the last pass failed; those around it have PIECE_LENGTH
 */
async function* pieces(stored: ByteSource, progress: Progress, length: number): AsyncGenerator<Uint8Array, void> {
  const { pieceStart: failedStart, pieceEnd: failedEnd } = progress;
  let position = 0;
  for (let chunk = await stored.read(); chunk !== null; chunk = await stored.read()) {
    let at = 0;
    while (at < chunk.length) {
      const isFailed = position >= failedStart && position < failedEnd;
      const toFailed = position < failedStart ? failedStart - position : Infinity;
      const piece = chunk.subarray(at, at + (isFailed ? length : Math.min(PIECE_LENGTH, toFailed)));
      if (progress.closed) return;
      progress.pieceStart = position;
      progress.pieceEnd = position + piece.length;
      yield piece;
      at += piece.length;
      position += piece.length;
    }
  }
}

async function* inflate(input: AsyncIterable<Uint8Array>, outputLength: number): AsyncGenerator<Uint8Array, void> {
  const gunzip = createGunzip({ chunkSize: outputLength });
  const output: Uint8Array[] = [];
  const state: { failure: Error | null; ended: boolean } = { failure: null, ended: false };
  // On an error, and at padding behind the last member, zlib never calls back the write it is in.
  let wake = (): void => {};
  gunzip.on('data', (block: Uint8Array) => output.push(block));
  gunzip.on('error', (error) => {
    state.failure = error;
    wake();
  });
  gunzip.on('end', () => {
    state.ended = true;
    wake();
  });
  const until = (start: (done: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      start(resolve);
    });

  try {
    for await (const piece of input) {
      await until((done) => gunzip.write(piece, () => done()));
      yield* output.splice(0);
      if (state.failure !== null) throw damaged(state.failure);
      if (state.ended) return;
    }
    await until(() => gunzip.end());
    yield* output.splice(0);
    if (state.failure !== null) throw damaged(state.failure);
  } finally {
    gunzip.destroy();
  }
}

function damaged(cause: Error): BytesError {
  const found = 'code' in cause && cause.code === 'Z_BUF_ERROR' ? 'the end of the file inside it' : cause.message;
  return new BytesError('damaged-compression', 'a sound gzip stream', found, { cause });
}

/** Of inflated bytes those that were not delivered before. */
async function* onward(blocks: AsyncIterable<Uint8Array>, progress: Progress): AsyncGenerator<Uint8Array, void> {
  let position = 0;
  for await (const block of blocks) {
    const fresh = block.subarray(Math.min(progress.delivered - position, block.length));
    position += block.length;
    progress.delivered = Math.max(progress.delivered, position);
    if (fresh.length > 0) yield fresh;
  }
}
