import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GENERATOR_VERSION, generate } from './generate.mjs';

export const CACHE = fileURLToPath(new URL('../../node_modules/.cache/lastack-bench', import.meta.url));

/**
 * A generated capture, and what is kept beside it.
 * @typedef {object} Generated
 * @property {string} path
 * @property {number} live flows that are live at a time, at most (see `LiveFlows`)
 */

/**
 * The capture of a workload, generated where no file of the same parameters and the same generator is there.
 * @param {import('../workloads.mjs').Workload} workload
 * @param {string} folder
 * @returns {Generated}
 */
export function captureOf(workload, folder = CACHE) {
  const hash = createHash('sha256').update(JSON.stringify([GENERATOR_VERSION, workload]));
  const name = `${workload.name}-${hash.digest('hex').slice(0, 12)}`;
  const path = join(folder, `${name}.pcap`);
  const facts = join(folder, `${name}.json`);
  if (existsSync(path) && existsSync(facts)) return { path, ...JSON.parse(readFileSync(facts, 'utf8')) };
  mkdirSync(folder, { recursive: true });
  const started = performance.now();
  const { frames, live } = generate(workload, `${path}.part`);
  writeFileSync(facts, JSON.stringify({ live }));
  renameSync(`${path}.part`, path);
  const seconds = (performance.now() - started) / 1000;
  const rate = (frames / seconds / 1e6).toFixed(1);
  process.stderr.write(
    `generated ${workload.name}: ${frames.toLocaleString('en')} records, ${rate} million a second\n`,
  );
  return { path, live };
}
