import { type FileHandle, open } from 'node:fs/promises';
import { type ByteSource, BytesError, systemReason } from './bytes.js';
import { CaptureError } from './error.js';
import { FileBytes } from './file-bytes.js';
import { FORMAT_HEAD_LENGTH, isGzip, knownFormat, lookOf } from './file-format.js';
import { GzipBytes } from './gzip-bytes.js';
import { NativeSource } from './native-source.js';
import { PCAP_HEADER_LENGTH, type PcapHeader, parsePcapHeader, startsLikePcap } from './pcap-header.js';
import { PcapParserSource } from './pcap-parser-source.js';
import { PeekableBytes } from './peekable-bytes.js';
import type { CaptureInfo, PacketSource } from './source.js';
import { StreamBytes } from './stream-bytes.js';

const STANDARD_INPUT = '-';
const STREAM_CHUNK_LENGTH = 1024 * 1024;

/** How to open a capture. */
export interface OpenOptions {
  /** Who cuts the frames: the project's own reader (the default), or the npm package `pcap-parser`. */
  readonly reader?: 'native' | 'pcap-parser';
}

/**
 * Opens a capture: pcap, plain or in gzip, in a file, a pipe or on standard input (`-`).
 *
 * @throws CaptureError `not-found`, `is-directory`, `unreadable`, `empty`, `not-a-capture`, `unsupported-format`,
 * `unsupported-version`, `truncated-header`, `damaged-compression`
 */
export async function openCapture(path: string, options: OpenOptions = {}): Promise<PacketSource> {
  const stored = new PeekableBytes(await openBytes(path));
  try {
    const compression = isGzip(await peek(stored, path)) ? 'gzip' : null;
    const bytes = compression === null ? stored : new PeekableBytes(inflated(stored, path));
    const header = readHeader(await peek(bytes, path), path);
    const { linkType, timeDigits, snapLength } = header;
    const info: CaptureInfo = { path, format: 'pcap', compression, linkType, timeDigits, snapLength };
    if (options.reader === 'pcap-parser') return new PcapParserSource(info, header, bytes);
    bytes.drop(PCAP_HEADER_LENGTH);
    return new NativeSource(info, header, bytes);
  } catch (error) {
    await stored.close();
    throw error;
  }
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

function inflated(stored: ByteSource, path: string): ByteSource {
  // Only a regular file has a size, and only such a file gives the same bytes again.
  return new GzipBytes(stored, stored.size === null ? null : () => openBytes(path));
}

async function peek(bytes: PeekableBytes, path: string): Promise<Uint8Array> {
  try {
    return await bytes.peek(FORMAT_HEAD_LENGTH);
  } catch (error) {
    throw error instanceof BytesError ? error.at(path, bytes.heldLength, null) : error;
  }
}

function readHeader(head: Uint8Array, path: string): PcapHeader {
  if (head.length === 0) {
    throw new CaptureError('empty', path, 0, null, 'a capture', 'no bytes at all');
  }
  if (startsLikePcap(head)) return parsePcapHeader(head, path);
  const known = knownFormat(head);
  if (known !== null) throw new CaptureError('unsupported-format', path, 0, null, 'a pcap capture', known);
  throw new CaptureError('not-a-capture', path, 0, null, 'a pcap capture', lookOf(head));
}
