import { mix } from './mix.js';

const SLOT_WORDS = 4;
const SLOT_DOUBLES = SLOT_WORDS / 2;
/** Words of a slot: the address, and a number; behind them the value, a double. */
const NUMBER = 1;
const VALUE = 1;
const FEWEST_SLOTS = 1024;
/** In place of a place. */
export const NO_PLACE = -1;
/** Place of the first text; those of the next ones are lower. */
const FIRST_TEXT = -2;

/**
 * A number above 0, and a value, for each host. Hosts are keyed by address: a signed word for IPv4, text for IPv6. They are looked
 * up at each connection's end, where a `Map` of words takes twice as long; what a host has stands beside its address, so that
 * memory is waited for once: with the values apart, those of ten thousand hosts took as long again.
 */
export class HostValues {
  size = 0;
  /** Open addressing with linear probing, at most three quarters full: half full, they would not stay in the cache. */
  #words = new Int32Array(FEWEST_SLOTS * SLOT_WORDS);
  #values = new Float64Array(this.#words.buffer);
  readonly #texts = new Map<string, number>();
  readonly #textNumbers: number[] = [];
  readonly #textValues: number[] = [];
  #mask = FEWEST_SLOTS - 1;
  readonly #seed = Math.floor(Math.random() * 2 ** 31);
  /** Of what was looked at: what is not used is not loaded. */
  #seen = 0;

  /** @returns the host's place, which it keeps until another one is added; NO_PLACE where it was not added */
  find(host: number | string): number {
    if (typeof host === 'string') {
      const text = this.#texts.get(host);
      return text === undefined ? NO_PLACE : FIRST_TEXT - text;
    }
    const slot = this.#slotOf(host);
    return this.#words[slot * SLOT_WORDS + NUMBER] === 0 ? NO_PLACE : slot;
  }

  /**
   * Looks at where hosts stand that will soon be looked up, of IPv4 addresses: with tens of thousands of hosts, none of it is in
   * the cache; to wait for all of it at once takes little longer than to wait for one.
   */
  foresee(hosts: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.#seen ^= this.#words[this.#homeOf(hosts[i]) * SLOT_WORDS];
  }

  /** Adds a host that was not found. @returns its place, as `find` does */
  add(host: number | string, number: number, value: number): number {
    this.size++;
    if (typeof host === 'string') {
      this.#texts.set(host, this.#textNumbers.length);
      this.#textValues.push(value);
      return FIRST_TEXT + 1 - this.#textNumbers.push(number);
    }
    if (4 * (this.size - this.#texts.size) > 3 * (this.#mask + 1)) this.#grow();
    return this.#put(host, number, value);
  }

  numberAt(place: number): number {
    return place >= 0 ? this.#words[place * SLOT_WORDS + NUMBER] : this.#textNumbers[FIRST_TEXT - place];
  }

  setNumberAt(place: number, number: number): void {
    if (place >= 0) this.#words[place * SLOT_WORDS + NUMBER] = number;
    else this.#textNumbers[FIRST_TEXT - place] = number;
  }

  valueAt(place: number): number {
    return place >= 0 ? this.#values[place * SLOT_DOUBLES + VALUE] : this.#textValues[FIRST_TEXT - place];
  }

  setValueAt(place: number, value: number): void {
    if (place >= 0) this.#values[place * SLOT_DOUBLES + VALUE] = value;
    else this.#textValues[FIRST_TEXT - place] = value;
  }

  /** @returns the slot of a word, or the free one where it would stand */
  #slotOf(host: number): number {
    const words = this.#words;
    let slot = this.#homeOf(host);
    while (words[slot * SLOT_WORDS + NUMBER] !== 0 && words[slot * SLOT_WORDS] !== host) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #homeOf(host: number): number {
    return mix(host ^ this.#seed) & this.#mask;
  }

  #put(host: number, number: number, value: number): number {
    const slot = this.#slotOf(host);
    this.#words[slot * SLOT_WORDS] = host;
    this.#words[slot * SLOT_WORDS + NUMBER] = number;
    this.#values[slot * SLOT_DOUBLES + VALUE] = value;
    return slot;
  }

  #grow(): void {
    const [words, values] = [this.#words, this.#values];
    this.#words = new Int32Array(2 * words.length);
    this.#mask = 2 * this.#mask + 1;
    this.#values = new Float64Array(this.#words.buffer);
    for (let at = 0; at < words.length; at += SLOT_WORDS)
      if (words[at + NUMBER] !== 0) this.#put(words[at], words[at + NUMBER], values[at / 2 + VALUE]);
  }
}
