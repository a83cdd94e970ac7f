import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditText } from '../../src/audit/results/summary-text.js';
import {
  type AuditOptions,
  type AuditProgress,
  type AuditSummary,
  analyze,
  audit,
  joinShares,
} from '../../src/index.js';
import { analysisJson } from '../../src/report/analysis-json.js';
import { tcpFrame } from '../support/frames.js';
import { writePcap } from '../support/pcap-writer.js';
import { CAPTURES, capture, contentOf, Scratch } from './scratch.js';

const scratch = new Scratch();
afterAll(() => scratch.remove());

interface Way {
  readonly name: string;
  readonly extension: string;
  readonly code: string;
  readonly partial: boolean;
  readonly damage: (capture: Buffer) => Buffer;
}

/** The ways in which the benchmark breaks captures. */
const { WAYS } = (await import(join(import.meta.dirname, '../../bench/batch/ways.mjs'))) as { WAYS: readonly Way[] };

const run = (paths: readonly string[], out: string, options: Partial<AuditOptions> = {}): Promise<AuditSummary> =>
  audit(paths, { out: scratch.path(out), jobs: 0, today: '2026-11-20', ...options });

const all = readdirSync(CAPTURES).map((name) => join(CAPTURES, name));

const files = readdirSync(CAPTURES, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const captures = files.filter(({ name }) => name.endsWith('.pcap'));
/** Copies count once. */
const different = new Set(captures.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'base64')));

describe('the captures of the repository', () => {
  let summary: AuditSummary;
  beforeAll(async () => {
    summary = await run([CAPTURES], 'whole');
  }, 60_000);

  test('every capture has the flows, states and findings that analyze counts', async () => {
    expect(summary.counts).toMatchObject({
      captures: different.size,
      complete: different.size,
      partial: 0,
      unreadable: 0,
      ignored: files.length - different.size,
      files: different.size,
    });
    let flows = 0;
    const kinds = new Map<string, number>();
    for (const { files, flows: counted, findings } of summary.captures) {
      const analysis = analysisJson(await analyze(files[0].path));
      expect(counted).toBe(analysis.flows);
      expect(findings).toEqual(analysis.findings.map(({ kind, severity, flows: n }) => ({ kind, severity, flows: n })));
      flows += counted;
      for (const { kind, flows: n } of analysis.findings) kinds.set(kind, (kinds.get(kind) ?? 0) + n);
    }
    expect(summary.flows).toBe(flows);
    expect(new Map(summary.findings.map(({ kind, flows: n }) => [kind, n]))).toEqual(kinds);
    expect(summary.services.reduce((sum, service) => sum + service.flows, 0)).toBe(flows);
    const byService = new Map<string, number>();
    for (const service of summary.services) {
      for (const { kind, flows: n } of service.findings) byService.set(kind, (byService.get(kind) ?? 0) + n);
    }
    expect(byService).toEqual(kinds);
  });

  test('shares, put together without the captures, are the whole', async () => {
    const folders = await Promise.all(
      [1, 2, 3, 4].map(async (index) => {
        await run([CAPTURES], `share-${index}`, { shard: { index, count: 4 } });
        return scratch.path(`share-${index}`);
      }),
    );
    await joinShares(folders, { out: scratch.path('joined'), today: '2026-11-20' });
    expect(contentOf(scratch.path('joined'))).toEqual(contentOf(scratch.path('whole')));
    await expect(joinShares(folders.slice(1), { out: scratch.path('joined') })).rejects.toThrow('missing: 1/4');
    await run([CAPTURES], 'share-1', { shard: { index: 1, count: 4 }, profile: 'windows' });
    await expect(joinShares(folders, { out: scratch.path('joined') })).rejects.toThrow('other options');
  });

  test('a second run reads only what has changed', async () => {
    mkdirSync(scratch.path('live'));
    for (const name of ['half-close', 'syn-timeout', 'normal-close']) {
      scratch.write(`live/${name}.pcap`, readFileSync(capture(name)));
    }
    const read = async (options: Partial<AuditOptions> = {}): Promise<string[]> => {
      const paths = new Set<string>();
      const onProgress = ({ phase, running }: AuditProgress): void => {
        for (const { path } of phase === 'reading' ? running : []) paths.add(path.split('/').at(-1) ?? '');
      };
      await run([scratch.path('live')], 'live-out', { ...options, onProgress });
      return [...paths].sort();
    };
    expect(await read()).toEqual(['half-close.pcap', 'normal-close.pcap', 'syn-timeout.pcap']);
    expect(await read()).toEqual([]);
    scratch.write('live/syn-timeout.pcap', readFileSync(capture('half-open-reset')));
    scratch.write('live/new.pcap', readFileSync(capture('last-ack-lost')));
    rmSync(scratch.path('live/half-close.pcap'));
    expect(await read()).toEqual(['new.pcap', 'syn-timeout.pcap']);
    expect(readdirSync(scratch.path('live-out/flows.parquet'))).toHaveLength(3);
    // A result that lost bytes is made again; so is all of it with other options.
    const [id] = readdirSync(scratch.path('live-out/flows.parquet'));
    const [day] = readdirSync(scratch.path('live-out/flows.parquet', id));
    truncateSync(scratch.path('live-out/flows.parquet', id, day, 'part-0.parquet'), 10);
    expect(await read()).toHaveLength(1);
    expect(await read({ thresholds: { closeWait: 2 } })).toHaveLength(3);
  });

  test('content that changed behind an old date is seen', async () => {
    const path = scratch.write('dated/x.pcap', readFileSync(capture('half-close')));
    utimesSync(path, 1_000_000, 1_000_000);
    await run([scratch.path('dated')], 'dated-out');
    writeFileSync(path, readFileSync(capture('normal-close')));
    utimesSync(path, 1_000_000, 1_000_000);
    const { captures } = await run([scratch.path('dated')], 'dated-out');
    expect(captures[0].flows).toBe((await analyze(capture('normal-close'))).flows);
    expect(captures[0].findings.map(({ kind }) => kind)).not.toContain('half-close');
  });

  test('stopped twice in the middle, in another folder, named in another order: the same bytes', async () => {
    const named = [...all].reverse();
    for (const n of [2, 5]) {
      const stop = new AbortController();
      const onProgress = ({ phase, done }: AuditProgress): void => {
        if (phase === 'reading' && done >= n) stop.abort();
      };
      await expect(run(named, 'stopped', { signal: stop.signal, onProgress })).rejects.toThrow(
        new RegExp(`^stopped: \\d+ of ${different.size}`),
      );
      expect(existsSync(scratch.path('stopped/summary.json'))).toBe(false);
    }
    expect(readdirSync(scratch.path('stopped/flows.parquet')).length).toBeGreaterThan(6);
    await run(named, 'stopped');
    expect(contentOf(scratch.path('stopped'))).toEqual(contentOf(scratch.path('whole')));
  });
});

test('broken in ten ways: each in its place, with the rest of the batch as it is', async () => {
  const whole = readFileSync(capture('syn-scan'));
  const folder = scratch.path('broken');
  for (const [i, { extension, damage }] of WAYS.entries()) scratch.write(`broken/${i}-x.${extension}`, damage(whole));
  scratch.write('broken/good.pcap', readFileSync(capture('half-close')));
  const summary = await run([folder], 'broken-out');
  const told = new Map<string, string>();
  for (const { path, error } of summary.unreadable) told.set(path, `${error.code} unreadable`);
  for (const { files } of summary.captures)
    for (const f of files) told.set(f.path, `${f.error?.code ?? 'none'} partial`);
  expect([...told].map(([path, what]) => `${path.slice(folder.length + 1)} ${what}`).sort()).toEqual(
    [
      'good.pcap none partial',
      ...WAYS.map(
        ({ extension, code, partial }, i) => `${i}-x.${extension} ${code} ${partial ? 'partial' : 'unreadable'}`,
      ),
    ].sort(),
  );
  expect(summary.counts).toMatchObject({ captures: 6, complete: 1, partial: 5, unreadable: 5 });
  // What came before the damage counts: gzip loses no more than its last block, a wrong checksum nothing.
  const analysis = await analyze(capture('syn-scan'));
  const checksum = summary.captures.find(({ files }) => files[0].path.includes('9-x'));
  expect(checksum?.flows).toBe(analysis.flows);
  for (const { flows, complete } of summary.captures) if (!complete) expect(flows).toBeGreaterThan(0);
});

test('what changes how captures are read reaches the workers, and is part of the fingerprint', async () => {
  const path = capture('accept-queue-overflow-abort');
  const { flows } = await analyze(path);
  expect(await run([path], 'max-flows')).toMatchObject({ flows, givenUp: 0 });
  const few = await run([path], 'max-flows', { maxFlows: 2 });
  const expected = await analyze(path, { maxFlows: 2 });
  expect(expected.givenUp).toBeGreaterThan(0);
  expect(few).toMatchObject({ flows: expected.flows, givenUp: expected.givenUp });
  expect(auditText(few, 'out')).toContain(' connections were given up: ');
  const bytes = readFileSync(capture('half-close'));
  for (let at = 24; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) {
    // The TCP checksum, behind Ethernet and an IPv4 header without options.
    const checksum = at + 16 + 14 + 20 + 16;
    bytes.writeUInt16BE(bytes.readUInt16BE(checksum) ^ 0x5555, checksum);
  }
  const wrong = scratch.write('checksum/x.pcap', bytes);
  expect(await run([wrong], 'checksum-out')).toMatchObject({ flows: 1 });
  expect(await run([wrong], 'checksum-out', { verifyChecksums: true })).toMatchObject({ flows: 0 });
});

test('copies are counted once, and told of', async () => {
  const bytes = readFileSync(capture('half-close'));
  scratch.write('copies/a.pcap', bytes);
  scratch.write('copies/b.pcap', bytes);
  const { counts, ignored } = await run([scratch.path('copies')], 'copies-out');
  expect(counts).toMatchObject({ captures: 1, files: 1, ignored: 1 });
  expect(ignored[0].reason).toBe(`a copy of ${scratch.path('copies/a.pcap')}`);
});

test('a connection that goes on in the next file of a ring is in one series', async () => {
  const bytes = readFileSync(capture('half-close'));
  // Cut at a record's boundary: the frames of the first file, then the rest behind a header of its own.
  let at = 24;
  for (let frame = 0; frame < 5; frame++) at += 16 + bytes.readUInt32LE(at + 8);
  scratch.write('ring/dump.pcap', bytes.subarray(0, at));
  scratch.write('ring/dump.pcap1', Buffer.concat([bytes.subarray(0, 24), bytes.subarray(at)]));
  const { counts, captures } = await run([scratch.path('ring')], 'ring-out');
  expect(counts).toMatchObject({ captures: 1, files: 2 });
  expect(captures[0].files.map(({ path }) => path.split('/').at(-1))).toEqual(['dump.pcap', 'dump.pcap1']);
});

test('a folder with other things in it is not taken for results', async () => {
  scratch.write('mine/report.md', 'mine');
  await expect(run([CAPTURES], 'mine')).rejects.toThrow('holds other things');
  expect(readFileSync(scratch.path('mine/report.md'), 'utf8')).toBe('mine');
});

test('a second run at the same time is kept out; a lock that a dead process left is not heeded', async () => {
  const lock = scratch.path('locked/.lastack/lock');
  mkdirSync(join(lock, '..'), { recursive: true });
  const { hostname } = await import('node:os');
  writeFileSync(lock, `1 ${hostname()}\n`);
  await expect(run([capture('half-close')], 'locked')).rejects.toThrow('another run (process 1 ');
  writeFileSync(lock, `999999999 ${hostname()}\n`);
  await expect(run([capture('half-close')], 'locked')).resolves.toMatchObject({ flows: 1 });
  expect(existsSync(lock)).toBe(false);
});

test('options that are wrong are told before anything is written', async () => {
  await expect(run([CAPTURES], 'never', { filter: 'nonsense of' })).rejects.toThrow();
  await expect(run([CAPTURES], 'never', { baseline: scratch.path('nothing') })).rejects.toThrow('no baseline in');
  await expect(run([CAPTURES], 'never', { policy: scratch.path('nothing') })).rejects.toThrow('expected a policy');
  expect(existsSync(scratch.path('never'))).toBe(false);
});

test('no capture at all, and captures without a connection', async () => {
  mkdirSync(scratch.path('bare'));
  expect(await run([scratch.path('bare')], 'bare-out')).toMatchObject({ flows: 0, counts: { captures: 0 } });
  const data = tcpFrame({ from: '10.0.0.1:40000', to: '10.0.0.2:80' }).subarray(0, 20);
  scratch.write('bare/x.pcap', writePcap([{ data, seconds: 1 }]));
  expect(await run([scratch.path('bare')], 'bare-out')).toMatchObject({
    flows: 0,
    counts: { captures: 1, complete: 1 },
  });
});
