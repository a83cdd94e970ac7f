import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameDecoder, SKIPPED, TCP } from '../../src/decode/decoder.js';
import { Reassembly } from '../../src/decode/reassembly.js';
import { bytes, ethernetFrame, frameOf, ipPacket, tcpPacket } from '../support/frames.js';

const options = { timestamps: [7, 8] } as const;
const whole4 = tcpPacket({ from: '10.0.0.1:40000', to: '10.0.0.2:80', seq: 1000, payload: 3000, options });
const whole6 = tcpPacket({ from: '[2001:db8::1]:40000', to: '[2001:db8::2]:80', seq: 1000, payload: 3000, options });

/** A fragment of the TCP segment in an IPv4 packet: payload bytes [from, to), which are captured up to `captured`. */
function fragment4(from: number, to: number, { ipId = 5, seconds = 100, captured = to, more = to < 3032 } = {}) {
  const flags = (more ? 0x2000 : 0) | (from / 8);
  const packet = ipPacket('10.0.0.1', '10.0.0.2', 6, whole4.slice(20 + from, 20 + to), { ipId, fragment: flags });
  const frame = ethernetFrame(packet);
  const cursor = frameOf(frame.slice(0, frame.length - (to - captured)), { originalLength: frame.length });
  cursor.seconds = seconds;
  return cursor;
}

function fragment6(from: number, to: number, more = to < 3032) {
  const header = [6, 0, (from >>> 8) & 0xff, (from & 0xf8) | Number(more), 0, 0, 0, 9];
  const payload = whole6.slice(40 + from, 40 + to);
  return frameOf(
    ethernetFrame(ipPacket('2001:db8::1', '2001:db8::2', 6, payload, { extensions: { first: 44, bytes: header } })),
  );
}

function run(frames: readonly ReturnType<typeof frameOf>[]) {
  const reassembly = new Reassembly();
  const decoder = new FrameDecoder({ reassembly });
  let segment = {};
  const results = frames.map((frame) => {
    const result = decoder.decode(frame);
    const { sourcePort, seq, length, tsVal } = decoder.segment;
    if (result === TCP) segment = { sourcePort, seq, length, tsVal };
    return result;
  });
  return {
    results,
    segment,
    counts: decoder.fragments,
    skipped: decoder.skippedByReason(),
  };
}

const SEGMENT = { sourcePort: 40_000, seq: 1000, length: 3000, tsVal: 7 };

describe('a segment in fragments', () => {
  it('is decoded at the one that completes it, whatever their order', () => {
    const pieces = [fragment4(0, 1480), fragment4(1480, 2960), fragment4(2960, 3032)];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ]) {
      const { results, segment, skipped } = run(order.map((i) => pieces[i]));
      expect(results).toEqual([SKIPPED, SKIPPED, TCP]);
      expect(segment).toEqual(SEGMENT);
      expect(skipped).toEqual({ fragment: 2 });
    }
  });

  it('of IPv6 is, too', () => {
    const { results, segment } = run([fragment6(0, 1232), fragment6(1232, 2464), fragment6(2464, 3032)]);
    expect(results).toEqual([SKIPPED, SKIPPED, TCP]);
    expect(segment).toEqual(SEGMENT);
  });

  it('is decoded where its header is in tiny ones', () => {
    const tiny = Array.from({ length: 5 }, (_, i) => fragment4(i * 8, i * 8 + 8));
    const { results, segment } = run([...tiny, fragment4(40, 3032)]);
    expect(results.at(-1)).toBe(TCP);
    expect(segment).toEqual(SEGMENT);
  });

  it('whose first one was cut by the snap length is decoded there, with what that one has room for', () => {
    const { results, segment } = run([fragment4(0, 1480, { captured: 60 }), fragment4(1480, 3032)]);
    expect(results).toEqual([TCP, SKIPPED]);
    expect(segment).toEqual({ ...SEGMENT, length: 1480 - 32 });
  });

  it('is not decoded while one is missing', () => {
    const { results, counts } = run([fragment4(0, 1480), fragment4(2960, 3032)]);
    expect(results).toEqual([SKIPPED, SKIPPED]);
    expect(counts).toEqual({ packets: 1, reassembled: 0, overlapping: 0 });
  });

  it('is not mixed with another packet', () => {
    expect(run([fragment4(0, 1480), fragment4(1480, 3032, { ipId: 6 })]).results).toEqual([SKIPPED, SKIPPED]);
  });

  it('is given up after 30 seconds', () => {
    const late = [fragment4(0, 1480), fragment4(1480, 3032, { seconds: 131 })];
    expect(run(late)).toMatchObject({ results: [SKIPPED, SKIPPED], counts: { packets: 2, reassembled: 0 } });
    const inTime = [fragment4(0, 1480), fragment4(1480, 3032, { seconds: 130 })];
    expect(run(inTime).results).toEqual([SKIPPED, TCP]);
  });
});

it('of overlapping fragments the first copy wins, and they are counted', () => {
  const forged = tcpPacket({ from: '10.0.0.1:666', to: '10.0.0.2:80', seq: 6, payload: 3000, options });
  const over = ipPacket('10.0.0.1', '10.0.0.2', 6, forged.slice(20, 20 + 48), { ipId: 5, fragment: 0x2000 });
  const start = fragment4(0, 40);
  const second = frameOf(ethernetFrame(over));
  second.seconds = start.seconds;
  const { results, segment, counts } = run([start, second, fragment4(48, 3032)]);
  expect(results).toEqual([SKIPPED, SKIPPED, TCP]);
  expect(segment).toEqual(SEGMENT);
  expect(counts).toEqual({ packets: 1, reassembled: 1, overlapping: 1 });
});

it('the stretches that were seen are those of a set of bytes', () => {
  const piece = fc.record({ from: fc.nat(40), length: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 40 }), (pieces) => {
      const reassembly = new Reassembly();
      const counts = { packets: 0, reassembled: 0, overlapping: 0 };
      const seen = new Set<number>();
      const view = new DataView(new ArrayBuffer(64));
      let overlapping = 0;
      for (const { from, length } of pieces) {
        const covered = Array.from({ length }, (_, i) => from + i);
        if (covered.some((byte) => seen.has(byte))) overlapping++;
        for (const byte of covered) seen.add(byte);
        expect(reassembly.add('k', 0, view, 0, from, length, true, counts)).toBeNull();
      }
      const gapless = Array.from({ length: 64 }, (_, i) => i).every((byte) => byte >= 60 || seen.has(byte));
      const last = reassembly.add('k', 0, view, 0, 60, 1, false, counts);
      expect(last === null).toBe(!gapless);
      expect(counts.overlapping).toBe(overlapping + Number(seen.has(60)));
    }),
    { seed: 6, numRuns: 500 },
  );
});

it('what waits is bounded: in datagrams, and in stretches of each', () => {
  const counts = { packets: 0, reassembled: 0, overlapping: 0 };
  const reassembly = new Reassembly();
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < 5000; i++) reassembly.add(`${i}`, 0, view, 0, 8, 8, false, counts);
  expect(reassembly.add('0', 0, view, 0, 0, 8, true, counts)).toBeNull();
  expect(reassembly.add('4999', 0, view, 0, 0, 8, true, counts)).toMatchObject({ length: 16 });
  expect(counts).toEqual({ packets: 5001, reassembled: 1, overlapping: 0 });

  for (let i = 1; i < 66; i++) reassembly.add('k', 0, view, 0, i * 16, 8, i < 65, counts);
  for (let i = 0; i < 130; i++) expect(reassembly.add('k', 0, view, 0, i * 8, 8, true, counts)).toBeNull();
});

it('a fragment that reaches beyond the longest packet is passed over', () => {
  const decoder = new FrameDecoder();
  const packet = ipPacket('10.0.0.1', '10.0.0.2', 6, bytes(new Uint8Array(64)), { fragment: 0x1fff });
  expect(decoder.decode(frameOf(ethernetFrame(packet)))).toBe(SKIPPED);
});
