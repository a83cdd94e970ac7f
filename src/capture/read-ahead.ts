import { setImmediate } from 'node:timers/promises';

/**
 * Takes blocks before they are asked for: who makes them in another thread goes on while the last one is used. Bounded:
 * it waits where `bound` bytes or more are ready. It begins with the first `read()`.
 */
export class ReadAhead {
  readonly #ready: Uint8Array[] = [];
  #readyLength = 0;
  /** Settles when no more is taken: behind the last block, after an error, or once it was closed. */
  #taking: Promise<void> | null = null;
  #ended = false;
  #error: unknown = null;
  #closed = false;
  #wake = (): void => {};

  /** @param blocks each a memory of its own, for several are held */
  constructor(
    private readonly blocks: AsyncIterable<Uint8Array>,
    private readonly bound: number,
  ) {}

  /**
   * The next block; null at the end.
   * @throws what the blocks ended with, behind the last of them
   */
  async read(): Promise<Uint8Array | null> {
    this.#taking ??= this.#take();
    while (this.#ready.length === 0 && !this.#ended) await this.#change();
    // Work handed to another thread goes on only from the event loop, which a reader that finds all ready never comes to.
    await setImmediate();
    const block = this.#ready.shift();
    if (block === undefined && this.#error !== null) throw this.#error;
    this.#readyLength -= block?.length ?? 0;
    this.#wake();
    return block ?? null;
  }

  /** Takes no more, and lets go of what is ready. Resolves once the block that was being made is there. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#ready.length = 0;
    this.#wake();
    await this.#taking;
  }

  async #take(): Promise<void> {
    try {
      for await (const block of this.blocks) {
        if (this.#closed) break;
        this.#ready.push(block);
        this.#readyLength += block.length;
        this.#wake();
        while (this.#readyLength >= this.bound && !this.#closed) await this.#change();
      }
    } catch (error) {
      this.#error = error;
    }
    this.#ended = true;
    this.#wake();
  }

  /** One side waits at a time: the reader where nothing is ready, the taker where enough is. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
