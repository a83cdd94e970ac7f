import type { Command } from 'commander';
import { HtmlReport } from '../report/html/report.js';
import { type Context, judge } from './context.js';
import { UsageError } from './exit.js';
import { addCommonOptions, type CommonOptions } from './options.js';
import { runOnCaptures } from './run.js';

const EXAMPLES = `
One file that opens in any browser, needs no network and can be attached to a ticket.

Examples:
  lastack report dump.pcap -o report.html
  lastack report client.pcap --filter 'host 10.0.3.7 and port 8080' -o report.html
  lastack report dump.pcap --finding close-wait-long -o close-wait.html
`;

export function addReport(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('report')
    .description('a page to look at: what is wrong, states over time, every connection as a ladder')
    .argument('<capture...>', 'files that tcpdump wrote; - is standard input');
  addCommonOptions(command, context.library, ['html'])
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: CommonOptions) => done(await report(context, captures, options)));
}

function report(context: Context, captures: readonly string[], options: CommonOptions): Promise<number> {
  return runOnCaptures(context, captures, options, false, async (output, library) => {
    if (options.output === undefined && context.stdout.isTTY) {
      throw new UsageError('a page is not for a terminal: write it to a file with -o report.html');
    }
    const page = new HtmlReport({
      version: context.version,
      ...(library.thresholds && { thresholds: library.thresholds }),
    });
    const onGivenUp = (connections: number): void => {
      page.giveUp(connections);
      library.onGivenUp?.(connections);
    };
    const flows = context.library.flows(captures, { ...library, detail: 'full', onGivenUp });
    for await (const flow of flows) page.add(flow);
    for (const piece of page.pieces(flows.captures)) await output.write(piece);
    return judge(context, flows.captures);
  });
}
