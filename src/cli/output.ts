import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { escapeText } from '../report/escape.js';
import { BrokenPipeError, UsageError } from './exit.js';

/** Characters that are handed over at once. */
const BATCH = 1 << 14;
/** Bytes that a file may lag behind: it is written to while more results are made. */
const BEHIND = 1 << 21;

/**
 * Where results go: standard output, or the file of `--output`, which is opened with the first result, so that a command
 * that fails before leaves it as it was. Writes wait until the reader has caught up.
 */
export class Output {
  readonly #stdout: Writable;
  readonly #path: string | null;
  readonly #opening: () => void;
  #stream: Writable | null = null;
  /** Text that was not handed over yet: a write for each of 500,000 lines takes longer than to make them. */
  #pending = '';
  #error: NodeJS.ErrnoException | null = null;

  /** `path` is null for standard output; `opening` is called before the first result. */
  constructor(stdout: Writable, path: string | null, opening: () => void) {
    this.#stdout = stdout;
    this.#path = path;
    this.#opening = opening;
  }

  /**
   * Text waits for more of it, up to a bound, but not for a source that has nothing at the moment. Bytes may be overwritten when
   * they were written.
   * Throws BrokenPipeError where the reader has gone, UsageError where the file cannot be written.
   */
  async write(text: string | Uint8Array): Promise<void> {
    this.#check();
    if (typeof text !== 'string') {
      await this.#flush();
      await new Promise<void>((resolve) => this.#open().write(text, () => resolve()));
      this.#check();
      return;
    }
    if (this.#pending === '') setImmediate(() => this.#flushNow());
    this.#pending += text;
    if (this.#pending.length >= BATCH) await this.#flush();
  }

  async #flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    if (text !== '') await this.#handOver(text);
  }

  /** Without waiting for the reader: the next write does that. */
  #flushNow(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text !== '' && this.#error === null) this.#open().write(text);
  }

  async #handOver(text: string): Promise<void> {
    const stream = this.#open();
    if (stream.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const event of ['drain', 'error', 'close']) stream.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close']) stream.on(event, done);
    });
    this.#check();
  }

  /** Waits until all of it was handed over. Throws as `write` does. */
  async end(): Promise<void> {
    await this.#flush();
    const stream = this.#open();
    await new Promise<void>((resolve) => {
      if (this.#error !== null || stream.destroyed) resolve();
      else if (this.#path === null) stream.write('', () => resolve());
      else stream.once('error', () => resolve()).end(resolve);
    });
    this.#check();
  }

  /** Hands over what is left of a command that failed, and stops listening: a process has one standard output for all its commands. */
  release(): void {
    this.#flushNow();
    if (this.#path === null) this.#stream?.off('error', this.#fail);
  }

  #open(): Writable {
    if (this.#stream === null) {
      this.#opening();
      this.#stream = this.#path === null ? this.#stdout : createWriteStream(this.#path, { highWaterMark: BEHIND });
      this.#stream.on('error', this.#fail);
    }
    return this.#stream;
  }

  readonly #fail = (error: NodeJS.ErrnoException): void => {
    this.#error = error;
  };

  #check(): void {
    if (this.#error === null) return;
    const broken = this.#error.code === 'EPIPE' || this.#error.code === 'ERR_STREAM_DESTROYED';
    if (this.#path === null && broken) throw new BrokenPipeError();
    const name = this.#path === null ? 'standard output' : escapeText(this.#path);
    throw new UsageError(`cannot write ${name}: ${this.#error.message}`, { cause: this.#error });
  }
}
