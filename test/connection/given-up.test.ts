import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { annotate, extract } from '../../src/index.js';

it.each([
  ['extract', extract],
  ['annotate', annotate],
] as const)('%s, which reads twice, tells of it once', async (_, command) => {
  const soak = fileURLToPath(new URL('../../captures/soak.pcap', import.meta.url));
  const told: number[] = [];
  const written: Uint8Array[] = [];
  const keep = async (bytes: Uint8Array): Promise<void> => void written.push(bytes.slice());
  await command(soak, keep, {
    maxFlows: 10,
    onGivenUp: (connections) => void told.push(connections),
    select: { kinds: new Set(['abortive-close']) },
  });
  expect(told).toHaveLength(1);
  expect(told[0]).toBeGreaterThan(0);
  if (command === annotate)
    expect(Buffer.concat(written).toString('latin1')).toContain(`${told[0]} connections were given up`);
});
