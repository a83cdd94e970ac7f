import { Worker } from 'node:worker_threads';
import { type OnTaskProgress, perform, type Task } from './task.js';
import type { Message } from './worker.js';

/** Does a task; rejects with what went wrong. */
type Performer = (task: Task, onProgress: OnTaskProgress) => Promise<string | null>;

/** One task and what becomes of it. */
export interface Work {
  readonly task: Task;
  readonly onProgress: OnTaskProgress;
  readonly onDone: (result: string | null) => void;
  /** The task alone failed; the others go on. */
  readonly onFailed: (message: string) => void;
}

/**
 * Does tasks on `jobs` worker threads, in their order as threads become free; with 0, here, one after the other.
 * @throws the reason of `signal`, once nothing runs any more
 */
export async function performAll(work: readonly Work[], jobs: number, signal?: AbortSignal): Promise<void> {
  const queue = [...work];
  const here: Performer = (task, onProgress) => perform(task, onProgress, signal);
  const threads = Array.from({ length: Math.min(jobs, work.length) }, () => new Thread());
  const stop = () => threads.forEach((thread) => void thread.stop());
  signal?.addEventListener('abort', stop, { once: true });
  const serve = async (performer: Performer): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      signal?.throwIfAborted();
      const { task, onProgress, onDone, onFailed } = next;
      try {
        onDone(await performer(task, onProgress));
      } catch (error) {
        signal?.throwIfAborted();
        onFailed(messageOf(error));
      }
    }
  };
  try {
    const served = jobs === 0 ? [serve(here)] : threads.map((thread) => serve(thread.perform));
    const outcomes = await Promise.allSettled(served);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(threads.map((thread) => thread.stop()));
  }
}

/**
 * What a thread's values may take. A capture's tables lie outside of it, and what is left of reading one takes some 50 MB.
 * A bound also has the collector free memory sooner.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 1536 };

/** A worker thread, started with its first task, and anew where a task has ended it. */
class Thread {
  #worker: Worker | null = null;
  #settle: { readonly onMessage: (message: Message) => void; readonly onLost: (error: Error) => void } | null = null;

  readonly perform: Performer = (task, onProgress) =>
    new Promise((resolve, reject) => {
      this.#settle = {
        onMessage: (message) => {
          if (message.type === 'progress') {
            onProgress(message.progress);
            return;
          }
          this.#settle = null;
          if (message.type === 'done') resolve(message.result);
          else reject(new Error(message.message));
        },
        onLost: (error) => {
          this.#settle = null;
          reject(error);
        },
      };
      this.#worker ??= this.#start();
      this.#worker.postMessage(task);
    });

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** Listened to for as long as it lives: it may die between two tasks, too. */
  #start(): Worker {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      resourceLimits: RESOURCE_LIMITS,
      // Options of the process, such as a script of its command line, are not the thread's.
      execArgv: [],
    });
    const onLost = (error: Error): void => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#settle?.onLost(error);
    };
    return worker
      .on('message', (message: Message) => this.#settle?.onMessage(message))
      .on('error', (error) => onLost(new Error(`the thread that read it died: ${messageOf(error)}`)))
      .on('exit', (status) => onLost(new Error(`the thread that read it ended with status ${status}`)));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
