import type { Command } from 'commander';
import { analysisJson } from '../report/analysis-json.js';
import { toJson } from '../report/escape.js';
import { summary } from '../report/summary.js';
import { type Context, judge, styleFor, widthFor } from './context.js';
import { addCommonOptions, type CommonOptions, threads } from './options.js';
import { runOnCaptures } from './run.js';

const EXAMPLES = `
Examples:
  lastack analyze dump.pcap
  lastack analyze client.pcap --filter 'host 10.0.3.7 and port 8080' --format json
  tcpdump -i eth0 -w - tcp | lastack analyze -
`;

interface AnalyzeOptions extends CommonOptions {
  readonly threads?: number;
}

export function addAnalyze(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('analyze')
    .description('what is in the captures, what is wrong with how many connections, and what to look at next')
    .argument('<capture...>', 'files that tcpdump wrote; - is standard input');
  addCommonOptions(command, context.library, ['text', 'json', 'ndjson'])
    .option(
      '--threads <number>',
      'from 2 on, a file is read on one thread and its connections followed on another (default: 2 from 512 MB on)',
      threads,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: AnalyzeOptions) => done(await analyze(context, captures, options)));
}

function analyze(context: Context, captures: readonly string[], options: AnalyzeOptions): Promise<number> {
  return runOnCaptures(context, captures, options, false, async (output, library) => {
    const { threads } = options;
    const analysis = await context.library.analyze(captures, { ...library, ...(threads && { threads }) });
    if (options.format === 'text') {
      await output.write(summary(analysis, { width: widthFor(context, options), style: styleFor(context, options) }));
    } else {
      await output.write(`${toJson(analysisJson(analysis), options.format === 'json' ? 2 : 0)}\n`);
    }
    return judge(context, analysis.captures);
  });
}
