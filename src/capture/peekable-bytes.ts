import type { ByteSource } from './bytes.js';

/** Bytes whose beginning can be looked at before it is read. */
export class PeekableBytes implements ByteSource {
  #held: Uint8Array = new Uint8Array(0);

  constructor(private readonly source: ByteSource) {}

  /** The next bytes without taking them: `length` or more, fewer where the source ends before. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#held.length < length) {
      // The source may overwrite what it lent.
      const held = this.#held.slice();
      const more = await this.source.read();
      if (more === null) return held;
      this.#held = held.length === 0 ? more : Buffer.concat([held, more]);
    }
    return this.#held;
  }

  /** How many bytes were looked at and not taken yet. */
  get heldLength(): number {
    return this.#held.length;
  }

  /** Takes bytes that `peek()` has shown. */
  drop(length: number): void {
    this.#held = this.#held.subarray(length);
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#held.length === 0) return this.source.read();
    const held = this.#held;
    this.#held = held.subarray(held.length);
    return held;
  }

  readInto(memory: Uint8Array): void {
    this.source.readInto?.(memory);
  }

  get bytesRead(): number {
    return this.source.bytesRead;
  }

  get size(): number | null {
    return this.source.size;
  }

  get descriptor(): number | undefined {
    return this.source.descriptor;
  }

  close(): Promise<void> {
    return this.source.close();
  }
}
