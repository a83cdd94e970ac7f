import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameDecoder, SKIPPED, SkipReason, TCP_UNUSABLE } from '../../src/decode/decoder.js';
import { LinkType } from '../../src/decode/link-type.js';
import { Segment } from '../../src/decode/segment.js';
import { bytes, ethernetFrame, frameOf, icmpErrorFrame, tcpFrame, tcpPacket } from '../support/frames.js';
import { realFrames } from './real-frames.js';

const linkTypes = fc.constantFrom(...Object.values(LinkType), 105);

const wellFormed = [
  ...realFrames.map(({ hex, linkType }) => ({ frame: Uint8Array.from(Buffer.from(hex, 'hex')), linkType })),
  ...[
    tcpFrame({
      from: '10.0.0.1:1',
      to: '10.0.0.2:2',
      options: { timestamps: [1, 2], sack: [[3, 4]], raw: [34, 4, 1, 2] },
    }),
    tcpFrame({
      from: '[::1]:1',
      to: '[::2]:2',
      vlan: [1, 2],
      extensions: { first: 0, bytes: [6, 0, 1, 4, 0, 0, 0, 0] },
    }),
    icmpErrorFrame({
      from: '10.0.0.9',
      to: '10.0.0.1',
      type: 3,
      code: 1,
      quoted: tcpPacket({ from: '10.0.0.1:1', to: '10.0.0.2:2', options: { mss: 1460 } }),
    }),
    ethernetFrame(new Uint8Array(60), { etherType: 0x8847 }),
  ].map((frame) => ({ frame, linkType: 1 })),
];

/** Noise from beginning to end, or a good frame with a few bytes overwritten, then cut: it gets past the first checks. */
const frames = fc.oneof(
  fc.record({ frame: fc.uint8Array({ maxLength: 200 }), linkType: linkTypes }),
  fc
    .record({
      base: fc.constantFrom(...wellFormed),
      edits: fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }),
      cut: fc.nat(200),
    })
    .map(({ base, edits, cut }) => {
      const frame = base.frame.slice(0, cut);
      for (const [index, value] of edits) if (index < frame.length) frame[index] = value;
      return { frame, linkType: base.linkType };
    }),
);

const runs = { numRuns: 3000 };

function decodeWithin(surroundings: number, frame: Uint8Array, linkType: number, originalLength: number) {
  const around = new Uint8Array(100).fill(surroundings);
  const cursor = frameOf(bytes(around, frame, around), { linkType, originalLength });
  cursor.offset = around.length;
  cursor.capturedLength = frame.length;
  const decoder = new FrameDecoder();
  return { result: decoder.decode(cursor), segment: decoder.segment, skipped: decoder.skippedByReason() };
}

it('never throws, and never reads outside the captured bytes', () => {
  fc.assert(
    fc.property(frames, fc.nat(2 ** 32 - 1), ({ frame, linkType }, originalLength) => {
      const alone = new FrameDecoder();
      const expected = { result: alone.decode(frameOf(frame, { linkType, originalLength })) };
      const decoded = { ...expected, segment: alone.segment, skipped: alone.skippedByReason() };
      expect(decodeWithin(0x00, frame, linkType, originalLength)).toEqual(decoded);
      expect(decodeWithin(0x45, frame, linkType, originalLength)).toEqual(decoded);
      expect(decodeWithin(0xff, frame, linkType, originalLength)).toEqual(decoded);
    }),
    runs,
  );
});

it('a frame decodes to the same whatever came before it', () => {
  fc.assert(
    fc.property(frames, frames, (before, { frame, linkType }) => {
      const used = new FrameDecoder();
      used.decode(frameOf(before.frame, { linkType: before.linkType }));
      const fresh = new FrameDecoder();
      const result = fresh.decode(frameOf(frame, { linkType }));
      expect(used.decode(frameOf(frame, { linkType }))).toBe(result);
      if (result !== SKIPPED) expect(used.segment).toEqual(fresh.segment);
    }),
    runs,
  );
});

it('every field stays in its range', () => {
  fc.assert(
    fc.property(frames, fc.nat(2 ** 32 - 1), ({ frame, linkType }, originalLength) => {
      const decoder = new FrameDecoder();
      if (decoder.decode(frameOf(frame, { linkType, originalLength })) === SKIPPED) return;
      const { segment } = decoder;
      expect(Object.keys(segment)).toEqual(Object.keys(new Segment()));
      for (const field of ['seq', 'ack', 'tsVal', 'tsEcr'] as const) {
        expect(segment[field]).toBe(segment[field] | 0);
      }
      expect(segment.length).toBeGreaterThanOrEqual(0);
      expect(segment.length).toBeLessThanOrEqual(2 ** 30);
      expect(segment.windowScale).toBeLessThanOrEqual(14);
      expect(segment.sackCount).toBeLessThanOrEqual(4);
    }),
    runs,
  );
});

it('one reason is counted for each frame without a usable segment, and all have names', () => {
  const decoder = new FrameDecoder();
  let unusable = 0;
  fc.assert(
    fc.property(frames, ({ frame, linkType }) => {
      const result = decoder.decode(frameOf(frame, { linkType }));
      if (result === SKIPPED || result === TCP_UNUSABLE) unusable++;
      const counts = decoder.skippedByReason();
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(unusable);
      expect(Object.keys(SkipReason)).toEqual(expect.arrayContaining(Object.keys(counts)));
    }),
    runs,
  );
});
