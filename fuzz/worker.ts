import { writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { anyCommand, type Product, runCommand } from './command.js';
import { readCorpus } from './corpus.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';
import { faultOf } from './verdict.js';

/** What the worker is told. */
export interface WorkerData {
  readonly seed: number;
  readonly first: number;
  readonly runs: number;
  /** The file that mutated captures are written to, one after the other. */
  readonly scratch: string;
}

/** What the worker tells: that a case has begun, and how it went. */
export type WorkerMessage =
  | { readonly type: 'begun'; readonly index: number; readonly name: string }
  | { readonly type: 'done'; readonly status: number; readonly fault: string | null };

/** A mutated capture may take ten times what its original takes; what is below this is noise, in microseconds. */
const TIMES = 10;
const NOISE = 100_000;

const root = new URL('../../', import.meta.url);
const { run } = await import(new URL('dist/cli/program.js', root).href);
const library = await import(new URL('dist/index.js', root).href);
const product: Product = { run, library };
const { seed, first, runs, scratch } = workerData as WorkerData;
const corpus = readCorpus(root);
const usual = new Map<string, number>();

/** Microseconds of processor time that the command takes on these bytes, and what it gave. */
async function timed(bytes: Uint8Array, args: readonly string[]) {
  writeFileSync(scratch, bytes);
  const before = process.cpuUsage();
  const outcome = await runCommand(product, args);
  const { user, system } = process.cpuUsage(before);
  return { outcome, time: user + system };
}

for (let index = first; index < runs; index++) {
  const random = new Random(seed * 1_000_003 + index);
  const [original, other] = [random.pick(corpus), random.pick(corpus)];
  const bytes = mutate(original.bytes, other.bytes, random);
  const args = anyCommand(random, [scratch]);
  parentPort?.postMessage({ type: 'begun', index, name: original.name } satisfies WorkerMessage);
  const key = `${original.name} ${args}`;
  const bound = TIMES * (usual.get(key) ?? (await timed(original.bytes, args)).time);
  usual.set(key, bound / TIMES);
  let { outcome, time } = await timed(bytes, args);
  const limit = Math.max(bound, NOISE);
  // What was compiled or collected meanwhile is no fault of the capture.
  if (time > limit) ({ outcome, time } = await timed(bytes, args));
  const slow = time > limit ? `${time / 1000} ms of processor time, where ${limit / 1000} were to be enough` : null;
  parentPort?.postMessage({
    type: 'done',
    status: outcome.status,
    fault: faultOf(outcome) ?? slow,
  } satisfies WorkerMessage);
}
