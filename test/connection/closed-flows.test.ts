import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DeferredFlows } from '../../src/connection/deferred-flows.js';
import { SegmentReader } from '../../src/connection/kept-segments.js';
import { ACK, FIN, PSH, Segment, SYN } from '../../src/decode/segment.js';
import {
  ACKED,
  BITS,
  CLOSED,
  ENDING,
  FIRST_CLOSED,
  FIRST_FRAME,
  FIRST_TIME,
  FOLDED_TIME,
  IPV6,
  LAST,
  LONGEST_KEPT_SILENCE,
  LOWEST_BYTE,
  NEWEST,
  OLDEST,
  ORDINARY,
  ORDINARY_SHIFT,
  OTHER_TIME,
  PACKED_ELSEWHERE,
  RECORD_WORDS,
  SEGMENT_WORDS,
  TAKEN,
  TOLD,
  UNKNOWN,
  UPPER,
} from '../../src/fast-path/layout.js';

/*
 * A flow that has closed is copied, and later packed. What it tells from then on is what it told before its last segment, and that
 * one.
 */

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const short = fc.nat(0xffff);
const silence = fc.oneof(
  fc.nat(1000),
  fc.nat(2 ** 31 - 1),
  fc.maxSafeInteger().map((value) => Math.abs(value) % LONGEST_KEPT_SILENCE),
);
const ofEach = <T>(of: fc.Arbitrary<T>) => fc.tuple(of, of);

/** What is free to choose of a segment of a sound connection. */
const step = fc.record({
  silence,
  frames: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 2 ** 27 })),
  fromClient: fc.boolean(),
  length: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1460 }), fc.integer({ min: 1, max: 0xffff })),
  window: fc.integer({ min: 1, max: 0xffff }),
  ticks: fc.oneof(fc.nat(100), word),
  ipId: short,
  isPushed: fc.boolean(),
  /** Seconds that an established connection is silent for besides. */
  pause: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(86_400)),
});

const connection = fc.record({
  ipVersion: fc.constantFrom(4, 6),
  clientIsHigher: fc.boolean(),
  start: fc.oneof(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), fc.constant(2 ** 60)),
  tick: fc.constantFrom(1, 1000),
  isn: ofEach(word),
  tsVal: ofEach(word),
  hasTimestamps: fc.boolean(),
  scale: ofEach(fc.integer({ min: -1, max: 14 })),
  handshake: fc.array(step, { minLength: 3, maxLength: 3 }),
  exchange: fc.array(step, { maxLength: 12 }),
  serverCloses: fc.boolean(),
  acknowledgesFirstFin: fc.boolean(),
  close: fc.array(step, { minLength: 4, maxLength: 4 }),
});

type Connection = ReturnType<typeof connection.generate>['value'];
type Step = ReturnType<typeof step.generate>['value'];

/** Segments of a connection that begins with a SYN, and closes in order. @param index makes its addresses and ports its own */
function segmentsOf(c: Connection, index: number): Segment[] {
  const segments: Segment[] = [];
  const next = c.isn.map((isn) => isn);
  const tsVal = [...c.tsVal];
  const heard = [0, 0];
  let time = c.start - (c.start % c.tick);
  let frame = 0;
  const acknowledged = [...c.isn];
  /** @param d 0 for the client */
  const send = (of: Step, d: number, flags: number, length: number): void => {
    if (segments.length > 0) time += of.silence - (of.silence % c.tick);
    frame = (frame + of.frames) >>> 0;
    tsVal[d] = (tsVal[d] + of.ticks) | 0;
    const s = Object.assign(new Segment(), { ipVersion: c.ipVersion, time, frame, flags, length, window: of.window });
    const isSyn = (flags & SYN) !== 0;
    s.source0 = s.destination0 = 0x20010db8;
    const [client, server] = c.clientIsHigher ? [0x0a000002, 0x0a000001] : [0x0a000001, 0x0a000002];
    [s.source3, s.destination3] = d === 0 ? [client, server] : [server, client];
    s.source2 = s.destination2 = index;
    [s.sourcePort, s.destinationPort] = d === 0 ? [1024 + index, 80] : [80, 1024 + index];
    s.seq = next[d];
    s.ack = (flags & ACK) === 0 ? 0 : next[1 - d];
    acknowledged[d] = next[1 - d];
    s.windowScale = isSyn ? c.scale[d] : -1;
    s.hasTimestamps = c.hasTimestamps;
    if (c.hasTimestamps) Object.assign(s, { tsVal: tsVal[d], tsEcr: heard[d] });
    heard[1 - d] = tsVal[d];
    s.ipId = c.ipVersion === 6 ? -1 : of.ipId;
    next[d] = (next[d] + length + (isSyn ? 1 : 0) + (flags & FIN)) | 0;
    segments.push(s);
  };
  const [syn, synAck, ack] = c.handshake;
  send(syn, 0, SYN, 0);
  send(synAck, 1, SYN | ACK, 0);
  send(ack, 0, ACK, 0);
  let isEstablished = false;
  for (const of of c.exchange) {
    const d = of.fromClient ? 0 : 1;
    if (isEstablished) time += of.pause * 1e9;
    // What says nothing new is not sound.
    const least = acknowledged[d] === next[1 - d] ? 1 : 0;
    send(of, d, of.isPushed ? PSH | ACK : ACK, Math.max(least, of.length));
    isEstablished ||= d === 1;
  }
  const [first, answer, second, last] = c.close;
  const closer = c.serverCloses ? 1 : 0;
  send(first, closer, FIN | ACK, first.length);
  if (c.acknowledgesFirstFin) send(answer, 1 - closer, ACK, 0);
  send(second, 1 - closer, FIN | ACK, 0);
  send(last, closer, ACK, 0);
  return segments;
}

/** Words of a record that tell nothing: those of ordinary segments where there are none, or of an address that IPv4 does not have. */
function meaningless(words: Int32Array): number[] {
  const left = [NEWEST, OLDEST, ...UNUSED];
  const ordinary = [0, 1].map((d) => words[ORDINARY + d] >>> ORDINARY_SHIFT);
  const leaveTime = (field: number): void => void left.push(2 * field, 2 * field + 1);
  for (let d = 0; d < 2; d++) {
    if (ordinary[d] > 0) continue;
    left.push(FIRST_FRAME + d);
    leaveTime(FIRST_TIME + d);
  }
  if (ordinary[0] + ordinary[1] === 0) for (const field of [FOLDED_TIME, OTHER_TIME]) leaveTime(field);
  if ((words[BITS] & IPV6) === 0) for (let i = 0; i < 6; i++) left.push(UPPER + i);
  return left;
}

/** Behind the upper words of both addresses. */
const UNUSED = [60, 61, 62, 63];
/** What links a segment to another one. */
const LINK = SEGMENT_WORDS - 1;

function namesOf(flows: DeferredFlows): Int32Array {
  const names = new Int32Array(flows.size);
  expect(flows.list(names)).toBe(flows.size);
  return names;
}

interface Told {
  readonly record: Int32Array;
  readonly segments: readonly number[];
}

function told({ path, i32 }: DeferredFlows, flow: number): Told {
  path.tell(flow);
  const at = TOLD / Int32Array.BYTES_PER_ELEMENT;
  const record = i32.slice(at, at + RECORD_WORDS);
  for (const field of meaningless(record)) record[field] = 0;
  const begin = at + RECORD_WORDS;
  const segments = i32.slice(begin, begin + (record[ORDINARY] & LOWEST_BYTE) * SEGMENT_WORDS);
  return { record, segments: [...segments].filter((_, i) => i % SEGMENT_WORDS !== LINK) };
}

/** What a flow tells once it has taken its last segment, an acknowledgement, in terms of what it told before. */
function withLast({ record, segments }: Told, s: Segment, acked: number, last: readonly number[]): Told {
  const after = record.slice();
  new Float64Array(after.buffer)[LAST] = s.time;
  after[BITS] |= ENDING;
  after[ORDINARY]++;
  after[acked] = s.ack;
  return { record: after, segments: [...segments, ...last] };
}

it('tells what the flow told, and its last segment', () => {
  const steps = fc.array(connection, { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat()), (connections, choices) => {
      const flows = DeferredFlows.acquire();
      const { path } = flows;
      path.setPatience(2 ** 60, 2 ** 60, 2 ** 60);
      const all = connections.map(segmentsOf);
      const closed = new Map<number, { flow: number; told: Told }>();
      for (let i = 0; all.some((segments) => i < segments.length); i++) {
        for (const [index, segments] of all.entries()) {
          if (i >= segments.length) continue;
          const s = segments[i];
          flows.set(s);
          if (i === 0) {
            expect(path.takeOffered()).toBe(UNKNOWN);
            expect(path.isFirst()).toBe(1);
            path.beginOffered(index + 1, 3 * index);
          } else if (i < segments.length - 1) {
            expect(path.takeOffered()).toBe(TAKEN);
          } else {
            expect(path.findOffered()).toBe(1);
            const before = told(flows, path.flow());
            expect(path.takeOffered()).toBe(CLOSED);
            const flow = path.flow();
            expect(flow).toBeGreaterThanOrEqual(FIRST_CLOSED);
            const after = told(flows, flow);
            const isFromB = connections[index].clientIsHigher !== connections[index].serverCloses;
            const last = after.segments.slice(-LINK);
            expect(after).toEqual(withLast(before, s, ACKED + (isFromB ? 1 : 0), last));
            expect(last.slice(0, 3)).toEqual([(s.time - segments[i - 1].time) | 0, s.frame | 0, s.ack]);
            closed.set(index, { flow, told: after });
          }
        }
      }
      expect(flows.size).toBe(connections.length);
      expect([...namesOf(flows)].sort()).toEqual([...closed.values()].map(({ flow }) => flow).sort());
      // They leave in any order; what the others tell is the same.
      while (closed.size > 0) {
        const left = [...closed.keys()];
        const index = left[choices.next().value % left.length];
        const { flow, told: before } = closed.get(index) as { flow: number; told: Told };
        flows.set(all[index][0]);
        expect(path.findOffered()).toBe(1);
        expect(path.flow()).toBe(flow);
        expect(path.numberOf(flow)).toBe(index + 1);
        expect(path.lastOf(flow)).toBe((all[index].at(-1) as Segment).time);
        expect(told(flows, flow)).toEqual(before);
        path.remove(flow, false);
        closed.delete(index);
        expect(path.findOffered()).toBe(0);
        expect(path.numberOf(flow)).toBe(0);
      }
      expect(flows.size).toBe(0);
      flows.release();
    }),
    { seed: 31, numRuns: 300 },
  );
});

it('tells the segments of a connection without data as they came', () => {
  fc.assert(
    fc.property(connection, (drawn) => {
      const flows = DeferredFlows.acquire();
      const { path } = flows;
      path.setPatience(2 ** 60, 2 ** 60, 2 ** 60);
      const segments = segmentsOf({ ...drawn, exchange: [] }, 1);
      for (const [i, s] of segments.entries()) {
        flows.set(s);
        if (i === 0) path.beginOffered(1, 0);
        else path.takeOffered();
        path.tell(path.flow());
        const reader = new SegmentReader(segments[0].time);
        for (let index = 0; index <= i; index++) {
          const { ipVersion } = drawn;
          const read = Object.assign(new Segment(), { ipVersion });
          const d = reader.read(flows.i32, TOLD_SEGMENTS + index * SEGMENT_WORDS, read);
          expect(d).toBe((segments[index].source3 & 1) === 1 ? 0 : 1);
          expect(read).toEqual(withoutKey(segments[index]));
        }
      }
      path.remove(path.flow(), false);
      flows.release();
    }),
    { seed: 33, numRuns: 300 },
  );
});

const AHEAD = new WebAssembly.Module(readFileSync(join(import.meta.dirname, '../../dist/decode-ahead.wasm')));

/** What another thread does: packs a page of flows, and says whether there was one, and memory for it. */
function packerOf({ memory }: DeferredFlows): () => boolean {
  const { exports } = new WebAssembly.Instance(AHEAD, { env: { memory } });
  const packPage = exports.packPage as () => number;
  return () => packPage() !== 0;
}

/** What a connection tells that is sent, and closes. */
function letClose(flows: DeferredFlows, segments: readonly Segment[], number: number): { flow: number; told: Told } {
  const { path } = flows;
  for (const [i, s] of segments.entries()) {
    flows.set(s);
    if (i === 0) path.beginOffered(number, number - 1);
    else expect(path.takeOffered()).toBe(i < segments.length - 1 ? TAKEN : CLOSED);
  }
  const flow = path.flow();
  return { flow, told: told(flows, flow) };
}

it('tells the same once it is packed, while others close and leave', () => {
  // With some of them alike, so that most are not what was foreseen, or are.
  const kinds = fc.array(connection, { minLength: 1, maxLength: 8 });
  const each = fc.array(fc.tuple(fc.nat(7), fc.nat(9)), { minLength: 300, maxLength: 900 });
  let packed = 0;
  fc.assert(
    fc.property(kinds, each, fc.boolean(), (drawn, choices, isPackedElsewhere) => {
      const flows = DeferredFlows.acquire();
      const { path } = flows;
      path.setPatience(2 ** 60, 2 ** 60, 2 ** 60);
      flows.i32[PACKED_ELSEWHERE / 4] = isPackedElsewhere ? 1 : 0;
      const packPage = packerOf(flows);
      const live = new Map<number, { flow: number; told: Told; segments: readonly Segment[] }>();
      const leave = (number: number): void => {
        const one = live.get(number);
        if (one === undefined) return;
        const { flow, told: before, segments } = one;
        flows.set(segments[0]);
        expect(path.findOffered()).toBe(1);
        expect(path.flow()).toBe(flow);
        expect(path.numberOf(flow)).toBe(number);
        expect(path.lastOf(flow)).toBe(segments.at(-1)?.time);
        expect(told(flows, flow)).toEqual(before);
        path.remove(flow, false);
        live.delete(number);
      };
      for (const [index, [kind, action]] of choices.entries()) {
        const segments = segmentsOf(drawn[kind % drawn.length], index);
        live.set(index + 1, { ...letClose(flows, segments, index + 1), segments });
        if (isPackedElsewhere && action < 3 && packPage()) packed++;
        if (action === 4) leave(1 + Math.floor(index / 2));
      }
      expect(flows.size).toBe(live.size);
      expect([...namesOf(flows)].sort()).toEqual([...live.values()].map(({ flow }) => flow).sort());
      for (const number of [...live.keys()]) {
        leave(number);
        if (isPackedElsewhere && packPage()) packed++;
      }
      expect(namesOf(flows)).toHaveLength(0);
      flows.release();
    }),
    { seed: 34, numRuns: 8 },
  );
  expect(packed).toBeGreaterThan(4);
});

it.each([1, 1000] as const)('takes half of the room once it is packed, where clocks count by %i ns', (tick) => {
  const COUNT = 4000;
  const [one] = fc.sample(connection, { seed: 35, numRuns: 1 });
  const segments = { ...one, tick, exchange: [], clientIsHigher: true, start: 0 };
  const flows = DeferredFlows.acquire();
  flows.path.setPatience(2 ** 60, 2 ** 60, 2 ** 60);
  flows.i32[PACKED_ELSEWHERE / 4] = 1;
  const packPage = packerOf(flows);
  for (let index = 0; index < COUNT; index++) {
    letClose(flows, segmentsOf(segments, index), index + 1);
    packPage();
  }
  const copied = COUNT * (RECORD_WORDS + 6 * SEGMENT_WORDS) * 4;
  expect(flows.size).toBe(COUNT);
  expect(flows.path.bytesOfPages()).toBeLessThan(copied / 2);
  flows.release();
});

const TOLD_SEGMENTS = TOLD / Int32Array.BYTES_PER_ELEMENT + RECORD_WORDS;

function withoutKey(s: Segment): Segment {
  const { source0, source1, source2, source3, sourcePort, ...others } = s;
  const { destination0, destination1, destination2, destination3, destinationPort, ...rest } = others;
  return Object.assign(new Segment(), rest);
}

it('uses memory again that those have left who closed before', () => {
  const [one] = fc.sample(connection, { seed: 32, numRuns: 1 });
  const flows = DeferredFlows.acquire();
  const { path } = flows;
  path.setPatience(2 ** 60, 2 ** 60, 2 ** 60);
  const live: number[] = [];
  let most = 0;
  for (let number = 1; number <= 20_000; number++) {
    const segments = segmentsOf(one, number % 0xfc00);
    for (const [i, s] of segments.entries()) {
      flows.set(s);
      if (i === 0) path.beginOffered(number, number);
      else path.takeOffered();
    }
    live.push(path.flow());
    if (live.length > 1000) path.remove(live.shift() as number, false);
    if (number === 2000) most = path.bytesOfPages();
  }
  expect(flows.size).toBe(1000);
  expect(most).toBeGreaterThan(100_000);
  expect(path.bytesOfPages()).toBeLessThanOrEqual(most + 0x10000);
  flows.release();
});
