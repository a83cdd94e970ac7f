import type { Readable } from 'node:stream';
import { type ByteSource, unreadable } from './bytes.js';

/** Standard input, a pipe, or anything else that is only to be had as a stream. */
export class StreamBytes implements ByteSource {
  bytesRead = 0;
  readonly size = null;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(private readonly stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async read(): Promise<Uint8Array | null> {
    try {
      const { value, done } = await this.#chunks.next();
      if (done) return null;
      this.bytesRead += value.length;
      return value;
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  async close(): Promise<void> {
    this.stream.destroy();
  }
}
