import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { CaptureErrorCode } from '../../src/capture/error.js';
import { openCapture } from '../../src/capture/open.js';
import { writePcap } from '../support/pcap-writer.js';
import { writePcapng } from '../support/pcapng-writer.js';
import { cutAt, drain, expectedFrames } from './frames.js';

const folder = mkdtempSync(join(tmpdir(), 'lastack-open-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const records = Array.from({ length: 50 }, (_, index) => ({
  data: new Uint8Array(60 + index).fill(index),
  seconds: 1_700_000_000 + index,
  fraction: index,
}));
const capture = writePcap(records, { snaplen: 65_535 });
const frames = expectedFrames(records);
const info = { format: 'pcap', compression: null, linkType: 1, timeDigits: 6, snapLength: 65_535 };

describe.each(['native', 'pcap-parser'] as const)('a file, read by %s', (reader) => {
  it('is read whole, and its progress told', async () => {
    const path = file('plain.pcap', capture);
    const source = await openCapture(path, { reader });
    expect(source.info).toEqual({ ...info, path });
    expect(source.size).toBe(capture.length);
    expect(await drain(source)).toEqual(frames);
    expect(source.error).toBeNull();
    expect(source.bytesRead).toBe(capture.length);
    await source.close();
  });

  it('is noticed to be gzip, of one member or many', async () => {
    const halves = cutAt(capture, [1000]).map((half) => gzipSync(half));
    for (const packed of [gzipSync(capture), Buffer.concat(halves)]) {
      const path = file('packed.pcap', packed);
      const source = await openCapture(path, { reader });
      expect(source.info).toEqual({ ...info, path, compression: 'gzip' });
      expect(source.size).toBe(packed.length);
      expect(await drain(source)).toEqual(frames);
      expect(source.error).toBeNull();
      expect(source.bytesRead).toBe(packed.length);
    }
  });

  it('that is gzip cut short gives the frames that could be inflated', async () => {
    const packed = gzipSync(capture, { level: 0 });
    // Stored blocks: ten bytes of gzip header and five of block header precede the capture's own.
    const kept = 15 + 24 + 3 * 16 + 60 + 61 + 10;
    const source = await openCapture(file('cut.pcap.gz', packed.subarray(0, kept)), { reader });
    expect(await drain(source)).toEqual(frames.slice(0, 2));
    expect(source.error).toMatchObject({ code: 'damaged-compression', frame: 3, offset: kept - 15 });
  });

  it('that is gzip with a wrong checksum gives every frame', async () => {
    const packed = gzipSync(capture);
    packed[packed.length - 8] ^= 0xff;
    const source = await openCapture(file('damaged.pcap.gz', packed), { reader });
    expect(await drain(source)).toEqual(frames);
    expect(source.error).toMatchObject({ code: 'damaged-compression', frame: 51, offset: capture.length });
  });

  it('is closed before its end without harm', async () => {
    for (const bytes of [capture, gzipSync(capture)]) {
      const source = await openCapture(file('closed.pcap', bytes), { reader });
      await source.advance();
      await source.close();
      await source.close();
    }
  });
});

it('reads a file of more than one chunk', async () => {
  const many = Array.from({ length: 1500 }, (_, index) => ({ data: new Uint8Array(1000).fill(index & 0xff) }));
  const source = await openCapture(file('large.pcap', writePcap(many)));
  expect(await drain(source)).toEqual(expectedFrames(many));
  expect(source.error).toBeNull();
});

describe.each(['native', 'pcap-parser'] as const)('a stream, read by %s', (reader) => {
  const standardInput = (chunks: readonly Uint8Array[]): Readable => {
    const stream = Readable.from(chunks, { objectMode: false });
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(stream as typeof process.stdin);
    return stream;
  };

  it.each([
    ['plain', capture, null],
    ['in gzip', gzipSync(capture), 'gzip'],
  ])('on standard input is read %s', async (_, bytes, compression) => {
    const stream = standardInput(cutAt(bytes, [1, 3, 20, 30, 200]));
    const source = await openCapture('-', { reader });
    expect(source.info).toEqual({ ...info, path: '-', compression });
    expect(source.size).toBeNull();
    expect(await drain(source)).toEqual(frames);
    expect(source.error).toBeNull();
    expect(source.bytesRead).toBe(bytes.length);
    expect(stream.destroyed).toBe(true);
  });

  it('that breaks gives the frames before', async () => {
    async function* broken() {
      yield capture.subarray(0, 24 + 2 * 16 + 60 + 61 + 4);
      throw Object.assign(new Error('read failed'), { code: 'EIO' });
    }
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from(broken()) as typeof process.stdin);
    const source = await openCapture('-', { reader });
    expect(await drain(source)).toEqual(frames.slice(0, 2));
    expect(source.error).toMatchObject({ code: 'unreadable', frame: 3, offset: 181, found: 'error EIO' });
  });

  it('is let go of when it is closed before its end', async () => {
    const stream = standardInput([capture.subarray(0, 500), capture.subarray(500)]);
    const source = await openCapture('-', { reader });
    await source.advance();
    expect(stream.destroyed).toBe(false);
    await source.close();
    expect(stream.destroyed).toBe(true);
  });

  it('is let go of when it is no capture', async () => {
    const stream = standardInput([Buffer.alloc(100), Buffer.alloc(100)]);
    await expect(openCapture('-', { reader })).rejects.toMatchObject({ code: 'not-a-capture' });
    expect(stream.destroyed).toBe(true);
  });

  it('through a named pipe is read', async () => {
    const path = join(folder, `pipe-${reader}`);
    execFileSync('mkfifo', [path]);
    const [source] = await Promise.all([openCapture(path, { reader }), writeFile(path, capture)]);
    expect(source.size).toBeNull();
    expect(await drain(source)).toEqual(frames);
    expect(source.error).toBeNull();
  });
});

describe('what cannot be opened', () => {
  const refusal = async (path: string) => {
    const error = await openCapture(path).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'CaptureError', path });
    return error;
  };

  it('may not be there', async () => {
    expect(await refusal(join(folder, 'none.pcap'))).toMatchObject({ code: 'not-found', offset: null, frame: null });
    expect(await refusal(join(file('plain', 'x'), 'below.pcap'))).toMatchObject({ code: 'not-found' });
  });

  it('may be a directory', async () => {
    const path = join(folder, 'directory.pcap');
    mkdirSync(path);
    expect(await refusal(path)).toMatchObject({ code: 'is-directory', found: 'a directory' });
  });

  it('may have a name that the system refuses', async () => {
    expect(await refusal(join(folder, 'x'.repeat(300)))).toMatchObject({
      code: 'unreadable',
      found: 'error ENAMETOOLONG',
    });
  });

  it('may be forbidden', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('the superuser may read every file');
    const path = file('secret.pcap', capture);
    chmodSync(path, 0);
    expect(await refusal(path)).toMatchObject({ code: 'unreadable', found: 'no permission to read it' });
  });

  it.each<[string, Uint8Array | string, CaptureErrorCode, string]>([
    ['nothing', '', 'empty', 'no bytes at all'],
    ['nothing in gzip', gzipSync(''), 'empty', 'no bytes at all'],
    ['text', 'Hello,\nworld', 'not-a-capture', 'text that starts with "Hello,\\nworld"'],
    [
      'binary',
      Uint8Array.of(0x7f, 0x45, 0x1b, 0x5b, 0),
      'not-a-capture',
      'a file that starts with the bytes 7f 45 1b 5b',
    ],
    ['one byte', Uint8Array.of(0x1b), 'not-a-capture', 'a file that starts with the bytes 1b'],
    ['text in gzip', gzipSync('Hello'), 'not-a-capture', 'text that starts with "Hello"'],
    ['10 bytes', capture.subarray(0, 10), 'truncated-header', 'the end of the capture after 10'],
    ['1 byte of a header', capture.subarray(0, 1), 'truncated-header', 'the end of the capture after 1'],
    ['10 bytes in gzip', gzipSync(capture.subarray(0, 10)), 'truncated-header', 'the end of the capture after 10'],
    ['gzip cut short', gzipSync(capture).subarray(0, 5), 'damaged-compression', 'the end of the file inside it'],
    ['version 3.0', writePcap([], { version: [3, 0] }), 'unsupported-version', 'version 3.0'],
    ['10 bytes of snoop', 'snoop\0\0\0\0\0', 'truncated-header', 'the end of the capture after 10'],
    ['pcapng 2.0', writePcapng([{ section: { version: [2, 0] } }]), 'unsupported-version', 'version 2.0'],
    ['zip', 'PK\x03\x04', 'unsupported-format', 'a zip archive (unpack it with: unzip)'],
  ])('may hold %s', async (_, bytes, code, found) => {
    expect(await refusal(file('refused', bytes))).toMatchObject({ code, found, frame: null });
  });

  it('says how much of a header could be inflated', async () => {
    const packed = gzipSync(capture, { level: 0 }).subarray(0, 15 + 10);
    expect(await refusal(file('header.gz', packed))).toMatchObject({ code: 'damaged-compression', offset: 10 });
  });

  it('says where a header was cut, whatever the cut', async () => {
    for (let end = 1; end < 24; end++) {
      const path = file('header.pcap', capture.subarray(0, end));
      expect(await refusal(path)).toMatchObject({ code: 'truncated-header', offset: end });
    }
  });
});

it('opens a capture without frames', async () => {
  const source = await openCapture(file('header-only.pcap', writePcap([], { nano: true })));
  expect(source.info.timeDigits).toBe(9);
  expect(await drain(source)).toEqual([]);
  expect(source.error).toBeNull();
});
