import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BIT, I, STRIDE, STRIDE_F64 } from '../../src/connection/flow-record.js';
import { FlowTable } from '../../src/connection/flow-table.js';
import { Segment } from '../../src/decode/segment.js';

interface Address {
  readonly ipVersion: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

interface Ends {
  readonly source: Address;
  readonly sourcePort: number;
  readonly destination: Address;
  readonly destinationPort: number;
}

/** Few addresses that differ in one word each, so that keys meet again and slots collide. One has the sign bit set. */
const ipv4: readonly Address[] = [0x0a000001, 0x0a000002, 0xc0a80001 | 0].map((low) => ({
  ipVersion: 4,
  words: [0, 0, 0, low],
}));
const ipv6: readonly Address[] = [
  // The IPv6 addresses ::a.b.c.d have the words of the IPv4 addresses a.b.c.d.
  ...ipv4.map(({ words }): Address => ({ ipVersion: 6, words })),
  { ipVersion: 6, words: [0x20010db8, 0, 0, 1] },
  { ipVersion: 6, words: [0x20010db8, 1, 0, 1] },
  { ipVersion: 6, words: [0x20010db8, 0, 1, 1] },
  { ipVersion: 6, words: [0xfe800000 | 0, 0, 0, 1] },
];
const port = fc.constantFrom(80, 443, 0x8000, 0xffff);

const ends: fc.Arbitrary<Ends> = fc.constantFrom(ipv4, ipv6).chain((pool) =>
  fc.record({
    source: fc.constantFrom(...pool),
    sourcePort: port,
    destination: fc.constantFrom(...pool),
    destinationPort: port,
  }),
);

function segmentOf({ source, sourcePort, destination, destinationPort }: Ends): Segment {
  const [source0, source1, source2, source3] = source.words;
  const [destination0, destination1, destination2, destination3] = destination.words;
  return Object.assign(new Segment(), {
    ipVersion: source.ipVersion,
    ...{ source0, source1, source2, source3, sourcePort },
    ...{ destination0, destination1, destination2, destination3, destinationPort },
  });
}

const reverse = ({ source, sourcePort, destination, destinationPort }: Ends): Ends => ({
  source: destination,
  sourcePort: destinationPort,
  destination: source,
  destinationPort: sourcePort,
});

const textOf = ({ ipVersion, words }: Address, number: number): string => `${ipVersion} ${words} ${number}`;

/** One text for both directions. */
const keyOf = (e: Ends): string =>
  [textOf(e.source, e.sourcePort), textOf(e.destination, e.destinationPort)].sort().join(' - ');

/** The table, filled in as the tracker does it, next to a Map that says what it should hold. */
class Pair {
  readonly table = new FlowTable(4);
  readonly current = new Map<string, { flow: number; number: number }>();
  /** Incarnations that another one has replaced in the index. */
  readonly replaced: { flow: number; number: number }[] = [];
  #number = 0;

  insert(e: Ends): void {
    const { table, current } = this;
    const found = table.find(segmentOf(e));
    const known = current.get(keyOf(e));
    expect(found).toBe(known?.flow ?? -1);
    if (known) this.replaced.push(known);
    const flow = table.insert(found);
    const number = ++this.#number;
    const at = flow * STRIDE;
    const key = new Set([I.lowA, I.lowB, I.ports, ...Array.from({ length: 6 }, (_, word) => I.upperA + word)]);
    expect([...table.i32.subarray(at, at + STRIDE)].filter((word, i) => !key.has(i) && word !== 0)).toEqual([]);
    table.i32[at + I.number] = number;
    table.i32[at + I.bits] = e.source.ipVersion === 6 ? BIT.ipv6 : 0;
    table.f64[flow * STRIDE_F64 + STRIDE_F64 - 1] = number;
    current.set(keyOf(e), { flow, number });
  }

  retire(e: Ends): void {
    const known = this.current.get(keyOf(e));
    if (known && (this.table.i32[known.flow * STRIDE + I.bits] & BIT.ending) === 0) this.table.retire(known.flow);
  }

  remove(e: Ends): void {
    const known = this.current.get(keyOf(e));
    if (!known) return;
    this.table.remove(known.flow, true);
    this.current.delete(keyOf(e));
  }

  removeReplaced(): void {
    const oldest = this.replaced.shift();
    if (oldest) this.table.remove(oldest.flow, false);
  }

  check(e: Ends): void {
    const { table, current, replaced } = this;
    const known = current.get(keyOf(e))?.flow ?? -1;
    expect(table.find(segmentOf(e))).toBe(known);
    const direction = table.key.direction;
    expect(table.find(segmentOf(reverse(e)))).toBe(known);
    if (textOf(e.source, e.sourcePort) !== textOf(e.destination, e.destinationPort))
      expect(table.key.direction).toBe(1 - direction);
    const records = [...current.values(), ...replaced];
    expect(table.size).toBe(records.length);
    expect([...table.records()].sort((a, b) => a - b)).toEqual(records.map((r) => r.flow).sort((a, b) => a - b));
    for (const { flow, number } of records) {
      expect(table.i32[flow * STRIDE + I.number]).toBe(number);
      expect(table.f64[flow * STRIDE_F64 + STRIDE_F64 - 1]).toBe(number);
    }
  }
}

it('holds what a Map would hold, whatever is inserted, replaced and removed', () => {
  const operation = fc.record({
    name: fc.constantFrom(
      'insert' as const,
      'insert' as const,
      'retire' as const,
      'remove' as const,
      'removeReplaced' as const,
    ),
    ends,
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
      const pair = new Pair();
      for (const { name, ends } of operations) {
        pair[name](ends);
        pair.check(ends);
      }
    }),
    { seed: 793, numRuns: 200 },
  );
});

it('direction 0 comes from the lower address, or the lower port of equal addresses', () => {
  const table = new FlowTable();
  const directionOf = (source: Address, sourcePort: number, destination: Address, destinationPort: number): number => {
    table.find(segmentOf({ source, sourcePort, destination, destinationPort }));
    return table.key.direction;
  };
  const [low, , high] = ipv4;
  expect(directionOf(low, 443, high, 80)).toBe(0);
  expect(directionOf(high, 80, low, 443)).toBe(1);
  expect(directionOf(low, 80, low, 443)).toBe(0);
  expect(directionOf(low, 443, low, 80)).toBe(1);
});

it('grows beyond its capacity, and uses freed records before it grows again', () => {
  const table = new FlowTable(4);
  const flows = 10_000;
  const ends = (index: number): Ends => ({
    source: { ipVersion: 4, words: [0, 0, 0, index] },
    sourcePort: 40_000,
    destination: { ipVersion: 4, words: [0, 0, 0, 0x7f000001] },
    destinationPort: 80,
  });
  const insert = (index: number): number => {
    const flow = table.insert(table.find(segmentOf(ends(index))));
    table.i32[flow * STRIDE + I.number] = index + 1;
    return flow;
  };
  for (let i = 0; i < flows; i++) expect(insert(i)).toBe(i);
  for (let i = 0; i < flows; i++) expect(table.find(segmentOf(ends(i)))).toBe(i);
  const { buffer } = table.i32;
  for (let i = 0; i < flows; i += 2) table.remove(i, true);
  for (let i = 0; i < flows; i++) expect(table.find(segmentOf(ends(i)))).toBe(i % 2 === 0 ? -1 : i);
  for (let i = 0; i < flows; i += 2) insert(flows + i);
  expect(table.size).toBe(flows);
  expect(table.i32.buffer).toBe(buffer);
  expect(table.f64.buffer).toBe(buffer);
});
