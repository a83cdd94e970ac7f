import { readFileSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { unreadable } from '../capture/bytes.js';
import { MOST_PIECES, PIECE_BYTES } from '../fast-path/layout.js';
import { Pieces } from './pieces.js';
import type { ReadingEnd, ReadingJob, ReadingStart } from './reading-job.js';

/** What src/fast-path/ahead.ts exports. */
interface Ahead {
  setSeed(seed: number): void;
  setFraming(nanosecondsOfUnit: number, epochSeconds: number, interfaces: number): void;
  setLink(typeAt: number, headerLength: number): void;
  decodePiece(piece: number, length: number): number;
  decodedBytes(): number;
}

/** Reads a capture into pieces that end where a record does, and decodes what of them the fast path takes. */
class Reading {
  readonly #pieces: Pieces;
  readonly #ahead: Ahead;

  constructor({ shared, seed }: ReadingJob) {
    this.#pieces = new Pieces(shared.memory, shared.control);
    const module = new WebAssembly.Module(readFileSync(new URL('../../dist/decode-ahead.wasm', import.meta.url)));
    const { exports } = new WebAssembly.Instance(module, { env: { memory: shared.memory } });
    // What src/fast-path/ahead.ts exports, which the compiler of TypeScript does not read.
    this.#ahead = exports as unknown as Ahead;
    this.#ahead.setSeed(seed);
    this.#pieces.setReady();
  }

  run({ file, offset, framing }: ReadingStart): ReadingEnd {
    const pieces = this.#pieces;
    const ahead = this.#ahead;
    ahead.setLink(framing.typeAt, framing.linkHeader);
    let from = offset;
    /** Behind the last whole record of the piece before. */
    let rest = new Uint8Array(0);
    let piece = 0;
    // A record that is longer than a piece, or not sane, is left to who takes the pieces, and all behind it.
    for (let isFramed = true; ; piece++) {
      pieces.waitToFill(piece);
      if (pieces.isStopped) return null;
      const bytes = pieces.whole(piece);
      bytes.set(rest);
      let length = rest.length;
      let whole = 0;
      while (whole === 0 && length < PIECE_BYTES) {
        let count: number;
        try {
          count = readSync(file, bytes, length, PIECE_BYTES - length, from);
        } catch (cause) {
          pieces.end(piece);
          const { code, expected, found } = unreadable(cause);
          return { code, expected, found };
        }
        from += count;
        length += count;
        if (count === 0) break;
        if (!isFramed) {
          whole = length;
          continue;
        }
        ahead.setFraming(framing.nanosecondsOfUnit, framing.epochSeconds, pieces.interfaces);
        whole = ahead.decodePiece(piece % MOST_PIECES, length);
      }
      if (length === 0) {
        pieces.end(piece);
        return null;
      }
      if (whole === 0) isFramed = false;
      rest = bytes.slice(whole === 0 ? length : whole, length);
      pieces.fill(piece, whole === 0 ? length : whole, isFramed ? ahead.decodedBytes() : 0);
    }
  }
}

const reading = new Reading(workerData);

parentPort?.once('message', (start: ReadingStart) => {
  parentPort?.postMessage(reading.run(start));
  parentPort?.close();
});
