import type { Command } from 'commander';
import type { Flow } from '../findings/finding.js';
import type { FlowText, Options } from '../index.js';
import { FLOW_FORMATS, type Printer, ZEEK_PRINTERS } from '../report/flow-printers.js';
import { ladder } from '../report/ladder.js';
import { PrintedFlows } from '../report/printed-flows.js';
import { type Context, judge, say, styleFor, widthFor } from './context.js';
import { addCommonOptions, type CommonOptions, threads } from './options.js';
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
      'threads that json, ndjson, csv and ocsf are made on (default, for tens of thousands of connections: as many as processors, at most 4)',
      threads,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: TimelineOptions) => done(await timeline(context, captures, options)));
}

function timeline(context: Context, captures: readonly string[], options: TimelineOptions): Promise<number> {
  return runOnCaptures(context, captures, options, true, async (output, library) => {
    const texts = textsOf(context, captures, options, library);
    for await (const piece of texts.pieces()) await output.write(piece);
    const status = judge(context, texts.captures);
    if (texts.count === 0 && status === 0 && !options.quiet) say(context, 'no connection matches');
    return status;
  });
}

function textsOf(context: Context, captures: readonly string[], options: TimelineOptions, reading: Options): FlowText {
  const { library } = context;
  const { threads } = options;
  const format = FLOW_FORMATS.find((known) => known === options.format);
  if (format !== undefined) return library.flowText(captures, format, { ...reading, ...(threads && { threads }) });
  const zeek = ZEEK_PRINTERS[options.format];
  if (zeek !== undefined) return new PrintedFlows(library.zeekFlows(captures, reading), zeek);
  const printer = ladders(context, captures, options);
  return new PrintedFlows(library.flows(captures, { ...reading, detail: printer.detail }), printer);
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
