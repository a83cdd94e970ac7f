import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { RecordSpan } from '../../src/capture/record-span.js';
import { Scratch } from '../audit/scratch.js';
import { tcpFrame } from '../support/frames.js';
import { writePcap } from '../support/pcap-writer.js';

/** Threads are started from what is built. */
const BUILT = join(import.meta.dirname, '../../dist');
const { SourceAhead }: typeof import('../../src/threads/source-ahead.js') = await import(
  `${BUILT}/threads/source-ahead.js`
);
const { openCapture }: typeof import('../../src/capture/open.js') = await import(`${BUILT}/capture/open.js`);
const { NativeSource }: typeof import('../../src/capture/native-source.js') = await import(
  `${BUILT}/capture/native-source.js`
);

const scratch = new Scratch();
afterAll(() => scratch.remove());

const EPOCH = 1_700_000_000;

function capture(frames: number): string {
  const records = Array.from({ length: frames }, (_, i) => ({
    data: tcpFrame({ from: '10.0.0.1:40000', to: '10.1.0.1:80', flags: 'PA', seq: i, ack: 1, payload: 1 }),
    seconds: EPOCH + i,
  }));
  return scratch.write('any.pcap', writePcap(records));
}

it.each([
  { when: 'from the second piece on, if it waits for the thread', frames: 20_000, waits: true, isAhead: true },
  { when: 'from where the thread can begin', frames: 100_000, waits: false, isAhead: true },
  { when: 'not at all, if the end comes first', frames: 10, waits: false, isAhead: false },
])('is read ahead $when', async ({ frames, waits, isAhead }) => {
  const native = await openCapture(capture(frames));
  if (!(native instanceof NativeSource) || native.descriptor === null || native.size === null)
    throw new Error('a file');
  const source = new SourceAhead(native, { descriptor: native.descriptor, size: native.size }, null, waits);
  const span = Object.assign(new RecordSpan(), { typeAt: 12, linkHeader: 14, epochSeconds: EPOCH });
  const here: number[] = [];
  const ahead: number[] = [];
  while (await source.advance()) {
    for (let isFirst = true; source.next(); isFirst = false) {
      if (isFirst) source.lend(span);
      (span.decoded === null ? here : ahead).push(source.frame.seconds - EPOCH);
    }
    // The thread is given time to start.
    if (isAhead && ahead.length === 0) await setTimeout(100);
  }
  await source.close();
  expect(source.error).toBeNull();
  expect([...here, ...ahead]).toEqual(Array.from({ length: frames }, (_, i) => i));
  expect(ahead.length > 0).toBe(isAhead);
});
