import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { AuditSummary } from '../../src/index.js';
import { capture, Scratch } from './scratch.js';

/** Threads need the built command. */
const COMMAND = join(import.meta.dirname, '../../dist/cli/main.js');

/** Loaded into every thread before its own code: lets it die of the capture that the file's name says. */
const DEATHS = `
import { isMainThread, parentPort } from 'node:worker_threads';
const DEATHS = {
  exits: () => process.exit(7),
  throws: () => setImmediate(() => { throw new RangeError('out of luck'); }),
  rejects: () => void Promise.reject('no error at all'),
};
if (!isMainThread) {
  const on = parentPort.on.bind(parentPort);
  parentPort.on = (event, listener) => on(event, (task) => {
    for (const [name, die] of Object.entries(DEATHS)) if (task.job?.paths[0].endsWith(name + '.pcap')) die();
    listener(task);
  });
}`;

const scratch = new Scratch();
afterAll(() => scratch.remove());

test('captures that a thread dies of are told of in their place, and stop nothing', () => {
  const folder = scratch.path('batch');
  const names = ['half-close', 'syn-timeout', 'normal-close', 'last-ack-lost', 'half-open-reset'];
  for (const [i, name] of ['exits', 'a', 'throws', 'rejects', 'b'].entries()) {
    scratch.write(`batch/${name}.pcap`, readFileSync(capture(names[i])));
  }
  const deaths = pathToFileURL(scratch.write('deaths.mjs', DEATHS)).href;
  const audit = (out: string, options: string): { status: number | null; summary: AuditSummary } => {
    const args = [COMMAND, 'audit', folder, '--out', scratch.path(out), '--jobs', '1', '--format', 'json'];
    const { status, stdout } = spawnSync(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: options } });
    return { status, summary: JSON.parse(String(stdout)) };
  };
  const path = (name: string): string => join(folder, `${name}.pcap`);
  const { status, summary } = audit('out', `--import ${deaths}`);
  expect(status).toBe(3);
  expect(summary.unreadable.map(({ path, error }) => [path, error.code, error.message])).toEqual([
    [path('exits'), 'internal', `${path('exits')}: the thread that read it ended with status 7`],
    [path('rejects'), 'internal', expect.stringMatching(/: the thread that read it died: .*no error at all/)],
    [path('throws'), 'internal', `${path('throws')}: the thread that read it died: out of luck`],
  ]);
  expect(summary.captures.map(({ files }) => files[0].path)).toEqual(['a', 'b'].map(path));
  // Nothing of them is remembered: the next run reads them, and does not stumble over what they left.
  const next = audit('out', '');
  expect(next.status).toBe(0);
  expect(next.summary.counts).toMatchObject({ captures: 5, complete: 5, unreadable: 0 });
  expect(readdirSync(scratch.path('out/.lastack/captures'))).toHaveLength(5);
  expect(existsSync(scratch.path('out/.lastack/work'))).toBe(false);
});
