import type { Time } from './model.js';

/** Listeners that are watched at most, and signs of life that are kept of each. */
const MOST_LISTENERS = 4096;
const MOST_SIGNS = 4096;

/**
 * A full accept queue is the listener's, not the flow's: ACKs to it stay dropped until its application runs accept(). When
 * that was, other connections of the same listener tell: by the first data or FIN that the application sends on any of them.
 * Watched only from a listener's first repeated SYN+ACK on.
 */
export class Listeners {
  readonly #signs = new Map<string, Time[]>();

  get none(): boolean {
    return this.#signs.size === 0;
  }

  suspect(listener: string): void {
    if (!this.#signs.has(listener) && this.#signs.size < MOST_LISTENERS) this.#signs.set(listener, []);
  }

  isSuspect(listener: string): boolean {
    return this.#signs.has(listener);
  }

  active(listener: string, time: Time): void {
    const signs = this.#signs.get(listener);
    if (signs && signs.length < MOST_SIGNS) signs.push(time);
  }

  /** Tap times at which the listener's application showed itself, in the order of the capture. */
  signsOf(listener: string): readonly Time[] {
    return this.#signs.get(listener) ?? [];
  }
}
