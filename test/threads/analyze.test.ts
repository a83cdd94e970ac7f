import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Analysis, AnalyzeOptions, Progress } from '../../src/index.js';
import { CAPTURES, capture, Scratch } from '../audit/scratch.js';
import { anySegments } from '../properties/arbitrary-segments.js';
import { capture as written } from '../properties/wire.js';
import { tcpFrame } from '../support/frames.js';
import { type PcapRecord, writePcap } from '../support/pcap-writer.js';
import { type PcapngBlock, writePcapng } from '../support/pcapng-writer.js';

/** Threads are started from what is built. */
const BUILT = join(import.meta.dirname, '../../dist/index.js');
const { analyze, CaptureError }: typeof import('../../src/index.js') = await import(BUILT);

const scratch = new Scratch();
afterAll(() => scratch.remove());

/** What an analysis says, and how far it tells that it has come, on one thread and on two. */
async function expectSame(path: string, options: AnalyzeOptions = {}) {
  const analyses: Analysis[] = [];
  for (const threads of [1, 2]) {
    const progress: Progress[] = [];
    analyses.push(await analyze(path, { ...options, threads, onProgress: (p) => progress.push(p) }));
    const read = progress.map(({ bytesRead }) => bytesRead);
    expect(read).toEqual(read.toSorted((a, b) => a - b));
    if (analyses.at(-1)?.captures[0].complete) expect(progress.at(-1)?.bytesRead).toBe(progress.at(-1)?.size);
  }
  expect(analyses[1]).toEqual(analyses[0]);
  const [alone, beside] = analyses.map(({ captures }) => captures.map(({ error }) => ({ ...error })));
  expect(beside).toEqual(alone);
  return analyses[1];
}

/**
 * A pcap capture, with frames before its first one that hold no packet: as long as the piece that is read before another thread
 * reads on.
 */
function behindFrames(pcap: Uint8Array): Uint8Array {
  const frame = new Uint8Array(16 + 200_000);
  frame.set(pcap.subarray(24, 32));
  const view = new DataView(frame.buffer);
  view.setUint32(8, 200_000, true);
  view.setUint32(12, 200_000, true);
  return Buffer.concat([pcap.subarray(0, 24), frame, frame, frame, pcap.subarray(24)]);
}

const SHORT_FLOW = [
  [true, 'S', 100, 0],
  [false, 'SA', 500, 101],
  [true, 'A', 101, 501],
  [true, 'PA', 101, 501],
  [false, 'PA', 501, 111],
  [true, 'FA', 111, 511],
  [false, 'FA', 511, 112],
  [true, 'A', 112, 512],
] as const;
const NEW_SYN = [true, 'S', 100_000_000, 0] as const;

/** So many connections, a millisecond apart, that close in order; later some are heard of again, and some begin anew. */
function shortFlows(count: number): Uint8Array {
  const records: PcapRecord[] = [];
  const send = (
    flow: number,
    [isClient, flags, seq, ack]: (typeof SHORT_FLOW)[number] | typeof NEW_SYN,
    milliseconds: number,
  ): void => {
    const [from, to] = [`10.0.${flow >> 12}.1:${1024 + (flow & 0xfff)}`, '10.1.0.1:80'];
    const payload = flags === 'PA' ? 10 : 0;
    const data = tcpFrame({ from: isClient ? from : to, to: isClient ? to : from, flags, seq, ack, payload });
    const fraction = Math.round((milliseconds % 1000) * 1000);
    records.push({ data, seconds: 1_700_000_000 + Math.floor(milliseconds / 1000), fraction });
  };
  for (let flow = 0; flow < count; flow++)
    for (const [index, segment] of SHORT_FLOW.entries()) send(flow, segment, flow + index / 16);
  for (let flow = 0; flow < count; flow += 7) {
    const segment = flow % 3 === 0 ? NEW_SYN : SHORT_FLOW[6];
    send(flow, segment, count + 5000 + flow / 16);
  }
  return writePcap(records);
}

/** Segments of one connection: more than there is room for in the pieces of a thread, all together. */
function longFlow(count: number): Uint8Array {
  const records = Array.from({ length: count }, (_, i) => {
    const data = tcpFrame({ from: '10.0.0.1:40000', to: '10.1.0.1:80', flags: 'PA', seq: 10 * i, ack: 1, payload: 10 });
    return { data, seconds: 1_700_000_000 + Math.floor(i / 1000), fraction: (i % 1000) * 1000 };
  });
  return writePcap(records);
}

/** The length of the record at some place behind what is read before another thread reads on. */
function withLength(pcap: Uint8Array, length: number): Uint8Array {
  const record = 24 + 3 * 200_016 + 1000 * (longFlow(1).length - 24);
  new DataView(pcap.buffer, pcap.byteOffset).setUint32(record + 8, length, true);
  return pcap;
}

/** Of connections whose server greets, which is sound, one behind the other: the frame with this index. */
function greetingFrame(client: string, index: number): Uint8Array {
  const [from, to] = [`${client}:${1024 + Math.floor(index / 4)}`, '10.1.0.1:80'];
  if (index % 4 === 0) return tcpFrame({ from, to, flags: 'S', seq: 7 });
  if (index % 4 === 1) return tcpFrame({ from: to, to: from, flags: 'SA', seq: 90, ack: 8 });
  if (index % 4 === 2) return tcpFrame({ from, to, flags: 'A', seq: 8, ack: 91 });
  return tcpFrame({ from: to, to: from, flags: 'PA', seq: 91, ack: 8, payload: 10 });
}

/** Packets of three interfaces, each described where those of the one before end, and statistics in between. */
function manyInterfaces(): Uint8Array {
  const blocks: PcapngBlock[] = [{ section: {} }];
  for (let id = 0; id < 3; id++) {
    blocks.push({ interface: {} });
    for (let i = 0; i < 4000; i++) {
      const data = greetingFrame(`10.0.${id}.1`, i);
      blocks.push({ packet: { interface: id, data, time: BigInt((4000 * id + i) * 1000) } });
      if (i % 100 === 0) blocks.push({ statistics: { options: [] } });
    }
  }
  return writePcapng(blocks);
}

describe('an analysis is the same on two threads', () => {
  // A third of them: what any hosts may say is drawn below.
  const some = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
  it.each(some.filter((_, index) => index % 3 === 0 || some[index] === 'soak.pcap'))('of %s', async (name) => {
    const path = scratch.write(name, behindFrames(readFileSync(join(CAPTURES, name))));
    expect((await expectSame(path)).flows).toBeGreaterThan(0);
  });

  it('of what hosts may say', async () => {
    await fc.assert(
      fc.asyncProperty(anySegments, async (segments) => {
        await expectSame(scratch.write('any.pcap', behindFrames(written(segments))));
      }),
      { seed: 5, numRuns: 10 },
    );
  });

  it('of more than is read ahead', async () => {
    const { flows, captures } = await expectSame(scratch.write('long.pcap', longFlow(50_000)));
    expect([flows, captures[0].frames]).toEqual([1, 50_000]);
  });

  it('of connections that are packed meanwhile', async () => {
    const { flows, findings } = await expectSame(scratch.write('short.pcap', behindFrames(shortFlows(6000))));
    expect(flows).toBeGreaterThan(6000);
    expect(findings.reduce((sum, finding) => sum + finding.flows, 0)).toBeGreaterThan(400);
  });

  it('of pcapng, where interfaces are described on the way', async () => {
    const { captures } = await expectSame(scratch.write('any.pcapng', manyInterfaces()));
    expect([captures[0].frames, captures[0].interfaces.length]).toEqual([12_000, 3]);
  });

  it('of pcapng, where a section describes fewer interfaces than the one before', async () => {
    const packets = (from: number, section: number): PcapngBlock[] =>
      Array.from({ length: 6000 }, (_, i) => {
        const data = greetingFrame(`10.0.${section}.1`, i);
        return { packet: { interface: from, data, time: BigInt((6000 * section + i) * 1000) } };
      });
    const three: PcapngBlock[] = [{ section: {} }, { interface: {} }, { interface: {} }, { interface: {} }];
    const one: PcapngBlock[] = [{ section: {} }, { interface: {} }];
    const blocks = [...three, ...packets(2, 0), ...one, ...packets(0, 1), ...packets(1, 1)];
    const { captures } = await expectSame(scratch.write('sections.pcapng', writePcapng(blocks)));
    expect([captures[0].frames, captures[0].error?.code]).toEqual([12_000, 'damaged-block']);
  });

  it('of records that are longer than what is read at once', async () => {
    const data = new Uint8Array(262_144);
    data.set(tcpFrame({ from: '10.0.0.1:40000', to: '10.1.0.1:80', flags: 'S' }));
    const records = Array.from({ length: 9 }, (_, i) => ({ data, seconds: 1_700_000_000 + i }));
    const { captures } = await expectSame(scratch.write('frames.pcap', writePcap(records)));
    expect(captures[0].tcpSegments).toBe(9);
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
    await expectSame(scratch.write('with options.pcap', behindFrames(readFileSync(capture('soak')))), options);
  });

  it.each<[what: string, content: Uint8Array | null, code: string]>([
    ['is not there', null, 'not-found'],
    ['is empty', new Uint8Array(0), 'empty'],
    ['is text', Buffer.from('connection refused\n'), 'not-a-capture'],
    ['breaks off', behindFrames(readFileSync(capture('soak')).subarray(0, 20_001)), 'truncated-record'],
    ['breaks off in a header', behindFrames(longFlow(20_000)).subarray(0, 1_200_030), 'truncated-record'],
    ['has a record of no sane length', withLength(behindFrames(longFlow(20_000)), 0x7fffffff), 'record-length'],
    ['has a record of an insane length', withLength(behindFrames(longFlow(20_000)), 400_000), 'record-length'],
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
