import { parentPort } from 'node:worker_threads';
import { perform, type Task, type TaskProgress } from './task.js';

/** What a worker says to its pool. */
export type Message =
  | { readonly type: 'progress'; readonly progress: TaskProgress }
  | { readonly type: 'done'; readonly result: string | null }
  | { readonly type: 'failed'; readonly message: string };

/** Milliseconds between two messages about progress. */
const INTERVAL = 100;

const port = parentPort;
const say = (message: Message): void => port?.postMessage(message);

port?.on('message', async (task: Task) => {
  let told = 0;
  const onProgress = ({ path, bytesRead }: TaskProgress): void => {
    const now = Date.now();
    if (now - told < INTERVAL) return;
    told = now;
    say({ type: 'progress', progress: { path, bytesRead } });
  };
  try {
    say({ type: 'done', result: await perform(task, onProgress) });
  } catch (error) {
    say({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
});
