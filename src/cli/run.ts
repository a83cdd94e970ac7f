import { statSync } from 'node:fs';
import type { Options } from '../index.js';
import { givenUpText } from '../report/given-up.js';
import { type Context, say } from './context.js';
import { BrokenPipeError, EXIT, UsageError } from './exit.js';
import { type CaptureOptions, libraryOptions } from './options.js';
import { Output } from './output.js';

/** What a command does with open output and with the library's options: gives the exit status. */
export type Work = (output: Output, options: Options) => Promise<number>;

/** Runs `work` with everything that commands on captures share: output, progress, one clear line for what goes wrong. */
export async function runOnCaptures(
  context: Context,
  captures: readonly string[],
  options: CaptureOptions,
  streams: boolean,
  work: Work,
): Promise<number> {
  // Results that stream to the terminal would run through the bar.
  const shown =
    context.stderr.isTTY === true &&
    !options.quiet &&
    !(streams && context.stdout.isTTY && options.output === undefined);
  const progress = shown ? new (await import('./progress.js')).Progress(context.stderr) : null;
  return runWithOutput(
    context,
    options.output,
    async (output) => {
      if (options.output !== undefined) keepCaptures(captures, options.output);
      const library = {
        ...libraryOptions(options),
        signal: context.signal,
        onGivenUp: (connections: number) => {
          if (!options.quiet) say(context, givenUpText(connections));
        },
        ...(progress && { onProgress: progress.update }),
      };
      return work(output, library);
    },
    {
      // Results that come all at once take the bar's place.
      opening: () => {
        if (!streams) progress?.stop();
      },
      done: () => progress?.stop(),
    },
  );
}

interface Hooks {
  /** Before the first result is written. */
  readonly opening?: () => void;
  /** When all is over, and before anything is said about what went wrong. */
  readonly done?: () => void;
}

/** Runs `work` with an output, and turns what it throws into a line on standard error and an exit status. */
export async function runWithOutput(
  context: Context,
  path: string | undefined,
  work: (output: Output) => Promise<number>,
  { opening = () => {}, done = () => {} }: Hooks = {},
): Promise<number> {
  const output = new Output(context.stdout, path ?? null, opening);
  try {
    const status = await work(output);
    await output.end();
    return status;
  } catch (error) {
    done();
    return statusOf(context, error);
  } finally {
    done();
    output.release();
  }
}

/** Throws UsageError where the results would overwrite the evidence. */
function keepCaptures(captures: readonly string[], output: string): void {
  const target = statSync(output, { throwIfNoEntry: false });
  for (const path of target?.isFile() ? captures : []) {
    const capture = statSync(path, { throwIfNoEntry: false });
    if (capture !== undefined && capture.ino === target?.ino && capture.dev === target.dev) {
      throw new UsageError(`${path} is a capture: the results go elsewhere`);
    }
  }
}

/** Names of the library's errors that speak of what the user typed. */
const USAGE_ERRORS: readonly string[] = [
  'FilterError',
  'SysctlError',
  'TooManyRowsError',
  'AuditError',
  'PolicyError',
  'QueryError',
  'HandoverError',
];

function statusOf(context: Context, error: unknown): number {
  if (error instanceof BrokenPipeError) return EXIT.done;
  if (context.signal.aborted) return EXIT.interrupted;
  if (error instanceof UsageError || (error instanceof Error && USAGE_ERRORS.includes(error.name))) {
    say(context, error.message);
    return EXIT.usage;
  }
  return reportInternal(context, error);
}

/** One line for a fault of the program itself; its stack where LASTACK_DEBUG is set. */
export function reportInternal(context: Context, error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  say(context, `internal error: ${message}; please report it, with what LASTACK_DEBUG=1 shows`);
  if (context.env.LASTACK_DEBUG && error instanceof Error) context.stderr.write(`${error.stack}\n`);
  return EXIT.internal;
}
