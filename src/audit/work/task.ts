import type { CaptureJob } from './capture-work.js';

/** What a worker is asked to do. */
export type Task =
  | { readonly kind: 'hash'; readonly path: string }
  | { readonly kind: 'capture'; readonly job: CaptureJob };

/** How far a task is. */
export interface TaskProgress {
  /** The file that is being read. */
  readonly path: string;
  /** Bytes of it, as stored. */
  readonly bytesRead: number;
}

export type OnTaskProgress = (progress: TaskProgress) => void;

/** Does the task here: gives the hash, or null for a capture, whose results are files. */
export async function perform(task: Task, onProgress: OnTaskProgress, signal?: AbortSignal): Promise<string | null> {
  if (task.kind === 'hash') {
    const { contentHash } = await import('./content-hash.js');
    return contentHash(task.path, (bytesRead) => {
      signal?.throwIfAborted();
      onProgress({ path: task.path, bytesRead });
    });
  }
  // Loaded where it is needed: the commands that read one capture do without the writer of Parquet.
  const { readCapture } = await import('./capture-work.js');
  await readCapture(task.job, { onProgress, ...(signal && { signal }) });
  return null;
}
