import { Worker } from 'node:worker_threads';
import { type Batch, BatchPrinter, type PrintedBatch, type PrintJob } from './batch-printer.js';

/** Batches that a thread is given before it has done the first of them, so that it never waits for the next. */
const MOST_WAITING = 8;

/** Prints batches on threads of its own as far as these are free, and here otherwise. */
export class PrintingPool {
  readonly #here: BatchPrinter;
  readonly #threads: readonly PrintingThread[];
  #untilStart: number;

  /**
   * @param threads beside this one; each is started with its first batch
   * @param alone full batches that are printed here before
   */
  constructor(job: PrintJob, threads: number, alone: number) {
    this.#here = new BatchPrinter(job);
    this.#threads = Array.from({ length: threads }, () => new PrintingThread(job));
    this.#untilStart = alone;
  }

  /**
   * A thread is not started for less than a full batch: most captures hold few connections. The batch's memory is handed
   * over. Rejects where the thread was lost.
   */
  async print(batch: Batch, isFull: boolean): Promise<PrintedBatch> {
    const free =
      isFull && this.#untilStart-- <= 0 ? this.#threads.find((thread) => thread.waiting < MOST_WAITING) : undefined;
    return free === undefined ? this.#here.print(batch) : free.print(batch);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

class PrintingThread {
  readonly #job: PrintJob;
  readonly #waiting: { resolve(printed: PrintedBatch): void; reject(error: Error): void }[] = [];
  #worker: Worker | null = null;

  constructor(job: PrintJob) {
    this.#job = job;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  print(batch: Batch): Promise<PrintedBatch> {
    this.#worker ??= this.#start();
    this.#worker.postMessage(batch, [batch.copies, batch.room]);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const lose = (error: Error): void => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    // Options of the process, such as a script of its command line, are not the thread's.
    return new Worker(new URL('./printing-thread.js', import.meta.url), { workerData: this.#job, execArgv: [] })
      .on('message', (printed: PrintedBatch) => this.#waiting.shift()?.resolve(printed))
      .on('error', (error) => lose(error instanceof Error ? error : new Error(String(error))))
      .on('exit', (status) => lose(new Error(`a thread that makes post-mortems ended with status ${status}`)));
  }
}
