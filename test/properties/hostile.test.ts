import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, expect, it, vi } from 'vitest';
import { CaptureError, type Flow, flows } from '../../src/index.js';
import { ScratchFile } from './scratch-file.js';

// To shrink a counterexample takes longer than to find none.
vi.setConfig({ testTimeout: 60_000 });

const directory = fileURLToPath(new URL('../../captures/', import.meta.url));
const LONGEST = 32_768;
/** The real captures that are short enough for a mutation to matter. */
const originals = readdirSync(directory)
  .filter((name) => name.endsWith('.pcap') && statSync(directory + name).size <= LONGEST)
  .sort()
  .map((name) => readFileSync(directory + name));

/** What happens to a capture at `at`, as a share of its length: it shrinks, and finds its place in a shorter one. */
interface Mutation {
  readonly kind: 'flip' | 'remove' | 'repeat';
  readonly at: number;
  readonly length: number;
  readonly value: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'flip', 'flip', 'remove', 'repeat'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.constantFrom(1, 4), fc.nat(300)),
  value: fc.integer({ min: 1, max: 255 }),
});

function mutate(original: Buffer, mutations: readonly Mutation[]): Buffer {
  let bytes = Buffer.from(original);
  for (const { kind, at, length, value } of mutations) {
    const start = Math.min(Math.floor(at * bytes.length), bytes.length - 1);
    const [before, hit, after] = [
      bytes.subarray(0, start),
      bytes.subarray(start, start + length),
      bytes.subarray(start + length),
    ];
    if (kind === 'flip') bytes[start] ^= value;
    else bytes = Buffer.concat(kind === 'remove' ? [before, after] : [before, hit, hit, after]);
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

const file = new ScratchFile();
afterAll(() => file.remove());

it('a damaged capture is read as far as it goes, and its damage reported', async () => {
  expect(originals.length).toBeGreaterThan(10);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...originals),
      fc.array(mutation, { minLength: 1, maxLength: 12 }),
      async (original, mutations) => {
        const stream = flows(file.write(mutate(original, mutations)));
        const found: Flow[] = [];
        for await (const flow of stream) found.push(flow);
        expect(stream.captures).toHaveLength(1);
        const [{ complete, error, frames }] = stream.captures;
        expect(complete).toBe(error === null);
        if (error !== null) expect(error).toBeInstanceOf(CaptureError);
        for (const frame of found.flatMap((flow) => flow.timeline.map((change) => change.frame)))
          expect(frame).toBeLessThanOrEqual(frames);
      },
    ),
    { seed: 793, numRuns: 300 },
  );
});
