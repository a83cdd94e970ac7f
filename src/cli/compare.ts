import type { Command } from 'commander';
import type { ComparedFlow } from '../compare/compared-flow.js';
import { comparedFlowJson, comparisonJson } from '../report/compare-json.js';
import { toJson } from '../report/escape.js';
import { type Context, judge, say } from './context.js';
import { addCommonOptions, type CommonOptions } from './options.js';
import { runOnCaptures } from './run.js';

const EXAMPLES = `
Examples:
  lastack compare client.pcap server.pcap
  lastack compare client.pcap server.pcap --flow 7
`;

export function addCompare(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('compare')
    .description('two captures of the same connections, one from each side: what was lost between them, and where')
    .argument('<client-side>', 'what was captured on one side')
    .argument('<server-side>', 'what was captured on the other side');
  addCommonOptions(command, context.library, ['text', 'json', 'ndjson'])
    .addHelpText('after', EXAMPLES)
    .action(async (first: string, second: string, options: CommonOptions) =>
      done(await compare(context, [first], [second], options)),
    );
}

function compare(
  context: Context,
  first: readonly string[],
  second: readonly string[],
  options: CommonOptions,
): Promise<number> {
  return runOnCaptures(context, [...first, ...second], options, true, async (output, library) => {
    const stream = context.library.compare(first, second, library);
    for await (const flow of stream as AsyncIterable<ComparedFlow>)
      await output.write(`${toJson(comparedFlowJson(flow))}\n`);
    const comparison = stream.comparison();
    if (options.format === 'json') await output.write(toJson(comparisonJson(comparison)));
    if (comparison.overlap.kind === 'nothing') say(context, 'the captures share nothing');
    return judge(context, comparison.captures.flat());
  });
}
