/** One frame of a capture file, as a test reads it. */
export interface ReadFrame {
  readonly data: Uint8Array;
  readonly originalLength: number;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly linkType: number;
  readonly comments: readonly string[];
}

/** Frames of a little-endian pcap file. */
export function readPcap(file: Buffer): ReadFrame[] {
  const unit = { 2712847316: 1000n, 2712812621: 1n }[file.readUInt32LE(0)];
  if (unit === undefined) throw new Error('no pcap');
  const frames: ReadFrame[] = [];
  for (let at = 24; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    frames.push({
      data: file.subarray(at + 16, at + 16 + length),
      originalLength: file.readUInt32LE(at + 12),
      time: BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4)) * unit,
      linkType: file.readUInt32LE(20),
      comments: [],
    });
    at += 16 + length;
  }
  return frames;
}

export interface ReadPcapng {
  readonly sectionComment: string | null;
  readonly frames: readonly ReadFrame[];
}

/** What is in a little-endian pcapng file of one section. Throws where a block's two lengths differ, or it is not padded. */
export function readPcapng(file: Buffer): ReadPcapng {
  const interfaces: { linkType: number; unit: bigint }[] = [];
  const frames: ReadFrame[] = [];
  let sectionComment: string | null = null;
  for (let at = 0; at < file.length; ) {
    const type = file.readUInt32LE(at);
    const length = file.readUInt32LE(at + 4);
    if (length % 4 !== 0 || file.readUInt32LE(at + length - 4) !== length) throw new Error(`block at ${at}`);
    const body = file.subarray(at + 8, at + length - 4);
    if (type === 0x0a0d0d0a) {
      sectionComment =
        optionsOf(body.subarray(16))
          .find(({ code }) => code === 1)
          ?.value.toString() ?? null;
    } else if (type === 1) {
      const digits = optionsOf(body.subarray(8)).find(({ code }) => code === 9)?.value[0] ?? 6;
      interfaces.push({ linkType: body.readUInt16LE(0), unit: 10n ** BigInt(9 - digits) });
    } else if (type === 6) {
      const { linkType, unit } = interfaces[body.readUInt32LE(0)];
      const captured = body.readUInt32LE(12);
      const options = optionsOf(body.subarray(20 + Math.ceil(captured / 4) * 4));
      frames.push({
        data: body.subarray(20, 20 + captured),
        originalLength: body.readUInt32LE(16),
        time: ((BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8))) * unit,
        linkType,
        comments: options.filter(({ code }) => code === 1).map(({ value }) => value.toString()),
      });
    } else throw new Error(`block type ${type}`);
    at += length;
  }
  return { sectionComment, frames };
}

function optionsOf(bytes: Buffer): { code: number; value: Buffer }[] {
  const options: { code: number; value: Buffer }[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const [code, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    if (code === 0) return options;
    options.push({ code, value: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return options;
}
