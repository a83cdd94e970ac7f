import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type LabResult, runLab } from './lab.js';
import { builtCommand } from './paths.js';
import { obstacle } from './requirements.js';
import type { Scenario } from './scenario.js';
import { scenarios } from './scenarios.js';
import { tableOf } from './table.js';

const USAGE = `usage: npm run lab -- [SCENARIO...] [--jobs N] [--keep FOLDER] [--lastack FILE] [--list]

Makes TCP connections between network namespaces and compares lastack's account of them with the kernel's.
  --jobs N        scenarios played at once (2)
  --keep FOLDER   leave captures, settings and truth there
  --lastack FILE  another build's main file (dist/cli/main.js)
  --list          name the scenarios
`;

/** Exit status: 0 agreement, 1 a difference without an explanation or a scenario that failed, 2 cannot run, 130 ended. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      jobs: { type: 'string', default: '2' },
      keep: { type: 'string' },
      lastack: { type: 'string', default: builtCommand },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const jobs = Number(values.jobs);
  const unknown = positionals.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (values.help) return print(USAGE);
  if (values.list) return print(scenarios.map(({ name, about }) => `${name.padEnd(28)}${about}\n`).join(''));
  if (!Number.isInteger(jobs) || jobs < 1) return refuse(`--jobs takes a number from 1, not ${values.jobs}`);
  if (unknown.length > 0) return refuse(`no such scenario: ${unknown.join(', ')}; --list names them`);
  const reason = await obstacle();
  if (reason !== null) return refuse(reason);

  const chosen = scenarios.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  const result = await runLab(chosen, {
    command: resolve(values.lastack),
    jobs,
    keep: values.keep === undefined ? null : resolve(values.keep),
    signal: ending.signal,
    onDone: progressOf(chosen.length),
  });
  if (ending.signal.aborted) return 130;
  return report(result);
}

function progressOf(count: number): (scenario: Scenario, failure: string | null) => void {
  let done = 0;
  return ({ name }, failure) => {
    process.stderr.write(`${++done}/${count} ${name}${failure === null ? '' : `: ${failure}`}\n`);
  };
}

function report({ verdicts, failures, traced }: LabResult): number {
  const differing = verdicts.filter(({ differences }) => differences.length > 0);
  const unexplained = differing.filter(({ explained }) => explained === null);
  const source = traced
    ? 'truth: tracepoint sock:inet_sock_set_state, and polls of the socket tables for SYN_RECV and TIME_WAIT'
    : 'truth: polls of the socket tables only (no tracefs here), so states shorter than 50 ms may be missing in it';
  const sums = [
    `${verdicts.length} captures`,
    `${verdicts.length - differing.length} agree`,
    `${differing.length - unexplained.length} differ as explained`,
    `${unexplained.length} differ`,
    `${failures.length} scenarios failed`,
  ];
  print(`${tableOf(verdicts)}\n\n${sums.join(', ')}\n${source}\n`);
  for (const failure of failures) print(`failed: ${failure}\n`);
  return unexplained.length + failures.length > 0 ? 1 : 0;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function refuse(reason: string): number {
  process.stderr.write(`lab: ${reason}\n`);
  return 2;
}

try {
  process.exitCode = await main();
} catch (error) {
  // parseArgs names the argument that it does not know
  process.exitCode = refuse(error instanceof Error ? error.message : String(error));
}
