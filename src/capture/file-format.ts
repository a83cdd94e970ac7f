/** A format that is told by its first bytes and is not read, with what turns it into one that is. */
interface KnownFormat {
  readonly magic: readonly number[];
  readonly name: string;
  readonly advice: string;
}

const KNOWN_FORMATS: readonly KnownFormat[] = [
  { magic: [0x0a, 0x0d, 0x0d, 0x0a], name: 'pcapng', advice: 'convert it with: editcap -F pcap IN OUT' },
  { magic: [...Buffer.from('snoop\0\0\0')], name: 'snoop', advice: 'convert it with: editcap -F pcap IN OUT' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], name: 'zstd compression', advice: 'unpack it with: zstd -d' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], name: 'xz compression', advice: 'unpack it with: xz -d' },
  { magic: [0x04, 0x22, 0x4d, 0x18], name: 'lz4 compression', advice: 'unpack it with: lz4 -d' },
  { magic: [...Buffer.from('BZh')], name: 'bzip2 compression', advice: 'unpack it with: bzip2 -d' },
  { magic: [...Buffer.from('PK\x03\x04')], name: 'a zip archive', advice: 'unpack it with: unzip' },
];

const GZIP_MAGIC = [0x1f, 0x8b];

/** Bytes that the functions here look at; where there are fewer, those are all there is. */
export const FORMAT_HEAD_LENGTH = 24;

/** Whether these are the first bytes of a gzip file (RFC 1952). */
export function isGzip(head: Uint8Array): boolean {
  return startsWith(head, GZIP_MAGIC);
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
