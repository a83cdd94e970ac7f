import type { Command } from 'commander';
import { answerCsv, answerJson, answerNdjson, answerText } from '../audit/query/answer-text.js';
import { type Answer, QUESTIONS, query } from '../index.js';
import { toJson } from '../report/escape.js';
import { padEnd } from '../report/width.js';
import { type Context, styleFor } from './context.js';
import { EXIT, UsageError } from './exit.js';
import { addOutputOptions } from './options.js';
import { runWithOutput } from './run.js';

const EXAMPLES = `
The tables are flows, transitions and findings, with the columns capture and day; docs/results-schema.md names the others.
Several folders are read side by side. Needs the package @duckdb/node-api.

Examples:
  lastack query results --list
  lastack query results close-wait-holders
  lastack query results "SELECT kind, count(*) FROM findings GROUP BY ALL ORDER BY 2 DESC"
  lastack query host-a host-b host-c unanswered-syns --format csv
`;

interface QueryOptions {
  readonly format: string;
  readonly output?: string;
  readonly list?: boolean;
  readonly color: boolean;
}

export function addQuery(program: Command, context: Context, done: (status: number) => void): void {
  const command = program
    .command('query')
    .description('asks SQL of what audit has written')
    .argument('[folder-and-question...]', 'folders of results, then SQL, or the name of a question that is ready');
  addOutputOptions(command, ['text', 'json', 'ndjson', 'csv'])
    .option('--list', 'the questions that are ready; with --format json their SQL, too')
    .addHelpText('after', EXAMPLES)
    .action(async (words: string[], options: QueryOptions) => done(await run(context, words, options)));
}

function run(context: Context, words: readonly string[], options: QueryOptions): Promise<number> {
  const style = styleFor(context, options);
  return runWithOutput(context, options.output, async (output) => {
    if (options.list) {
      const width = Math.max(...QUESTIONS.map(({ name }) => name.length));
      const list = QUESTIONS.map(({ name, about }) => `${style('strong', padEnd(name, width))}   ${about}\n`).join('');
      await output.write(options.format === 'text' ? list : `${toJson(QUESTIONS, 2)}\n`);
      return EXIT.done;
    }
    if (words.length < 2) throw new UsageError('name a folder of results, then SQL or a question: --list tells them');
    const answer = await query(words.slice(0, -1), sqlOf(words[words.length - 1]));
    await output.write(
      options.format === 'text' ? answerText(answer, style) : (FORMATS[options.format] ?? answerJson)(answer),
    );
    return EXIT.done;
  });
}

const FORMATS: Readonly<Record<string, (answer: Answer) => string>> = {
  json: answerJson,
  ndjson: answerNdjson,
  csv: answerCsv,
};

/** One word that is no SQL must be the name of a question. */
function sqlOf(text: string): string {
  const question = QUESTIONS.find(({ name }) => name === text);
  if (question !== undefined) return question.sql;
  if (/^[a-z-]+$/.test(text)) throw new UsageError(`there is no question '${text}': lastack query --list tells them`);
  return text;
}
