import type { CaptureError } from './error.js';
import { Frame } from './frame.js';
import { PCAP_HEADER_LENGTH, type PcapHeader } from './pcap-header.js';
import { insaneRecord, recordBound, setTime, truncatedRecord } from './record.js';

const NOTHING = new Uint8Array(0);

/**
 * Cuts the records of a pcap file out of pushed bytes.
 *
 * The cursor walks one chunk in place. A record that is split between chunks is put together in a carry buffer, which
 * never holds more than one record, and grows only as its bytes come.
 *
 * ```ts
 * framer.push(chunk);
 * while (framer.next()) use(framer.frame);
 * ```
 *
 * @see draft-ietf-opsawg-pcap, section 5
 */
export class PcapFramer {
  /** The cursor; valid until the next call of `next()` or `push()`. */
  readonly frame = new Frame();

  readonly #path: string;
  readonly #littleEndian: boolean;
  readonly #headerLength: number;
  readonly #unitsPerSecond: number;
  readonly #originalFirst: boolean;
  readonly #smallerIsCaptured: boolean;
  readonly #bound: number;

  #error: CaptureError | null = null;
  #carry: Uint8Array = NOTHING;
  /** What of the pushed chunk comes behind the record in the carry buffer. */
  #rest: Uint8Array = NOTHING;
  /** What the cursor walks: the carry buffer, or the pushed chunk. */
  #bytes: Uint8Array = NOTHING;
  #view = viewOf(NOTHING);
  #position = 0;
  #limit = 0;
  /** Offset in the capture of what is at index 0. */
  #base = PCAP_HEADER_LENGTH;

  /** @param path the capture as the user named it, for errors */
  constructor(header: PcapHeader, path: string) {
    this.#path = path;
    this.#littleEndian = header.littleEndian;
    this.#headerLength = header.recordHeaderLength;
    this.#unitsPerSecond = 10 ** header.timeDigits;
    this.#originalFirst = header.lengthOrder === 'original-first';
    this.#smallerIsCaptured = header.lengthOrder === 'smaller-is-captured';
    this.#bound = recordBound(header);
    this.frame.linkType = header.linkType;
  }

  /** Why no further record can be read: `record-length`, or after `end()` `truncated-record`; else null. */
  get error(): CaptureError | null {
    return this.#error;
  }

  /** Offset in the capture behind the last byte that was pushed. */
  get offset(): number {
    return this.#base + this.#limit + this.#rest.length;
  }

  /**
   * Gives the bytes that follow those pushed before; the first chunk starts behind the global header. Call it only once
   * `next()` has returned false. The framer reads the chunk until `next()` returns false again, and then lets go of it.
   */
  push(chunk: Uint8Array): void {
    if (this.#rest.length > 0 || this.#bytes !== this.#carry) throw new Error('push() before next() returned false');
    this.#rest = chunk.subarray(this.#limit > 0 ? this.#completeCarry(chunk) : 0);
  }

  /** Steps to the next frame. False where its bytes were not pushed yet, or cannot be read (see `error`). */
  next(): boolean {
    const at = this.#position;
    const start = at + this.#headerLength;
    if (start > this.#limit) return this.#turn();
    const view = this.#view;
    const littleEndian = this.#littleEndian;
    const capturedLength = this.#capturedLength(at);
    if (capturedLength > this.#bound) return this.#refuse(capturedLength);
    const end = start + capturedLength;
    if (end > this.#limit) return this.#turn();

    const frame = this.frame;
    frame.offset = start;
    frame.capturedLength = capturedLength;
    frame.originalLength =
      view.getUint32(at + 8, littleEndian) + view.getUint32(at + 12, littleEndian) - capturedLength;
    setTime(frame, view.getUint32(at, littleEndian), view.getUint32(at + 4, littleEndian), this.#unitsPerSecond);
    frame.number++;
    this.#position = end;
    return true;
  }

  /** Says that no more bytes come. Call it once `next()` has returned false; `error` then tells of a cut record. */
  end(): void {
    if (this.#error !== null || this.#limit === 0) return;
    const capturedLength = this.#limit < this.#headerLength ? null : this.#capturedLength(0);
    this.#error = truncatedRecord(this.#place(), this.#headerLength, capturedLength, this.#limit);
  }

  #capturedLength(at: number): number {
    const first = this.#view.getUint32(at + 8, this.#littleEndian);
    const second = this.#view.getUint32(at + 12, this.#littleEndian);
    return this.#originalFirst || (this.#smallerIsCaptured && second < first) ? second : first;
  }

  /** No whole record is left where the cursor is: goes on to the rest of the chunk, or keeps the remainder for later. */
  #turn(): boolean {
    if (this.#rest.length > 0) {
      const rest = this.#rest;
      this.#rest = NOTHING;
      this.#walk(rest, rest.length);
      return this.next();
    }
    if (this.#bytes !== this.#carry || this.#position === this.#limit) {
      const remainder = this.#bytes.subarray(this.#position, this.#limit);
      if (this.#carry.length < remainder.length) this.#carry = new Uint8Array(remainder.length);
      this.#carry.set(remainder);
      this.#walk(this.#carry, remainder.length);
    }
    return false;
  }

  #walk(bytes: Uint8Array, limit: number): void {
    this.#base += this.#position;
    this.#position = 0;
    this.#limit = limit;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.frame.bytes = bytes;
    this.frame.view = this.#view;
  }

  /** Completes the record in the carry buffer, as far as the chunk goes. Returns how many of its bytes that took. */
  #completeCarry(chunk: Uint8Array): number {
    const taken = this.#take(chunk, this.#headerLength);
    if (this.#limit < this.#headerLength) return taken;
    return taken + this.#take(chunk.subarray(taken), this.#headerLength + this.#capturedLength(0));
  }

  /** Adds to the carry buffer until it holds `wanted` bytes. Returns how many were added. */
  #take(chunk: Uint8Array, wanted: number): number {
    const count = Math.min(Math.max(wanted - this.#limit, 0), chunk.length);
    const limit = this.#limit + count;
    if (this.#carry.length < limit) {
      const carry = new Uint8Array(Math.max(limit, 2 * this.#carry.length));
      carry.set(this.#carry);
      this.#carry = carry;
    }
    this.#carry.set(chunk.subarray(0, count), this.#limit);
    this.#walk(this.#carry, limit);
    return count;
  }

  #refuse(capturedLength: number): false {
    const firstHoldsIt = this.#view.getUint32(this.#position + 8, this.#littleEndian) === capturedLength;
    this.#error ??= insaneRecord(this.#place(), firstHoldsIt ? 8 : 12, capturedLength, this.#bound);
    return false;
  }

  #place() {
    return { path: this.#path, frame: this.frame.number + 1, start: this.#base + this.#position };
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
