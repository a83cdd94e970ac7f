// Keeps what the engine compiles of the command where it runs: what most people ask for, on a small capture. Run by
// scripts/bundle-command.mjs, in a process of its own.
import { join } from 'node:path';
import { CompiledScript } from '../dist/cli/compiled-script.js';

const capture = join(import.meta.dirname, '../captures/last-ack-lost.pcap');
const script = new CompiledScript(process.argv[2]);
const { command } = /** @type {typeof import('../dist/cli/command.js')} */ (script.run());
for (const name of ['analyze', 'timeline', 'states'])
  if ((await command([name, capture])) !== 0) throw new Error(`${name} failed`);
script.keep();
