import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

const CHUNK_LENGTH = 1 << 20;

/** SHA-256 of a file's bytes as stored, in hexadecimal. */
export async function contentHash(path: string, onBytes: (bytes: number) => void): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  try {
    const buffer = new Uint8Array(CHUNK_LENGTH);
    for (let read = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_LENGTH);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
      read += bytesRead;
      onBytes(read);
    }
  } finally {
    await file.close();
  }
}
