import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { WorkerData, WorkerMessage } from './worker.js';

/**
 * `npm run fuzz -- [--runs N] [--seed N] [--keep FOLDER]`: runs the command on mutated captures and tells what it took
 * badly: crashes, hangs, exit statuses that are not documented, output that a terminal would obey. Exit status 1 where
 * there was any.
 */

/** Milliseconds without an answer that are a hang. */
const PATIENCE = 20_000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    /** Where captures are kept that were taken badly. */
    keep: { type: 'string' },
  },
});

const runs = Number(values.runs);
const folder = mkdtempSync(join(tmpdir(), 'lastack-fuzz-'));
const scratch = join(folder, 'mutated');
const statuses = new Map<number, number>();
const faults = { crashes: 0, hangs: 0, others: 0 };

let next = 0;
while (next < runs) next = await runFrom(next);
rmSync(folder, { recursive: true });
const told = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} with exit status ${status}`);
process.stdout.write(
  `${runs} mutated captures (seed ${values.seed}): ${faults.crashes} crashes, ${faults.hangs} hangs, ${faults.others} other faults; ${told.join(', ')}\n`,
);
process.exitCode = faults.crashes + faults.hangs + faults.others === 0 ? 0 : 1;

/** Runs cases in a worker until all are done or one ends it. Returns the index to go on from. */
function runFrom(first: number): Promise<number> {
  const workerData: WorkerData = { seed: Number(values.seed), first, runs, scratch };
  const worker = new Worker(new URL('worker.js', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  return new Promise((resolve) => {
    let current = { index: first, name: '' };
    let watchdog: NodeJS.Timeout;
    const end = (kind: 'crashes' | 'hangs', what: string): void => {
      clearTimeout(watchdog);
      faults[kind]++;
      report(current, what);
      void worker.terminate().then(() => resolve(current.index + 1));
    };
    worker.on('message', (message: WorkerMessage) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => end('hangs', `no answer in ${PATIENCE / 1000} s`), PATIENCE);
      if (message.type === 'begun') {
        current = message;
        return;
      }
      statuses.set(message.status, (statuses.get(message.status) ?? 0) + 1);
      if (message.fault === null) return;
      if (message.fault.includes('processor time')) faults.hangs++;
      else if (message.fault.startsWith('exit status')) faults.crashes++;
      else faults.others++;
      report(current, message.fault);
    });
    worker.on('error', (error) => end('crashes', error.message));
    worker.on('exit', () => {
      clearTimeout(watchdog);
      if (current.index + 1 >= runs) resolve(runs);
    });
  });
}

function report({ index, name }: { readonly index: number; readonly name: string }, what: string): void {
  process.stdout.write(`case ${index} (${name}): ${what}\n`);
  if (values.keep === undefined) return;
  mkdirSync(values.keep, { recursive: true });
  copyFileSync(scratch, join(values.keep, `case-${index}`));
}
