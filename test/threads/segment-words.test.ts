import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameDecoder, SKIPPED, TCP_UNUSABLE } from '../../src/decode/decoder.js';
import { Segment, Tunnel } from '../../src/decode/segment.js';
import { MOST_WORDS, SegmentWords } from '../../src/threads/segment-words.js';
import { realFrames } from '../decode/real-frames.js';
import { frameOf } from '../support/frames.js';

const word = fc.integer();
const unsigned = fc.nat(2 ** 32 - 1);
const small = fc.nat(0xffff);
const orNone = (value: fc.Arbitrary<number>): fc.Arbitrary<number> => fc.oneof(value, fc.constant(-1));
const times = fc.integer({ min: -(2 ** 40), max: Number.MAX_SAFE_INTEGER });

const addresses = fc.oneof(
  fc.record({
    ipVersion: fc.constant(4),
    source3: word,
    destination3: word,
    ipId: small,
  }),
  fc.record({
    ipVersion: fc.constant(6),
    source0: word,
    source1: word,
    source2: word,
    source3: word,
    destination0: word,
    destination1: word,
    destination2: word,
    destination3: word,
  }),
);

/** Everything that the decoder may say of a segment. */
const segments = fc
  .record({
    addresses,
    fields: fc.record({
      frame: unsigned,
      time: times,
      sourcePort: small,
      destinationPort: small,
      seq: word,
      ack: word,
      flags: fc.nat(0x1ff),
      window: small,
      length: fc.nat(2 ** 30),
      ttl: fc.nat(255),
      optionsComplete: fc.boolean(),
      mss: orNone(small),
      windowScale: orNone(fc.nat(14)),
      sackPermitted: fc.boolean(),
      hasTimestamps: fc.boolean(),
      tsVal: word,
      tsEcr: word,
      fastOpen: fc.boolean(),
    }),
    sack: fc.array(fc.tuple(unsigned, unsigned), { maxLength: 4 }),
    tags: fc.constantFrom([-1, -1], [7, -1], [4094, 1]),
    tunnel: fc.oneof(
      fc.constant([Tunnel.NONE, -1]),
      fc.tuple(fc.constantFrom(Tunnel.GRE, Tunnel.VXLAN, Tunnel.AYIYA), orNone(unsigned)),
    ),
    quote: fc.oneof(fc.constant([-1, -1, false] as const), fc.tuple(fc.nat(255), fc.nat(255), fc.boolean())),
  })
  .map(({ addresses, fields, sack, tags, tunnel, quote }) => {
    const s = Object.assign(new Segment(), addresses, fields);
    s.sackCount = sack.length;
    s.sack.set(sack.flat());
    [s.vlan, s.innerVlan] = tags;
    [s.tunnel, s.tunnelId] = tunnel;
    [s.icmpType, s.icmpCode, s.quotedSeq] = quote;
    return s;
  });

it('are read as they were written, one behind the other', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(segments, times), { minLength: 1, maxLength: 20 }), (all) => {
      const words = new SegmentWords(new ArrayBuffer(4 * 20 * MOST_WORDS));
      let end = 0;
      for (const [segment, newest] of all) {
        const next = words.write(end, segment, newest);
        expect(next - end).toBeLessThanOrEqual(MOST_WORDS);
        end = next;
      }
      const cursor = new Segment();
      let at = 0;
      for (const [segment, newest] of all) {
        at = words.read(at, cursor);
        expect(cursor).toEqual(segment);
        expect(words.newest).toBe(newest);
      }
      expect(at).toBe(end);
    }),
    { numRuns: 500 },
  );
});

it.each(realFrames)('$name ($origin)', ({ linkType, originalLength, hex }) => {
  const decoder = new FrameDecoder();
  const found = decoder.decode(frameOf(Uint8Array.from(Buffer.from(hex, 'hex')), { linkType, originalLength }));
  expect([SKIPPED, TCP_UNUSABLE]).not.toContain(found);
  const words = new SegmentWords(new ArrayBuffer(4 * MOST_WORDS));
  const cursor = new Segment();
  expect(words.write(0, decoder.segment, 5)).toBe(words.read(0, cursor));
  expect(cursor).toEqual(decoder.segment);
});
