import { Command, CommanderError } from 'commander';
import { escapeText } from '../report/escape.js';
import { addAnalyze } from './analyze.js';
import { addAnnotate } from './annotate.js';
import { addAudit } from './audit.js';
import { addCompare } from './compare.js';
import { addCompletions } from './completions.js';
import type { Context } from './context.js';
import { EXIT } from './exit.js';
import { addExplain } from './explain.js';
import { addExtract } from './extract.js';
import { addQuery } from './query.js';
import { addReport } from './report.js';
import { reportInternal } from './run.js';
import { addStates } from './states.js';
import { addTimeline } from './timeline.js';

const EXAMPLES = `
Exit status: 0 done, 1 done and the policy is violated (audit), 2 wrong usage, 3 a capture could not be read, or only in part.

Examples:
  lastack analyze dump.pcap                what is wrong, and with how much of it
  lastack timeline dump.pcap --flow 7      one connection, segment by segment
  lastack states dump.pcap --every 10s     sockets per state over time
  lastack audit rings/ --out results       a batch of captures, judged
  lastack report dump.pcap -o report.html  a page to look at
  lastack explain close-wait-long          what it means and what to check
`;

/** Runs the command line `args` (without node and script) and gives the exit status. Never throws. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  let status: number = EXIT.done;
  const program = buildProgram(context, (result) => {
    status = result;
  });
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reportInternal(context, error);
  }
}

/** All commands with their options; `done` is called with the exit status of the one that is run. */
export function buildProgram(context: Context, done: (status: number) => void): Command {
  // Commands take over the settings of the program at the moment they are added.
  const program = new Command('lastack')
    .description('Post-mortems for TCP connections: what both ends went through, from what tcpdump wrote.')
    .version(context.version, '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(errorText(text)),
      getOutHelpWidth: () => context.stdout.columns ?? 80,
      getErrHelpWidth: () => context.stderr.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLES);
  addAnalyze(program, context, done);
  addTimeline(program, context, done);
  addCompare(program, context, done);
  addStates(program, context, done);
  addAudit(program, context, done);
  addQuery(program, context, done);
  addReport(program, context, done);
  addExplain(program, context, done);
  addExtract(program, context, done);
  addAnnotate(program, context, done);
  addCompletions(program, context, done);
  return program;
}

/** Commander's `error: ...` as a line of this command, with what the user typed escaped. */
function errorText(text: string): string {
  const lines = text
    .replace(/^error: /, '')
    .trimEnd()
    .split('\n');
  return `lastack: ${lines.map(escapeText).join('\n')}\n`;
}
