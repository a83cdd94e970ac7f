import type { Writable } from 'node:stream';
import type { CaptureSummary } from '../findings/analysis.js';
import { escapeText } from '../report/escape.js';
import { COLOURED, PLAIN, type Style } from '../report/style.js';
import { EXIT } from './exit.js';
import type { Library } from './library.js';

export interface Terminal extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** All that a command touches of the world outside. */
export interface Context {
  readonly library: Library;
  readonly version: string;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One line on standard error. */
export function say(context: Context, message: string): void {
  context.stderr.write(`lastack: ${escapeText(message)}\n`);
}

/** Tells of each capture that could not be read to its end, and gives the exit status. */
export function judge(context: Context, captures: readonly CaptureSummary[]): number {
  const broken = captures.filter((capture) => capture.error !== null || !capture.complete);
  for (const { error, path } of broken) say(context, error?.message ?? `${path}: not read to its end`);
  return broken.length > 0 ? EXIT.unreadable : EXIT.done;
}

interface Look {
  readonly color: boolean;
  readonly width?: number;
  readonly output?: string;
}

/** Colour where it was not declined and somebody looks at it. */
export function styleFor({ stdout, env }: Context, options: Look): Style {
  const looked = stdout.isTTY === true && options.output === undefined && env.TERM !== 'dumb';
  return looked && options.color && !env.NO_COLOR ? COLOURED : PLAIN;
}

/** Columns: as asked for, else the terminal's, else 80. */
export function widthFor({ stdout }: Context, options: Look): number {
  if (options.width !== undefined) return options.width;
  return stdout.isTTY === true && options.output === undefined ? (stdout.columns ?? 80) : 80;
}
