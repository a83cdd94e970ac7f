import { createGunzip } from 'node:zlib';
import { type ByteSource, BytesError } from './bytes.js';
import { ReadAhead } from './read-ahead.js';

/** What one piece can inflate to is held in memory at once: deflate grows by at most 1032, so 32 MiB. */
const PIECE_LENGTH = 32 * 1024;
/** What damage can hide of a pipe. */
const PIPE_OUTPUT_LENGTH = 64 * 1024;
/** Each output costs a turn of the event loop: analysing takes a tenth less CPU time with these than with 64 KiB. */
const FILE_OUTPUT_LENGTH = 256 * 1024;
const READ_AHEAD_LENGTH = 4 * 1024 * 1024;

/**
 * Inflates gzip, of one member or many (RFC 1952), in zlib's own threads: ahead of the reader, by some 4 MiB.
 *
 * Damage ends it with a BytesError `damaged-compression` behind all that could be inflated. zlib gives up a whole block of
 * output with the damaged byte: where the stored bytes can be opened again, what was before that byte is inflated a
 * second time, byte by byte; where they cannot (pipes), up to 64 KiB before the damage are lost.
 */
export class GzipBytes implements ByteSource {
  readonly #inflated: ReadAhead;

  /** @param reopen opens the stored bytes anew from their beginning; null where that cannot be done */
  constructor(
    private readonly stored: ByteSource,
    reopen: (() => Promise<ByteSource>) | null,
  ) {
    this.#inflated = new ReadAhead(inflateAll(stored, reopen), READ_AHEAD_LENGTH);
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
    const closed = this.#inflated.close();
    // Inflating may wait for bytes that will never come.
    await this.stored.close();
    await closed;
  }
}

async function* inflateAll(
  stored: ByteSource,
  reopen: (() => Promise<ByteSource>) | null,
): AsyncGenerator<Uint8Array, void> {
  const progress = { pieceStart: 0 };
  let delivered = 0;
  try {
    const outputLength = reopen === null ? PIPE_OUTPUT_LENGTH : FILE_OUTPUT_LENGTH;
    for await (const output of inflate(pieces(stored, progress, Infinity), outputLength)) {
      delivered += output.length;
      yield output;
    }
  } catch (error) {
    if (reopen === null || !(error instanceof BytesError) || !hidesOutput(error)) throw error;
    const again = await reopen().catch(() => {
      throw error;
    });
    try {
      const bytewise = pieces(again, { pieceStart: 0 }, progress.pieceStart);
      yield* skip(inflate(bytewise, FILE_OUTPUT_LENGTH), delivered);
    } finally {
      await again.close();
    }
    throw error;
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
 * @param progress is told where the piece starts that was yielded last
 * @param bytewiseFrom offset from which each piece is a single byte
 */
async function* pieces(
  stored: ByteSource,
  progress: { pieceStart: number },
  bytewiseFrom: number,
): AsyncGenerator<Uint8Array, void> {
  let position = 0;
  for (let chunk = await stored.read(); chunk !== null; chunk = await stored.read()) {
    let at = 0;
    while (at < chunk.length) {
      const length = position < bytewiseFrom ? Math.min(PIECE_LENGTH, bytewiseFrom - position) : 1;
      const piece = chunk.subarray(at, at + length);
      progress.pieceStart = position;
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

/** The same bytes without the first `count` of them. */
async function* skip(blocks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array, void> {
  let left = count;
  for await (const block of blocks) {
    const kept = block.subarray(Math.min(left, block.length));
    left -= block.length - kept.length;
    if (kept.length > 0) yield kept;
  }
}
