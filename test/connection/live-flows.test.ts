import fc from 'fast-check';
import { expect, it } from 'vitest';
import { I, STRIDE } from '../../src/connection/flow-record.js';
import { FlowTable } from '../../src/connection/flow-table.js';
import { LiveFlows } from '../../src/connection/live-flows.js';

it('are told by number, however far these are apart', () => {
  const near = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 100 });
  const far = fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 31 - 1 }), { maxLength: 100 });
  fc.assert(
    fc.property(fc.oneof(near, far), (numbers) => {
      const table = new FlowTable();
      for (const number of numbers) {
        const flow = table.insertAlone(new Int32Array(3), 0, -1);
        table.i32[flow * STRIDE + I.number] = number;
      }
      const live = new LiveFlows(table, null);
      const told = [...live.inOrder()].map((flow) => live.numberOf(flow));
      expect(told).toEqual([...numbers].sort((a, b) => a - b));
    }),
  );
});
