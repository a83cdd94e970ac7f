import * as library from '../index.js';
import { VERSION } from '../version.js';
import { say } from './context.js';
import { run } from './program.js';

/** Runs the command of this process. @returns its exit status */
export function command(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  const { stdout, stderr, env } = process;
  const context = { library, version: VERSION, stdout, stderr, env, signal: interrupt.signal };

  // `tcpdump -w - | lastack analyze -`: Ctrl-C reaches both, tcpdump writes out its rest, and the report is wanted.
  // For audit, `-` is a list of captures.
  let patience = args.includes('-') && args[0] !== 'audit' ? 1 : 0;
  process.on('SIGINT', () => {
    if (patience-- > 0) say(context, 'waiting for the end of the input; Ctrl-C again stops at once');
    else interrupt.abort();
  });
  // A reader that has gone also takes what is written after the last result.
  stdout.on('error', () => {});

  return run(args, context);
}
