import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/open.js';
import { Series } from '../../src/capture/series.js';
import type { PacketSource } from '../../src/capture/source.js';
import { writePcap } from '../support/pcap-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'lastack-series-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A capture whose frames hold one byte and have these times, in seconds. */
function file(name: string, times: readonly number[], pack = (bytes: Uint8Array): Uint8Array => bytes): string {
  const path = join(folder, name);
  const records = times.map((seconds, index) => ({ data: Uint8Array.of(index & 0xff), seconds }));
  writeFileSync(path, pack(writePcap(records)));
  return path;
}

/** Reads a series to its end: of each frame its capture's index, its number there, and its time. */
async function read(paths: readonly string[]) {
  const frames: { index: number; number: number; seconds: number }[] = [];
  let [open, mostOpen] = [0, 0];
  const series = new Series(paths, async (path): Promise<PacketSource> => {
    const source = await openCapture(path);
    mostOpen = Math.max(mostOpen, ++open);
    let isOpen = true;
    const close = source.close.bind(source);
    source.close = async () => {
      open -= Number(isOpen);
      isOpen = false;
      await close();
    };
    return source;
  });
  for (let member = await series.next(); member !== null; member = await series.next()) {
    const { source, index, until } = member;
    const timeOf = () => (source.frame.seconds - series.epochSeconds) * 1e9 + source.frame.nanoseconds;
    do {
      frames.push({ index, number: source.frame.number, seconds: source.frame.seconds });
      member.hasFrame = source.next();
    } while (member.hasFrame && timeOf() <= until);
  }
  await series.close();
  return { frames, series, open, mostOpen };
}

const named = (frames: readonly { index: number; number: number }[]) =>
  frames.map(({ index, number }) => `${'abcdef'[index]}${number}`).join(' ');

describe('captures that do not overlap', () => {
  it('come one after the other, each closed before the next is opened', async () => {
    const { frames, mostOpen, open } = await read([file('a', [1, 2]), file('b', [3, 4]), file('c', [5])]);
    expect(named(frames)).toBe('a1 a2 b1 b2 c1');
    expect([mostOpen, open]).toEqual([1, 0]);
  });

  it('are ordered by their first frames, as those of a ring whose names start anew', async () => {
    expect(named((await read([file('a', [5, 6]), file('b', [1, 2]), file('c', [3])])).frames)).toBe('b1 b2 c1 a1 a2');
  });

  it('keep the order given where the time is one', async () => {
    expect(named((await read([file('a', [1, 2]), file('b', [2, 3]), file('c', [2])])).frames)).toBe('a1 a2 b1 c1 b2');
  });
});

describe('captures that overlap', () => {
  it('are merged by the times of their frames', async () => {
    const { frames, mostOpen } = await read([file('a', [1, 4, 6]), file('b', [2, 3, 7]), file('c', [9])]);
    expect(named(frames)).toBe('a1 b1 b2 a2 a3 b3 c1');
    expect(mostOpen).toBe(2);
  });

  it('keep the order of the file within each, though its times jump back', async () => {
    expect(named((await read([file('a', [5, 1, 9]), file('b', [6, 7])])).frames)).toBe('a1 a2 b1 b2 a3');
  });

  it('may be compressed', async () => {
    const paths = [file('a', [1, 3], (bytes) => gzipSync(bytes)), file('b', [2, 4], (bytes) => gzipSync(bytes))];
    expect(named((await read(paths)).frames)).toBe('a1 b1 a2 b2');
  });

  it('give every frame once, and in the order of time where each file has it', async () => {
    const anyTimes = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(anyTimes, { minLength: 1, maxLength: 6 }), async (all) => {
        const paths = all.map((times, i) =>
          file(
            `any-${i}`,
            [...times].sort((a, b) => a - b),
          ),
        );
        const { frames, open } = await read(paths);
        expect(frames.map(({ seconds }) => seconds)).toEqual(all.flat().sort((a, b) => a - b));
        for (const [index, times] of all.entries()) {
          const own = frames.filter((frame) => frame.index === index).map(({ number }) => number);
          expect(own).toEqual(times.map((_, i) => i + 1));
        }
        expect(open).toBe(0);
      }),
      { seed: 6, numRuns: 60 },
    );
  });
});

it('what cannot be opened, or holds nothing, leaves the others as they are', async () => {
  const { frames, series } = await read([join(folder, 'none'), file('b', [1]), file('c', [])]);
  expect(named(frames)).toBe('b1');
  expect(series.members.map(({ openError }) => openError?.code ?? null)).toEqual(['not-found', null, null]);
});

it('a single capture is opened once, and nothing makes an empty series', async () => {
  let opened = 0;
  const path = file('a', [1, 2, 3]);
  const series = new Series([path], (name) => {
    opened++;
    return openCapture(name);
  });
  const member = await series.next();
  expect([opened, member?.until]).toEqual([1, Number.POSITIVE_INFINITY]);
  await series.close();
  expect((await read([])).frames).toEqual([]);
});
