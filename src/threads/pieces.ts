import { MOST_DECODED_BYTES, MOST_PIECES, PACKED_ELSEWHERE, PIECE_BYTES, PIECES } from '../fast-path/layout.js';

const WASM_PAGE = 0x10000;
const PIECE_LENGTH = PIECE_BYTES + MOST_DECODED_BYTES;
const PAGES = (PIECES + MOST_PIECES * PIECE_LENGTH) / WASM_PAGE;

/** Words of `control`; those of each piece follow. */
const C = { ready: 0, filled: 1, released: 2, stopped: 3, interfaces: 4, pieces: 5 } as const;
/** Of a piece: bytes that were read, bytes of the segments that were decoded, and how many interfaces these could name. */
const P = { length: 0, decoded: 1, interfaces: 2 } as const;
const PIECE_WORDS = 3;

/**
 * Milliseconds for which the thread that fills sleeps: in them the other one empties a piece. With three times as many, it sometimes
 * woke so late that all were empty, and an analysis took a thirtieth longer.
 */
const NAP = 0.3;

/** In place of a piece's length: there is none, for the capture ends, or cannot be read. */
const NO_MORE = 0;

/** What a thread needs to be given for it: see `Pieces`. */
export interface SharedPieces {
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array;
}

/**
 * Pieces of a capture that one thread fills, and another one empties, in their order: they are as many as `MOST_PIECES`,
 * and take turns.
 */
export class Pieces implements SharedPieces {
  readonly #bytes: Uint8Array;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly control: Int32Array,
  ) {
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /** @param walked memory of who walks through what is decoded; null where nobody does */
  static create(walked: WebAssembly.Memory | null): Pieces {
    const memory = walked ?? new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
    const words = C.pieces + PIECE_WORDS * MOST_PIECES;
    return new Pieces(memory, new Int32Array(new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT)));
  }

  /** Whether the thread that fills has come so far that it can begin. */
  get isReady(): boolean {
    return Atomics.load(this.control, C.ready) === 1;
  }

  setReady(): void {
    Atomics.store(this.control, C.ready, 1);
    Atomics.notify(this.control, C.ready);
  }

  /** From now on, the thread that fills packs the flows in this memory that have closed. */
  letPack(): void {
    new Int32Array(this.memory.buffer, PACKED_ELSEWHERE, 1)[0] = 1;
  }

  /** Interfaces that packet blocks may name: see RecordSpan. They may become more. */
  get interfaces(): number {
    return Atomics.load(this.control, C.interfaces);
  }

  set interfaces(count: number) {
    Atomics.store(this.control, C.interfaces, count);
  }

  get isStopped(): boolean {
    return Atomics.load(this.control, C.stopped) === 1;
  }

  /** No more is wanted. */
  stop(): void {
    Atomics.store(this.control, C.stopped, 1);
    Atomics.notify(this.control, C.stopped);
  }

  /** All memory of a piece's bytes. */
  whole(piece: number): Uint8Array {
    return this.#subarray(piece, 0, PIECE_BYTES);
  }

  /**
   * Waits until a piece may be overwritten. Nobody wakes who waits: to do that takes a tenth of a millisecond, as long as to
   * walk through a thousand records, of the thread that is short of time.
   *
   * @param meanwhile does something else; false where there is nothing to do
   */
  waitToFill(piece: number, meanwhile: () => boolean): void {
    const { control } = this;
    while (piece - Atomics.load(control, C.released) >= MOST_PIECES && !this.isStopped)
      if (!meanwhile()) Atomics.wait(control, C.stopped, 0, NAP);
  }

  /** A piece was filled: so many bytes of the capture, and so many of segments decoded from them, of so many interfaces. */
  fill(piece: number, length: number, decoded: number, interfaces: number): void {
    const at = placeOf(piece);
    this.control[at + P.length] = length;
    this.control[at + P.decoded] = decoded;
    this.control[at + P.interfaces] = interfaces;
    Atomics.store(this.control, C.filled, piece + 1);
    Atomics.notify(this.control, C.filled);
  }

  /** No piece follows. */
  end(piece: number): void {
    this.fill(piece, NO_MORE, 0, 0);
  }

  /** Waits some milliseconds for the piece to be filled. @returns whether it is */
  waitToEmpty(piece: number, milliseconds: number): boolean {
    const { control } = this;
    if (Atomics.load(control, C.filled) === piece) Atomics.wait(control, C.filled, piece, milliseconds);
    return Atomics.load(control, C.filled) > piece;
  }

  /** The bytes of a piece that was filled; null for none. */
  bytes(piece: number): Uint8Array | null {
    const length = this.control[placeOf(piece) + P.length];
    return length === NO_MORE ? null : this.#subarray(piece, 0, length);
  }

  /** Segments decoded from it, as fast-path/decoded.ts writes them; null for none, or where they may be of more interfaces. */
  decoded(piece: number, interfaces: number): Uint8Array | null {
    const at = placeOf(piece);
    const length = this.control[at + P.decoded];
    return length === 0 || this.control[at + P.interfaces] > interfaces
      ? null
      : this.#subarray(piece, PIECE_BYTES, length);
  }

  /** The piece may be overwritten. */
  release(): void {
    Atomics.add(this.control, C.released, 1);
  }

  #subarray(piece: number, from: number, length: number): Uint8Array {
    const begin = PIECES + (piece % MOST_PIECES) * PIECE_LENGTH + from;
    return this.#bytes.subarray(begin, begin + length);
  }
}

function placeOf(piece: number): number {
  return C.pieces + PIECE_WORDS * (piece % MOST_PIECES);
}
