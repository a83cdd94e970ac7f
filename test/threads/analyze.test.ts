import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { AnalyzeOptions, Progress } from '../../src/index.js';
import { CAPTURES, capture, Scratch } from '../audit/scratch.js';
import { anySegments } from '../properties/arbitrary-segments.js';
import { capture as written } from '../properties/wire.js';
import { tcpFrame } from '../support/frames.js';
import { writePcap } from '../support/pcap-writer.js';

/** Threads are started from what is built. */
const BUILT = join(import.meta.dirname, '../../dist/index.js');
const { analyze, CaptureError }: typeof import('../../src/index.js') = await import(BUILT);

const scratch = new Scratch();
afterAll(() => scratch.remove());

/** What an analysis says, and what it told on the way, on one thread and on two. */
async function expectSame(path: string, options: AnalyzeOptions = {}) {
  const told: Progress[][] = [];
  const analyses = [];
  for (const threads of [1, 2]) {
    const progress: Progress[] = [];
    analyses.push(await analyze(path, { ...options, threads, onProgress: (p) => progress.push(p) }));
    told.push(progress);
  }
  expect(analyses[1]).toEqual(analyses[0]);
  expect(told[1]).toEqual(told[0]);
  const [alone, beside] = analyses.map(({ captures }) => captures.map(({ error }) => ({ ...error })));
  expect(beside).toEqual(alone);
  return analyses[1];
}

/** Segments of one connection: more than there is room for in the buffers of a thread, all together. */
function longFlow(count: number): Uint8Array {
  const records = Array.from({ length: count }, (_, i) => {
    const data = tcpFrame({ from: '10.0.0.1:40000', to: '10.1.0.1:80', flags: 'PA', seq: 10 * i, ack: 1, payload: 10 });
    return { data, seconds: 1_700_000_000 + Math.floor(i / 1000), fraction: (i % 1000) * 1000 };
  });
  return writePcap(records);
}

describe('an analysis is the same on two threads', () => {
  it.each(readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap')))('of %s', async (name) => {
    expect((await expectSame(join(CAPTURES, name))).flows).toBeGreaterThan(0);
  });

  it('of what hosts may say', async () => {
    await fc.assert(
      fc.asyncProperty(anySegments, async (segments) => {
        await expectSame(scratch.write('any.pcap', written(segments)));
      }),
      { seed: 5, numRuns: 10 },
    );
  });

  it('of more than is read ahead', async () => {
    const { flows, captures } = await expectSame(scratch.write('long.pcap', longFlow(50_000)));
    expect([flows, captures[0].frames]).toEqual([1, 50_000]);
  });

  it('of a compressed capture', async () => {
    await expectSame(scratch.write('soak.pcap.gz', gzipSync(readFileSync(capture('soak')))));
  });

  it.each<[what: string, options: AnalyzeOptions]>([
    ['a filter', { filter: 'port 80 or port 8080' }],
    ['other timers', { profile: 'windows' }],
    ['room for few connections', { maxFlows: 2 }],
    ['checksums verified', { verifyChecksums: true }],
    ['frames put in order', { reorder: 0.01 }],
    ['another reader', { reader: 'pcap-parser' }],
    ['a key of networks', { key: ['vlan'] }],
  ])('with %s', async (_what, options) => {
    await expectSame(capture('soak'), options);
  });

  it.each<[what: string, content: Uint8Array | null, code: string]>([
    ['is not there', null, 'not-found'],
    ['is empty', new Uint8Array(0), 'empty'],
    ['is text', Buffer.from('connection refused\n'), 'not-a-capture'],
    ['breaks off', readFileSync(capture('soak')).subarray(0, 20_001), 'truncated-record'],
  ])('of a file that %s', async (what, content, code) => {
    const path = content === null ? scratch.path('nowhere.pcap') : scratch.write(`${what}.pcap`, content);
    const { captures } = await expectSame(path);
    const { error } = captures[0];
    expect(error).toBeInstanceOf(CaptureError);
    expect([error?.code, error?.path]).toEqual([code, path]);
  });
});

it('a capture is let go of where the analysis is aborted', async () => {
  const path = scratch.write('long.pcap', longFlow(50_000));
  const script = `
    import { analyze } from ${JSON.stringify(BUILT)};
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    await analyze(process.argv[1], { threads: 2, signal: abort.signal, onProgress }).catch(({ name }) => console.log(name));
  `;
  const args = ['--input-type=module', '-e', script, path];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
  expect(stdout).toBe('AbortError\n');
});
