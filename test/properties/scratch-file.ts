import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file of its own for a test that writes one capture after the other. */
export class ScratchFile {
  readonly #directory = mkdtempSync(join(tmpdir(), 'lastack-properties-'));

  /** Replaces what it holds. @returns its path */
  write(bytes: Uint8Array): string {
    const path = join(this.#directory, 'generated.pcap');
    writeFileSync(path, bytes);
    return path;
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }
}
