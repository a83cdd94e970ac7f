import { parseArgs } from 'node:util';
import { CACHE, captureOf } from './generator/cache.mjs';
import { WORKLOAD_NAMES, workloadNamed } from './workloads.mjs';

/** `node bench/generate.mjs [WORKLOAD...] [--scale N] [--cache FOLDER]`: writes captures and prints their paths. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string', default: '1' }, cache: { type: 'string', default: CACHE } },
});
for (const name of positionals.length > 0 ? positionals : WORKLOAD_NAMES) {
  process.stdout.write(`${captureOf(workloadNamed(name, Number(values.scale)), values.cache).path}\n`);
}
