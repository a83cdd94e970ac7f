import { CaptureError } from './error.js';

/** Bytes of the global header, before the first record. */
export const PCAP_HEADER_LENGTH = 24;

/**
 * In which order a record holds its two lengths. Version 2.3 interchanged them, and some writers of 2.3 did not:
 * in such a file the larger of the two is the original length.
 */
export type LengthOrder = 'captured-first' | 'original-first' | 'smaller-is-captured';

/** The global header of a pcap file, decoded. */
export interface PcapHeader {
  readonly littleEndian: boolean;
  /** Digits after the second's point: 6 for microseconds, 9 for nanoseconds. */
  readonly timeDigits: 6 | 9;
  /** Bytes of each record's header: 16, or 24 in Kuznetzov's modified format. */
  readonly recordHeaderLength: 16 | 24;
  readonly lengthOrder: LengthOrder;
  /** As written in the header, in bytes; 0 where the writer did not say. */
  readonly snapLength: number;
  /** LINKTYPE_ value, without the bits that tell of an FCS. */
  readonly linkType: number;
}

type Variant = Pick<PcapHeader, 'timeDigits' | 'recordHeaderLength'>;

const VARIANTS: ReadonlyMap<number, Variant> = new Map<number, Variant>([
  [0xa1b2c3d4, { timeDigits: 6, recordHeaderLength: 16 }],
  [0xa1b23c4d, { timeDigits: 9, recordHeaderLength: 16 }],
  [0xa1b2cd34, { timeDigits: 6, recordHeaderLength: 24 }],
]);

/** Whether these first bytes are those of a pcap file; of fewer than four bytes: whether they could become so. */
export function startsLikePcap(head: Uint8Array): boolean {
  const shown = head.subarray(0, 4);
  return [...VARIANTS.keys()].some((magic) => {
    const bigEndian = [magic >>> 24, (magic >>> 16) & 0xff, (magic >>> 8) & 0xff, magic & 0xff];
    const littleEndian = [...bigEndian].reverse();
    return [bigEndian, littleEndian].some((order) => shown.every((byte, index) => byte === order[index]));
  });
}

/**
 * Decodes the global header.
 *
 * @param head the first bytes of the capture, 24 or more if it has so many; `startsLikePcap` holds for them
 * @param path the capture as the user named it, for errors
 * @throws CaptureError `truncated-header`, `unsupported-version`
 * @see draft-ietf-opsawg-pcap, section 4; libpcap sf-pcap.c for versions before 2.4 and the modified format
 */
export function parsePcapHeader(head: Uint8Array, path: string): PcapHeader {
  if (head.length < PCAP_HEADER_LENGTH) {
    throw new CaptureError(
      'truncated-header',
      path,
      head.length,
      null,
      `a file header of ${PCAP_HEADER_LENGTH} bytes`,
      `the end of the capture after ${head.length}`,
    );
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const bigEndianVariant = VARIANTS.get(view.getUint32(0));
  const littleEndian = bigEndianVariant === undefined;
  const variant = bigEndianVariant ?? VARIANTS.get(view.getUint32(0, true));
  if (variant === undefined) throw new RangeError('parsePcapHeader() takes bytes that startsLikePcap() accepts');

  const major = view.getUint16(4, littleEndian);
  const minor = view.getUint16(6, littleEndian);
  if (major !== 2 || minor > 4) {
    throw new CaptureError(
      'unsupported-version',
      path,
      4,
      null,
      'pcap version 2.0 to 2.4',
      `version ${major}.${minor}`,
    );
  }
  return {
    ...variant,
    littleEndian,
    lengthOrder: lengthOrder(minor),
    snapLength: view.getUint32(16, littleEndian),
    // The upper half holds the length of the FCS and the flag that it is known.
    linkType: view.getUint32(20, littleEndian) & 0xffff,
  };
}

function lengthOrder(minorVersion: number): LengthOrder {
  if (minorVersion < 3) return 'original-first';
  return minorVersion === 3 ? 'smaller-is-captured' : 'captured-first';
}
