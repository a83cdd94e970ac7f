import type { TaskProgress } from './work/task.js';

/** How far an audit is. */
export interface AuditProgress {
  /** `checking` what changed by reading files through, then `reading` the captures that did. */
  readonly phase: 'checking' | 'reading';
  readonly done: number;
  readonly total: number;
  /** Bytes, as stored. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly running: readonly Running[];
}

/** A capture, or a series, that is being read. */
export interface Running {
  readonly path: string;
  readonly bytesRead: number;
  readonly size: number;
}

/** Adds up what tasks say of themselves. */
export class Gauge {
  #done = 0;
  #bytesDone = 0;
  readonly #running = new Map<string, { readonly size: number; readonly files: Map<string, number> }>();

  constructor(
    readonly phase: AuditProgress['phase'],
    readonly total: number,
    readonly bytesTotal: number,
    readonly tell: (progress: AuditProgress) => void,
  ) {}

  progress(path: string, size: number, { path: file, bytesRead }: TaskProgress): void {
    const task = this.#running.get(path) ?? { size, files: new Map<string, number>() };
    task.files.set(file, bytesRead);
    this.#running.set(path, task);
    this.#tell();
  }

  finished(path: string, size: number): void {
    this.#running.delete(path);
    this.#done++;
    this.#bytesDone += size;
    this.#tell();
  }

  #tell(): void {
    const running = [...this.#running].map(([path, { size, files }]): Running => {
      let bytesRead = 0;
      for (const bytes of files.values()) bytesRead += bytes;
      return { path, size, bytesRead: Math.min(size, bytesRead) };
    });
    this.tell({
      phase: this.phase,
      done: this.#done,
      total: this.total,
      bytesDone: this.#bytesDone + running.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
      bytesTotal: this.bytesTotal,
      running,
    });
  }
}
