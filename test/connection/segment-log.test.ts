import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { D, DF, DIRECTION, DIRECTION_F64, STRIDE, STRIDE_F64 } from '../../src/connection/flow-record.js';
import { FlowTable } from '../../src/connection/flow-table.js';
import { LOG, marksOf, SegmentLog } from '../../src/connection/segment-log.js';
import { Segment } from '../../src/decode/segment.js';

const word = fc.nat(2 ** 32 - 1);
const signed = fc.integer();
/** Whole nanoseconds of up to 104 days. */
const time = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

const segments = fc
  .record({
    frame: word,
    time,
    seq: signed,
    ack: signed,
    length: fc.nat(65_535),
    flags: fc.nat(LOG.flags),
    window: fc.nat(65_535),
    hasTimestamps: fc.boolean(),
    tsVal: signed,
    tsEcr: signed,
    sackCount: fc.nat(4),
    edges: fc.tuple(word, word),
  })
  .map(({ edges, ...fields }) => {
    const segment = Object.assign(new Segment(), fields);
    segment.sack.set(edges);
    return segment;
  });

const entries = fc.record({ segment: segments, busySince: time, fromB: fc.boolean() });
type Entry = typeof entries extends fc.Arbitrary<infer T> ? T : never;

const create = (log: SegmentLog, after: number, { segment, fromB, busySince }: Entry): number =>
  log.ofSegment(after, segment, fromB ? LOG.fromB : 0, busySince);

function expectEntry(log: SegmentLog, entry: number, { segment, fromB, busySince }: Entry, sack: boolean): void {
  expect(log.frame(entry)).toBe(segment.frame);
  expect(log.time(entry)).toBe(segment.time);
  expect(log.busySince(entry)).toBe(busySince);
  expect(log.seq(entry)).toBe(segment.seq);
  expect(log.ack(entry)).toBe(segment.ack);
  expect(log.length(entry)).toBe(segment.length);
  expect(log.window(entry)).toBe(segment.window);
  const bits = log.bits(entry);
  expect(bits & LOG.flags).toBe(segment.flags);
  expect((bits & LOG.fromB) !== 0).toBe(fromB);
  expect((bits & LOG.timestamps) !== 0).toBe(segment.hasTimestamps);
  expect((bits & LOG.sack) !== 0).toBe(sack && segment.sackCount > 0);
  if (segment.hasTimestamps) {
    expect(log.tsVal(entry)).toBe(segment.tsVal);
    expect(log.tsEcr(entry)).toBe(segment.tsEcr);
  }
  if (sack && segment.sackCount > 0) {
    expect(log.sackLeft(entry) >>> 0).toBe(segment.sack[0]);
    expect(log.sackRight(entry) >>> 0).toBe(segment.sack[1]);
  }
}

/** Follows the links from the newest entry to the oldest. */
function listFrom(log: SegmentLog, newest: number): number[] {
  const list: number[] = [];
  for (let entry = newest; entry >= 0; entry = log.next(entry)) list.push(entry);
  return list;
}

describe('entries', () => {
  it('keep what they were given, in their order, while others come and go', () => {
    const operation = fc.record({ list: fc.nat(3), release: fc.boolean(), entry: entries });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const log = new SegmentLog();
        const lists: { id: number; entry: Entry }[][] = [[], [], [], []];
        for (const { list: index, release, entry } of operations) {
          const list = lists[index];
          if (release && list.length > 2) {
            log.release(list[list.length - 1].id, list[0].id);
            lists[index] = [];
            continue;
          }
          const id = create(log, list[list.length - 1]?.id ?? -1, entry);
          list.push({ id, entry });
        }
        for (const list of lists) {
          const newest = list[list.length - 1];
          if (newest) expect(listFrom(log, newest.id)).toEqual(list.map(({ id }) => id).reverse());
          for (const { id, entry } of list) expectEntry(log, id, entry, true);
        }
      }),
    );
  });

  it('can be made of the last segment in a record', () => {
    fc.assert(
      fc.property(entries, fc.nat(1), (entry, d) => {
        const { segment, busySince } = entry;
        const table = new FlowTable();
        table.find(segment);
        table.insert(-1);
        const flow = table.insert(-1);
        const at = flow * STRIDE + d * DIRECTION;
        const at64 = flow * STRIDE_F64 + d * DIRECTION_F64;
        for (const field of ['frame', 'seq', 'ack', 'length', 'tsVal', 'tsEcr', 'window'] as const)
          table.i32[at + D[field]] = segment[field];
        table.i32[at + D.marks] = marksOf(segment) | (d === 1 ? LOG.fromB : 0);
        table.f64[at64 + DF.time] = segment.time;
        table.f64[at64 + DF.busySince] = busySince;
        const log = new SegmentLog();
        expectEntry(log, log.ofLast(-1, table, flow, d, 0), { ...entry, fromB: d === 1 }, false);
      }),
    );
  });

  it('keep the type and code of an ICMP error', () => {
    const log = new SegmentLog();
    const segment = Object.assign(new Segment(), { icmpType: 3, icmpCode: 13 });
    const entry = log.ofSegment(-1, segment, LOG.icmp, 0);
    expect(log.icmp(entry)).toBe((3 << 8) | 13);
    expect(log.bits(entry) & LOG.icmp).toBe(LOG.icmp);
  });

  it('stand in as many pages as it takes', () => {
    const log = new SegmentLog();
    const segment = new Segment();
    const ids = Array.from({ length: 40_000 }, (_, i) => {
      segment.seq = i;
      segment.time = i * 1e9;
      return log.ofSegment(-1, segment, 0, 0);
    });
    expect(new Set(ids).size).toBe(ids.length);
    for (const [i, id] of ids.entries()) {
      expect(log.seq(id)).toBe(i);
      expect(log.time(id)).toBe(i * 1e9);
    }
  });
});

it('the room of released lists is used again before more is taken', () => {
  const log = new SegmentLog();
  const segment = new Segment();
  const make = (count: number): number[] => {
    const ids: number[] = [];
    for (let i = 0; i < count; i++) ids.push(log.ofSegment(ids[i - 1] ?? -1, segment, 0, 0));
    return ids;
  };
  const kept = make(3);
  const [first, second] = [make(9), make(4)];
  const room = Math.max(...kept, ...first, ...second);
  for (const list of [first, second]) log.release(list[list.length - 1], list[0]);
  const again = [make(5), make(2), make(4)].flat();
  expect(Math.max(...again)).toBeLessThanOrEqual(room);
  expect(again.filter((id) => kept.includes(id))).toEqual([]);
  expect(listFrom(log, kept[2])).toEqual([...kept].reverse());
  expect(Math.max(...make(1))).toBeGreaterThan(room);
});

it('a run keeps its counts, with more bytes than fit into a signed word', () => {
  const log = new SegmentLog();
  const run = { frame: 2 ** 31 + 5, start: 7e9, lastFrame: 2 ** 32 - 1, last: 9e9 } as const;
  const entry = log.ofRun(-1, { ...run, segments: [3, 4], bytes: [3 * 2 ** 30, 5] }, LOG.fromB);
  expect(log.bits(entry) & (LOG.run | LOG.fromB)).toBe(LOG.run | LOG.fromB);
  expect(log.frame(entry)).toBe(run.frame);
  expect(log.time(entry)).toBe(run.start);
  expect(log.runLastFrame(entry)).toBe(run.lastFrame);
  expect(log.runLastTime(entry)).toBe(run.last);
  expect([0, 1].map((d) => log.runSegments(entry, d))).toEqual([3, 4]);
  expect([0, 1].map((d) => log.runBytes(entry, d))).toEqual([3 * 2 ** 30, 5]);
});
