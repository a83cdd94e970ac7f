import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const CAPTURES = join(import.meta.dirname, '../../captures');
export const capture = (name: string): string => join(CAPTURES, `${name}.pcap`);

/** A folder of its own for a file of tests. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), 'lastack-audit-'));

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(name: string, content: Uint8Array | string): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Every file of a folder of results with the hash of its bytes, without what the folder keeps for itself alone. */
export function contentOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'hashes.json')
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}
