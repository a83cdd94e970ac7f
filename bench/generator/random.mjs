const RANGE = 2 ** 32;

/** Numbers that look random and are the same for the same seed (splitmix32). */
export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed | 0;
  }

  /** 32 bits, signed. */
  bits() {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  }

  /** In [0, 1). */
  unit() {
    return (this.bits() >>> 0) / RANGE;
  }

  /**
   * A whole number in [0, limit).
   * @param {number} limit
   */
  below(limit) {
    return Math.floor(this.unit() * limit);
  }

  /**
   * A whole number in [least, most], where each order of magnitude is equally likely.
   * @param {number} least
   * @param {number} most
   */
  magnitude(least, most) {
    return Math.round(least * (most / least) ** this.unit());
  }

  /**
   * A whole number, 1 or more, distributed as times between independent events are.
   * @param {number} mean
   */
  wait(mean) {
    return 1 + Math.round(-mean * Math.log(1 - this.unit()));
  }
}
