import type { Time } from './model.js';

const FEWEST = 1024;

/** Flows that wait for something, in the order in which they began to: a ring, so that none is moved but where it grows. */
export class EndingQueue {
  length = 0;
  /** Two words of each: the flow, and its number. */
  #words = new Int32Array(2 * FEWEST);
  #times = new Float64Array(FEWEST);
  /** Where the first one stands. */
  #head = 0;

  /** @param time since when it waits */
  push(flow: number, number: number, time: Time): void {
    if (this.length === this.#times.length) this.#grow();
    const at = this.#placeOf(this.length++);
    this.#words[2 * at] = flow;
    this.#words[2 * at + 1] = number;
    this.#times[at] = time;
  }

  /** The first one leaves. */
  shift(): void {
    this.#head = this.#placeOf(1);
    this.length--;
  }

  /** The first one has another name now. */
  renameFirst(flow: number): void {
    this.#words[2 * this.#head] = flow;
  }

  /** @param index from 0, the first one */
  flowAt(index: number): number {
    return this.#words[2 * this.#placeOf(index)];
  }

  numberAt(index: number): number {
    return this.#words[2 * this.#placeOf(index) + 1];
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
    this.#words.set(words.subarray(2 * head));
    this.#words.set(words.subarray(0, 2 * head), 2 * (length - head));
    this.#times.set(times.subarray(head));
    this.#times.set(times.subarray(0, head), length - head);
    this.#head = 0;
  }
}
