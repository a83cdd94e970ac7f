import { readFileSync } from 'node:fs';

/** One frame of a classic microsecond or nanosecond pcap (Ethernet, IPv4, little-endian), as the pairs are. */
export interface RawFrame {
  /** Nanoseconds since 1970, as a bigint: a float64 holds them to a quarter of a microsecond only. */
  readonly time: bigint;
  readonly bytes: Buffer;
  /** On the wire. */
  readonly length: number;
}

const ETHERNET = 14;
const SYN = 0x02;

export class RawCapture {
  constructor(
    readonly nano: boolean,
    readonly frames: readonly RawFrame[],
  ) {}

  static read(path: string): RawCapture {
    const file = readFileSync(path);
    const nano = file.readUInt32LE(0) === 0xa1b23c4d;
    const frames: RawFrame[] = [];
    for (let o = 24; o + 16 <= file.length; o += 16 + file.readUInt32LE(o + 8)) {
      const fraction = BigInt(file.readUInt32LE(o + 4)) * (nano ? 1n : 1000n);
      const bytes = Buffer.from(file.subarray(o + 16, o + 16 + file.readUInt32LE(o + 8)));
      frames.push({
        time: BigInt(file.readUInt32LE(o)) * 1_000_000_000n + fraction,
        bytes,
        length: file.readUInt32LE(o + 12),
      });
    }
    return new RawCapture(nano, frames);
  }

  /** A capture file of these frames, with nanosecond times. */
  toBuffer(): Buffer {
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b23c4d, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(262_144, 16);
    header.writeUInt32LE(1, 20);
    const records = this.frames.flatMap(({ time, bytes, length }) => {
      const record = Buffer.alloc(16);
      record.writeUInt32LE(Number(time / 1_000_000_000n), 0);
      record.writeUInt32LE(Number(time % 1_000_000_000n), 4);
      record.writeUInt32LE(bytes.length, 8);
      record.writeUInt32LE(length, 12);
      return [record, bytes];
    });
    return Buffer.concat([header, ...records]);
  }

  map(change: (frame: RawFrame, index: number) => RawFrame | RawFrame[]): RawCapture {
    return new RawCapture(this.nano, this.frames.flatMap(change));
  }

  /** As by a clock that is `offset` seconds ahead at the first frame and gains `drift` parts per million. */
  shiftClock(offset: number, drift = 0): RawCapture {
    const first = this.frames[0]?.time ?? 0n;
    return this.map((frame) => {
      const gained = (Number(frame.time - first) * drift) / 1e6;
      return { ...frame, time: frame.time + BigInt(Math.round(offset * 1e9 + gained)) };
    });
  }
}

/** A frame's TCP header, to be read and changed in place. */
export class TcpHeader {
  readonly #at: number;

  constructor(readonly bytes: Buffer) {
    this.#at = ETHERNET + (bytes[ETHERNET] & 0xf) * 4;
  }

  get sourcePort(): number {
    return this.bytes.readUInt16BE(this.#at);
  }
  get flags(): number {
    return this.bytes[this.#at + 13];
  }
  get isSyn(): boolean {
    return (this.flags & SYN) !== 0;
  }
  get payload(): number {
    return this.bytes.readUInt16BE(ETHERNET + 2) - (this.#at - ETHERNET) - this.headerLength;
  }
  get headerLength(): number {
    return (this.bytes[this.#at + 12] >> 4) * 4;
  }
  get headersEnd(): number {
    return this.#at + this.headerLength;
  }

  addSeq(shift: number): void {
    this.bytes.writeUInt32BE((this.bytes.readUInt32BE(this.#at + 4) + shift) >>> 0, this.#at + 4);
  }
  addAck(shift: number): void {
    this.bytes.writeUInt32BE((this.bytes.readUInt32BE(this.#at + 8) + shift) >>> 0, this.#at + 8);
  }
  setEndpoint(which: 'source' | 'destination', address: readonly number[], port: number): void {
    address.forEach((byte, i) => {
      this.bytes[ETHERNET + (which === 'source' ? 12 : 16) + i] = byte;
    });
    this.bytes.writeUInt16BE(port, this.#at + (which === 'source' ? 0 : 2));
  }
  setLength(payload: number): void {
    this.bytes.writeUInt16BE(this.#at - ETHERNET + this.headerLength + payload, ETHERNET + 2);
  }
  setMss(mss: number): void {
    for (let o = this.#at + 20; o < this.headersEnd; o += this.bytes[o] <= 1 ? 1 : this.bytes[o + 1])
      if (this.bytes[o] === 2) this.bytes.writeUInt16BE(mss, o + 2);
  }
}

/** The same frame with its TCP header changed. */
export function withTcp(frame: RawFrame, change: (tcp: TcpHeader) => void): RawFrame {
  const bytes = Buffer.from(frame.bytes);
  change(new TcpHeader(bytes));
  return { ...frame, bytes };
}
