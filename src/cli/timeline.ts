import type { Command } from 'commander';
import type { Flow } from '../findings/finding.js';
import type { CaptureSummary, Options, TextOptions } from '../index.js';
import { FLOW_FORMATS, type FlowFormat, type Printer, ZEEK_PRINTERS } from '../report/flow-printers.js';
import { ladder } from '../report/ladder.js';
import { type Context, judge, say, styleFor, widthFor } from './context.js';
import { addCommonOptions, type CommonOptions, threads } from './options.js';
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
  readonly threads?: number;
  readonly why?: boolean;
}

export function addTimeline(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('timeline')
    .description('the life of each connection: both ends, their states, every segment that mattered')
    .argument('<capture...>', 'files that tcpdump wrote; - is standard input');
  addCommonOptions(command, context.library, ['text', ...FLOW_FORMATS, ...Object.keys(ZEEK_PRINTERS)])
    .option('--why', 'after each change its reason, its bounds, and the frames that prove it')
    .option(
      '--threads <number>',
      'threads that json, ndjson, csv, ocsf, perfetto and mermaid are made on (default, for tens of thousands of connections: as many as processors, at most 4)',
      threads,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: TimelineOptions) => done(await timeline(context, captures, options)));
}

function timeline(context: Context, captures: readonly string[], options: TimelineOptions): Promise<number> {
  return runOnCaptures(context, captures, options, true, async (output, library) => {
    const format = FLOW_FORMATS.find((known) => known === options.format);
    const { count, captures: read } =
      format === undefined
        ? await print(context, captures, options, library, output)
        : await printText(context, captures, format, { ...library, ...threadsOf(options) }, output);
    const status = judge(context, read);
    if (count === 0 && status === 0 && !options.quiet) say(context, 'no connection matches');
    return status;
  });
}

const threadsOf = ({ threads }: TimelineOptions) => (threads === undefined ? {} : { threads });

interface Printed {
  readonly count: number;
  readonly captures: readonly CaptureSummary[];
}

async function printText(
  context: Context,
  captures: readonly string[],
  format: FlowFormat,
  options: TextOptions,
  output: Output,
): Promise<Printed> {
  const texts = context.library.flowText(captures, format, options);
  for await (const text of texts) await output.write(text);
  return texts;
}

function print(
  context: Context,
  captures: readonly string[],
  options: TimelineOptions,
  library: Options,
  output: Output,
): Promise<Printed> {
  const zeek = ZEEK_PRINTERS[options.format];
  if (zeek !== undefined) return printAll(context.library.zeekFlows(captures, library), zeek, output);
  const printer = ladders(context, captures, options);
  return printAll(context.library.flows(captures, { ...library, detail: printer.detail }), printer, output);
}

async function printAll<T>(
  stream: AsyncIterable<T> & { readonly captures: readonly CaptureSummary[] },
  printer: Printer<T>,
  output: Output,
): Promise<Printed> {
  let count = 0;
  for await (const flow of stream) {
    await output.write((count++ === 0 ? printer.begin(flow) : printer.separator) + printer.one(flow));
  }
  await output.write(printer.end(count));
  return { count, captures: stream.captures };
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
    begin: () => '',
    separator: '\n',
    one: (flow) => ladder(flow, look),
    end: () => '',
  };
}
