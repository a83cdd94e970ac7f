import type { Command } from 'commander';
import type { Flow } from '../findings/finding.js';
import type { Options } from '../index.js';
import { ladder } from '../report/ladder.js';
import { type Context, judge, say, styleFor, widthFor } from './context.js';
import { flowPrinters, type Printer, ZEEK_PRINTERS } from './flow-printers.js';
import { addCommonOptions, type CommonOptions } from './options.js';
import type { Output } from './output.js';
import { runOnCaptures } from './run.js';

const EXAMPLES = `
Formats for other tools: csv; zeek and zeek-json (conn.log); ocsf (Network Activity events, a line each);
perfetto (a trace for ui.perfetto.dev); mermaid (a sequence diagram for a ticket).

Examples:
  lastack timeline dump.pcap --flow 7
  lastack timeline dump.pcap --finding handshake-ack-lost --why
  lastack timeline dump.pcap --format ndjson | jq 'select(.serverState == "SYN_RECV")'
  lastack timeline dump.pcap --format zeek > conn.log
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
  addCommonOptions(command, context.library, [
    'text',
    ...Object.keys(flowPrinters(context.version)),
    ...Object.keys(ZEEK_PRINTERS),
  ])
    .option('--why', 'after each change its reason, its bounds, and the frames that prove it')
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: TimelineOptions) => done(await timeline(context, captures, options)));
}

function timeline(context: Context, captures: readonly string[], options: TimelineOptions): Promise<number> {
  return runOnCaptures(context, captures, options, true, async (output, library) => {
    const zeek = ZEEK_PRINTERS[options.format];
    const { count, status } =
      zeek === undefined
        ? await printFlows(context, captures, options, library, output)
        : await print(context, context.library.zeekFlows(captures, library), zeek, output);
    if (count === 0 && status === 0 && !options.quiet) say(context, 'no connection matches');
    return status;
  });
}

function printFlows(
  context: Context,
  captures: readonly string[],
  options: TimelineOptions,
  library: Options,
  output: Output,
): Promise<Printed> {
  const printer = flowPrinters(context.version)[options.format] ?? ladders(context, captures, options);
  return print(context, context.library.flows(captures, { ...library, detail: printer.detail }), printer, output);
}

interface Printed {
  readonly count: number;
  readonly status: number;
}

async function print<T>(
  context: Context,
  stream: AsyncIterable<T> & { readonly captures: Parameters<typeof judge>[1] },
  printer: Printer<T>,
  output: Output,
): Promise<Printed> {
  let count = 0;
  for await (const flow of stream) await output.write(printer.one(flow, count++));
  await output.write(printer.end(count));
  return { count, status: judge(context, stream.captures) };
}

function ladders(context: Context, captures: readonly string[], options: TimelineOptions): Printer<Flow> {
  const look = {
    width: widthFor(context, options),
    style: styleFor(context, options),
    why: options.why ?? false,
    showCapture: captures.length > 1,
  };
  return {
    detail: 'full',
    one: (flow, index) => `${index === 0 ? '' : '\n'}${ladder(flow, look)}`,
    end: () => '',
  };
}
