import type { Time } from './model.js';

const FEWEST = 1024;
const WORDS = 3;

/** Flows that wait for something, in the order in which they began to: a ring, so that none is moved but where it grows. */
export class EndingQueue {
  length = 0;
  /** Of each: the flow, its number, and behind how many others it waits that are in another queue. */
  #words = new Int32Array(WORDS * FEWEST);
  #times = new Float64Array(FEWEST);
  /** Where the first one stands. */
  #head = 0;

  /** @param time since when it waits @param behind counted modulo 2^32 */
  push(flow: number, number: number, time: Time, behind: number): void {
    if (this.length === this.#times.length) this.#grow();
    const at = this.#placeOf(this.length++);
    this.#words[WORDS * at] = flow;
    this.#words[WORDS * at + 1] = number;
    this.#words[WORDS * at + 2] = behind;
    this.#times[at] = time;
  }

  /** The first one leaves. */
  shift(): void {
    this.#head = this.#placeOf(1);
    this.length--;
  }

  /** @param index from 0, the first one */
  flowAt(index: number): number {
    return this.#words[WORDS * this.#placeOf(index)];
  }

  numberAt(index: number): number {
    return this.#words[WORDS * this.#placeOf(index) + 1];
  }

  behindAt(index: number): number {
    return this.#words[WORDS * this.#placeOf(index) + 2];
  }

  timeAt(index: number): Time {
    return this.#times[this.#placeOf(index)];
  }

  #placeOf(index: number): number {
    return (this.#head + index) & (this.#times.length - 1);
  }

  #grow(): void {
    const [words, times, head, { length }] = [this.#words, this.#times, this.#head, this];
    this.#words = new Int32Array(2 * words.length);
    this.#times = new Float64Array(2 * length);
    this.#words.set(words.subarray(WORDS * head));
    this.#words.set(words.subarray(0, WORDS * head), WORDS * (length - head));
    this.#times.set(times.subarray(head));
    this.#times.set(times.subarray(0, head), length - head);
    this.#head = 0;
  }
}
