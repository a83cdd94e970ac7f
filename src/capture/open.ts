import { type FileHandle, open } from 'node:fs/promises';
import { type ByteSource, BytesError, systemReason } from './bytes.js';
import { CaptureError } from './error.js';
import { FileBytes } from './file-bytes.js';
import {
  compressionOf,
  FORMAT_HEAD_LENGTH,
  knownFormat,
  lookOf,
  startsLikePcapng,
  startsLikeSnoop,
} from './file-format.js';
import type { Framer } from './framer.js';
import { NativeSource } from './native-source.js';
import { PcapFramer } from './pcap-framer.js';
import { PCAP_HEADER_LENGTH, type PcapHeader, parsePcapHeader, startsLikePcap } from './pcap-header.js';
import { PcapParserSource } from './pcap-parser-source.js';
import { PcapngFramer } from './pcapng-framer.js';
import { PeekableBytes } from './peekable-bytes.js';
import { parseSnoopHeader, SNOOP_HEADER_LENGTH, SnoopFramer } from './snoop-framer.js';
import type { CaptureFormat, Compression, PacketSource } from './source.js';
import { StreamBytes } from './stream-bytes.js';
import { unpacked } from './unpack.js';

const STANDARD_INPUT = '-';
const STREAM_CHUNK_LENGTH = 1024 * 1024;

/** How to open a capture. */
export interface OpenOptions {
  /** Who cuts the frames: the project's own reader (the default), or the npm package `pcap-parser`. */
  readonly reader?: 'native' | 'pcap-parser';
}

/**
 * Opens a capture: pcap, pcapng or snoop, plain or compressed, in a file, a pipe or on standard input (`-`).
 *
 * @throws CaptureError `not-found`, `is-directory`, `unreadable`, `empty`, `not-a-capture`, `unsupported-format`,
 * `unsupported-version`, `truncated-header`, `damaged-block`, `damaged-compression`, `missing-tool`
 */
export async function openCapture(path: string, options: OpenOptions = {}): Promise<PacketSource> {
  const stored = new PeekableBytes(await openBytes(path));
  let bytes = stored;
  try {
    const packedHead = await peek(stored, path);
    const compression = compressionOf(packedHead);
    // Only a regular file has a size, and only such a file gives the same bytes again.
    const reopen = stored.size === null ? null : () => openBytes(path);
    if (compression !== null) bytes = new PeekableBytes(unpacked(compression, stored, packedHead, reopen));
    const head = await peek(bytes, path);
    return options.reader === 'pcap-parser'
      ? await openWithPcapParser(head, bytes, path, compression)
      : await openNatively(head, bytes, path, compression);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function openNatively(
  head: Uint8Array,
  bytes: PeekableBytes,
  path: string,
  compression: Compression | null,
): Promise<PacketSource> {
  const opened = async (format: CaptureFormat, framer: Framer): Promise<PacketSource> => {
    const source = new NativeSource({ path, format, compression }, framer, bytes);
    if (format === 'pcapng') await source.open();
    return source;
  };
  if (startsLikePcapng(head)) return opened('pcapng', new PcapngFramer(path));
  if (startsLikeSnoop(head)) {
    const header = parseSnoopHeader(head, path);
    bytes.drop(SNOOP_HEADER_LENGTH);
    return opened('snoop', new SnoopFramer(header, path));
  }
  const header = readPcapHeader(head, path);
  bytes.drop(PCAP_HEADER_LENGTH);
  return opened('pcap', new PcapFramer(header, path));
}

async function openWithPcapParser(
  head: Uint8Array,
  bytes: PeekableBytes,
  path: string,
  compression: Compression | null,
): Promise<PacketSource> {
  if (startsLikePcapng(head) || startsLikeSnoop(head)) {
    const found = startsLikePcapng(head) ? 'pcapng' : 'snoop';
    const expected = 'a pcap capture, the only kind that the reader pcap-parser reads';
    throw new CaptureError('unsupported-format', path, 0, null, expected, found);
  }
  const header = readPcapHeader(head, path);
  const { linkType, timeDigits, snapLength } = header;
  const { parse } = await import('pcap-parser');
  const info = { path, format: 'pcap', compression, linkType, timeDigits, snapLength } as const;
  return new PcapParserSource(info, header, bytes, parse);
}

async function openBytes(path: string): Promise<ByteSource> {
  if (path === STANDARD_INPUT) return new StreamBytes(process.stdin);
  const handle = await openFile(path);
  const stats = await handle.stat();
  if (stats.isDirectory()) {
    await handle.close();
    throw new CaptureError('is-directory', path, null, null, 'a capture file', 'a directory');
  }
  if (stats.isFile()) return new FileBytes(handle, stats.size);
  return new StreamBytes(handle.createReadStream({ highWaterMark: STREAM_CHUNK_LENGTH }));
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new CaptureError('not-found', path, null, null, 'a capture file', 'nothing of that name', { cause });
    }
    const found = code === 'EACCES' || code === 'EPERM' ? 'no permission to read it' : systemReason(cause);
    throw new CaptureError('unreadable', path, null, null, 'a file that can be read', found, { cause });
  }
}

async function peek(bytes: PeekableBytes, path: string): Promise<Uint8Array> {
  try {
    return await bytes.peek(FORMAT_HEAD_LENGTH);
  } catch (error) {
    throw error instanceof BytesError ? error.at(path, bytes.heldLength, null) : error;
  }
}

function readPcapHeader(head: Uint8Array, path: string): PcapHeader {
  if (head.length === 0) {
    throw new CaptureError('empty', path, 0, null, 'a capture', 'no bytes at all');
  }
  if (startsLikePcap(head)) return parsePcapHeader(head, path);
  const known = knownFormat(head);
  if (known !== null) throw new CaptureError('unsupported-format', path, 0, null, 'a pcap or pcapng capture', known);
  throw new CaptureError('not-a-capture', path, 0, null, 'a pcap or pcapng capture', lookOf(head));
}
