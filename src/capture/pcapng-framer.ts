import type { CaptureInterface } from './capture-interface.js';
import { CaptureError, type CaptureErrorCode } from './error.js';
import { NO_PACKET } from './frame.js';
import { Framer } from './framer.js';
import { PcapngInterface } from './pcapng-interface.js';
import { recordBound } from './record.js';
import type { RecordSpan } from './record-span.js';

/** draft-ietf-opsawg-pcapng, section 11.1. */
const Block = {
  SECTION: 0x0a0d0d0a,
  INTERFACE: 1,
  OBSOLETE_PACKET: 2,
  SIMPLE_PACKET: 3,
  STATISTICS: 5,
  ENHANCED_PACKET: 6,
} as const;

/** Blocks that hold no packet and that Wireshark numbers as frames all the same: the journal's, Sysdig's, custom ones. */
const NUMBERED: ReadonlySet<number> = new Set([
  0x009, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222, 0x0000_0bad, 0x4000_0bad,
]);

const MAGIC = 0x1a2b3c4d;
/** Type, length, and of a section header its byte order. */
const HEADER_LENGTH = 12;
/** As Wireshark bounds it. */
const LONGEST_BLOCK = 16 * 1024 * 1024;
/** No host has so many; each takes memory. */
const MOST_INTERFACES = 65_536;

/**
 * Cuts the packets of a pcapng file out of pushed bytes, the section header among them: any number of sections and
 * interfaces, of either byte order. Blocks and options that are not known are passed over.
 * Its errors are `damaged-block`, `record-length`, `unsupported-version`, and after `end()` `truncated-record`.
 *
 * @see draft-ietf-opsawg-pcapng
 */
export class PcapngFramer extends Framer {
  readonly #interfaces: PcapngInterface[] = [];
  /** Index of the current section's first interface. */
  #section = 0;
  #littleEndian = true;
  /** The section's blocks can be lent: see RecordSpan. */
  #isPlain = true;

  /** @param path the capture as the user named it, for errors */
  constructor(path: string) {
    super(path, HEADER_LENGTH, 0);
  }

  /** Of all sections, in their order. */
  override get interfaces(): readonly CaptureInterface[] {
    return this.#interfaces;
  }

  override next(): boolean {
    while (this.#hasBlock()) {
      const isFrame = this.#take(this.position);
      if (this.error !== null) return false;
      this.position += this.recordLength(this.position);
      if (!isFrame) continue;
      this.frame.number++;
      return true;
    }
    return false;
  }

  override skipToFrame(): void {
    while (this.#hasBlock() && !this.#isFrame(this.view.getUint32(this.position, this.#littleEndian))) {
      this.#take(this.position);
      if (this.error !== null) return;
      this.position += this.recordLength(this.position);
    }
  }

  override lend(span: RecordSpan): boolean {
    const interfaces = this.#interfaces.length - this.#section;
    const first = this.#interfaces[this.#section];
    if (!this.#isPlain || first === undefined || this.position === this.limit) return false;
    this.lendBytes(span);
    span.nanosecondsOfUnit = first.clock.plainUnit ?? 0;
    span.interfaces = interfaces;
    return true;
  }

  protected override recordLength(at: number): number {
    const littleEndian = this.#orderAt(at);
    // Some writers forget the padding.
    return (this.view.getUint32(at + 4, littleEndian) + 3) & ~3;
  }

  protected override cutShort(): void {
    const whole = this.limit < HEADER_LENGTH ? HEADER_LENGTH : this.recordLength(0);
    const expected = `a block of ${whole} bytes from byte ${this.base}`;
    this.#fail('truncated-record', this.limit, expected, `the end of the capture after ${this.limit}`);
  }

  /** Whether a whole and sane block is where the cursor is. */
  #hasBlock(): boolean {
    while (this.error === null) {
      const at = this.position;
      if (at + HEADER_LENGTH <= this.limit) {
        const length = this.recordLength(at);
        if (length < HEADER_LENGTH || length > LONGEST_BLOCK) return this.#refuseLength(at);
        if (at + length <= this.limit) return this.#checkTrailer(at, length);
      }
      if (!this.turn()) return false;
    }
    return false;
  }

  #checkTrailer(at: number, length: number): boolean {
    const trailer = this.view.getUint32(at + length - 4, this.#orderAt(at));
    if (((trailer + 3) & ~3) === length) return true;
    this.#fail('damaged-block', at + length - 4, `the block's length, ${length}, once more`, `${trailer}`);
    return false;
  }

  #refuseLength(at: number): false {
    if (this.view.getUint32(at) === Block.SECTION && !this.#hasMagic(at)) return this.#refuseByteOrder(at);
    const length = this.view.getUint32(at + 4, this.#orderAt(at));
    this.#fail('damaged-block', at + 4, `a block of ${HEADER_LENGTH} to ${LONGEST_BLOCK} bytes`, `${length}`);
    return false;
  }

  #hasMagic(section: number): boolean {
    return this.view.getUint32(section + 8, this.#orderAt(section)) === MAGIC;
  }

  #refuseByteOrder(section: number): false {
    const found = this.view
      .getUint32(section + 8)
      .toString(16)
      .padStart(8, '0');
    this.#fail('damaged-block', section + 8, 'the byte-order magic 1a2b3c4d', found);
    return false;
  }

  /** Whether the block at `at` is little-endian: a section header says so itself. */
  #orderAt(at: number): boolean {
    if (this.view.getUint32(at) !== Block.SECTION) return this.#littleEndian;
    return this.view.getUint32(at + 8, true) === MAGIC;
  }

  #isFrame(type: number): boolean {
    return (
      type === Block.ENHANCED_PACKET ||
      type === Block.SIMPLE_PACKET ||
      type === Block.OBSOLETE_PACKET ||
      NUMBERED.has(type)
    );
  }

  /** Takes the whole block at `at`. Returns whether it is a frame. */
  #take(at: number): boolean {
    const view = this.view;
    const littleEndian = this.#littleEndian;
    const type = view.getUint32(at, littleEndian);
    const body = at + 8;
    switch (type) {
      case Block.ENHANCED_PACKET: {
        if (!this.#hasRoom(at, 32)) return false;
        const number = view.getUint32(body, littleEndian);
        return this.#takePacket(at, number, body + 4, body + 20);
      }
      case Block.OBSOLETE_PACKET: {
        if (!this.#hasRoom(at, 32)) return false;
        return this.#takePacket(at, view.getUint16(body, littleEndian), body + 4, body + 20);
      }
      case Block.SIMPLE_PACKET:
        return this.#hasRoom(at, 16) && this.#takeSimplePacket(at);
      case Block.SECTION:
        if (this.#hasRoom(at, 28)) this.#beginSection(at);
        return false;
      case Block.INTERFACE:
        if (this.#hasRoom(at, 20)) this.#addInterface(at);
        return false;
      case Block.STATISTICS: {
        if (!this.#hasRoom(at, 24)) return false;
        const found = this.#interfaceOf(at, view.getUint32(body, littleEndian));
        found?.takeStatistics(view, body + 12, this.#bodyEnd(at), littleEndian);
        return false;
      }
      default:
        if (!NUMBERED.has(type)) return false;
        this.#setFrame(NO_PACKET, body, this.#bodyEnd(at) - body, this.#bodyEnd(at) - body);
        return true;
    }
  }

  #takePacket(at: number, interfaceNumber: number, times: number, data: number): boolean {
    const view = this.view;
    const littleEndian = this.#littleEndian;
    const found = this.#interfaceOf(at, interfaceNumber);
    if (found === null) return false;
    const capturedLength = view.getUint32(times + 8, littleEndian);
    if (!this.#fits(at, times + 8, capturedLength, data, recordBound(found.snapLength))) return false;
    this.#setFrame(found.linkType, data, capturedLength, view.getUint32(times + 12, littleEndian));
    found.clock.set(this.frame, view.getUint32(times, littleEndian), view.getUint32(times + 4, littleEndian));
    return true;
  }

  /** Of the section's first interface, cut to its snap length, and without a time: it gets that of the frame before. */
  #takeSimplePacket(at: number): boolean {
    const found = this.#interfaceOf(at, 0);
    if (found === null) return false;
    const originalLength = this.view.getUint32(at + 8, this.#littleEndian);
    const capturedLength = Math.min(originalLength, found.snapLength === 0 ? originalLength : found.snapLength);
    if (!this.#fits(at, at + 8, capturedLength, at + 12, recordBound(found.snapLength))) return false;
    this.#setFrame(found.linkType, at + 12, capturedLength, originalLength);
    return true;
  }

  #setFrame(linkType: number, data: number, capturedLength: number, originalLength: number): void {
    const frame = this.frame;
    frame.linkType = linkType;
    frame.offset = data;
    frame.capturedLength = capturedLength;
    frame.originalLength = originalLength;
  }

  #fits(at: number, field: number, capturedLength: number, data: number, bound: number): boolean {
    const room = this.#bodyEnd(at) - data;
    if (capturedLength <= room && capturedLength <= bound) return true;
    const expected = `a captured length of at most ${Math.min(room, bound)} bytes`;
    this.#fail(capturedLength > bound ? 'record-length' : 'damaged-block', field, expected, `${capturedLength}`);
    return false;
  }

  #beginSection(at: number): void {
    const littleEndian = this.#orderAt(at);
    const { view } = this;
    if (!this.#hasMagic(at)) {
      this.#refuseByteOrder(at);
      return;
    }
    const major = view.getUint16(at + 12, littleEndian);
    const minor = view.getUint16(at + 14, littleEndian);
    // 1.2 is written by some programs, and is what 1.0 is.
    if (major !== 1 || (minor !== 0 && minor !== 2)) {
      this.#fail('unsupported-version', at + 12, 'pcapng version 1.0', `version ${major}.${minor}`);
      return;
    }
    this.#littleEndian = littleEndian;
    this.#isPlain = littleEndian;
    this.piece++;
    this.#section = this.#interfaces.length;
  }

  #addInterface(at: number): void {
    if (this.#interfaces.length === MOST_INTERFACES) {
      this.#fail('damaged-block', at, `at most ${MOST_INTERFACES} interfaces`, 'one more');
      return;
    }
    const added = new PcapngInterface(this.view, at + 8, this.#bodyEnd(at), this.#littleEndian);
    this.#interfaces.push(added);
    this.piece++;
    const first = this.#interfaces[this.#section];
    const { plainUnit } = added.clock;
    this.#isPlain &&= plainUnit !== null && plainUnit === first.clock.plainUnit && added.linkType === first.linkType;
  }

  #interfaceOf(at: number, number: number): PcapngInterface | null {
    const found = this.#interfaces[this.#section + number];
    if (found !== undefined) return found;
    const described = this.#interfaces.length - this.#section;
    const expected =
      described === 0 ? 'an interface description before the first packet' : `interface 0 to ${described - 1}`;
    this.#fail('damaged-block', at + 8, expected, `interface ${number}`);
    return null;
  }

  #hasRoom(at: number, least: number): boolean {
    const length = this.recordLength(at);
    if (length >= least) return true;
    this.#fail('damaged-block', at + 4, `a block of this type of at least ${least} bytes`, `${length}`);
    return false;
  }

  #bodyEnd(at: number): number {
    return at + this.recordLength(at) - 4;
  }

  /** @param at index of what is wrong */
  #fail(code: CaptureErrorCode, at: number, expected: string, found: string): void {
    // Before any interface there is no frame.
    const frame = this.#interfaces.length === 0 ? null : this.frame.number + 1;
    this.error = new CaptureError(code, this.path, this.base + at, frame, expected, found);
  }
}
