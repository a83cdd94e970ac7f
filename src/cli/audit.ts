import { readFileSync, writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_POLICY } from '../audit/policy/default-policy.js';
import { auditText } from '../audit/results/summary-text.js';
import { type AuditOptions, type AuditSummary, audit, joinShares } from '../index.js';
import { toJson } from '../report/escape.js';
import type { AuditProgressDisplay } from './audit-progress.js';
import { type Context, say, styleFor, type Terminal, widthFor } from './context.js';
import { EXIT, UsageError } from './exit.js';
import { addOutputOptions, addReadingOptions, type CommonOptions, libraryOptions } from './options.js';
import { runWithOutput } from './run.js';

const EXAMPLES = `
Reads files, all that is in folders, and patterns; captures are told by their content, and files of one rotation are read as
one series. - is a list of paths on standard input, one a line, or each ended by a zero byte.
The folder of results keeps what was done: the same command reads only what has changed since.

Exit status: 0 all was read and the policy is kept; 1 the policy is violated, whatever else happened: more could not have
mended what was found; 3 a capture could not be read, or only in part, or there was none; 130 stopped by Ctrl-C.

Examples:
  lastack audit --init
  lastack audit /var/captures --out results --policy lastack-policy.yaml
  lastack audit '/mnt/rings/**/*.pcap*' --out today --baseline yesterday
  find /mnt -name '*.pcap' -print0 | lastack audit - --out results
  lastack audit /mnt/rings --out share-2 --shard 2/4
  lastack audit --join share-1 share-2 share-3 share-4 --out whole
`;

const POLICY_FILE = 'lastack-policy.yaml';
const OUT = 'lastack-audit';

type Shard = NonNullable<AuditOptions['shard']>;

interface AuditCommandOptions extends CommonOptions {
  readonly out: string;
  readonly policy?: string;
  readonly baseline?: string;
  readonly shard?: Shard;
  readonly jobs?: number;
  readonly today?: string;
  readonly join?: boolean;
  readonly init?: string | true;
}

export function addAudit(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('audit')
    .description('a batch of captures: which services got worse, held against a policy')
    .argument('[path...]', 'captures, folders of captures, patterns; - is a list of them on standard input');
  addReadingOptions(addOutputOptions(command, ['text', 'json']), context.library)
    .option('--out <folder>', 'where results are kept', OUT)
    .option('--policy <file>', 'limits that the captures are held against: YAML or JSON')
    .option('--baseline <folder>', 'results of an earlier run: says what is new, worse, gone')
    .option('--shard <i/n>', 'only this share of the batch, chosen by content', shard)
    .option('--join', 'put the results of all shares together; the paths are their folders')
    .option(
      '--jobs <number>',
      'threads that read captures (default: one for each processor); 0 reads without any',
      jobs,
    )
    .option('--today <date>', 'the day on which ignores of the policy must not be over (default: today, UTC)', day)
    .option('--init [file]', `write a commented policy (${POLICY_FILE}) and do no more`)
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], options: AuditCommandOptions) =>
      done(await (options.init === undefined ? run(context, paths, options) : init(context, options.init))),
    );
}

function init(context: Context, file: string | true): Promise<number> {
  const path = file === true ? POLICY_FILE : file;
  return runWithOutput(context, undefined, async (output) => {
    try {
      writeFileSync(path, DEFAULT_POLICY, { flag: 'wx' });
    } catch (error) {
      const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      throw new UsageError(exists ? `${path} is there already` : `cannot write ${path}: ${error}`, { cause: error });
    }
    await output.write(`${path} is written: lastack audit CAPTURES --policy ${path}\n`);
    return EXIT.done;
  });
}

/** Loaded where it is shown: bars take a tenth of the time that a command takes to begin. */
async function displayOn(stream: Terminal): Promise<AuditProgressDisplay> {
  const { AuditProgressDisplay } = await import('./audit-progress.js');
  return new AuditProgressDisplay(stream);
}

async function run(context: Context, given: readonly string[], options: AuditCommandOptions): Promise<number> {
  const display = options.quiet ? null : await displayOn(context.stderr);
  return runWithOutput(
    context,
    options.output,
    async (output) => {
      if (given.length === 0) throw new UsageError('name captures, folders or patterns, or - for a list of them');
      const summary = await perform(context, given, options, display);
      display?.stop();
      const look = { width: widthFor(context, options), style: styleFor(context, options) };
      await output.write(options.format === 'json' ? `${toJson(summary, 2)}\n` : auditText(summary, options.out, look));
      return statusOf(context, summary);
    },
    { done: () => display?.stop() },
  );
}

async function perform(
  context: Context,
  given: readonly string[],
  options: AuditCommandOptions,
  display: AuditProgressDisplay | null,
): Promise<AuditSummary> {
  const judging = {
    out: options.out,
    ...(options.policy !== undefined && { policy: options.policy }),
    ...(options.baseline !== undefined && { baseline: options.baseline }),
    ...(options.today !== undefined && { today: options.today }),
  };
  if (options.join) return joinShares(given, judging);
  try {
    return await audit(given.flatMap(pathsOf), {
      ...libraryOptions(options),
      ...judging,
      ...(options.shard && { shard: options.shard }),
      ...(options.jobs !== undefined && { jobs: options.jobs }),
      onProgress: display?.update ?? (() => {}),
      signal: context.signal,
    });
  } catch (error) {
    display?.stop();
    if (error instanceof Error && error.name === 'InterruptedError') say(context, error.message);
    throw error;
  }
}

/** `-` stands for the paths on standard input. */
function pathsOf(path: string): string[] {
  if (path !== '-') return [path];
  const text = readFileSync(0, 'utf8');
  return text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((line) => line !== '');
}

/** The policy goes first: what violates it would do so, had everything been read. */
function statusOf(context: Context, { policy, counts }: AuditSummary): number {
  if (policy?.violated) return EXIT.violated;
  if (counts.captures + counts.unreadable === 0) {
    say(context, 'no capture was found there');
    return EXIT.unreadable;
  }
  return counts.partial + counts.unreadable > 0 ? EXIT.unreadable : EXIT.done;
}

function shard(text: string): Shard {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const [index, count] = match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
  if (index < 1 || index > count) throw new InvalidArgumentError('It is written i/n, with i from 1 to n: 2/4.');
  return { index, count };
}

function jobs(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It must be a number up to 999.');
  return Number(text);
}

function day(text: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text))) {
    throw new InvalidArgumentError('It must be a day such as 2026-11-20.');
  }
  return text;
}
