import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { RecordSpan } from '../../src/capture/record-span.js';
import type { Options } from '../../src/index.js';
import { capture, Scratch } from '../audit/scratch.js';
import { tcpFrame } from '../support/frames.js';
import { writePcap } from '../support/pcap-writer.js';

/** Threads are started from what is built. */
const BUILT = join(import.meta.dirname, '../../dist');
const { readingOnThreads }: typeof import('../../src/threads/reading-on-threads.js') = await import(
  `${BUILT}/threads/reading-on-threads.js`
);
const { FrameNames }: typeof import('../../src/capture/frame-names.js') = await import(
  `${BUILT}/capture/frame-names.js`
);

const scratch = new Scratch();
afterAll(() => scratch.remove());

/** Longer than the piece that is read before another thread reads on. */
const LONG = scratch.write(
  'long.pcap',
  writePcap(
    Array.from({ length: 20_000 }, (_, i) => ({
      data: tcpFrame({ from: '10.0.0.1:40000', to: '10.1.0.1:80', flags: 'PA', seq: i, ack: 1, payload: 1 }),
      seconds: 1_700_000_000 + i,
    })),
  ),
);

it.each<[what: string, paths: readonly string[], threads: number | undefined, options: Options, spreads: boolean]>([
  ['a file, on two threads', [LONG], 2, {}, true],
  ['a file, by the reader of this project', [LONG], 2, { reader: 'native' }, true],
  ['a file, on one thread', [LONG], 1, {}, false],
  ['a small file, where nothing was asked for', [LONG], undefined, {}, false],
  ['two files', [LONG, capture('normal-close')], 2, {}, false],
  ['a file that is not there', [`${LONG}.gone`], 2, {}, false],
  ['a folder', [join(LONG, '..')], 2, {}, false],
  ['a file whose frames are put in order', [LONG], 2, { reorder: 1 }, false],
  ['a file, by another reader', [LONG], 2, { reader: 'pcap-parser' }, false],
])('%s', async (_what, paths, threads, options, spreads) => {
  let decodedElsewhere = 0;
  const walk = (span: RecordSpan): boolean => {
    if (span.decoded !== null) decodedElsewhere++;
    return true;
  };
  const reading = readingOnThreads(threads)(paths, options, { take: () => true, walk }, new FrameNames(paths));
  for (let turn = await reading.next(); turn !== null; turn = await reading.next()) turn.read();
  await reading.close();
  expect(decodedElsewhere > 0).toBe(spreads);
});
