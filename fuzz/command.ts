import { Writable } from 'node:stream';
import type { Random } from './random.js';
import type { Outcome } from './verdict.js';

/** The command as the product's build has it: `dist/cli/program.js` and `dist/index.js`. */
export interface Product {
  readonly run: (args: readonly string[], context: object) => Promise<number>;
  readonly library: object;
}

const COMMANDS: readonly (readonly string[])[] = [
  ['analyze', '--format', 'json'],
  ['analyze'],
  ['timeline', '--format', 'ndjson'],
  ['timeline', '--why'],
  ['states'],
  ['analyze', '--verify-checksums'],
  ['analyze', '--reorder', '10ms'],
  ['timeline', '--format', 'ndjson', '--reorder', '1s', '--key', 'vlan,tunnel'],
];

class Text extends Writable {
  value = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.value += chunk.toString();
    done();
  }
}

/** One of the commands, with what it shall read. */
export function anyCommand(random: Random, captures: readonly string[]): readonly string[] {
  const [name, ...options] = random.pick(COMMANDS);
  return [name, ...captures, '--quiet', ...options];
}

/** Runs a command line in this process. */
export async function runCommand({ run, library }: Product, args: readonly string[]): Promise<Outcome> {
  const [stdout, stderr] = [new Text(), new Text()];
  const signal = new AbortController().signal;
  const status = await run(args, { library, version: '0', stdout, stderr, env: {}, signal });
  return { status, out: stdout.value, err: stderr.value };
}
