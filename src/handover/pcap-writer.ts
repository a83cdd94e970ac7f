import { linkTypeName } from '../decode/link-type.js';
import { ByteBuffer } from './byte-buffer.js';
import type { CaptureWriter, FrameToWrite, Origin } from './capture-writer.js';
import { HandoverError } from './error.js';

const MAGIC = { 6: 0xa1b2c3d4, 9: 0xa1b23c4d } as const;
const VERSION = { major: 2, minor: 4 } as const;
const NO_LIMIT = 262_144;

/**
 * Classic pcap, little-endian, version 2.4 (draft-ietf-opsawg-pcap): frames of one link type, and no comments. Its times have
 * the digits of the first capture unless it is told that a later one has more.
 */
export class PcapWriter implements CaptureWriter {
  readonly #buffer = new ByteBuffer();
  #linkType: number | null = null;
  #timeDigits: 6 | 9;

  /** @param timeDigits at least this many */
  constructor(timeDigits: 6 | 9 = 6) {
    this.#timeDigits = timeDigits;
  }

  capture({ linkType, timeDigits, snapLength }: Origin): void {
    if (this.#linkType !== null) return;
    this.#linkType = linkType;
    if (timeDigits === 9) this.#timeDigits = 9;
    this.#header(linkType, snapLength);
  }

  frame({ bytes, offset, capturedLength, originalLength, seconds, nanoseconds, linkType }: FrameToWrite): void {
    if (linkType !== this.#linkType) {
      throw new HandoverError(
        'link-types',
        `frames of one link type for pcap (${linkTypeName(this.#linkType ?? 0)}); pcapng holds several`,
        linkTypeName(linkType),
      );
    }
    const buffer = this.#buffer;
    buffer.u32(seconds);
    buffer.u32(this.#timeDigits === 9 ? nanoseconds : Math.floor(nanoseconds / 1000));
    buffer.u32(capturedLength);
    buffer.u32(originalLength);
    buffer.bytes(bytes, offset, capturedLength);
  }

  take(): Uint8Array {
    return this.#buffer.take();
  }

  #header(linkType: number, snapLength: number): void {
    const buffer = this.#buffer;
    buffer.u32(MAGIC[this.#timeDigits]);
    buffer.u16(VERSION.major);
    buffer.u16(VERSION.minor);
    buffer.u32(0);
    buffer.u32(0);
    buffer.u32(Math.max(snapLength, NO_LIMIT));
    buffer.u32(linkType);
  }
}
