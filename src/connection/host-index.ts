import { mix } from './mix.js';

/**
 * Numbers hosts from 0, in the order in which they are added. They are keyed by address: a signed word for IPv4, text for
 * IPv6. Looked up at each connection's end, where a `Map` of words takes twice as long.
 */
export class HostIndex {
  size = 0;
  /** Open addressing with linear probing, at most half full: a slot is two words, the address and 1 + the host's number. */
  #slots = new Int32Array(2048);
  readonly #texts = new Map<string, number>();
  readonly #seed = Math.floor(Math.random() * 2 ** 31);

  /** @returns the host's number; -1 for one that was not added */
  find(host: number | string): number {
    if (typeof host === 'string') return this.#texts.get(host) ?? -1;
    const slots = this.#slots;
    const mask = slots.length - 2;
    for (let slot = this.#home(host, mask); ; slot = (slot + 2) & mask) {
      const number = slots[slot + 1] - 1;
      if (number < 0 || slots[slot] === host) return number;
    }
  }

  /** Adds a host that was not found. @returns its number */
  add(host: number | string): number {
    const number = this.size++;
    if (typeof host === 'string') {
      this.#texts.set(host, number);
    } else {
      if (4 * (this.size - this.#texts.size) > this.#slots.length) this.#grow();
      this.#put(host, number + 1);
    }
    return number;
  }

  #home(host: number, mask: number): number {
    return (mix(host ^ this.#seed) << 1) & mask;
  }

  #put(host: number, entry: number): void {
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = this.#home(host, mask);
    while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
    slots[slot] = host;
    slots[slot + 1] = entry;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += 2) if (old[slot + 1] !== 0) this.#put(old[slot], old[slot + 1]);
  }
}
