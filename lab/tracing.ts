import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.js';

const USUAL_PLACE = '/sys/kernel/tracing';
const EVENT = 'events/sock/inet_sock_set_state';

/** The kernel's tracing files: where they are, and how to leave. */
export interface Tracefs {
  readonly folder: string;
  leave(): Promise<void>;
}

/** Finds tracefs, or mounts it in `folder`; null where this kernel or sandbox has no such tracepoint. */
export async function openTracefs(folder: string): Promise<Tracefs | null> {
  if (existsSync(join(USUAL_PLACE, EVENT))) return { folder: USUAL_PLACE, leave: async () => {} };
  const place = join(folder, 'tracefs');
  try {
    mkdirSync(place);
    await run('mount', ['-t', 'tracefs', 'tracefs', place]);
  } catch {
    return null; // polls of the socket tables take its place
  }
  const leave = async () => {
    await run('umount', [place]);
  };
  if (existsSync(join(place, EVENT))) return { folder: place, leave };
  await leave();
  return null;
}

/** A tracing instance of its own, in which every change of a TCP socket's state is recorded. */
export class Tracing {
  readonly #folder: string;

  /** Starts recording. The kernel's clock is set to TAI, the one that differs from the captures' by whole seconds. */
  constructor(tracefs: Tracefs, name: string) {
    this.#folder = join(tracefs.folder, 'instances', name);
    mkdirSync(this.#folder);
    this.#set('trace_clock', 'tai');
    this.#set('buffer_size_kb', '512');
    this.#set(`${EVENT}/filter`, 'family == 2 && protocol == 6');
    this.#set(`${EVENT}/enable`, '1');
  }

  /** What was recorded so far, as the kernel prints it. */
  read(): string {
    return readFileSync(join(this.#folder, 'trace'), 'utf8');
  }

  remove(): void {
    this.#set(`${EVENT}/enable`, '0');
    rmdirSync(this.#folder);
  }

  #set(file: string, value: string): void {
    writeFileSync(join(this.#folder, file), value);
  }
}
