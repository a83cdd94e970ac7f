import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annotate, type Options, wiresharkProfile } from '../../src/index.js';
import { readPcap, readPcapng } from './capture-files.js';
import { capture, flowsOf, NO_TSHARK, scratchFolder, wireshark } from './tools.js';

const folder = scratchFolder();

async function annotated(path: string | readonly string[], options: Options = {}) {
  const chunks: Uint8Array[] = [];
  const result = await annotate(path, async (bytes) => void chunks.push(bytes), options);
  return { ...result, bytes: Buffer.concat(chunks) };
}

test('frames are those of the capture; findings and changes stand at their frames', async () => {
  const { bytes, frames, comments, flows } = await annotated(capture('rst-after-synack-retries'));
  const read = readPcapng(bytes);
  const original = readPcap(readFileSync(capture('rst-after-synack-retries')));
  expect(read.frames.map(({ comments: _, ...frame }) => frame)).toEqual(
    original.map(({ comments: _, ...frame }) => frame),
  );
  const told = read.frames.map((frame) => frame.comments.map((comment) => comment.split(/: | \(/, 2).join(': ')));
  expect(told).toEqual([
    ['lastack state: client CLOSED → SYN_SENT', 'lastack state: server LISTEN → SYN_RECV'],
    ['lastack error: synack-retries-exhausted', 'lastack state: client SYN_SENT → ESTABLISHED'],
    ['lastack evidence: synack-retries-exhausted', 'lastack state: server stays in SYN_RECV'],
    ['lastack evidence: synack-retries-exhausted'],
    ['lastack evidence: synack-retries-exhausted', 'lastack state: server stays in SYN_RECV'],
    [
      'lastack evidence: synack-retries-exhausted',
      expect.stringMatching(/^lastack state: server SYN_RECV → CLOSED at 2026-11-20T13:53:08\.\d+Z$/),
    ],
    ['lastack evidence: synack-retries-exhausted', 'lastack state: server stays in SYN_RECV'],
    ['lastack error: rst-after-synack-retries'],
    ['lastack evidence: rst-after-synack-retries', 'lastack state: client ESTABLISHED → CLOSED'],
  ]);
  expect([frames, flows, comments]).toEqual([9, 1, told.flat().length]);
  expect(read.sectionComment).toContain('synack-retries-exhausted');
  expect(read.sectionComment).toContain('1 connection');
});

test('all frames are written, and only chosen connections have comments', async () => {
  const [first] = await flowsOf(capture('soak'), { filter: 'port 22' });
  const { bytes, flows } = await annotated(capture('soak'), { select: { flows: new Set([first.flow]) } });
  const { frames } = readPcapng(bytes);
  expect(flows).toBe(1);
  expect(frames).toHaveLength(readPcap(readFileSync(capture('soak'))).length);
  const words = frames.flatMap(({ comments }) => comments);
  expect(words.length).toBeGreaterThanOrEqual(first.timeline.length);
  for (const comment of words) expect(comment).toContain(`flow ${first.flow}`);
});

test('of two captures, each has its own comments', async () => {
  const { bytes } = await annotated([capture('connection-refused'), capture('syn-timeout')]);
  const { frames } = readPcapng(bytes);
  const kinds = frames.flatMap(({ comments }) => comments).filter((comment) => comment.includes('connection-refused'));
  expect(kinds).not.toEqual([]);
  const boundary = readPcap(readFileSync(capture('connection-refused'))).length;
  expect(
    frames
      .slice(0, boundary)
      .flatMap(({ comments }) => comments)
      .join(),
  ).not.toContain('syn-timeout');
  expect(
    frames
      .slice(boundary)
      .flatMap(({ comments }) => comments)
      .join(),
  ).toContain('syn-timeout');
});

describe.skipIf(NO_TSHARK)('in tshark', () => {
  test.each(['handshake-ack-lost', 'accept-queue-overflow', 'zero-window-stall'])('%s', async (name) => {
    const out = join(folder, `${name}.pcapng`);
    const { bytes, frames } = await annotated(capture(name));
    writeFileSync(out, bytes);
    const { out: text, err } = wireshark('tshark', [
      '-r',
      out,
      '-Y',
      'frame.comment',
      '-T',
      'fields',
      '-e',
      'frame.number',
      '-e',
      'frame.comment',
    ]);
    expect(err).toBe('');
    for (const { findings } of await flowsOf(capture(name))) {
      for (const { kind, severity, frames: evidence } of findings) {
        expect(text).toContain(`lastack ${severity}: ${kind}`);
        for (const frame of evidence) expect(text).toMatch(new RegExp(`^${frame}\t`, 'm'));
      }
    }
    const infos = wireshark('capinfos', [out]);
    expect(infos.err).toBe('');
    expect(infos.out).toMatch(new RegExp(`Number of packets: +${frames}$`, 'm'));
    expect(infos.out).toContain('Capture comment:');
  });

  test('each rule of the profile is a filter that tshark takes', () => {
    const rules = wiresharkProfile()
      .colorfilters.split('\n')
      .filter((line) => line.startsWith('@'));
    expect(rules).toHaveLength(6);
    for (const rule of rules) {
      const [, , filter, colours] = rule.split('@');
      expect(colours).toMatch(/^(\[\d+,\d+,\d+\]){2}$/);
      expect(wireshark('tshark', ['-r', capture('normal-close'), '-Y', filter])).toEqual({ out: '', err: '' });
    }
  });
});
