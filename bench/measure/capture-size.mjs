import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const CHUNK_LENGTH = 4 * 1024 * 1024;
const FILE_HEADER_LENGTH = 24;
const RECORD_HEADER_LENGTH = 16;

/**
 * How many frames and bytes a generated capture has. Reading it also brings it into the page cache, so that the first
 * command measured has no disadvantage.
 * @param {string} path
 * @returns {{ frames: number, bytes: number }}
 */
export function sizeOf(path) {
  const descriptor = openSync(path, 'r');
  const bytes = fstatSync(descriptor).size;
  const chunk = new DataView(new ArrayBuffer(CHUNK_LENGTH));
  let frames = 0;
  for (let at = FILE_HEADER_LENGTH; at + RECORD_HEADER_LENGTH <= bytes; ) {
    const length = readSync(descriptor, chunk, 0, CHUNK_LENGTH, at);
    let record = 0;
    while (record + RECORD_HEADER_LENGTH <= length) {
      frames++;
      record += RECORD_HEADER_LENGTH + chunk.getUint32(record + 8, true);
    }
    at += record;
  }
  closeSync(descriptor);
  return { frames, bytes };
}
