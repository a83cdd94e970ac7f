import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, it } from 'vitest';
import { anySegments } from '../properties/arbitrary-segments.js';
import { stories } from '../properties/plausible-connections.js';
import { ScratchFile } from '../properties/scratch-file.js';
import { capture } from '../properties/wire.js';
import { expectSame } from './followed-twice.js';

const CAPTURES = join(import.meta.dirname, '../../captures');

const file = new ScratchFile();
afterAll(() => file.remove());

describe('a flow that was deferred is told as one that was not', () => {
  it.each(readdirSync(CAPTURES).filter((name) => /\.pcap/.test(name)))('in %s', async (name) => {
    await expectSame(`${CAPTURES}/${name}`);
  });

  it('where hosts say what they like', async () => {
    await fc.assert(
      fc.asyncProperty(anySegments, async (segments) => void (await expectSame(file.write(capture(segments))))),
      { seed: 11, numRuns: 150 },
    );
  });

  it('where hosts do what hosts do', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async ({ segments }) => void (await expectSame(file.write(capture(segments))))),
      { seed: 12, numRuns: 150 },
    );
  });

  it('where frames come twice', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async ({ segments }) => {
        await expectSame(file.write(capture(segments, { copies: 2 })));
      }),
      { seed: 13, numRuns: 50 },
    );
  });
});
