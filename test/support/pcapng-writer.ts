/** One block of a pcapng file that a test writes; `raw` for any other. */
export type PcapngBlock =
  | { readonly section: { readonly version?: readonly [number, number]; readonly bigEndian?: boolean } }
  | { readonly interface: PcapngInterfaceFields }
  | { readonly packet: PcapngPacket }
  | { readonly simple: { readonly data: Uint8Array; readonly originalLength?: number } }
  | { readonly statistics: { readonly interface?: number; readonly options: PcapngOptions } }
  | { readonly raw: { readonly type: number; readonly body: Uint8Array } };

export interface PcapngInterfaceFields {
  /** LINKTYPE_ value; Ethernet by default. */
  readonly linkType?: number;
  readonly snaplen?: number;
  readonly options?: PcapngOptions;
}

export interface PcapngPacket {
  readonly data: Uint8Array;
  /** Number of the interface within the section; 0 by default. */
  readonly interface?: number;
  /** In the interface's own units. */
  readonly time?: bigint;
  readonly capturedLength?: number;
  readonly originalLength?: number;
  /** The packet block of old files. */
  readonly obsolete?: boolean;
  readonly options?: PcapngOptions;
}

/** Code and bytes. Numbers of 64 bits are written in the section's byte order. */
export type PcapngOptions = readonly (readonly [code: number, value: Uint8Array | string | bigint])[];

/** The bytes of a pcapng file with these blocks. Byte order is that of the section before. */
export function writePcapng(blocks: readonly PcapngBlock[]): Uint8Array {
  let littleEndian = true;
  const parts = blocks.map((block) => {
    if ('section' in block) littleEndian = !block.section.bigEndian;
    return blockBytes(block, new Writer(littleEndian));
  });
  return Uint8Array.from(Buffer.concat(parts));
}

function blockBytes(block: PcapngBlock, writer: Writer): Uint8Array {
  if ('section' in block) {
    const [major, minor] = block.section.version ?? [1, 0];
    return writer.u32(0x1a2b3c4d).u16(major).u16(minor).u64(-1n).block(0x0a0d0d0a);
  }
  if ('interface' in block) {
    const { linkType = 1, snaplen = 0, options = [] } = block.interface;
    return writer.u16(linkType).u16(0).u32(snaplen).options(options).block(1);
  }
  if ('simple' in block) {
    const { data, originalLength = data.length } = block.simple;
    return writer.u32(originalLength).bytes(data).block(3);
  }
  if ('statistics' in block) {
    const { interface: number = 0, options } = block.statistics;
    return writer.u32(number).u64(0n).options(options).block(5);
  }
  if ('raw' in block) return writer.bytes(block.raw.body).block(block.raw.type);
  const { data, interface: number = 0, time = 0n, obsolete = false, options = [] } = block.packet;
  const { capturedLength = data.length, originalLength = data.length } = block.packet;
  if (obsolete) writer.u16(number).u16(0xffff);
  else writer.u32(number);
  writer.u32(Number(time >> 32n)).u32(Number(time & 0xffff_ffffn));
  return writer
    .u32(capturedLength)
    .u32(originalLength)
    .bytes(data)
    .options(options)
    .block(obsolete ? 2 : 6);
}

class Writer {
  readonly #bytes: number[] = [];

  constructor(private readonly littleEndian: boolean) {}

  #put(bigEndian: readonly number[]): this {
    this.#bytes.push(...(this.littleEndian ? [...bigEndian].reverse() : bigEndian));
    return this;
  }

  u16(value: number): this {
    return this.#put([(value >>> 8) & 0xff, value & 0xff]);
  }

  u32(value: number): this {
    return this.#put([24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff));
  }

  u64(value: bigint): this {
    return this.#put([56n, 48n, 40n, 32n, 24n, 16n, 8n, 0n].map((shift) => Number((value >> shift) & 0xffn)));
  }

  /** With padding to 32 bits. */
  bytes(data: Uint8Array): this {
    for (const byte of data) this.#bytes.push(byte);
    while (this.#bytes.length % 4 !== 0) this.#bytes.push(0);
    return this;
  }

  options(options: PcapngOptions): this {
    for (const [code, value] of options) {
      const length = typeof value === 'bigint' ? 8 : value.length;
      this.u16(code).u16(length);
      if (typeof value === 'bigint') this.u64(value);
      else this.bytes(typeof value === 'string' ? new TextEncoder().encode(value) : value);
    }
    return options.length === 0 ? this : this.u32(0);
  }

  block(type: number): Uint8Array {
    const length = this.#bytes.length + 12;
    const head = new Writer(this.littleEndian).u32(type).u32(length).#bytes;
    const tail = new Writer(this.littleEndian).u32(length).#bytes;
    return Uint8Array.from([...head, ...this.#bytes, ...tail]);
  }
}
