import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import type { FoundFile } from '../discovery/walk.js';
import { replaceFile } from '../store/replace-file.js';

/** Milliseconds that a file must have been left alone before its hash is remembered: clocks of file systems are coarse. */
const SETTLED = 2000;

interface Entry {
  readonly stamp: string;
  readonly hash: string;
}

/** Hashes of files that did not change since, by what the file system says of them: size, inode, and both times. */
export class HashCache {
  readonly #path: string;
  readonly #before: ReadonlyMap<string, Entry>;
  readonly #now = new Map<string, Entry>();

  constructor(path: string) {
    this.#path = path;
    this.#before = new Map(read(path));
  }

  get({ path, stats }: FoundFile): string | null {
    const name = realpathSync(path);
    const entry = this.#before.get(name);
    if (entry?.stamp !== stampOf(stats)) return null;
    this.#now.set(name, entry);
    return entry.hash;
  }

  set({ path, stats }: FoundFile, hash: string): void {
    if (Date.now() - Number(stats.ctimeMs) < SETTLED) return;
    this.#now.set(realpathSync(path), { stamp: stampOf(stats), hash });
  }

  save(): void {
    replaceFile(this.#path, (path) => writeFileSync(path, JSON.stringify([...this.#now])));
  }
}

const stampOf = ({ size, ino, mtimeNs, ctimeNs }: FoundFile['stats']): string => `${size} ${ino} ${mtimeNs} ${ctimeNs}`;

/** Nothing where there is no cache, or a damaged one: it only saves work. */
function read(path: string): [string, Entry][] {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return [];
  }
}
