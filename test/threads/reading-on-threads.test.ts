import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Options } from '../../src/index.js';
import { capture } from '../audit/scratch.js';

/** Threads are started from what is built. */
const BUILT = join(import.meta.dirname, '../../dist');
const { readingOnThreads }: typeof import('../../src/threads/reading-on-threads.js') = await import(
  `${BUILT}/threads/reading-on-threads.js`
);
const { DecodedReading }: typeof import('../../src/threads/decoded-reading.js') = await import(
  `${BUILT}/threads/decoded-reading.js`
);
const { FrameNames }: typeof import('../../src/capture/frame-names.js') = await import(
  `${BUILT}/capture/frame-names.js`
);

const SOAK = capture('soak');

it.each<[what: string, paths: readonly string[], threads: number | undefined, options: Options, spreads: boolean]>([
  ['a file, on two threads', [SOAK], 2, {}, true],
  ['a file, by the reader of this project', [SOAK], 2, { reader: 'native' }, true],
  ['a file, on one thread', [SOAK], 1, {}, false],
  ['a file, where nothing was asked for', [SOAK], undefined, {}, false],
  ['two files', [SOAK, capture('normal-close')], 2, {}, false],
  ['standard input', ['-'], 2, {}, false],
  ['a file that is not there', [`${SOAK}.gone`], 2, {}, false],
  ['a folder', [join(SOAK, '..')], 2, {}, false],
  ['a file whose frames are put in order', [SOAK], 2, { reorder: 1 }, false],
  ['a file, by another reader', [SOAK], 2, { reader: 'pcap-parser' }, false],
])('%s', async (_what, paths, threads, options, spreads) => {
  const reading = readingOnThreads(threads)(paths, options, { take: () => true }, new FrameNames(paths));
  await reading.close();
  expect(reading instanceof DecodedReading).toBe(spreads);
});
