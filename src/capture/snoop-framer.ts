import { type CaptureInterface, soleInterface } from './capture-interface.js';
import { CaptureError } from './error.js';
import { Framer } from './framer.js';
import { insaneRecord, recordBound, setTime, truncatedRecord } from './record.js';

/** Bytes of the file header, before the first record. */
export const SNOOP_HEADER_LENGTH = 16;

const RECORD_HEADER_LENGTH = 24;

/** LINKTYPE_ values of snoop's datalink types (RFC 3827, section 3): IEEE 802.3, Ethernet, Token Ring, FDDI. */
const LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [4, 1],
  [2, 6],
  [8, 10],
]);
const UNKNOWN_LINK_TYPE = 0xffff;

/** The file header of a snoop file, decoded. */
export interface SnoopHeader {
  /** LINKTYPE_ value; 65535 where there is none for snoop's own. */
  readonly linkType: number;
}

/**
 * Decodes the file header.
 *
 * @param head the first bytes of the capture, 16 or more if it has so many, and snoop's magic first
 * @throws CaptureError `truncated-header`, `unsupported-version`
 * @see RFC 1761
 */
export function parseSnoopHeader(head: Uint8Array, path: string): SnoopHeader {
  if (head.length < SNOOP_HEADER_LENGTH) {
    const found = `the end of the capture after ${head.length}`;
    const expected = `a file header of ${SNOOP_HEADER_LENGTH} bytes`;
    throw new CaptureError('truncated-header', path, head.length, null, expected, found);
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const version = view.getUint32(8);
  if (version !== 2) {
    throw new CaptureError('unsupported-version', path, 8, null, 'snoop version 2', `version ${version}`);
  }
  return { linkType: LINK_TYPES.get(view.getUint32(12)) ?? UNKNOWN_LINK_TYPE };
}

/**
 * Cuts the records of a snoop file out of pushed bytes; the first chunk starts behind the file header.
 * Its errors are `record-length`, and after `end()` `truncated-record`.
 *
 * @see RFC 1761
 */
export class SnoopFramer extends Framer {
  override readonly interfaces: readonly CaptureInterface[];
  readonly #bound = recordBound(0);

  /** @param path the capture as the user named it, for errors */
  constructor({ linkType }: SnoopHeader, path: string) {
    super(path, RECORD_HEADER_LENGTH, SNOOP_HEADER_LENGTH);
    this.interfaces = [soleInterface({ linkType, snapLength: 0, timeDigits: 6 })];
    this.frame.linkType = linkType;
  }

  override next(): boolean {
    const at = this.position;
    if (at + RECORD_HEADER_LENGTH > this.limit) return this.turn() && this.next();
    const { view, frame } = this;
    const capturedLength = view.getUint32(at + 4);
    const end = at + this.recordLength(at);
    if (capturedLength > this.#bound) return this.#refuse(4, capturedLength);
    if (end < at + RECORD_HEADER_LENGTH + capturedLength || end > at + 2 * this.#bound)
      return this.#refuse(8, end - at);
    if (end > this.limit) return this.turn() && this.next();

    frame.offset = at + RECORD_HEADER_LENGTH;
    frame.capturedLength = capturedLength;
    frame.originalLength = view.getUint32(at);
    setTime(frame, view.getUint32(at + 16), view.getUint32(at + 20), 1e6);
    frame.number++;
    this.position = end;
    return true;
  }

  /** With its padding: a record says how long it is. */
  protected override recordLength(at: number): number {
    return this.view.getUint32(at + 8);
  }

  protected override cutShort(): void {
    const capturedLength = this.limit < RECORD_HEADER_LENGTH ? null : this.view.getUint32(4);
    this.error = truncatedRecord(this.#place(), RECORD_HEADER_LENGTH, capturedLength, this.limit);
  }

  #refuse(field: number, length: number): false {
    this.error ??= insaneRecord(this.#place(), field, length, this.#bound);
    return false;
  }

  #place() {
    return { path: this.path, frame: this.frame.number + 1, start: this.base + this.position };
  }
}
