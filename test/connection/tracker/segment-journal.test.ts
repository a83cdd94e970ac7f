import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeferredFlows } from '../../../src/connection/deferred-flows.js';
import { firstFin, SegmentJournal, SegmentReader, unread } from '../../../src/connection/segment-journal.js';
import { ACK, FIN, PSH, Segment, SYN } from '../../../src/decode/segment.js';
import { SEGMENT_WORDS } from '../../../src/fast-path/layout.js';

const MINUTE = 60e9;
const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const short = fc.nat(0xffff);

/** What a journal keeps of a segment, but for its number, which follows from those before. */
const kept = fc.record({
  silence: fc.oneof(
    fc.nat(1000),
    fc.maxSafeInteger().map((value) => Math.abs(value) % MINUTE),
  ),
  d: fc.constantFrom(0, 1),
  frame: fc.nat(2 ** 32 - 1),
  flags: fc.constantFrom(ACK, PSH | ACK, FIN | ACK),
  ack: word,
  hasTimestamps: fc.boolean(),
  tsVal: word,
  tsEcr: word,
  length: short,
  window: short,
  ipId: short,
});

const flow = fc.record({
  start: fc
    .maxSafeInteger()
    .map((value) => Math.abs(value) / 2 ** 10)
    .map(Math.floor),
  isn: fc.tuple(word, word),
  scale: fc.tuple(fc.integer({ min: -1, max: 14 }), fc.integer({ min: -1, max: 14 })),
  ipVersion: fc.constantFrom(4, 6),
  opener: fc.constantFrom(0, 1),
  segments: fc.array(kept, { minLength: 2, maxLength: 12 }),
});

type Flow = typeof flow extends fc.Arbitrary<infer T> ? T : never;

/** The flow's segments as a decoder leaves them: a SYN, a SYN+ACK, and what was drawn. */
function segmentsOfFlow({ start, isn, scale, ipVersion, opener, segments }: Flow): { s: Segment; d: number }[] {
  const next = [...isn];
  let time = start;
  return segments.map(({ silence, d: drawn, ...fields }, i) => {
    const d = i < 2 ? (opener + i) % 2 : drawn;
    if (i > 0) time += silence;
    const s = Object.assign(new Segment(), fields, { time, ipVersion });
    if (ipVersion === 6) s.ipId = -1;
    s.seq = next[d];
    if (i < 2) {
      Object.assign(s, { flags: i === 0 ? SYN : SYN | ACK, length: 0, windowScale: scale[d] });
      s.ack = i === 0 ? 0 : next[1 - d];
    }
    next[d] = (s.seq + s.length + (i < 2 ? 1 : 0) + (s.flags & FIN)) | 0;
    return { s, d };
  });
}

/** @returns how many segments come before the first one that has this flag, behind the SYN and the SYN+ACK */
function firstOf({ segments }: Flow, flag: number): number {
  const found = segments.findIndex(({ flags }, i) => i > 1 && (flags & flag) !== 0);
  return found < 0 ? segments.length : found;
}

function replayed(journal: SegmentJournal, newest: number, flow: Flow): { s: Segment; d: number }[] {
  const segment = Object.assign(new Segment(), { ipVersion: flow.ipVersion });
  const copy = journal.copy(newest, flow.segments.length);
  const replayed: { s: Segment; d: number }[] = [];
  const reader = new SegmentReader(flow.start);
  const read = (begin: number, end: number): void => {
    for (let at = begin; at < end; at += SEGMENT_WORDS) {
      const d = reader.read(copy, at, segment);
      replayed.push({ s: Object.assign(new Segment(), segment), d });
    }
  };
  const fin = firstFin(copy, 0, copy.length);
  expect(fin).toBe(copy.length * (firstOf(flow, FIN) / flow.segments.length));
  read(0, fin);
  const before = { time: reader.time, next: [...reader.next] };
  read(fin, copy.length);
  unread(copy, fin, copy.length, reader);
  expect({ time: reader.time, next: reader.next }).toEqual(before);
  return replayed;
}

describe.each([
  ['in the memory of the fast path', true],
  ['elsewhere, where that has none left', false],
])('a journal of segments whose full pages are %s', (_where, hasPages) => {
  const memory = DeferredFlows.acquire();
  if (!hasPages) memory.addPage = () => null;

  function append(s: Segment, d: number, silence: number, before: number): number {
    memory.set(Object.assign(new Segment(), s, { sourcePort: d, destinationPort: 1 - d }));
    return memory.path.appendOffered(silence, before) | 0;
  }

  it('gives each flow its own back, whatever came between, and where they were written once more', () => {
    fc.assert(
      fc.property(fc.array(flow, { minLength: 1, maxLength: 5 }), fc.boolean(), (flows, again) => {
        const journal = new SegmentJournal(memory);
        const drawn = flows.map(segmentsOfFlow);
        const newest = flows.map(() => 0);
        for (let i = 0; drawn.some((segments) => i < segments.length); i++) {
          for (const [index, segments] of drawn.entries()) {
            if (i >= segments.length) continue;
            const { s, d } = segments[i];
            newest[index] = append(s, d, i === 0 ? 0 : s.time - segments[i - 1].s.time, newest[index]);
          }
        }
        for (const [index, flow] of flows.entries()) {
          if (again) newest[index] = journal.rewrite(newest[index], flow.segments.length);
          expect(replayed(journal, newest[index], flow)).toEqual(drawn[index]);
        }
      }),
      { seed: 21, numRuns: 200 },
    );
  });

  it('goes on across pages and where its places wrap, and forgets what is not needed', () => {
    const journal = new SegmentJournal(memory);
    const segment = Object.assign(new Segment(), { flags: ACK });
    const places: number[] = [];
    for (let i = 0; i < 100_000; i++) {
      segment.frame = i;
      places.push(append(segment, 0, 0, places.at(-1) ?? 0));
    }
    expect(journal.length).toBe(100_000);
    expect(places.some((place, i) => i > 0 && place < places[i - 1])).toBe(true);
    const frames = (newest: number, count: number) => {
      const one = new Segment();
      const copy = journal.copy(newest, count);
      const reader = new SegmentReader(0);
      for (let at = 0; at < copy.length; at += SEGMENT_WORDS) reader.read(copy, at, one);
      return copy.length === count * SEGMENT_WORDS ? one.frame : null;
    };
    expect(frames(places[70_000], 60)).toBe(70_000);
    journal.forget(places[60_000]);
    expect(journal.length).toBeLessThan(60_000);
    expect(journal.length).toBeGreaterThanOrEqual(40_000);
    expect(frames(places[70_000], 60)).toBe(70_000);
    expect(frames(places[99_999], 63)).toBe(99_999);
    for (let i = 0; i < 40_000; i++) places.push(append(segment, 0, 0, 0));
    expect(frames(places[60_059], 60)).toBe(60_059);
  });
});
