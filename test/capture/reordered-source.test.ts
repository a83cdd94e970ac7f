import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/open.js';
import { ReorderedSource } from '../../src/capture/reordered-source.js';
import { analyze, type Flow, flows, type Options } from '../../src/index.js';
import { type FlowJson, flowJson } from '../../src/report/flow-json.js';
import { summary } from '../../src/report/summary.js';
import { writePcap } from '../support/pcap-writer.js';
import { drain, type FrameCopy } from './frames.js';
import { pcap, type Recorded, recordsOf } from './recorded.js';

const folder = mkdtempSync(join(tmpdir(), 'lastack-reorder-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MILLISECOND = 1e6;

function file(bytes: Uint8Array): string {
  const path = join(folder, 'capture.pcap');
  writeFileSync(path, bytes);
  return path;
}

/** A capture of frames at these times, in milliseconds; each holds its index. */
function capture(times: readonly number[]): string {
  return file(
    writePcap(
      times.map((time, index) => ({
        data: Uint8Array.of(index & 0xff, index >> 8),
        seconds: 1 + Math.floor(time / 1000),
        fraction: (time % 1000) * 1000,
      })),
    ),
  );
}

const timeOf = ({ seconds, nanoseconds }: FrameCopy): number => (seconds - 1) * 1e3 + nanoseconds / MILLISECOND;

async function reordered(path: string, milliseconds: number, mostFrames?: number) {
  const source = new ReorderedSource(await openCapture(path), milliseconds * MILLISECOND, mostFrames);
  return { frames: await drain(source), order: source.order };
}

/** Times of a capture in order, and how far each frame is put back in the file. */
const shuffled = fc.array(fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 10 })), { maxLength: 60 }).map((steps) => {
  let time = 0;
  const placed = steps.map(([step, back]) => {
    time += step;
    return { time, place: time + back };
  });
  return placed.sort((a, b) => a.place - b.place).map((frame) => frame.time);
});

describe('within the window', () => {
  it('frames come in the order of their times, equal ones in that of the file, with their bytes and numbers', async () => {
    await fc.assert(
      fc.asyncProperty(shuffled, async (times) => {
        const { frames } = await reordered(capture(times), 10);
        const order = times.map((_, index) => index).sort((a, b) => times[a] - times[b] || a - b);
        expect(frames.map(({ number }) => number - 1)).toEqual(order);
        expect(frames.map(timeOf)).toEqual(order.map((index) => times[index]));
        expect(frames.map(({ data }) => data[0])).toEqual(order);
      }),
    );
  });

  it('counts those that stand behind a later one', async () => {
    const { order } = await reordered(capture([0, 5, 3, 4, 6, 1]), 10);
    expect(order).toMatchObject({ frames: 3, furthest: 5 * MILLISECOND });
  });
});

describe('beyond the window', () => {
  it('every frame comes once, and none before one that was read more than a window earlier in time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 200 }), { maxLength: 60 }), async (times) => {
        const { frames } = await reordered(capture(times), 10);
        expect(frames.map(({ number }) => number).sort((a, b) => a - b)).toEqual(times.map((_, index) => index + 1));
        // Two frames change places only where they are within the window of each other.
        frames.forEach((early, at) => {
          for (const late of frames.slice(at + 1)) {
            if (late.number < early.number) expect(timeOf(late) - timeOf(early)).toBeLessThanOrEqual(10);
          }
        });
      }),
    );
  });

  it('leaves the rest in order where one time is wrong, or the clock is set back', async () => {
    expect((await reordered(capture([0, 2, 1, 90_000, 3, 5, 4]), 10)).frames.map(timeOf)).toEqual([
      0, 1, 2, 90_000, 3, 4, 5,
    ]);
    expect((await reordered(capture([900, 902, 901, 100, 103, 102]), 10)).frames.map(timeOf)).toEqual([
      900, 901, 902, 100, 102, 103,
    ]);
  });
});

it('holds no more frames than it may', async () => {
  const times = Array.from({ length: 50 }, (_, index) => 50 - index);
  const { frames } = await reordered(capture(times), 1000, 9);
  expect(frames).toHaveLength(50);
  expect(timeOf(frames[0])).toBe(41);
});

const captures = fileURLToPath(new URL('../../captures/', import.meta.url));

async function flowsOf(path: string, options: Options = {}): Promise<Flow[]> {
  const found: Flow[] = [];
  for await (const flow of flows(path, options)) found.push(flow);
  return found;
}

const nanoseconds = ({ seconds, fraction }: Recorded): number => (seconds % 1e6) * 1e9 + fraction;

/** What is told of a flow, with these numbers in place of the frames'. */
function told(flow: Flow, renumber: (frame: number) => number): FlowJson {
  const json = flowJson(flow);
  return {
    ...json,
    timeline: json.timeline.map((change) => ({
      ...change,
      frame: renumber(change.frame),
      confirmedBy: change.confirmedBy === null ? null : renumber(change.confirmedBy),
      revoked: change.revoked.map(renumber),
    })),
    findings: json.findings.map((finding) => ({ ...finding, frames: finding.frames.map(renumber) })),
  };
}

describe('what is told of the flows', () => {
  it.each(readdirSync(captures).filter((name) => name.endsWith('.pcap')))(
    '%s: is that of the sorted capture',
    async (name) => {
      const { records, linkType, nano } = await recordsOf(captures + name);
      let seed = 1;
      const random = () => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        return seed / 2 ** 32;
      };
      const mixed = records
        .map((record) => ({ record, place: nanoseconds(record) + 50 * MILLISECOND * random() }))
        .sort((a, b) => a.place - b.place)
        .map(({ record }) => record);
      const sorted = [...mixed].sort((a, b) => nanoseconds(a) - nanoseconds(b));
      const expected = (await flowsOf(file(pcap(sorted, linkType, nano)))).map((flow) => told(flow, (frame) => frame));
      const places = new Map(sorted.map((record, index) => [record, index + 1]));
      const numbers = new Map(mixed.map((record, index) => [index + 1, places.get(record)]));
      const found = await flowsOf(file(pcap(mixed, linkType, nano)), { reorder: 0.05 });
      expect(found.map((flow) => told(flow, (frame) => numbers.get(frame) ?? Number.NaN))).toEqual(expected);
    },
  );
});

describe('the summary', () => {
  const path = () => capture([0, 5, 3, 4, 60, 6, 70]);
  const first = async (options: Options) =>
    summary(await analyze(path(), options))
      .split('\n\n')[0]
      .replace(/\s+/g, ' ');

  it('tells how many frames are out of order, and which window would do', async () => {
    expect(await first({})).toContain('3 frames are out of time order, by up to 54 ms: --reorder 55ms sorts them');
    expect(await first({ reorder: 0.01 })).toContain('1 of 3 frames are out of time order, by up to 54 ms');
    expect(await first({ reorder: 0.055 })).toContain('3 frames were put in time order');
    expect((await analyze(path())).captures[0].outOfOrder).toEqual({ frames: 3, furthest: 54e6, unsorted: 3 });
  });

  it('recommends no window where the clock was set', async () => {
    const text = summary(await analyze(capture([0, 3_600_000, 2])));
    expect(text.replace(/\s+/g, ' ')).toContain('1 frame is out of time order, by up to 1 h');
    expect(text).not.toContain('--reorder');
  });
});
