import { type BigIntStats, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hasCaptureName } from './capture-name.js';
import { expandGlob, isGlob } from './glob.js';

/** A regular file, found once however many names and links lead to it. */
export interface FoundFile {
  readonly path: string;
  readonly stats: BigIntStats;
}

/** What was found and is not read, and why. */
export interface PassedOver {
  readonly path: string;
  readonly reason: string;
}

export interface Walked {
  readonly files: readonly FoundFile[];
  /** Links to what was found already, devices, pipes. */
  readonly passedOver: readonly PassedOver[];
  /** Named and not there, or not to be opened. */
  readonly missing: readonly PassedOver[];
}

/**
 * Files, all that is in folders, and what patterns stand for. Names come before links, whatever their order, so that a file is
 * known by its own name.
 * @param without a folder that is not walked into: that of the results
 */
export function walk(paths: readonly string[], without: string): Walked {
  return new Walk(without).run(paths);
}

class Walk {
  readonly #files: FoundFile[] = [];
  readonly #passedOver: PassedOver[] = [];
  readonly #missing: PassedOver[] = [];
  readonly #links: string[] = [];
  /** Device and inode of each file and folder, and the name it was found by. */
  readonly #seen = new Map<string, string>();

  constructor(readonly without: string) {}

  run(paths: readonly string[]): Walked {
    for (const path of paths) this.#named(path);
    // Links to folders may hold further links.
    for (let path = this.#links.shift(); path !== undefined; path = this.#links.shift()) this.#visit(path, true);
    return { files: this.#files, passedOver: this.#passedOver, missing: this.#missing };
  }

  #named(path: string): void {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined || !isGlob(path)) {
      this.#visit(path, false);
      return;
    }
    const found = expandGlob(path);
    if (found.length === 0) this.#missing.push({ path, reason: 'nothing matches this pattern' });
    for (const match of found) this.#visit(match, false);
  }

  #visit(path: string, follow: boolean): void {
    const stats = this.#stats(path, follow);
    if (stats === null) return;
    if (stats.isSymbolicLink()) {
      this.#links.push(path);
      return;
    }
    const key = `${stats.dev}:${stats.ino}`;
    const before = this.#seen.get(key);
    if (before !== undefined) {
      // Named twice is no link.
      if (resolve(before) !== resolve(path)) this.#passedOver.push({ path, reason: `a link to ${before}` });
      return;
    }
    this.#seen.set(key, path);
    if (stats.isDirectory()) this.#folder(path);
    else if (stats.isFile()) this.#files.push({ path, stats });
    else this.#passedOver.push({ path, reason: 'neither a file nor a folder' });
  }

  #folder(path: string): void {
    if (realpathSync(path) === this.without) return;
    try {
      const names = readdirSync(path).sort();
      if (names.includes('.lastack')) this.#passedOver.push({ path, reason: 'results of lastack audit' });
      else for (const name of names) this.#visit(join(path, name), false);
    } catch (error) {
      this.#missing.push({ path, reason: reasonOf(error) });
    }
  }

  #stats(path: string, follow: boolean): BigIntStats | null {
    try {
      return (follow ? statSync : lstatSync)(path, { bigint: true });
    } catch (error) {
      const reason = follow ? `a link to nothing (${reasonOf(error)})` : reasonOf(error);
      if (follow && !hasCaptureName(path)) this.#passedOver.push({ path, reason });
      else this.#missing.push({ path, reason });
      return null;
    }
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'nothing of that name';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  return String(code ?? error);
}
