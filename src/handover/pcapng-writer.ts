import { ByteBuffer } from './byte-buffer.js';
import type { CaptureWriter, FrameToWrite, Origin } from './capture-writer.js';

const Block = { SECTION_HEADER: 0x0a0d0d0a, INTERFACE_DESCRIPTION: 1, ENHANCED_PACKET: 6 } as const;
const Option = { END: 0, COMMENT: 1, SHB_USERAPPL: 4, IF_TSRESOL: 9 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const UNKNOWN_LENGTH = 0xffffffff;
/** An option's length has 16 bits; Wireshark shows what fits. */
const MAX_OPTION_LENGTH = 0xffff;
const CUT = ' …';

/**
 * pcapng (draft-ietf-opsawg-pcapng), little-endian: one section, an interface for each capture and link type, an Enhanced Packet Block for
 * each frame, comments as `opt_comment` options.
 */
export class PcapngWriter implements CaptureWriter {
  readonly #buffer = new ByteBuffer();
  readonly #text = new TextEncoder();
  #interfaces = 0;
  /** Of each capture, by link type. */
  readonly #interfacesOf = new Map<string, Map<number, number>>();
  #origin: Origin = { path: '', linkType: 0, timeDigits: 6, snapLength: 0 };
  #unitsPerSecond = 1e6;

  /** @param comment about the whole section; none where it is empty */
  constructor(application: string, comment = '') {
    const buffer = this.#buffer;
    const start = this.#begin(Block.SECTION_HEADER);
    buffer.u32(BYTE_ORDER_MAGIC);
    buffer.u16(1);
    buffer.u16(0);
    buffer.u32(UNKNOWN_LENGTH);
    buffer.u32(UNKNOWN_LENGTH);
    if (comment !== '') this.#textOption(Option.COMMENT, comment);
    this.#textOption(Option.SHB_USERAPPL, application);
    this.#endOptions();
    this.#end(start);
  }

  capture(origin: Origin): void {
    this.#origin = origin;
    this.#unitsPerSecond = 10 ** origin.timeDigits;
    this.#interface(origin.linkType);
  }

  frame(frame: FrameToWrite, comments: readonly string[]): void {
    const buffer = this.#buffer;
    const id = this.#interface(frame.linkType);
    const start = this.#begin(Block.ENHANCED_PACKET);
    buffer.u32(id);
    this.#timestamp(frame.seconds, frame.nanoseconds);
    buffer.u32(frame.capturedLength);
    buffer.u32(frame.originalLength);
    buffer.bytes(frame.bytes, frame.offset, frame.capturedLength);
    buffer.pad4(start);
    for (const comment of comments) this.#textOption(Option.COMMENT, comment);
    if (comments.length > 0) this.#endOptions();
    this.#end(start);
  }

  take(): Uint8Array {
    return this.#buffer.take();
  }

  /** Number of the interface for frames of this link type; described where it is the first of them. */
  #interface(linkType: number): number {
    const { path, timeDigits, snapLength } = this.#origin;
    let interfaces = this.#interfacesOf.get(path);
    if (interfaces === undefined) {
      interfaces = new Map();
      this.#interfacesOf.set(path, interfaces);
    }
    const known = interfaces.get(linkType);
    if (known !== undefined) return known;
    const buffer = this.#buffer;
    const start = this.#begin(Block.INTERFACE_DESCRIPTION);
    buffer.u16(linkType);
    buffer.u16(0);
    buffer.u32(snapLength);
    buffer.u16(Option.IF_TSRESOL);
    buffer.u16(1);
    buffer.u32(timeDigits);
    this.#endOptions();
    this.#end(start);
    interfaces.set(linkType, this.#interfaces);
    return this.#interfaces++;
  }

  /** Units since 1970 in 64 bits, the upper half first: more than a float64 holds, so by 16-bit halves of the seconds. */
  #timestamp(seconds: number, nanoseconds: number): void {
    const units = this.#unitsPerSecond;
    const upper = Math.floor(seconds / 0x10000) * units;
    const lower = (seconds % 0x10000) * units + Math.floor(nanoseconds / (1e9 / units)) + (upper % 0x10000) * 0x10000;
    this.#buffer.u32(Math.floor(upper / 0x10000) + Math.floor(lower / 2 ** 32));
    this.#buffer.u32(lower % 2 ** 32);
  }

  #begin(type: number): number {
    const start = this.#buffer.length;
    this.#buffer.u32(type);
    this.#buffer.u32(0);
    return start;
  }

  #end(start: number): void {
    const length = this.#buffer.length - start + 4;
    this.#buffer.u32(length);
    this.#buffer.setU32(start + 4, length);
  }

  #endOptions(): void {
    this.#buffer.u32(Option.END);
  }

  #textOption(code: number, text: string): void {
    const bytes = this.#fitting(text);
    this.#buffer.u16(code);
    this.#buffer.u16(bytes.length);
    const start = this.#buffer.length;
    this.#buffer.bytes(bytes);
    this.#buffer.pad4(start);
  }

  #fitting(text: string): Uint8Array {
    const bytes = this.#text.encode(text);
    if (bytes.length <= MAX_OPTION_LENGTH) return bytes;
    // A character has at most three bytes for each of its code units.
    return this.#text.encode(text.slice(0, Math.floor(MAX_OPTION_LENGTH / 3) - CUT.length) + CUT);
  }
}
