import { type Command, InvalidArgumentError } from 'commander';
import type { Options } from '../index.js';
import { comparedFlowJson, comparisonJson } from '../report/compare-json.js';
import { compareLadder } from '../report/compare-ladder.js';
import { ComparisonFindings, comparisonText } from '../report/compare-text.js';
import { overlapWords } from '../report/compare-words.js';
import { toJson } from '../report/escape.js';
import { HtmlReport } from '../report/html/report.js';
import { type Context, judge, say, styleFor, widthFor } from './context.js';
import { UsageError } from './exit.js';
import { addCommonOptions, type CommonOptions } from './options.js';
import type { Output } from './output.js';
import { runOnCaptures, runWithOutput } from './run.js';

const EXAMPLES = `
Captures of both sides are matched by addresses and ports, or through address translation by sequence numbers and
timestamps; their clocks need not agree. All times are by the clock of the capture named first.

Examples:
  lastack compare client.pcap server.pcap
  lastack compare client.pcap server.pcap --finding last-ack-lost
  lastack compare client.pcap server.pcap --format html -o both.html
  lastack compare --client-side c.pcap0 c.pcap1 --server-side s.pcap0 s.pcap1
  lastack compare client.pcap server.pcap --format ndjson | jq '.fates.clientToServer.lost'
`;

/** Connections up to which the text shows each one without being asked. */
const FEW = 3;

interface CompareOptions extends CommonOptions {
  readonly clientSide?: readonly string[];
  readonly serverSide?: readonly string[];
  readonly tap?: { readonly name: string; readonly files: string };
}

export function addCompare(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('compare')
    .description('two captures of the same connections, one from each side: what was lost between them, and where')
    .argument('[client-side]', 'what was captured on one side')
    .argument('[server-side]', 'what was captured on the other side')
    .option('--client-side <file...>', 'the files of one side, where there are several')
    .option('--server-side <file...>', 'the files of the other side')
    .option(
      '--tap <name=file>',
      'a third capture, from between the two sides: on which stretch segments were lost',
      tap,
    );
  addCommonOptions(command, context.library, ['text', 'json', 'ndjson', 'html'])
    .addHelpText('after', EXAMPLES)
    .action(async (first: string | undefined, second: string | undefined, options: CompareOptions) =>
      done(await compare(context, first, second, options)),
    );
}

async function compare(
  context: Context,
  first: string | undefined,
  second: string | undefined,
  options: CompareOptions,
): Promise<number> {
  const sides = [named(first, options.clientSide), named(second, options.serverSide)] as const;
  const wrong = sides.some((files) => files.length === 0)
    ? 'compare takes two captures, one from each side'
    : sides.flat().includes('-')
      ? 'compare reads its captures more than once: standard input cannot be one of them'
      : null;
  if (wrong !== null) {
    return runWithOutput(context, undefined, () => Promise.reject(new UsageError(wrong)));
  }
  if (options.format === 'html' && options.output === undefined && context.stdout.isTTY) {
    const no = 'a page is not for a terminal: write it to a file with -o report.html';
    return runWithOutput(context, undefined, () => Promise.reject(new UsageError(no)));
  }
  const third = options.tap === undefined ? [] : [options.tap.files];
  return runOnCaptures(
    context,
    [...sides.flat(), ...third],
    options,
    options.format === 'json' || options.format === 'ndjson',
    async (output, library) => {
      const selected = options.flow !== undefined || options.finding !== undefined || options.filter !== undefined;
      const settings = {
        ...library,
        detail: options.format === 'html' || (selected && options.format === 'text') ? 'full' : 'summary',
        ...(options.tap && { middle: options.tap }),
      } as const;
      const stream = context.library.compare(...sides, settings, options.format === 'text' ? () => {} : null);
      const count =
        options.format === 'html'
          ? await printPage(context, stream, library.thresholds, output)
          : await print(context, stream, options, selected, output);
      const comparison = stream.comparison();
      const status = judge(context, comparison.captures.flat());
      if (options.quiet) return status;
      if (selected && count === 0 && status === 0) say(context, 'no connection matches');
      const words = options.format === 'text' && !selected ? null : overlapWords(comparison);
      if (words !== null && comparison.overlap.kind !== 'together') say(context, words);
      return status;
    },
  );
}

function tap(text: string): { name: string; files: string } {
  const [, name, files] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (files === undefined) throw new InvalidArgumentError('It is written NAME=FILE.');
  return { name, files };
}

const named = (one: string | undefined, several: readonly string[] = []): readonly string[] =>
  one === undefined ? several : [one, ...several];

type Stream = ReturnType<Context['library']['compare']>;

async function print(
  context: Context,
  stream: Stream,
  options: CompareOptions,
  selected: boolean,
  output: Output,
): Promise<number> {
  let count = 0;
  if (options.format === 'ndjson') {
    for await (const flow of stream) {
      count++;
      await output.write(`${toJson(comparedFlowJson(flow))}\n`);
    }
    return count;
  }
  if (options.format === 'json') {
    for await (const flow of stream)
      await output.write(`${count++ === 0 ? '{"connections":[' : ','}\n${toJson(comparedFlowJson(flow))}`);
    await output.write(
      `${count === 0 ? '{"connections":[' : '\n'}],\n"comparison":${toJson(comparisonJson(stream.comparison()))}}\n`,
    );
    return count;
  }
  const look = { width: widthFor(context, options), style: styleFor(context, options) };
  if (selected) {
    for await (const flow of stream) await output.write(`${count++ === 0 ? '' : '\n'}${compareLadder(flow, look)}`);
    return count;
  }
  const findings = new ComparisonFindings();
  const few: string[] = [];
  for await (const flow of stream) {
    findings.add(flow);
    if (count++ < FEW) few.push(compareLadder(flow, look));
  }
  await output.write(comparisonText(stream.comparison(), findings, look));
  if (count <= FEW) for (const ladder of few) await output.write(`\n${ladder}`);
  return count;
}

/** The page of `report`, with both sides. */
async function printPage(
  context: Context,
  stream: Stream,
  thresholds: Options['thresholds'],
  output: Output,
): Promise<number> {
  const page = new HtmlReport({ version: context.version, ...(thresholds && { thresholds }) });
  let count = 0;
  for await (const flow of stream) {
    page.add(flow);
    count++;
  }
  const comparison = stream.comparison();
  for (const piece of page.pieces(comparison.captures.flat(), comparison)) await output.write(piece);
  return count;
}
