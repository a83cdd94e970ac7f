/** A set of small whole numbers, a bit each: the flows of a large capture. */
export class NumberSet {
  #bits = new Uint8Array(1024);
  size = 0;

  add(number: number): void {
    const at = number >>> 3;
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    if (this.has(number)) return;
    this.#bits[at] |= 1 << (number & 7);
    this.size++;
  }

  has(number: number): boolean {
    return (this.#bits[number >>> 3] & (1 << (number & 7))) !== 0;
  }
}
