const INITIAL_LENGTH = 1 << 16;

/** Bytes that grow at their end, little-endian, and are handed over piece by piece. */
export class ByteBuffer {
  #bytes = new Uint8Array(INITIAL_LENGTH);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  bytes(source: Uint8Array, offset = 0, length = source.length): void {
    this.#reserve(length);
    this.#bytes.set(source.subarray(offset, offset + length), this.#length);
    this.#length += length;
  }

  /** Zeros up to the next multiple of 4 after `from`. */
  pad4(from: number): void {
    const zeros = -(this.#length - from) & 3;
    this.#reserve(zeros);
    this.#bytes.fill(0, this.#length, this.#length + zeros);
    this.#length += zeros;
  }

  /** Overwrites four bytes that were written before. */
  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** All that was written since the last call, as a copy. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
