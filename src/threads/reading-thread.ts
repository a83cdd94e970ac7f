import { readFileSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { BytesError, unreadable } from '../capture/bytes.js';
import { MOST_PIECES, PIECE_BYTES } from '../fast-path/layout.js';
import { Pieces } from './pieces.js';
import type { Framing, ReadingEnd, ReadingJob, ReadingStart } from './reading-job.js';

/** What src/fast-path/ahead.ts exports. */
interface Ahead {
  setFraming(nanosecondsOfUnit: number, epochSeconds: number, interfaces: number): void;
  setLink(typeAt: number, headerLength: number): void;
  decodePiece(piece: number, length: number): number;
  decodedBytes(): number;
  /** 0 for no. */
  packPage(): number;
}

/**
 * Reads a capture into pieces that end where a record does, and decodes what of them the fast path takes. Between them it packs
 * flows that have closed, which are in the same memory.
 */
class Reading {
  readonly #pieces: Pieces;
  readonly #ahead: Ahead;
  /** That is filled next. */
  #piece = 0;
  /** Where in the file that goes on, and what of it was read before: the begin of a record. */
  #offset = 0;
  #rest = new Uint8Array(0);
  /** That packet blocks could name where segments were decoded last. */
  #interfaces = 0;

  constructor({ shared }: ReadingJob) {
    this.#pieces = new Pieces(shared.memory, shared.control);
    const module = new WebAssembly.Module(readFileSync(new URL('../../dist/decode-ahead.wasm', import.meta.url)));
    const { exports } = new WebAssembly.Instance(module, { env: { memory: shared.memory } });
    // What src/fast-path/ahead.ts exports, which the compiler of TypeScript does not read.
    this.#ahead = exports as unknown as Ahead;
    this.#pieces.setReady();
  }

  /** Fills pieces up to the end of the capture, or until they are stopped. */
  run(start: ReadingStart): ReadingEnd {
    this.#offset = start.offset;
    this.#ahead.setLink(start.framing.typeAt, start.framing.linkHeader);
    try {
      this.#fillAll(start);
      return null;
    } catch (error) {
      if (!(error instanceof BytesError)) throw error;
      const { code, expected, found } = error;
      return { code, expected, found };
    } finally {
      this.#pieces.end(this.#piece);
    }
  }

  readonly #pack = (): boolean => this.#ahead.packPage() !== 0;

  #fillAll({ file, framing }: ReadingStart): void {
    const pieces = this.#pieces;
    // A record that is longer than a piece, or not sane, is left to who takes the pieces, and all behind it.
    for (let isFramed = true; ; this.#piece++) {
      // Also where it never has to wait: else they would become more.
      while (this.#pack());
      pieces.waitToFill(this.#piece, this.#pack);
      if (pieces.isStopped) return;
      const bytes = pieces.whole(this.#piece);
      bytes.set(this.#rest);
      let length = this.#rest.length;
      let whole = 0;
      while (whole === 0 && length < PIECE_BYTES) {
        const count = this.#read(file, bytes.subarray(length));
        if (count === 0) break;
        length += count;
        whole = isFramed ? this.#decode(framing, length) : length;
      }
      if (length === 0) return;
      if (whole === 0) {
        isFramed = false;
        whole = length;
      }
      this.#rest = bytes.slice(whole, length);
      pieces.fill(this.#piece, whole, isFramed ? this.#ahead.decodedBytes() : 0, this.#interfaces);
    }
  }

  /** @throws BytesError */
  #read(file: number, bytes: Uint8Array): number {
    try {
      const count = readSync(file, bytes, 0, bytes.length, this.#offset);
      this.#offset += count;
      return count;
    } catch (cause) {
      throw unreadable(cause);
    }
  }

  /** @returns how much of the piece is whole records */
  #decode({ nanosecondsOfUnit, epochSeconds }: Framing, length: number): number {
    this.#interfaces = this.#pieces.interfaces;
    this.#ahead.setFraming(nanosecondsOfUnit, epochSeconds, this.#interfaces);
    return this.#ahead.decodePiece(this.#piece % MOST_PIECES, length);
  }
}

const reading = new Reading(workerData);

parentPort?.once('message', (start: ReadingStart) => {
  parentPort?.postMessage(reading.run(start));
  parentPort?.close();
});
