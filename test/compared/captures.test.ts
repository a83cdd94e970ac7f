import { readdir, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CASES, captureOfCase } from './cases.js';

const FOLDER = new URL('../../captures/compared/', import.meta.url);
const fileOf = (name: string): URL => new URL(`${name}.pcap`, FOLDER);

// After a change of a case: WRITE_CAPTURES=1 npx vitest run test/compared
if (process.env.WRITE_CAPTURES) {
  for (const c of CASES) await writeFile(fileOf(c.name), captureOfCase(c));
}

it.each(CASES)('$name.pcap is what the generator makes', async (c) => {
  const onDisk = await readFile(fileOf(c.name));
  expect(onDisk.equals(captureOfCase(c))).toBe(true);
});

it('keeps no capture that the generator does not make', async () => {
  expect((await readdir(FOLDER)).sort()).toEqual(CASES.map((c) => `${c.name}.pcap`).sort());
});
