/**
 * Whole numbers of both signs, below 2^52, as bytes: seven bits a byte, the low ones first, the eighth where more follow
 * (LEB128), the sign in the lowest bit. Small numbers, the most frequent ones, take one byte.
 */
export class ColumnWriter {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  /** `rising` columns are kept as distances from one value to the next. */
  column(values: Iterable<number>, rising: boolean): void {
    let before = 0;
    for (const value of values) {
      this.#number(rising ? value - before : value);
      before = value;
    }
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #number(value: number): void {
    if (this.#length + 8 > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }
}

/** Reads columns in the order in which they were written. */
export class ColumnReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  column(count: number, rising: boolean): Float64Array<ArrayBuffer> {
    const values = new Float64Array(count);
    let before = 0;
    for (let i = 0; i < count; i++) {
      const value = this.#number();
      before = rising ? before + value : value;
      values[i] = before;
    }
    return values;
  }

  #number(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#position++];
    let value = byte & 0x7f;
    for (let scale = 0x80; byte >= 0x80; scale *= 0x80) {
      byte = bytes[this.#position++];
      value += (byte & 0x7f) * scale;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
