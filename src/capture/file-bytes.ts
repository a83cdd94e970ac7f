import { readSync, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { bufferApart } from './apart.js';
import { type ByteSource, unreadable } from './bytes.js';

/** Of 64 KiB to 1 MiB, an analysis takes least time with this: each chunk costs a turn, and longer ones are pushed out of the cache. */
const CHUNK_LENGTH = 256 * 1024;
/** A file may grow while it is read. */
const LEAST_LENGTH = 4096;

/** Whether a capture can be read as often as somebody likes: `-` is standard input. */
export const isFile = (path: string): boolean => fileSize(path) !== null;

/** In bytes; null where the capture is no file. */
export function fileSize(path: string): number | null {
  const stats = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? stats.size : null;
}

/** A regular file, read synchronously into one reused buffer: several times the speed of a stream. */
export class FileBytes implements ByteSource {
  bytesRead = 0;
  #buffer: Uint8Array;

  constructor(
    private readonly handle: FileHandle,
    readonly size: number,
  ) {
    // A batch of small captures would otherwise spend its time on clearing buffers.
    this.#buffer = bufferApart(Math.min(CHUNK_LENGTH, Math.max(LEAST_LENGTH, size)));
  }

  async read(): Promise<Uint8Array | null> {
    try {
      const count = readSync(this.handle.fd, this.#buffer, 0, this.#buffer.length, this.bytesRead);
      this.bytesRead += count;
      return count === 0 ? null : this.#buffer.subarray(0, count);
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  readInto(memory: Uint8Array): void {
    this.#buffer = memory.subarray(0, CHUNK_LENGTH);
  }

  get descriptor(): number {
    return this.handle.fd;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
