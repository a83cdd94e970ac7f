import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { kindsOf, pathOf, read } from '../support/scenario.js';
import { CASES, captureOfCase } from './cases.js';

const doc = await readFile(new URL('../../docs/compared.md', import.meta.url), 'utf8');
const rows = doc.split('\n').filter((line) => line.includes('.pcap)'));

it('has a row per capture', () => {
  expect(rows.map((row) => /compared\/(.*)\.pcap/.exec(row)?.[1])).toEqual(CASES.map((c) => c.name));
});

// To write it again: npm run build && node scripts/compared.mjs > docs/compared.md
it.each(CASES)('says what lastack says of $name', async (c) => {
  const row = rows.find((line) => line.includes(`/${c.name}.pcap`)) ?? '';
  for (const flow of await read(captureOfCase(c))) {
    for (const side of ['client', 'server'] as const) {
      expect(row).toContain(`${side}: ${(pathOf(flow, side) || flow[`${side}State`]).replaceAll(' ', ' → ')}<br>`);
    }
    expect(row).toContain(kindsOf(flow).join(', '));
  }
});
