import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { type ByteSource, BytesError } from '../../src/capture/bytes.js';
import { GzipBytes } from '../../src/capture/gzip-bytes.js';
import { StreamBytes } from '../../src/capture/stream-bytes.js';
import { cutAt, lendingSource } from './frames.js';

/** Bytes that deflate badly, so that a few of them stand for many stored ones. */
function noise(length: number): Buffer {
  let state = 1;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 24;
    }),
  );
}

const latin1 = (...blocks: Uint8Array[]): string => Buffer.concat(blocks).toString('latin1');

/** What the longest beginning inflates to in which zlib finds no fault. */
function soundPart(stored: Uint8Array): Buffer {
  const inflated = (length: number): Buffer | null => {
    try {
      return gunzipSync(stored.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      return null;
    }
  };
  let sound = 20;
  for (let broken = stored.length; broken - sound > 1; ) {
    const middle = (sound + broken) >> 1;
    if (inflated(middle) === null) broken = middle;
    else sound = middle;
  }
  return inflated(sound) ?? Buffer.alloc(0);
}

interface Inflated {
  /** As latin1, for strings compare fast. */
  bytes: string;
  error: unknown;
}

async function inflate(stored: Uint8Array[], reopen: (() => Promise<ByteSource>) | null = null): Promise<Inflated> {
  const source = new GzipBytes(lendingSource(stored), reopen);
  const blocks: Uint8Array[] = [];
  try {
    for (let block = await source.read(); block !== null; block = await source.read()) blocks.push(block.slice());
    return { bytes: latin1(...blocks), error: null };
  } catch (error) {
    return { bytes: latin1(...blocks), error };
  } finally {
    await source.close();
  }
}

const damaged = expect.objectContaining({ name: BytesError.name, code: 'damaged-compression' });
const plain = noise(200_000);
const packed = gzipSync(plain);
const whole = latin1(plain);

it('inflates, however the stored bytes are cut', async () => {
  for (const cuts of [[], [1, 2, 10], [packed.length - 8], [packed.length - 1], [16_384, 16_385]]) {
    expect(await inflate(cutAt(packed, cuts))).toEqual({ bytes: whole, error: null });
  }
});

it('inflates one member after another, also where chunks end between them', async () => {
  const second = noise(1000).reverse();
  const members = [packed, gzipSync(second), gzipSync('')];
  const bytes = latin1(plain, second);
  expect(await inflate(members)).toEqual({ bytes, error: null });
  expect(await inflate([Buffer.concat(members)])).toEqual({ bytes, error: null });
});

it('passes over the zeros that tapes leave behind the last member', async () => {
  expect(await inflate([Buffer.concat([packed, Buffer.alloc(100_000)])])).toEqual({ bytes: whole, error: null });
});

it('inflates what expands a thousandfold', async () => {
  const zeros = Buffer.alloc(20_000_000);
  const { bytes, error } = await inflate([gzipSync(zeros)]);
  expect(error).toBeNull();
  expect(bytes === latin1(zeros)).toBe(true);
});

it('delivers all that comes before the end of a cut file', async () => {
  const kept = packed.subarray(0, 100_000);
  let readAgain = 0;
  const { bytes, error } = await inflate([kept], async () => {
    readAgain++;
    return lendingSource([kept]);
  });
  expect(readAgain).toBe(0);
  expect(error).toEqual(damaged);
  expect(error).toMatchObject({ found: 'the end of the file inside it' });
  expect(bytes.length).toBeGreaterThan(99_000);
  expect(bytes).toBe(whole.slice(0, bytes.length));
});

describe('damage', () => {
  const broken = (offset: number): Buffer => {
    const copy = Buffer.from(packed);
    copy[offset] ^= 0xff;
    return copy;
  };
  const reopened = (stored: Uint8Array) => async () => lendingSource(cutAt(stored, [5000]));

  it('of the checksum costs no byte where the file can be read again', async () => {
    const stored = broken(packed.length - 8);
    expect(await inflate([stored], reopened(stored))).toEqual({ bytes: whole, error: damaged });
  });

  it('behind the last member costs no byte where the file can be read again', async () => {
    const stored = Buffer.concat([packed, Buffer.from('trailing words')]);
    expect(await inflate([stored], reopened(stored))).toEqual({ bytes: whole, error: damaged });
  });

  it('inside a member costs no byte before it where the file can be read again', async () => {
    const member = gzipSync(noise(100_000).toString('hex'));
    for (const at of [1000, 70_000, 100_000]) {
      const stored = Buffer.from(member).fill(0xff, at, at + 100);
      const { bytes, error } = await inflate([stored], reopened(stored));
      expect(error).toEqual(damaged);
      expect(bytes).toBe(latin1(soundPart(stored)));
    }
  });

  it('costs a pipe at most 64 KiB', async () => {
    const { bytes, error } = await inflate([broken(packed.length - 8)]);
    expect(error).toEqual(damaged);
    expect(bytes.length).toBeGreaterThanOrEqual(plain.length - 65_536);
    expect(bytes).toBe(whole.slice(0, bytes.length));
  });

  it('is told of also where the file became sound, or went, in between', async () => {
    const stored = broken(packed.length - 8);
    expect(await inflate([stored], reopened(packed))).toEqual({ bytes: whole, error: damaged });
    const gone = await inflate([stored], () => Promise.reject(new Error('gone')));
    expect(gone.error).toEqual(damaged);
  });
});

it('closes the stored bytes, read or not', async () => {
  let closed = 0;
  const stored = { ...lendingSource([packed]), close: async () => void closed++ };
  await new GzipBytes(stored, null).close();
  const begun = new GzipBytes(stored, null);
  await begun.read();
  await begun.close();
  expect(closed).toBe(2);
});

describe('ahead of the reader', () => {
  const MEGABYTE = 1_000_000;
  /** Tells how many stored bytes were taken. */
  const counted = (chunks: Uint8Array[]) => {
    const source = lendingSource(chunks);
    const counts = { taken: 0 };
    const read = async (): Promise<Uint8Array | null> => {
      const chunk = await source.read();
      counts.taken += chunk?.length ?? 0;
      return chunk;
    };
    return { counts, stored: { ...source, read } };
  };

  it('inflates some megabytes, and no more', async () => {
    const { counts, stored } = counted(Array.from({ length: 50 }, () => packed));
    const source = new GzipBytes(stored, null);
    await source.read();
    await vi.waitFor(() => expect(counts.taken).toBeGreaterThan(4 * MEGABYTE));
    await setTimeout(50);
    expect(counts.taken).toBeLessThan(5 * MEGABYTE);
    await source.close();
  });

  it('does not take what expands a thousandfold for the few bytes that it is stored in', async () => {
    const chunk = gzipSync(Buffer.alloc(MEGABYTE));
    const { counts, stored } = counted(Array.from({ length: 50 }, () => chunk));
    const source = new GzipBytes(stored, null);
    await source.read();
    await vi.waitFor(() => expect(counts.taken).toBeGreaterThan(4 * chunk.length));
    await setTimeout(50);
    expect(counts.taken).toBeLessThan(6 * chunk.length);
    await source.close();
  });
});

it('is closed also while a pipe has no more to give', async () => {
  const stream = new Readable({ read() {} });
  stream.push(packed.subarray(0, 100_000));
  const source = new GzipBytes(new StreamBytes(stream), null);
  expect(await source.read()).not.toBeNull();
  await source.close();
  await source.close();
  expect(stream.destroyed).toBe(true);
});

it('is closed also while damage is looked for', async () => {
  const stored = [...Array.from({ length: 10 }, () => packed), Buffer.from(packed).fill(0, 100_000)];
  const again = lendingSource(stored);
  const events = new EventEmitter();
  let readAgain = 0;
  let closed = 0;
  const slow: ByteSource = {
    ...again,
    read: async () => {
      if (++readAgain === 2) {
        events.emit('looking');
        await once(events, 'closing');
      }
      return again.read();
    },
    close: async () => void closed++,
  };
  const source = new GzipBytes(lendingSource(stored), async () => slow);
  const looking = once(events, 'looking');
  await source.read();
  await looking;
  const closing = source.close();
  events.emit('closing');
  await closing;
  expect(readAgain).toBe(2);
  expect(closed).toBeGreaterThan(0);
});
