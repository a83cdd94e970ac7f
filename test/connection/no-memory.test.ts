import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { stories } from '../properties/plausible-connections.js';
import { ScratchFile } from '../properties/scratch-file.js';
import { capture } from '../properties/wire.js';

/* Where memory cannot grow, closed flows are not packed, and few segments of a flow are kept; all is told as with memory. */

const CAPTURES = join(import.meta.dirname, '../../captures');
const file = new ScratchFile();
const { Memory } = WebAssembly;

let followedTwice: typeof import('./followed-twice.js');
let made = 0;

class BoundedMemory extends Memory {
  constructor(size: ConstructorParameters<typeof Memory>[0]) {
    super({ ...size, maximum: size.initial });
    made++;
  }
}

// Memory is kept for the next analysis: modules of their own begin without any, and none of theirs is left to others.
beforeAll(async () => {
  vi.resetModules();
  Object.assign(WebAssembly, { Memory: BoundedMemory });
  followedTwice = await import('./followed-twice.js');
});

afterAll(() => {
  Object.assign(WebAssembly, { Memory });
  vi.resetModules();
  file.remove();
});

it('in the soak', async () => {
  expect(await followedTwice.expectSame(join(CAPTURES, 'soak.pcap'))).toBeGreaterThan(0);
  expect(made).toBeGreaterThan(0);
});

it('where hosts do what hosts do', async () => {
  await fc.assert(
    fc.asyncProperty(
      stories,
      async ({ segments }) => void (await followedTwice.expectSame(file.write(capture(segments)))),
    ),
    { seed: 14, numRuns: 50 },
  );
});
