/** One record of a capture that a test writes. */
export interface PcapRecord {
  /** Captured bytes. */
  readonly data: Uint8Array;
  /** Whole seconds since 1970; 0 by default. */
  readonly seconds?: number;
  /** Rest of the second, in the unit of the file: microseconds, or nanoseconds with `nano`. 0 by default. */
  readonly fraction?: number;
  /** What the header claims was captured, where that is a lie; bytes of `data` by default. */
  readonly capturedLength?: number;
  /** Bytes on the wire; as many as were captured by default. */
  readonly originalLength?: number;
}

/** How a test writes a capture: microseconds, little-endian, version 2.4, Ethernet, snap length 262144 by default. */
export interface PcapOptions {
  /** Nanosecond timestamps. */
  readonly nano?: boolean;
  /** Kuznetzov's modified format, with record headers of 24 bytes. */
  readonly kuznetzov?: boolean;
  /** Magic number, where it is not what `nano` and `kuznetzov` ask for. */
  readonly magic?: number;
  readonly bigEndian?: boolean;
  readonly version?: readonly [major: number, minor: number];
  /** Whether records hold the original length first; by default as the version has it: only before 2.3. */
  readonly originalFirst?: boolean;
  readonly snaplen?: number;
  /** The whole word: LINKTYPE_ value and FCS bits. */
  readonly linkType?: number;
}

/** The bytes of a pcap file with these records. */
export function writePcap(records: readonly PcapRecord[], options: PcapOptions = {}): Uint8Array {
  const { nano = false, kuznetzov = false, version = [2, 4] } = options;
  const littleEndian = !options.bigEndian;
  const originalFirst = options.originalFirst ?? version[1] < 3;
  const recordHeaderLength = kuznetzov ? 24 : 16;
  const length = records.reduce((sum, { data }) => sum + recordHeaderLength + data.length, 24);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);

  view.setUint32(0, options.magic ?? (nano ? 0xa1b23c4d : kuznetzov ? 0xa1b2cd34 : 0xa1b2c3d4), littleEndian);
  view.setUint16(4, version[0], littleEndian);
  view.setUint16(6, version[1], littleEndian);
  view.setUint32(16, options.snaplen ?? 262_144, littleEndian);
  view.setUint32(20, options.linkType ?? 1, littleEndian);

  let at = 24;
  for (const { data, seconds = 0, fraction = 0, ...claimed } of records) {
    const capturedLength = claimed.capturedLength ?? data.length;
    const originalLength = claimed.originalLength ?? data.length;
    view.setUint32(at, seconds, littleEndian);
    view.setUint32(at + 4, fraction, littleEndian);
    view.setUint32(at + 8, originalFirst ? originalLength : capturedLength, littleEndian);
    view.setUint32(at + 12, originalFirst ? capturedLength : originalLength, littleEndian);
    bytes.set(data, at + recordHeaderLength);
    at += recordHeaderLength + data.length;
  }
  return bytes;
}
