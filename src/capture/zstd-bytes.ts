import { Decompress } from 'fzstd';
import { type ByteSource, BytesError } from './bytes.js';

/** A block of three bytes can unpack to 128 KiB, and what one piece gives is held in memory at once. */
const PIECE_LENGTH = 2048;
/** What the program zstd takes without being told to take more. */
const LARGEST_WINDOW = 128 * 1024 * 1024;

/** Unpacks zstd (RFC 8878) where the system has no program for it. */
export class ZstdBytes implements ByteSource {
  readonly #unpacked: Uint8Array[] = [];
  readonly #decompress = new Decompress((block) => {
    if (block.length > 0) this.#unpacked.push(block);
  });
  #chunk: Uint8Array = new Uint8Array(0);
  #ended = false;
  #failure: BytesError | null = null;

  /** @param window bytes that the first frame's header asks for; see `zstdWindow` */
  constructor(
    private readonly stored: ByteSource,
    window: number,
  ) {
    if (window > LARGEST_WINDOW) {
      this.#failure = new BytesError('damaged-compression', `a window of at most ${LARGEST_WINDOW} bytes`, `${window}`);
    }
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#unpacked.length === 0 && this.#failure === null && !this.#ended) await this.#unpackPiece();
    const unpacked = this.#unpacked.shift();
    if (unpacked === undefined && this.#failure !== null) throw this.#failure;
    return unpacked ?? null;
  }

  async #unpackPiece(): Promise<void> {
    if (this.#chunk.length === 0) {
      const chunk = await this.stored.read();
      if (chunk === null) this.#ended = true;
      else this.#chunk = chunk;
    }
    // The package keeps what it was given; the chunk is only lent.
    const piece = this.#chunk.slice(0, PIECE_LENGTH);
    this.#chunk = this.#chunk.subarray(piece.length);
    try {
      this.#decompress.push(piece, this.#ended);
    } catch (cause) {
      this.#failure = new BytesError('damaged-compression', 'a sound zstd stream', messageOf(cause), { cause });
    }
  }

  get bytesRead(): number {
    return this.stored.bytesRead;
  }

  get size(): number | null {
    return this.stored.size;
  }

  close(): Promise<void> {
    return this.stored.close();
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Bytes of the window that a zstd frame asks for (RFC 8878, section 3.1.1.1.2); 0 where its content's size stands for it. */
export function zstdWindow(head: Uint8Array): number {
  const isSingleSegment = (head[4] & 0x20) !== 0;
  if (head.length < 6 || isSingleSegment) return 0;
  const base = 2 ** (10 + (head[5] >>> 3));
  return base + (base / 8) * (head[5] & 7);
}
