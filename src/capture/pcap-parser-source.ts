import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { Packet, PacketHeader, parse } from 'pcap-parser';
import { type ByteSource, BytesError } from './bytes.js';
import { type CaptureInterface, soleInterface } from './capture-interface.js';
import { CaptureError } from './error.js';
import { Frame } from './frame.js';
import { PCAP_HEADER_LENGTH, type PcapHeader } from './pcap-header.js';
import { insaneRecord, type RecordPlace, recordBound, setTime, truncatedRecord } from './record.js';
import type { CaptureInfo, PacketSource } from './source.js';

const RECORD_HEADER_LENGTH = 16;
const CAPTURED_LENGTH_OFFSET = 8;

/**
 * Frames as the npm package `pcap-parser` cuts them, for microsecond captures of version 2.4: a second opinion on the
 * native reader. Each `advance()` lets one chunk through, so what waits in memory is bounded by a chunk and a record.
 *
 * The package drops a truncated tail in silence and believes any record length; both are watched from outside.
 */
export class PcapParserSource implements PacketSource {
  readonly frame = new Frame();
  readonly interfaces: readonly CaptureInterface[];
  error: CaptureError | null = null;
  readonly #bound: number;
  readonly #feed = new Readable({ read() {} });
  #packets: Packet[] = [];
  #nextPacket = 0;
  /** Packets cut so far, read from here or not. */
  #cut = 0;
  /** Offset in the capture behind the last packet that was cut. */
  #cutEnd = PCAP_HEADER_LENGTH;
  /** Offset in the capture behind the last byte that was fed. */
  #fed = 0;
  /** The header of a record whose bytes are not all there yet. */
  #pending: PacketHeader | null = null;

  /**
   * @param bytes those of the whole capture, its global header among them; the source closes them
   * @param parsePackets the package's function, which is loaded where it is asked for
   * @throws CaptureError `unsupported-format`, `unsupported-version` where the package would misread the capture
   */
  constructor(
    readonly info: CaptureInfo,
    header: PcapHeader,
    private readonly bytes: ByteSource,
    parsePackets: typeof parse,
  ) {
    requireReadable(header, info.path);
    this.interfaces = [soleInterface(header)];
    this.#bound = recordBound(header.snapLength);
    this.frame.linkType = header.linkType;
    const parser = parsePackets(this.#feed);
    parser.on('packetHeader', (packetHeader) => this.#onHeader(packetHeader));
    parser.on('packet', (packet) => this.#onPacket(packet));
  }

  async advance(): Promise<boolean> {
    if (this.error !== null) return false;
    try {
      const chunk = await this.bytes.read();
      if (chunk === null) this.#checkTail();
      else await this.#letThrough(chunk);
      return chunk !== null;
    } catch (error) {
      if (!(error instanceof BytesError)) throw error;
      this.error = error.at(this.info.path, this.#fed, this.#cut + 1);
      return false;
    }
  }

  next(): boolean {
    if (this.#nextPacket === this.#packets.length) return false;
    const { header, data } = this.#packets[this.#nextPacket++];
    const frame = this.frame;
    frame.bytes = data;
    frame.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    frame.offset = 0;
    frame.capturedLength = header.capturedLength;
    frame.originalLength = header.originalLength;
    setTime(frame, header.timestampSeconds, header.timestampMicroseconds, 1e6);
    frame.number++;
    return true;
  }

  get bytesRead(): number {
    return this.bytes.bytesRead;
  }

  get size(): number | null {
    return this.bytes.size;
  }

  async close(): Promise<void> {
    this.#feed.destroy();
    await this.bytes.close();
  }

  async #letThrough(chunk: Uint8Array): Promise<void> {
    if (this.#nextPacket < this.#packets.length) throw new Error('advance() before next() returned false');
    this.#packets = [];
    this.#nextPacket = 0;
    this.#fed += chunk.length;
    // The parser listens longer than this does, so it is done with the chunk when this hears of it.
    const parsed = once(this.#feed, 'data');
    // The parser keeps what it was given; the chunk is only lent.
    this.#feed.push(Buffer.from(chunk));
    await parsed;
  }

  #onHeader(header: PacketHeader): void {
    this.#pending = header;
    if (header.capturedLength <= this.#bound) return;
    this.error ??= insaneRecord(this.#place(), CAPTURED_LENGTH_OFFSET, header.capturedLength, this.#bound);
  }

  #onPacket(packet: Packet): void {
    this.#pending = null;
    if (this.error !== null) return;
    this.#packets.push(packet);
    this.#cut++;
    this.#cutEnd += RECORD_HEADER_LENGTH + packet.data.length;
  }

  #checkTail(): void {
    const present = this.#fed - this.#cutEnd;
    if (present === 0) return;
    const capturedLength = this.#pending === null ? null : this.#pending.capturedLength;
    this.error = truncatedRecord(this.#place(), RECORD_HEADER_LENGTH, capturedLength, present);
  }

  #place(): RecordPlace {
    return { path: this.info.path, frame: this.#cut + 1, start: this.#cutEnd };
  }
}

function requireReadable(header: PcapHeader, path: string): void {
  if (header.timeDigits !== 6 || header.recordHeaderLength !== RECORD_HEADER_LENGTH) {
    const found = header.timeDigits === 9 ? 'nanosecond timestamps' : "Kuznetzov's modified record headers";
    const expected = 'a microsecond capture, the only kind that the reader pcap-parser reads';
    throw new CaptureError('unsupported-format', path, 0, null, expected, found);
  }
  if (header.lengthOrder !== 'captured-first') {
    const expected = 'pcap version 2.4, the only one that the reader pcap-parser reads';
    throw new CaptureError('unsupported-version', path, 4, null, expected, 'an older version');
  }
}
