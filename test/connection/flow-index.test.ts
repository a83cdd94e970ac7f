import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FlowIndex } from '../../src/connection/flow-index.js';

/** Records that are found under a hash, in no order. */
function recordsOf(index: FlowIndex, hash: number): number[] {
  const { slots } = index;
  const records: number[] = [];
  for (let slot = FlowIndex.home(hash, slots); slots[slot + 1] !== 0; slot = (slot + 2) & (slots.length - 2))
    if (slots[slot] === hash) records.push(slots[slot + 1] - 1);
  return records.sort((a, b) => a - b);
}

it('finds under each hash what was added and not removed, however hashes collide', () => {
  // Few homes, the last one of the table among them, so that clusters grow, meet and wrap around.
  const hash = fc.constantFrom(0, 1, 2, 61, 62, 63, 64 + 1, -1, -2, 1 << 31);
  const operation = fc.record({ name: fc.constantFrom('add', 'add', 'remove', 'replace'), record: fc.nat(200), hash });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const index = new FlowIndex();
      const held = new Map<number, number>();
      for (const { name, record, hash } of operations) {
        const known = held.get(record);
        if (name === 'add' && known === undefined) {
          index.add(record, hash);
          held.set(record, hash);
        } else if (name === 'remove' && known !== undefined) {
          index.remove(record, known);
          held.delete(record);
        } else if (name === 'replace' && known !== undefined) {
          const other = record + 1000;
          if (held.has(other)) continue;
          index.replace(record, other, known);
          held.delete(record);
          held.set(other, known);
        }
      }
      for (const hash of [0, 1, 2, 61, 62, 63, 65, -1, -2, 1 << 31]) {
        const expected = [...held].filter(([, h]) => h === hash).map(([record]) => record);
        expect(recordsOf(index, hash)).toEqual(expected.sort((a, b) => a - b));
      }
    }),
  );
});
