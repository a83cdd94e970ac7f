import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GENERATOR_VERSION, generate } from './generate.mjs';

export const CACHE = fileURLToPath(new URL('../../node_modules/.cache/lastack-bench', import.meta.url));

/**
 * The capture of a workload, generated where no file of the same parameters and the same generator is there.
 * @param {import('../workloads.mjs').Workload} workload
 * @param {string} folder
 * @returns {string} its path
 */
export function captureOf(workload, folder = CACHE) {
  const hash = createHash('sha256').update(JSON.stringify([GENERATOR_VERSION, workload]));
  const path = join(folder, `${workload.name}-${hash.digest('hex').slice(0, 12)}.pcap`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const started = performance.now();
  const frames = generate(workload, `${path}.part`);
  renameSync(`${path}.part`, path);
  const seconds = (performance.now() - started) / 1000;
  const rate = (frames / seconds / 1e6).toFixed(1);
  process.stderr.write(
    `generated ${workload.name}: ${frames.toLocaleString('en')} records, ${rate} million a second\n`,
  );
  return path;
}
