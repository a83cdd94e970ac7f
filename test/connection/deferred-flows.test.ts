import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DeferredFlows } from '../../src/connection/deferred-flows.js';
import { ACK, Segment, SYN } from '../../src/decode/segment.js';
import {
  MULTIPLIERS,
  MULTIPLIERS_BYTES,
  ORDINARY,
  ORDINARY_SHIFT,
  TAKEN,
  UNKNOWN,
  UNSOUND,
} from '../../src/fast-path/layout.js';

/** The SYN of a connection: few addresses and many ports, or IPv6. */
function synOf(connection: number): Segment {
  const s = new Segment();
  s.ipVersion = connection % 5 === 0 ? 6 : 4;
  s.source0 = s.destination0 = 0x20010db8;
  s.source2 = connection & 1;
  s.source3 = 0x0a000001 + (connection % 3);
  s.destination3 = 0x0a010001;
  s.sourcePort = 1024 + connection;
  s.destinationPort = 80;
  s.flags = SYN;
  s.window = 65_535;
  return s;
}

it('finds the flows that have begun, and none that were removed', () => {
  const steps = fc.array(fc.nat(9_999), { minLength: 15_000, maxLength: 30_000 });
  fc.assert(
    fc.property(steps, (connections) => {
      const flows = DeferredFlows.acquire();
      const { path } = flows;
      const numbers = new Map<number, number>();
      // Each connection begins where it is not there, and is removed where it is.
      for (const [step, connection] of connections.entries()) {
        flows.set(synOf(connection));
        if (numbers.delete(connection)) {
          expect(path.findOffered()).toBe(1);
          path.remove(path.flow(), false);
        } else {
          expect(path.takeOffered()).toBe(UNKNOWN);
          expect(path.isFirst()).toBe(1);
          path.beginOffered(step + 1, 0);
          numbers.set(connection, step + 1);
        }
      }
      expect(flows.size).toBe(numbers.size);
      expect(flows.list(new Int32Array(numbers.size))).toBe(numbers.size);
      for (let connection = 0; connection < 10_000; connection++) {
        flows.set(synOf(connection));
        const found = path.findOffered() === 1 ? path.numberOf(path.flow()) : undefined;
        if (found !== numbers.get(connection))
          expect([connection, found]).toEqual([connection, numbers.get(connection)]);
      }
      flows.release();
    }),
    { numRuns: 3 },
  );
});

/** A connection that is established: what its client sends next, and how that is taken. */
function established(): { flows: DeferredFlows; client: Segment; take: (s: Segment) => number } {
  const flows = DeferredFlows.acquire();
  const { path } = flows;
  path.setPatience(1e9, 1e9, 60e9);
  const take = (s: Segment): number => {
    flows.set(s);
    return path.takeOffered();
  };
  const client = synOf(1);
  flows.set(client);
  path.beginOffered(1, 0);
  const server = Object.assign(synOf(1), { flags: SYN | ACK, ack: 1 });
  [server.source3, server.destination3] = [client.destination3, client.source3];
  [server.sourcePort, server.destinationPort] = [client.destinationPort, client.sourcePort];
  expect(take(server)).toBe(TAKEN);
  Object.assign(client, { flags: ACK, seq: 1, ack: 1 });
  expect(take(client)).toBe(TAKEN);
  expect(take(Object.assign(server, { flags: ACK, seq: 1, length: 1 }))).toBe(TAKEN);
  return { flows, client: Object.assign(client, { ack: 2 }), take };
}

it('counts sixteen times the bytes that sequence numbers do, and no more', () => {
  const { flows, client, take } = established();
  client.length = 0x8000;
  let sent = 0;
  for (; take(client) === TAKEN; sent += client.length) client.seq = (client.seq + client.length) | 0;
  expect(sent).toBe(16 * 2 ** 32 - client.length);
  expect(flows.path.takeOffered()).toBe(UNSOUND);
  flows.release();
});

it('counts 16,777,215 segments of each direction, and no more', () => {
  const { flows, client, take } = established();
  client.length = 1;
  expect(take(client)).toBe(TAKEN);
  const at = flows.recordAt(flows.path.flow()) + ORDINARY;
  expect(flows.i32[at] >>> ORDINARY_SHIFT).toBe(1);
  flows.i32[at] += 0xfffffd << ORDINARY_SHIFT;
  client.seq++;
  expect(take(client)).toBe(TAKEN);
  expect(flows.i32[at] >>> ORDINARY_SHIFT).toBe(0xffffff);
  client.seq++;
  expect(take(client)).toBe(UNSOUND);
  flows.release();
});

/** As fast-path/key.ts has it of an address whose multiplier is one. */
function mixed(word: number): number {
  const product = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  return (product ^ (product >>> 15)) >>> 0;
}

it('finds that a flow is not there, though each bucket of the index was once passed by', () => {
  const flows = DeferredFlows.acquire();
  const { path } = flows;
  const BUCKETS = 64;
  const ENTRIES = 15;
  // The hash of a key is that of its lower address.
  const multipliers = new BigUint64Array(flows.memory.buffer, MULTIPLIERS, MULTIPLIERS_BYTES / 8);
  const before = multipliers.slice();
  multipliers.fill(0n);
  multipliers[0] = 1n << 32n;
  const addressesOf = Array.from({ length: BUCKETS }, (): number[] => []);
  for (let address = 1; address < 100_000; address++) addressesOf[mixed(address) % BUCKETS].push(address);
  const set = (address: number): void =>
    flows.set(Object.assign(synOf(0), { ipVersion: 4, source3: address, destination3: 0x7f000001 }));
  let number = 0;
  for (const addresses of addressesOf) {
    // The last one does not find room in its bucket, and stays when the others leave.
    const all = addresses.splice(0, ENTRIES + 1);
    const begun = all.map((address) => {
      set(address);
      expect(path.takeOffered()).toBe(UNKNOWN);
      path.beginOffered(++number, 0);
      return path.flow();
    });
    for (const flow of begun.slice(0, ENTRIES)) path.remove(flow, false);
  }
  expect(flows.size).toBe(BUCKETS);
  for (const [missing] of addressesOf) {
    set(missing);
    expect(path.findOffered()).toBe(0);
  }
  multipliers.set(before);
  flows.release();
});
