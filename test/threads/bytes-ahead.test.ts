import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { BytesAhead as Bytes } from '../../src/threads/bytes-ahead.js';
import { Scratch } from '../audit/scratch.js';
import { tcpFrame } from '../support/frames.js';
import { writePcap } from '../support/pcap-writer.js';

/** Threads are started from what is built. */
const BUILT = join(import.meta.dirname, '../../dist/threads/bytes-ahead.js');
const { BytesAhead }: typeof import('../../src/threads/bytes-ahead.js') = await import(BUILT);

const scratch = new Scratch();
afterAll(() => scratch.remove());

const FRAMING = { nanosecondsOfUnit: 1000, epochSeconds: 1_700_000_000, typeAt: 12, linkHeader: 14 };
const data = tcpFrame({ from: '10.0.0.1:40000', to: '10.1.0.1:80', flags: 'S' });
const RECORD = 16 + data.length;

let bytes: Bytes;
beforeEach(() => {
  bytes = new BytesAhead(0, null);
  return () => bytes.close();
});

/** Everything that is read, piece by piece, and how much of each was decoded. */
async function readAll(capture: Uint8Array): Promise<{ pieces: Uint8Array[]; decoded: number[] }> {
  const file = await open(scratch.write('any.pcap', capture));
  const pieces: Uint8Array[] = [];
  const decoded: number[] = [];
  try {
    await bytes.ready();
    bytes.begin({ file: file.fd, offset: 24, framing: FRAMING }, 0);
    for (let piece = await bytes.read(); piece !== null; piece = await bytes.read()) {
      pieces.push(piece.slice());
      decoded.push(bytes.decodedOf(piece, 0)?.length ?? 0);
    }
  } finally {
    await file.close();
  }
  return { pieces, decoded };
}

const records = (count: number): Uint8Array =>
  writePcap(Array.from({ length: count }, (_, i) => ({ data, seconds: 1_700_000_000 + i })));

it('pieces end where a record does, and are the capture all together', async () => {
  const capture = records(100_000);
  const { pieces, decoded } = await readAll(capture);
  expect(pieces.length).toBeGreaterThan(10);
  expect(pieces.map(({ length }) => length % RECORD)).toEqual(pieces.map(() => 0));
  expect(Buffer.compare(Buffer.concat(pieces), capture.subarray(24))).toBe(0);
  expect(decoded).toEqual(pieces.map(({ length }) => (length / RECORD) * 64));
  expect(bytes.bytesRead).toBe(capture.length);
});

it('what is not a whole record comes as it is, and is not decoded', async () => {
  const capture = records(3).subarray(0, 24 + 2 * RECORD + 10);
  const { pieces, decoded } = await readAll(capture);
  expect(pieces.map(({ length }) => length)).toEqual([2 * RECORD, 10]);
  expect(decoded).toEqual([128, 0]);
});

it('what was decoded is not given out for fewer interfaces than it may name', async () => {
  const file = await open(scratch.write('any.pcap', records(1)));
  await bytes.ready();
  bytes.begin({ file: file.fd, offset: 24, framing: FRAMING }, 0);
  const piece = (await bytes.read()) as Uint8Array;
  expect(bytes.decodedOf(piece, -1)).toBeNull();
  expect(bytes.decodedOf(piece.subarray(1), 0)).toBeNull();
  expect(bytes.decodedOf(piece, 0)?.length).toBe(64);
  await file.close();
});

it('an error of the file is told of', async () => {
  await bytes.ready();
  bytes.begin({ file: 1_000_000, offset: 0, framing: FRAMING }, 0);
  await expect(bytes.read()).rejects.toMatchObject({ name: 'BytesError', code: 'unreadable', found: 'error EBADF' });
});

it('a thread that was lost is told of', async () => {
  await bytes.ready();
  await bytes.close();
  await expect(bytes.read()).rejects.toThrow('a thread that reads a capture ended with status 1');
});
