import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type ByteSource, BytesError } from '../capture/bytes.js';
import { Pieces } from './pieces.js';
import type { ReadingEnd, ReadingJob, ReadingStart } from './reading-job.js';

/** Milliseconds for which a piece is waited for before other events are looked at. */
const PATIENCE = 20;

/** For objects of a thread that makes hardly any: left alone, the engine gives it three megabytes more of them in time. */
const YOUNG_MEGABYTES = 1;

/** The bytes of a file from some record on, read on a thread of its own, which tells what it has decoded of them. */
export class BytesAhead implements ByteSource {
  bytesRead = 0;
  readonly #pieces: Pieces;
  readonly #worker: Worker;
  /** That is read next. */
  #piece = 0;
  #current: Uint8Array | null = null;
  #end: ReadingEnd | undefined;
  #failure: Error | null = null;

  /**
   * @param size of the file
   * @param walked memory in which what is decoded is walked through; null where it is not
   */
  constructor(
    readonly size: number,
    walked: WebAssembly.Memory | null,
  ) {
    this.#pieces = Pieces.create(walked);
    const { memory, control } = this.#pieces;
    const job: ReadingJob = { shared: { memory, control } };
    const fail = (error: Error): void => {
      this.#failure ??= error;
    };
    // Options of the process, such as a script of its command line, are not the thread's.
    this.#worker = new Worker(new URL('./reading-thread.js', import.meta.url), {
      workerData: job,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    })
      .on('message', (end: ReadingEnd) => {
        this.#end = end;
      })
      .on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))))
      .on('exit', (status) => {
        if (this.#end === undefined) fail(new Error(`a thread that reads a capture ended with status ${status}`));
      });
  }

  /** Whether the thread can begin. */
  get isReady(): boolean {
    return this.#failure === null && this.#pieces.isReady;
  }

  /** Resolves once the thread can begin. */
  async ready(): Promise<void> {
    while (!this.#pieces.isReady) await this.#look();
  }

  /** @param interfaces see RecordSpan */
  begin(start: ReadingStart, interfaces: number): void {
    this.bytesRead = start.offset;
    this.#pieces.interfaces = interfaces;
    this.#pieces.letPack();
    this.#worker.postMessage(start);
  }

  /** There are so many interfaces now. */
  set interfaces(count: number) {
    this.#pieces.interfaces = count;
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#current !== null) this.#pieces.release();
    this.#current = null;
    while (!this.#pieces.waitToEmpty(this.#piece, PATIENCE)) await this.#look();
    this.#current = this.#pieces.bytes(this.#piece++);
    if (this.#current === null) return this.#finish();
    this.bytesRead += this.#current.length;
    return this.#current;
  }

  /**
   * What was decoded of these bytes, if they were the last that were read; else null.
   * @param interfaces that blocks may name there
   */
  decodedOf(bytes: Uint8Array, interfaces: number): Uint8Array | null {
    const current = this.#current;
    const isCurrent = current !== null && bytes.buffer === current.buffer && bytes.byteOffset === current.byteOffset;
    return isCurrent ? this.#pieces.decoded(this.#piece - 1, interfaces) : null;
  }

  async close(): Promise<void> {
    this.#pieces.stop();
    await this.#worker.terminate();
  }

  async #finish(): Promise<null> {
    while (this.#end === undefined) await this.#look();
    if (this.#end === null) return null;
    throw new BytesError(this.#end.code, this.#end.expected, this.#end.found);
  }

  /** @throws where the thread was lost */
  async #look(): Promise<void> {
    await setImmediate();
    if (this.#failure !== null) throw this.#failure;
  }
}
