import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Summarizer } from '../src/findings/summarize.js';
import { DEFAULT_THRESHOLDS } from '../src/findings/thresholds.js';
import { type Analysis, analyze, type Flow, flows, type Options } from '../src/index.js';
import { analysisJson } from '../src/report/analysis-json.js';

/** The built command, as a shell would run it. */
const COMMAND = join(import.meta.dirname, '../dist/cli/main.js');
const CAPTURES = join(import.meta.dirname, '../captures');
const capture = (name: string): string => join(CAPTURES, `${name}.pcap`);

interface Result {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function lastack(args: readonly string[], input?: Buffer): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [COMMAND, ...args], { maxBuffer: 1 << 28 }, (error, out, err) => {
      resolve({ status: error ? Number(error.code) : 0, out, err });
    });
    if (input !== undefined) child.stdin?.end(input);
  });
}

/** What each capture shows, by the record of the two kernels that was made beside it (captures/README.md). */
const FIRST_FINDING: Readonly<Record<string, string>> = {
  'abortive-close': 'abortive-close',
  'accept-queue-overflow': 'accept-queue-overflow',
  'accept-queue-overflow-abort': 'accept-queue-overflow',
  'close-wait-at-end-of-capture': 'close-wait-at-end-of-capture',
  'close-wait-long': 'close-wait-long',
  'connection-refused': 'connection-refused',
  'fast-open': 'fast-open',
  'half-close': 'half-close',
  'half-open-reset': 'half-open-reset',
  'handshake-ack-lost': 'handshake-ack-lost',
  'injected-reset': 'injected-reset-suspected',
  'keepalive-timeout': 'keepalive-timeout',
  'last-ack-lost': 'last-ack-lost',
  'last-ack-stuck': 'last-ack-stuck',
  'retransmission-timeout': 'retransmission-timeout',
  'rst-after-synack-retries': 'synack-retries-exhausted',
  'simultaneous-close': 'simultaneous-close',
  'simultaneous-open': 'simultaneous-open',
  'syn-timeout': 'syn-timeout',
  'time-wait-assassination': 'time-wait-assassination',
  'time-wait-reuse': 'time-wait-reuse',
  'zero-window-stall': 'zero-window-stall',
};

describe('analyze on real captures', () => {
  it.each(Object.entries(FIRST_FINDING))('%s: %s comes first', async (name, kind) => {
    const { status, out, err } = await lastack(['analyze', capture(name), '--format', 'json']);
    expect(err).toBe('');
    expect(status).toBe(0);
    const analysis = JSON.parse(out);
    expect(analysis.findings[0].kind).toBe(kind);
    expect(analysis.captures[0].complete).toBe(true);
  });

  it('finds nothing wrong with a connection that closed in order', async () => {
    const { out } = await lastack(['analyze', capture('normal-close'), '--format', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      flows: 1,
      findings: [],
      statesAtEnd: { client: { TIME_WAIT: 1 }, server: { CLOSED: 1 } },
      outcomes: { 'closed in order': 1 },
      tap: 'client',
    });
  });

  it('knows the hosts better with what sysctl -a printed on them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lastack-sysctl-'));
    const file = join(folder, 'client.conf');
    writeFileSync(file, 'net.ipv4.tcp_fin_timeout = 3\n');
    const { out } = await lastack([
      'analyze',
      capture('fin-wait2-timeout'),
      '--sysctl',
      `client=${file}`,
      '--format',
      'json',
    ]);
    rmSync(folder, { recursive: true });
    expect(JSON.parse(out).findings.map((f: { kind: string }) => f.kind)).toContain('fin-wait2-timeout');
  });

  it('gives out findings that can be copied, words and all', async () => {
    const path = capture('accept-queue-overflow');
    const { worst } = await analyze(path);
    const all: Flow[] = [];
    for await (const flow of flows(path)) all.push(flow);
    for (const given of [worst, all]) {
      const copies = given.flatMap(({ findings }) => findings.map((finding) => ({ ...finding })));
      const overflow = copies.find(({ kind }) => kind === 'accept-queue-overflow');
      expect(overflow?.message).toContain('server in SYN_RECV');
      expect(overflow?.advice).toMatch(/^on \S+: ss /);
      expect(overflow?.excluded[0]).toContain('loss of the ACK on the way to the server');
    }
  });

  it('counts a scan across flows', async () => {
    const { out } = await lastack(['analyze', capture('syn-scan'), '--format', 'json']);
    expect(JSON.parse(out).acrossFlows).toMatchObject([{ kind: 'syn-scan' }]);
  });
});

describe('the same result by every way in', () => {
  it('from a file, from standard input, and by either reader', async () => {
    const [file, piped, other] = await Promise.all([
      lastack(['timeline', capture('soak'), '--format', 'ndjson']),
      lastack(['timeline', '-', '--format', 'ndjson'], readFileSync(capture('soak'))),
      lastack(['timeline', capture('soak'), '--format', 'ndjson', '--reader', 'pcap-parser']),
    ]);
    const flows = (text: string): unknown[] =>
      text
        .trim()
        .split('\n')
        .map((line) => ({ ...JSON.parse(line), capture: '', captures: [] }));
    expect(flows(file.out)).toHaveLength(145);
    expect(flows(piped.out)).toEqual(flows(file.out));
    expect(flows(other.out)).toEqual(flows(file.out));
  });

  let all = 0;
  beforeAll(async () => {
    for (const name of readdirSync(CAPTURES).filter((n) => n.endsWith('.pcap')))
      all += (await analyze(join(CAPTURES, name))).flows;
  });

  it.each<[what: string, options: Options]>([
    ['all', {}],
    ['those of a filter', { filter: 'port 80 or port 8080 or dst net 10.0.0.0/8' }],
    ['those that a filter leaves', { filter: 'not (port 80 or port 8080 or dst net 10.0.0.0/8)' }],
    ['chosen ones', { select: { flows: new Set([1, 3, 20, 140]) } }],
    ['those with a finding', { select: { kinds: new Set(['close-wait-long', 'connection-refused']) } }],
    ['those of frames', { select: { frames: new Set([1, 2, 40, 300]) } }],
  ])('whether ordinary connections are told from their record or by the whole post-mortem: %s', async (_, options) => {
    let told = 0;
    for (const name of readdirSync(CAPTURES).filter((n) => n.endsWith('.pcap'))) {
      const path = join(CAPTURES, name);
      const quick = await analyze(path, options);
      const summarizer = new Summarizer(DEFAULT_THRESHOLDS);
      const stream = flows(path, options);
      for await (const flow of stream) summarizer.add(flow);
      // The round trip to the tap is the handshake's there, and the least of all samples here.
      const comparable = (analysis: Analysis): unknown => ({ ...analysisJson(analysis), tapRtt: null });
      expect(comparable(quick), name).toEqual(comparable(summarizer.result(stream.captures)));
      told += quick.flows;
    }
    expect(told).toBeGreaterThan(0);
    if (Object.keys(options).length > 0) expect(told).toBeLessThan(all);
  });
});

describe('states', () => {
  it('prints what netstat piped through awk would have printed', async () => {
    const { out } = await lastack(['states', capture('close-wait-at-end-of-capture')]);
    expect(out).toBe('CLOSE_WAIT 1\nFIN_WAIT2 1\n');
  });
});

describe('bad input', () => {
  let folder: string;
  const path = (name: string): string => join(folder, name);
  const whole = readFileSync(capture('normal-close'));
  const files: Readonly<Record<string, Buffer>> = {
    empty: Buffer.alloc(0),
    text: Buffer.from('hello, this is no capture\n'),
    'ten-bytes': whole.subarray(0, 10),
    'record-length': Buffer.concat([whole.subarray(0, 24 + 16 + 74), recordHeader(2 ** 31 - 1)]),
    'link-type': Buffer.concat([whole.subarray(0, 20), Buffer.from([147, 0, 0, 0]), whole.subarray(24)]),
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lastack-bad-'));
    for (const [name, bytes] of Object.entries(files)) writeFileSync(path(name), bytes);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const oneLine = (result: Result): void => {
    expect(result.status).toBe(3);
    expect(result.err).toMatch(/^lastack: [^\n]+\n$/);
  };

  it.each([
    ['missing', 'nothing of that name'],
    ['.', 'a directory'],
    ['empty', 'no bytes'],
    ['text', 'text'],
    ['ten-bytes', 'the end of the capture after 10'],
    ['record-length', 'found 2147483647'],
    ['link-type', 'link type 147'],
  ])('%s: one clear line, status 3, and the result so far', async (name, found) => {
    const result = await lastack(['analyze', path(name), '--format', 'json']);
    oneLine(result);
    expect(result.err).toContain(found);
    const analysis = JSON.parse(result.out);
    expect(analysis.captures[0].complete).toBe(false);
    expect(analysis.flows).toBe(name === 'record-length' ? 1 : 0);
  });

  it.skipIf(process.getuid?.() === 0)('unreadable: one clear line (root may read anything)', async () => {
    writeFileSync(path('unreadable'), whole);
    chmodSync(path('unreadable'), 0o000);
    const result = await lastack(['analyze', path('unreadable')]);
    oneLine(result);
    expect(result.err).toContain('permission');
  });

  it('a capture that breaks off is a finding of its own', async () => {
    writeFileSync(path('cut'), whole.subarray(0, -7));
    const result = await lastack(['analyze', path('cut'), '--format', 'json']);
    oneLine(result);
    const { acrossFlows, captures } = JSON.parse(result.out);
    expect(captures[0]).toMatchObject({ complete: false, frames: 11 });
    expect(acrossFlows).toMatchObject([{ kind: 'truncated-capture', subject: path('cut'), severity: 'notice' }]);
  });

  it('a broken capture does not stop the next one', async () => {
    const result = await lastack(['analyze', path('text'), capture('half-close'), '--format', 'json']);
    oneLine(result);
    expect(JSON.parse(result.out)).toMatchObject({ flows: 1, captures: [{ complete: false }, { complete: true }] });
  });
});

function recordHeader(length: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(length, 8);
  header.writeUInt32LE(length, 12);
  return header;
}
