import { renameSync } from 'node:fs';

/** Writes a file beside `path` and puts it in its place: whoever reads sees the old one or the new one, whole. */
export function replaceFile(path: string, write: (path: string) => void): void {
  const part = `${path}.part`;
  write(part);
  renameSync(part, path);
}
