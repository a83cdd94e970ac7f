import type { Command } from 'commander';
import type { FindingKind } from '../findings/finding.js';
import { toJson } from '../report/escape.js';
import { explainKind, explainList } from '../report/explain.js';
import { type Context, styleFor, widthFor } from './context.js';
import { EXIT } from './exit.js';
import { addOutputOptions, findingKind } from './options.js';
import { runWithOutput } from './run.js';

const EXAMPLES = `
Examples:
  lastack explain
  lastack explain close-wait-long
  lastack explain synack-retries-exhausted --format json
`;

interface ExplainOptions {
  readonly format: string;
  readonly output?: string;
  readonly width?: number;
  readonly color: boolean;
}

export function addExplain(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('explain')
    .description('what a finding means, what causes it, what to check on which host')
    .argument('[kind]', 'one kind of finding; all are listed without it', findingKind);
  addOutputOptions(command, ['text', 'json', 'ndjson'])
    .addHelpText('after', EXAMPLES)
    .action(async (kind: FindingKind | undefined, options: ExplainOptions) =>
      done(await explain(context, kind, options)),
    );
}

function explain(context: Context, kind: FindingKind | undefined, options: ExplainOptions): Promise<number> {
  const { CATALOGUE } = context.library;
  const look = { width: widthFor(context, options), style: styleFor(context, options) };
  return runWithOutput(context, options.output, async (output) => {
    const entries = kind === undefined ? Object.values(CATALOGUE) : [CATALOGUE[kind]];
    if (options.format === 'ndjson') await output.write(entries.map((entry) => `${toJson(entry)}\n`).join(''));
    else if (options.format === 'json') await output.write(`${toJson(kind === undefined ? entries : entries[0], 2)}\n`);
    else await output.write(kind === undefined ? explainList(CATALOGUE, look) : explainKind(CATALOGUE[kind], look));
    return EXIT.done;
  });
}
