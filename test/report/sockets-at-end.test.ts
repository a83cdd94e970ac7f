import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { flows, type SocketOptions, socketsAtEnd } from '../../src/index.js';
import { StateCounter } from '../../src/report/states.js';

const CAPTURES = join(import.meta.dirname, '../../captures');
const ALL = readdirSync(CAPTURES)
  .filter((name) => name.endsWith('.pcap'))
  .map((name) => join(CAPTURES, name));

async function expectCounted(captures: readonly string[], options: SocketOptions = {}): Promise<number> {
  const { side, by, threads: _, ...rest } = options;
  const counter = new StateCounter({ ...(side && { side }), ...(by && { by }) });
  const stream = flows(captures, rest);
  for await (const flow of stream) counter.add(flow);
  const { rows, captures: read } = await socketsAtEnd(captures, options);
  expect(rows).toEqual(counter.rows());
  expect(read).toEqual(stream.captures);
  return rows.length;
}

it('counts the sockets that the connections leave, capture by capture', async () => {
  let rows = 0;
  for (const capture of ALL) rows += await expectCounted([capture]);
  expect(rows).toBeGreaterThan(10);
});

it.each<[what: string, options: SocketOptions]>([
  ['of one end', { side: 'client' }],
  ['of the other', { side: 'server' }],
  ['by address', { by: 'address' }],
  ['by port', { by: 'port' }],
  ['by address of the servers', { by: 'address', side: 'server' }],
  ['of chosen connections', { filter: 'port 8080 or port 80' }],
  ['of hosts with other timers', { profile: 'windows' }],
])('counts them %s', async (_what, options) => {
  expect(await expectCounted(ALL, options)).toBeGreaterThan(0);
});
