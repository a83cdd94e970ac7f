import { type CaptureInterface, soleInterface } from './capture-interface.js';
import { Framer } from './framer.js';
import { PCAP_HEADER_LENGTH, type PcapHeader } from './pcap-header.js';
import { insaneRecord, recordBound, setTime, truncatedRecord } from './record.js';
import type { RecordSpan } from './record-span.js';

/**
 * Cuts the records of a pcap file out of pushed bytes; the first chunk starts behind the global header.
 * Its errors are `record-length`, and after `end()` `truncated-record`.
 *
 * @see draft-ietf-opsawg-pcap, section 5
 */
export class PcapFramer extends Framer {
  override readonly interfaces: readonly CaptureInterface[];
  readonly #littleEndian: boolean;
  readonly #headerLength: number;
  readonly #unitsPerSecond: number;
  readonly #originalFirst: boolean;
  readonly #smallerIsCaptured: boolean;
  readonly #bound: number;
  /** See RecordSpan. */
  readonly #isPlain: boolean;

  /** @param path the capture as the user named it, for errors */
  constructor(header: PcapHeader, path: string) {
    super(path, header.recordHeaderLength, PCAP_HEADER_LENGTH);
    this.#littleEndian = header.littleEndian;
    this.#headerLength = header.recordHeaderLength;
    this.#unitsPerSecond = 10 ** header.timeDigits;
    this.#originalFirst = header.lengthOrder === 'original-first';
    this.#smallerIsCaptured = header.lengthOrder === 'smaller-is-captured';
    this.#bound = recordBound(header.snapLength);
    this.#isPlain = header.littleEndian && header.recordHeaderLength === 16 && header.lengthOrder === 'captured-first';
    this.interfaces = [soleInterface(header)];
    this.frame.linkType = header.linkType;
  }

  override next(): boolean {
    const at = this.position;
    const start = at + this.#headerLength;
    if (start > this.limit) return this.turn() && this.next();
    const view = this.view;
    const littleEndian = this.#littleEndian;
    const capturedLength = this.#capturedLength(at);
    if (capturedLength > this.#bound) return this.#refuse(capturedLength);
    const end = start + capturedLength;
    if (end > this.limit) return this.turn() && this.next();

    const frame = this.frame;
    frame.offset = start;
    frame.capturedLength = capturedLength;
    frame.originalLength =
      view.getUint32(at + 8, littleEndian) + view.getUint32(at + 12, littleEndian) - capturedLength;
    setTime(frame, view.getUint32(at, littleEndian), view.getUint32(at + 4, littleEndian), this.#unitsPerSecond);
    frame.number++;
    this.position = end;
    return true;
  }

  override lend(span: RecordSpan): boolean {
    if (!this.#isPlain || this.position === this.limit) return false;
    this.lendBytes(span);
    span.nanosecondsOfUnit = 1e9 / this.#unitsPerSecond;
    span.interfaces = 0;
    return true;
  }

  protected override recordLength(at: number): number {
    return this.#headerLength + this.#capturedLength(at);
  }

  protected override cutShort(): void {
    const capturedLength = this.limit < this.#headerLength ? null : this.#capturedLength(0);
    this.error = truncatedRecord(this.#place(), this.#headerLength, capturedLength, this.limit);
  }

  #capturedLength(at: number): number {
    const first = this.view.getUint32(at + 8, this.#littleEndian);
    const second = this.view.getUint32(at + 12, this.#littleEndian);
    return this.#originalFirst || (this.#smallerIsCaptured && second < first) ? second : first;
  }

  #refuse(capturedLength: number): false {
    const firstHoldsIt = this.view.getUint32(this.position + 8, this.#littleEndian) === capturedLength;
    this.error ??= insaneRecord(this.#place(), firstHoldsIt ? 8 : 12, capturedLength, this.#bound);
    return false;
  }

  #place() {
    return { path: this.path, frame: this.frame.number + 1, start: this.base + this.position };
  }
}
