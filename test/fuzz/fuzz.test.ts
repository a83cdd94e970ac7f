import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { anyCommand, runCommand } from '../../fuzz/command.js';
import { readCorpus } from '../../fuzz/corpus.js';
import { mutate } from '../../fuzz/mutate.js';
import { Random } from '../../fuzz/random.js';
import { faultOf } from '../../fuzz/verdict.js';
import { run } from '../../src/cli/program.js';
import * as library from '../../src/index.js';

/** A scaled-down `npm run fuzz`. */
const RUNS = 150;
const SEED = 2026;

const folder = mkdtempSync(join(tmpdir(), 'lastack-fuzz-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const product = { run: run as (args: readonly string[], context: object) => Promise<number>, library };
const corpus = readCorpus(new URL('../../', import.meta.url));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

it('the corpus itself is read without a fault', async () => {
  expect(corpus.length).toBeGreaterThan(30);
  for (const { name, bytes } of corpus) {
    const outcome = await runCommand(product, ['analyze', file(name, bytes), '--quiet']);
    expect([name, faultOf(outcome)]).toEqual([name, null]);
  }
});

it('mutated captures cause no crash, no unknown exit status, and nothing that a terminal would obey', async () => {
  const statuses = new Set<number>();
  for (let index = 0; index < RUNS; index++) {
    const random = new Random(SEED + index);
    const [original, other] = [random.pick(corpus), random.pick(corpus)];
    const path = file('mutated', mutate(original.bytes, other.bytes, random));
    const args = anyCommand(random, [path]);
    const outcome = await runCommand(product, args);
    expect([index, original.name, ...args, faultOf(outcome)]).toEqual([index, original.name, ...args, null]);
    statuses.add(outcome.status);
  }
  expect([...statuses].sort()).toEqual([0, 3]);
});

it('mutated captures of one series are taken together as well', async () => {
  for (let index = 0; index < 25; index++) {
    const random = new Random(SEED * 2 + index);
    const paths = [0, 1, 2].map((i) =>
      file(`series-${i}`, mutate(random.pick(corpus).bytes, random.pick(corpus).bytes, random)),
    );
    const args = anyCommand(random, paths);
    expect([index, faultOf(await runCommand(product, args))]).toEqual([index, null]);
  }
});

describe('a verdict', () => {
  const fine = { status: 0, out: 'x\n', err: '' };
  it.each([
    ['exit status 70', { ...fine, status: 70, err: 'internal error' }],
    ['a stack trace', { ...fine, status: 3, err: 'Error\n    at f (x.js:1:1)\n' }],
    ['exit status 3, with nothing said', { ...fine, status: 3 }],
    ['control characters', { ...fine, out: 'a\x1b[2J' }],
  ])('tells of %s', (fault, outcome) => {
    expect(faultOf(outcome)).toContain(fault);
    expect(faultOf(fine)).toBeNull();
  });
});
