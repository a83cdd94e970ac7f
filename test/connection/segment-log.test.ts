import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOG, SegmentLog } from '../../src/connection/segment-log.js';
import { ACK, PSH, Segment } from '../../src/decode/segment.js';

const word = fc.nat(2 ** 32 - 1);
/** Whole nanoseconds of up to 104 days. */
const time = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

const segments = fc
  .record({
    seq: word,
    ack: word,
    length: fc.nat(65_535),
    flags: fc.nat(LOG.flags),
    window: fc.nat(65_535),
    hasTimestamps: fc.boolean(),
    tsVal: word,
    tsEcr: word,
    sackCount: fc.nat(4),
    edges: fc.tuple(word, word),
  })
  .map(({ edges, ...fields }) => {
    const segment = Object.assign(new Segment(), fields);
    segment.sack.set(edges);
    return segment;
  });

const entries = fc.record({ segment: segments, frame: word, time, busySince: time, fromB: fc.boolean() });
type Entry = typeof entries extends fc.Arbitrary<infer T> ? T : never;

const create = (log: SegmentLog, { segment, fromB, frame, time, busySince }: Entry): number =>
  log.create(segment, fromB ? LOG.fromB : 0, frame, time, busySince);

function expectEntry(log: SegmentLog, entry: number, { segment, fromB, frame, time, busySince }: Entry): void {
  expect(log.frame(entry)).toBe(frame);
  expect(log.time(entry)).toBe(time);
  expect(log.busySince(entry)).toBe(busySince);
  expect(log.seq(entry) >>> 0).toBe(segment.seq);
  expect(log.ack(entry) >>> 0).toBe(segment.ack);
  expect(log.length(entry)).toBe(segment.length);
  expect(log.window(entry)).toBe(segment.window);
  const bits = log.bits(entry);
  expect(bits & LOG.flags).toBe(segment.flags);
  expect((bits & LOG.fromB) !== 0).toBe(fromB);
  expect((bits & LOG.timestamps) !== 0).toBe(segment.hasTimestamps);
  expect((bits & LOG.sack) !== 0).toBe(segment.sackCount > 0);
  if (segment.hasTimestamps) {
    expect(log.tsVal(entry) >>> 0).toBe(segment.tsVal);
    expect(log.tsEcr(entry) >>> 0).toBe(segment.tsEcr);
  }
  if (segment.sackCount > 0) {
    expect(log.sackLeft(entry) >>> 0).toBe(segment.sack[0]);
    expect(log.sackRight(entry) >>> 0).toBe(segment.sack[1]);
  }
}

/** Follows the links from `head` to the end. */
function listFrom(log: SegmentLog, head: number): number[] {
  const list: number[] = [];
  for (let entry = head; entry >= 0; entry = log.next(entry)) list.push(entry);
  return list;
}

describe('entries', () => {
  it('keep what they were given while others come and go', () => {
    const operation = fc.record({ list: fc.nat(3), release: fc.boolean(), entry: entries });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const log = new SegmentLog();
        const lists: { id: number; entry: Entry }[][] = [[], [], [], []];
        for (const { list: index, release, entry } of operations) {
          const list = lists[index];
          if (release) {
            if (list.length > 0) log.release(list[0].id, list[list.length - 1].id);
            lists[index] = [];
            continue;
          }
          const id = create(log, entry);
          if (list.length > 0) log.link(list[list.length - 1].id, id);
          list.push({ id, entry });
        }
        for (const list of lists) {
          if (list.length > 0) expect(listFrom(log, list[0].id)).toEqual(list.map(({ id }) => id));
          for (const { id, entry } of list) expectEntry(log, id, entry);
        }
      }),
    );
  });

  it('can be overwritten in their place', () => {
    fc.assert(
      fc.property(entries, entries, entries, (first, second, changed) => {
        const log = new SegmentLog();
        const [head, tail] = [create(log, first), create(log, second)];
        log.link(head, tail);
        const { segment, fromB, frame, time, busySince } = changed;
        log.fill(head, segment, fromB ? LOG.fromB : 0, frame, time, busySince);
        expectEntry(log, head, changed);
        expectEntry(log, tail, second);
        expect(listFrom(log, head)).toEqual([head, tail]);
      }),
    );
  });

  it('keep the type and code of an ICMP error', () => {
    const log = new SegmentLog();
    const segment = Object.assign(new Segment(), { icmpType: 3, icmpCode: 13 });
    const entry = log.create(segment, LOG.icmp, 1, 0, 0);
    expect(log.icmp(entry)).toBe((3 << 8) | 13);
    expect(log.bits(entry) & LOG.icmp).toBe(LOG.icmp);
  });

  it('stand in as many pages as it takes', () => {
    const log = new SegmentLog();
    const count = 40_000;
    const segment = new Segment();
    const ids = Array.from({ length: count }, (_, i) => {
      segment.seq = i;
      return log.create(segment, 0, i, i * 1e9, 0);
    });
    expect(new Set(ids).size).toBe(count);
    for (const [i, id] of ids.entries()) {
      expect(log.seq(id)).toBe(i);
      expect(log.time(id)).toBe(i * 1e9);
    }
  });
});

it('released lists are used again before new entries', () => {
  const log = new SegmentLog();
  const segment = new Segment();
  const make = (count: number): number[] => {
    const ids = Array.from({ length: count }, () => log.create(segment, 0, 1, 0, 0));
    for (let i = 1; i < count; i++) log.link(ids[i - 1], ids[i]);
    return ids;
  };
  const kept = make(3);
  const [first, second] = [make(5), make(4)];
  log.release(first[0], first[4]);
  log.release(second[0], second[3]);
  const again = make(9);
  expect([...again].sort((a, b) => a - b)).toEqual([...first, ...second].sort((a, b) => a - b));
  expect(kept).not.toContain(make(1)[0]);
  expect(listFrom(log, kept[0])).toEqual(kept);
});

describe('a run', () => {
  const ordinary = entries.map((entry) => ({
    ...entry,
    segment: Object.assign(new Segment(), entry.segment, { flags: ACK | PSH }),
  }));

  it('counts segments and bytes of each direction, from the first to the last', () => {
    fc.assert(
      fc.property(fc.array(ordinary, { minLength: 1, maxLength: 40 }), (folded) => {
        const log = new SegmentLog();
        const last = create(log, folded[0]);
        const run = log.createRun(last);
        log.fold(run, last);
        for (const { segment, fromB, frame, time, busySince } of folded.slice(1)) {
          log.fill(last, segment, fromB ? LOG.fromB : 0, frame, time, busySince);
          log.fold(run, last);
        }
        expect(log.bits(run) & LOG.run).toBe(LOG.run);
        expect(log.frame(run)).toBe(folded[0].frame);
        expect(log.time(run)).toBe(folded[0].time);
        expect(log.runLastFrame(run)).toBe(folded[folded.length - 1].frame);
        expect(log.runLastTime(run)).toBe(folded[folded.length - 1].time);
        for (const direction of [0, 1]) {
          const own = folded.filter(({ fromB }) => fromB === (direction === 1));
          expect(log.runSegments(run, direction)).toBe(own.length);
          expect(log.runBytes(run, direction)).toBe(own.reduce((sum, { segment }) => sum + segment.length, 0));
        }
      }),
    );
  });

  it('counts more bytes than fit into a signed word', () => {
    const log = new SegmentLog();
    const segment = Object.assign(new Segment(), { flags: ACK, length: 2 ** 30 });
    const last = log.create(segment, LOG.fromB, 1, 0, 0);
    const run = log.createRun(last);
    for (let i = 0; i < 3; i++) log.fold(run, last);
    expect(log.runBytes(run, 1)).toBe(3 * 2 ** 30);
    expect(log.runBytes(run, 0)).toBe(0);
  });
});
