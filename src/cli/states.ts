import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Clock, Time } from '../connection/model.js';
import type { Side } from '../connection/state.js';
import type { CaptureSummary } from '../findings/analysis.js';
import { StateSeries } from '../report/state-series.js';
import { type StateCount, StateCounter, type StateGroup } from '../report/states.js';
import {
  countRows,
  countsText,
  rowsCsv,
  rowsJson,
  rowsNdjson,
  type StateRow,
  seriesRows,
  seriesText,
} from '../report/states-text.js';
import { parseTimestamp } from '../report/units.js';
import { type Context, judge, say, styleFor, widthFor } from './context.js';
import { addCommonOptions, type CommonOptions, duration } from './options.js';
import type { Output } from './output.js';
import { runOnCaptures } from './run.js';

const EXAMPLES = `
Counts sockets as netstat -n would have shown them, on both hosts together or on one.
--by address counts by the host that holds the socket, --by port by the server's port.

Examples:
  lastack states dump.pcap --side server
  lastack states dump.pcap --at 2026-11-20T14:05:00Z --by address
  lastack states dump.pcap --every 10s --format csv > states.csv
`;

interface StatesOptions extends CommonOptions {
  readonly at?: string;
  /** Nanoseconds. */
  readonly every?: number;
  readonly by?: StateGroup;
  readonly side?: Side;
}

export function addStates(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('states')
    .description('how many sockets were in which state, at the end or at any time')
    .argument('<capture...>', 'files that tcpdump wrote; - is standard input');
  addCommonOptions(command, context.library, ['text', 'json', 'ndjson', 'csv'])
    .addOption(
      new Option('--at <time>', 'at this moment (UTC) instead of the end').argParser(moment).conflicts('every'),
    )
    .addOption(new Option('--every <duration>', 'a table with a line for every 10s, 1min, ...').argParser(duration))
    .addOption(new Option('--by <what>', 'one count for each').choices(['address', 'port']).conflicts('every'))
    .addOption(new Option('--side <end>', "only this end's sockets").choices(['client', 'server']))
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], options: StatesOptions) => done(await states(context, captures, options)));
}

function states(context: Context, captures: readonly string[], options: StatesOptions): Promise<number> {
  return runOnCaptures(context, captures, options, false, async (output, library) => {
    const { at, by, side, every } = options;
    const sockets = { ...(side && { side }), ...(by && { by }) };
    if (at === undefined && every === undefined) {
      const { rows, captures: read } = await context.library.socketsAtEnd(captures, { ...library, ...sockets });
      await writeCounts(rows, options, output);
      return judge(context, read);
    }
    const flows = context.library.flows(captures, { ...library, detail: 'summary' });
    if (every !== undefined) await series(context, flows, options, every, output);
    else if (at !== undefined) await countsAt(context, flows, at, options, output);
    return judge(context, flows.captures);
  });
}

type Flows = ReturnType<Context['library']['flows']>;

async function countsAt(
  context: Context,
  flows: Flows,
  at: string,
  options: StatesOptions,
  output: Output,
): Promise<void> {
  const { by, side } = options;
  const counter = new StateCounter({
    ...(side && { side }),
    ...(by && { by }),
    at: (clock: Clock) => parseTimestamp(at, clock),
  });
  for await (const flow of flows) counter.add(flow);
  await writeCounts(counter.rows(), options, output);
  if (!options.quiet && flows.captures.length > 0 && !flows.captures.some((capture) => holds(capture, at))) {
    say(context, `${at} is outside of what was captured`);
  }
}

async function writeCounts(rows: readonly StateCount[], options: StatesOptions, output: Output): Promise<void> {
  const { by } = options;
  if (options.format === 'text') await output.write(countsText(rows));
  else
    await writeRows(
      output,
      options.format,
      countRows(rows, by),
      by === undefined ? ['state', 'count'] : [by, 'state', 'count'],
    );
}

async function series(
  context: Context,
  flows: Flows,
  options: StatesOptions,
  every: Time,
  output: Output,
): Promise<void> {
  const counter = new StateSeries(every, options.side);
  for await (const flow of flows) counter.add(flow);
  const { clock } = counter;
  const samples = counter.samples();
  if (options.format !== 'text') {
    await writeRows(output, options.format, clock === null ? [] : seriesRows(samples, clock), ['at', 'state', 'count']);
  } else if (clock !== null) {
    await output.write(seriesText(samples, clock, widthFor(context, options), styleFor(context, options)));
  }
}

function writeRows(
  output: Output,
  format: string,
  rows: readonly StateRow[],
  columns: readonly (keyof StateRow)[],
): Promise<void> {
  if (format === 'json') return output.write(rowsJson(rows));
  return output.write(format === 'ndjson' ? rowsNdjson(rows) : rowsCsv(rows, columns));
}

function holds({ clock, firstFrameAt, lastFrameAt }: CaptureSummary, at: string): boolean {
  if (clock === null || firstFrameAt === null || lastFrameAt === null) return false;
  const time = parseTimestamp(at, clock);
  return time >= firstFrameAt && time <= lastFrameAt;
}

/** Checks the text only: which moment it is depends on the capture's clock. */
function moment(text: string): string {
  try {
    parseTimestamp(text, { epochSeconds: 0, digits: 9 });
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
  return text;
}
