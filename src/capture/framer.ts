import type { CaptureInterface } from './capture-interface.js';
import type { CaptureError } from './error.js';
import { Frame } from './frame.js';
import type { RecordSpan } from './record-span.js';

const NOTHING = new Uint8Array(0);

/**
 * Cuts the frames of a capture out of pushed bytes.
 *
 * ```ts
 * framer.push(chunk);
 * while (framer.next()) use(framer.frame);
 * ```
 *
 * The cursor walks one chunk in place. A record that is split between chunks is put together in a carry buffer, which
 * never holds more than one record, and grows only as its bytes come. Each format says how long its records are.
 */
export abstract class Framer {
  /** The cursor; valid until the next call of `next()` or `push()`. */
  readonly frame = new Frame();
  /** Why no further record can be read; null while all is well. */
  error: CaptureError | null = null;

  /** What the cursor walks: the carry buffer, or the pushed chunk. */
  protected bytes: Uint8Array = NOTHING;
  protected view = viewOf(NOTHING);
  /** Index of the next record, and of the end of what is there. */
  protected position = 0;
  protected limit = 0;
  /** How often the cursor was given other bytes, or what is known of them has changed. */
  protected piece = 0;
  #carry: Uint8Array = NOTHING;
  /** What of the pushed chunk comes behind the record in the carry buffer. */
  #rest: Uint8Array = NOTHING;

  /**
   * @param path the capture as the user named it, for errors
   * @param headerLength bytes that tell how long a record is: no record is shorter
   * @param base offset in the capture of what is at index 0
   */
  protected constructor(
    protected readonly path: string,
    protected readonly headerLength: number,
    protected base: number,
  ) {}

  /** The interfaces that were described so far, in their order. */
  abstract get interfaces(): readonly CaptureInterface[];

  /** Steps to the next frame. False where its bytes were not pushed yet, or cannot be read (see `error`). */
  abstract next(): boolean;

  /**
   * Tells of records behind the cursor, which are of one link type: sets `bytes`, `piece`, `position`, `limit`,
   * `nanosecondsOfUnit` and `interfaces`.
   * @returns false where there are none, or of another kind
   */
  lend(_span: RecordSpan): boolean {
    return false;
  }

  /** The part of `lend` that is the same for all formats. */
  protected lendBytes(span: RecordSpan): void {
    span.bytes = this.bytes;
    span.decoded = null;
    span.piece = this.piece;
    span.position = this.position;
    span.limit = this.limit;
  }

  /** Goes on behind records that were lent: so many, up to `position`. */
  skip(records: number, position: number): void {
    this.frame.number += records;
    this.position = position;
  }

  /**
   * Lets go of what was pushed of a record that is not whole. Call it once `next()` has returned false.
   * @returns where in the capture that record begins: what is pushed next begins there
   */
  rewind(): number {
    this.#walk(this.#carry, 0);
    return this.base;
  }

  /** Reads what stands before the first frame, as far as it was pushed, and takes no frame. */
  skipToFrame(): void {}

  /** Bytes of the record at index `at`, by its own word; its header is there. May be more than is sane. */
  protected abstract recordLength(at: number): number;

  /** Sets `error`: the capture ends inside the record at index 0, of which something is there. */
  protected abstract cutShort(): void;

  /** Offset in the capture behind the last byte that was pushed. */
  get offset(): number {
    return this.base + this.limit + this.#rest.length;
  }

  /**
   * Gives the bytes that follow those pushed before; the first chunk starts at the first record. Call it only once
   * `next()` has returned false. The framer reads the chunk until `next()` returns false again, and then lets go of it.
   */
  push(chunk: Uint8Array): void {
    if (this.#rest.length > 0 || this.bytes !== this.#carry) throw new Error('push() before next() returned false');
    this.#rest = chunk.subarray(this.limit > 0 ? this.#completeCarry(chunk) : 0);
  }

  /** Says that no more bytes come. Call it once `next()` has returned false; `error` then tells of a cut record. */
  end(): void {
    if (this.error === null && this.limit > 0) this.cutShort();
  }

  /**
   * No whole record is left where the cursor is: goes on to the rest of the chunk (true), or keeps the remainder for
   * later (false).
   */
  protected turn(): boolean {
    if (this.#rest.length > 0) {
      const rest = this.#rest;
      this.#rest = NOTHING;
      this.#walk(rest, rest.length);
      return true;
    }
    if (this.bytes !== this.#carry || this.position === this.limit) {
      const remainder = this.bytes.subarray(this.position, this.limit);
      if (this.#carry.length < remainder.length) this.#carry = new Uint8Array(remainder.length);
      this.#carry.set(remainder);
      this.#walk(this.#carry, remainder.length);
    }
    return false;
  }

  #walk(bytes: Uint8Array, limit: number): void {
    this.base += this.position;
    this.position = 0;
    this.limit = limit;
    this.piece++;
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.frame.bytes = bytes;
    this.frame.view = this.view;
  }

  /** Completes the record in the carry buffer, as far as the chunk goes. Returns how many of its bytes that took. */
  #completeCarry(chunk: Uint8Array): number {
    const taken = this.#take(chunk, this.headerLength);
    if (this.limit < this.headerLength) return taken;
    return taken + this.#take(chunk.subarray(taken), this.recordLength(0));
  }

  /** Adds to the carry buffer until it holds `wanted` bytes. Returns how many were added. */
  #take(chunk: Uint8Array, wanted: number): number {
    const count = Math.min(Math.max(wanted - this.limit, 0), chunk.length);
    const limit = this.limit + count;
    if (this.#carry.length < limit) {
      const carry = new Uint8Array(Math.max(limit, 2 * this.#carry.length));
      carry.set(this.#carry);
      this.#carry = carry;
    }
    this.#carry.set(chunk.subarray(0, count), this.limit);
    this.#walk(this.#carry, limit);
    return count;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
