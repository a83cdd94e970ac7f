import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { ByteSource } from './bytes.js';
import { GzipBytes } from './gzip-bytes.js';
import type { Compression } from './source.js';
import { type Tool, ToolBytes } from './tool-bytes.js';
import { ZstdBytes, zstdWindow } from './zstd-bytes.js';

/** What the system unpacks, within bounds on memory; zstd bounds itself to 128 MiB. */
const TOOLS: Readonly<Record<Exclude<Compression, 'gzip'>, Tool>> = {
  zstd: { program: 'zstd', parameters: ['-dcq'] },
  lz4: { program: 'lz4', parameters: ['-dcq'] },
  xz: { program: 'xz', parameters: ['-dcq', '--memlimit-decompress=256MiB'] },
  bzip2: { program: 'bzip2', parameters: ['-dcq'] },
};

/**
 * Unpacks compressed bytes: gzip in this process, the others by the program of that name, and zstd in this process where
 * there is no such program.
 *
 * @param head the first bytes of `stored`, not taken from it
 * @param reopen opens the stored bytes anew from their beginning; null where that cannot be done
 */
export function unpacked(
  compression: Compression,
  stored: ByteSource,
  head: Uint8Array,
  reopen: (() => Promise<ByteSource>) | null,
): ByteSource {
  if (compression === 'gzip') return new GzipBytes(stored, reopen);
  const tool = TOOLS[compression];
  if (compression === 'zstd' && !isOnPath(tool.program)) return new ZstdBytes(stored, zstdWindow(head));
  return new ToolBytes(stored, tool);
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
