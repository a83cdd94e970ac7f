import type { Command } from 'commander';
import type { Flow } from '../findings/finding.js';
import { toJson } from '../report/escape.js';
import { flowJson } from '../report/flow-json.js';
import { ladder } from '../report/ladder.js';
import { type Context, judge, say, styleFor, widthFor } from './context.js';
import { addCommonOptions, type CommonOptions } from './options.js';
import type { Output } from './output.js';
import { runOnCaptures } from './run.js';

const EXAMPLES = `
Examples:
  lastack timeline dump.pcap --flow 7
  lastack timeline dump.pcap --finding handshake-ack-lost --why
  lastack timeline dump.pcap --format ndjson | jq 'select(.serverState == "SYN_RECV")'
  lastack timeline dump.pcap --flow 7 --width 140 | less -S
`;

interface TimelineOptions extends CommonOptions {
  readonly why?: boolean;
}

export function addTimeline(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('timeline')
    .description('the life of each connection: both ends, their states, every segment that mattered')
    .argument('<capture...>', 'files that tcpdump wrote; - is standard input');
  addCommonOptions(command, context.library, ['text', 'json', 'ndjson'])
    .option('--why', 'after each change its reason, its bounds, and the frames that prove it')
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: TimelineOptions) => done(await timeline(context, captures, options)));
}

function timeline(context: Context, captures: readonly string[], options: TimelineOptions): Promise<number> {
  return runOnCaptures(context, captures, options, true, async (output, library) => {
    const printer = printerFor(context, captures, options);
    const flows = context.library.flows(captures, {
      ...library,
      detail: options.format === 'text' ? 'full' : 'summary',
    });
    let count = 0;
    for await (const flow of flows) await output.write(printer.flow(flow, count++));
    await printer.end(output, count);
    const status = judge(context, flows.captures);
    if (count === 0 && status === 0 && !options.quiet) say(context, 'no connection matches');
    return status;
  });
}

interface Printer {
  flow(flow: Flow, index: number): string;
  end(output: Output, count: number): Promise<void>;
}

function printerFor(context: Context, captures: readonly string[], options: TimelineOptions): Printer {
  switch (options.format) {
    case 'ndjson':
      return { flow: (flow) => `${toJson(flowJson(flow))}\n`, end: async () => {} };
    case 'json':
      return {
        flow: (flow, index) => `${index === 0 ? '[' : ','}\n${toJson(flowJson(flow))}`,
        end: (output, count) => output.write(count === 0 ? '[]\n' : '\n]\n'),
      };
    default: {
      const look = {
        width: widthFor(context, options),
        style: styleFor(context, options),
        why: options.why ?? false,
        showCapture: captures.length > 1,
      };
      return { flow: (flow, index) => `${index === 0 ? '' : '\n'}${ladder(flow, look)}`, end: async () => {} };
    }
  }
}
