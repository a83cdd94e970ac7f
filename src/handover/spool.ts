import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CaptureError } from '../capture/error.js';
import type { CaptureSummary } from '../findings/analysis.js';
import { HandoverError } from './error.js';

const STANDARD_INPUT = '-';

/**
 * Captures that can be read twice: regular files as they are, standard input and pipes as a copy in the system's folder for
 * temporary files (as large as the input; readable by this user only), until `remove()`.
 */
export class Spool {
  readonly paths: readonly string[];
  readonly #folder: string | null;
  /** Names that the user gave, by path of the copy. */
  readonly #names: ReadonlyMap<string, string>;

  private constructor(paths: readonly string[], folder: string | null, names: ReadonlyMap<string, string>) {
    this.paths = paths;
    this.#folder = folder;
    this.#names = names;
  }

  /** @throws HandoverError `spool` */
  static async of(captures: readonly string[], signal?: AbortSignal): Promise<Spool> {
    const paths: string[] = [];
    const names = new Map<string, string>();
    let folder: string | null = null;
    try {
      for (const name of captures) {
        if (!(await isStream(name))) {
          paths.push(name);
          continue;
        }
        folder ??= await mkdtemp(join(tmpdir(), 'lastack-'));
        const copy = join(folder, `${names.size}.capture`);
        const input = name === STANDARD_INPUT ? process.stdin : createReadStream(name);
        await pipeline(input, createWriteStream(copy, { mode: 0o600 }), { ...(signal && { signal }) });
        names.set(copy, name);
        paths.push(copy);
      }
      return new Spool(paths, folder, names);
    } catch (cause) {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
      if (signal?.aborted) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new HandoverError('spool', `room in ${tmpdir()} for a copy of the input, which is read twice`, reason, {
        cause,
      });
    }
  }

  /** What was read, under the names that the user gave. */
  named(summaries: readonly CaptureSummary[]): CaptureSummary[] {
    return summaries.map((summary) => {
      const path = this.#names.get(summary.path);
      if (path === undefined) return summary;
      return { ...summary, path, error: summary.error && renamed(summary.error, path) };
    });
  }

  async remove(): Promise<void> {
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
  }
}

async function isStream(name: string): Promise<boolean> {
  if (name === STANDARD_INPUT) return true;
  try {
    const stats = await stat(name);
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    // What is wrong with it is told by whoever opens it as a capture.
    return false;
  }
}

const renamed = ({ code, offset, frame, expected, found }: CaptureError, path: string): CaptureError =>
  new CaptureError(code, path, offset, frame, expected, found);
