import type { Compression } from './source.js';

/** What a file is, by its first bytes. */
const COMPRESSIONS: readonly { readonly magic: readonly number[]; readonly name: Compression }[] = [
  /** RFC 1952. */
  { magic: [0x1f, 0x8b], name: 'gzip' },
  /** RFC 8878, section 3.1.1. */
  { magic: [0x28, 0xb5, 0x2f, 0xfd], name: 'zstd' },
  { magic: [0x04, 0x22, 0x4d, 0x18], name: 'lz4' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], name: 'xz' },
  { magic: [...Buffer.from('BZh')], name: 'bzip2' },
];

const PCAPNG_MAGIC = [0x0a, 0x0d, 0x0d, 0x0a];
const SNOOP_MAGIC = [...Buffer.from('snoop\0\0\0')];

/** A format that is told by its first bytes and is not read, with what turns it into one that is. */
interface KnownFormat {
  readonly magic: readonly number[];
  readonly name: string;
  readonly advice: string;
}

const CONVERT = 'convert it with: editcap -F pcap IN OUT';
const KNOWN_FORMATS: readonly KnownFormat[] = [
  { magic: [0x50, 0x4b, 0x03, 0x04], name: 'a zip archive', advice: 'unpack it with: unzip' },
  { magic: [...Buffer.from('RTSS')], name: 'Microsoft Network Monitor 1', advice: CONVERT },
  { magic: [...Buffer.from('GMBU')], name: 'Microsoft Network Monitor 2', advice: CONVERT },
  { magic: [0x54, 0x52, 0x00, 0x64, 0x00], name: 'HP-UX nettl', advice: CONVERT },
  { magic: [...Buffer.from('XCP\0')], name: 'NetXRay', advice: CONVERT },
];

/** Bytes that the functions here look at; where there are fewer, those are all there is. */
export const FORMAT_HEAD_LENGTH = 24;

/** How these first bytes of a file say that it is compressed; null where they do not. */
export function compressionOf(head: Uint8Array): Compression | null {
  return COMPRESSIONS.find(({ magic }) => startsWith(head, magic))?.name ?? null;
}

/** Whether these are the first bytes of a pcapng file. */
export function startsLikePcapng(head: Uint8Array): boolean {
  return startsWith(head, PCAPNG_MAGIC);
}

/** Whether these are the first bytes of a snoop file. */
export function startsLikeSnoop(head: Uint8Array): boolean {
  return startsWith(head, SNOOP_MAGIC);
}
/** Name of and advice on a known format that is not read, in one phrase; null for any other. */
export function knownFormat(head: Uint8Array): string | null {
  const format = KNOWN_FORMATS.find(({ magic }) => startsWith(head, magic));
  return format ? `${format.name} (${format.advice})` : null;
}

/** What an unknown file looks like, in printable words whatever its bytes are. */
export function lookOf(head: Uint8Array): string {
  const shown = head.subarray(0, FORMAT_HEAD_LENGTH);
  if (shown.every(isText)) {
    return `text that starts with ${JSON.stringify(Buffer.from(shown).toString('latin1'))}`;
  }
  const hex = Buffer.from(shown.subarray(0, 4)).toString('hex');
  return `a file that starts with the bytes ${hex.replace(/..(?!$)/g, '$& ')}`;
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
