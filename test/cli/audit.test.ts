import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { AuditProgressDisplay } from '../../src/cli/audit-progress.js';
import { CAPTURES, capture, contentOf, Scratch } from '../audit/scratch.js';
import { cli, Sink } from './harness.js';

/** The built command, with its worker threads, as a shell would run it. */
const COMMAND = join(import.meta.dirname, '../../dist/cli/main.js');

const scratch = new Scratch();
afterAll(() => scratch.remove());

interface Result {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function start(
  args: readonly string[],
  node: readonly string[] = [],
): { child: ChildProcess; result: Promise<Result> } {
  const child = spawn(process.execPath, [...node, COMMAND, ...args], { cwd: scratch.folder });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  const result = new Promise<Result>((resolve) => child.on('close', (status) => resolve({ status, out, err })));
  return { child, result };
}

const lastack = (...args: string[]): Promise<Result> => start(args).result;

const files = Object.fromEntries(
  ['syn-timeout', 'half-close', 'normal-close', 'close-wait-long'].map((name) => [name, readFileSync(capture(name))]),
);

describe('exit status', () => {
  const policy = scratch.write('policy.yaml', 'version: 1\nlimits:\n  - {kind: syn-timeout, max: 0}\n');
  scratch.write('good/half-close.pcap', files['half-close']);
  scratch.write('bad/syn-timeout.pcap', files['syn-timeout']);
  scratch.write('cut/half-close.pcap', files['half-close'].subarray(0, -7));
  scratch.write('both/syn-timeout.pcap', files['syn-timeout']);
  scratch.write('both/cut.pcap', files['half-close'].subarray(0, -7));
  scratch.write('nothing/notes.txt', 'x');

  test.each([
    ['good', 0, ''],
    ['bad', 1, ''],
    ['cut', 3, ''],
    ['both', 1, ''],
    ['nothing', 3, 'lastack: no capture was found there\n'],
  ])('of %s is %i', async (folder, status, err) => {
    const out = scratch.path(`${folder}-out`);
    const result = await cli(['audit', scratch.path(folder), '--out', out, '--policy', policy, '--jobs', '0']);
    expect(result.err).toBe(err);
    expect(result.status).toBe(status);
    expect(result.out.includes('is violated\n ✖ line 3: syn-timeout at most 0: 1 in')).toBe(status === 1);
    const summary = JSON.parse(readFileSync(scratch.path(`${folder}-out/summary.json`), 'utf8'));
    expect(summary.policy.violated).toBe(status === 1);
  });

  test.each([
    [['audit'], 'name captures, folders or patterns'],
    [['audit', 'good', '--shard', '5/4'], 'from 1 to n'],
    [['audit', 'good', '--jobs', 'many'], 'a number up to 999'],
    [['audit', 'good', '--today', '2026-13-01'], 'a day such as'],
    [['audit', 'good', '--out', 'bad'], 'holds other things than results'],
    [['audit', 'good', '--out', 'x', '--filter', 'prt 80'], 'prt'],
    [['audit', 'good', '--out', 'x', '--policy', 'nothing/notes.txt'], 'notes.txt:1: expected a policy'],
    [['query', 'good-out'], 'name a folder of results'],
    [['query', 'good-out', 'close-wait-holder'], 'there is no question'],
    [['query', 'good', 'SELECT 1'], 'no results of lastack audit'],
  ])('%j is wrong usage: one line, status 2', async (args, message) => {
    const named = args.map((word) => (/^(good|bad|nothing|x)/.test(word) ? scratch.path(word) : word));
    const { status, out, err } = await cli(named);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(out).toBe('');
    expect(status).toBe(2);
    expect(existsSync(scratch.path('x'))).toBe(false);
  });
});

test('a list on standard input, by lines or by zero bytes', async () => {
  for (const [name, text] of [
    ['lines', `${capture('half-close')}\n${capture('normal-close')}\n`],
    ['zeros', `${capture('half-close')}\0${capture('normal-close')}\0`],
  ]) {
    const { child, result } = start(['audit', '-', '--out', name, '--format', 'json', '--jobs', '0', '--quiet']);
    child.stdin?.end(text);
    const { status, out } = await result;
    expect(status).toBe(0);
    expect(JSON.parse(out).counts).toMatchObject({ captures: 2, complete: 2 });
  }
});

test('--init writes a policy once, and it can be used', async () => {
  const path = scratch.path('lastack-policy.yaml');
  expect(await cli(['audit', '--init', path])).toMatchObject({ status: 0 });
  const again = await cli(['audit', '--init', path]);
  expect(again).toMatchObject({ status: 2, err: `lastack: ${path} is there already\n` });
  const run = await cli([
    'audit',
    scratch.path('good'),
    '--out',
    scratch.path('init-out'),
    '--policy',
    path,
    '--jobs',
    '0',
  ]);
  expect(run).toMatchObject({ status: 0, err: '' });
  expect(run.out).toMatch(/The policy .*lastack-policy\.yaml is kept: 4 limits/);
});

describe('stopped', () => {
  const some = readdirSync(CAPTURES).filter((name) => /^[a-k].*pcap$/.test(name));
  for (const name of some) scratch.write(`some/${name}`, readFileSync(capture(name.replace('.pcap', ''))));

  test('by Ctrl-C: what is done is kept, and a line says so', async () => {
    const { child, result } = start(['audit', 'some', '--out', 'stopped', '--quiet']);
    const records = scratch.path('stopped/.lastack/captures');
    while (!existsSync(records) || readdirSync(records).length < 2) await new Promise((done) => setTimeout(done, 5));
    child.kill('SIGINT');
    const { status, err } = await result;
    expect(status).toBe(130);
    expect(err).toMatch(/^lastack: stopped: \d+ of \d+ captures are done and kept in stopped; .*\n$/);
    expect(existsSync(scratch.path('stopped/.lastack/work'))).toBe(false);
  });

  test('by force, again and again: the results are those of an undisturbed run', async () => {
    await lastack('audit', 'some', '--out', 'whole', '--quiet');
    for (let i = 0; i < 2; i++) {
      const { child, result } = start(['audit', 'some', '--out', 'killed', '--quiet']);
      const records = scratch.path('killed/.lastack/captures');
      const done = () => (existsSync(records) ? readdirSync(records).length : 0);
      const before = done();
      while (done() < before + 1 + i) await new Promise((resolve) => setTimeout(resolve, 1 + i));
      child.kill('SIGKILL');
      await result;
      expect(existsSync(scratch.path('killed/summary.json'))).toBe(false);
    }
    expect(await lastack('audit', 'some', '--out', 'killed', '--quiet')).toMatchObject({ status: 0, err: '' });
    expect(contentOf(scratch.path('killed'))).toEqual(contentOf(scratch.path('whole')));
  });
});

describe('query', () => {
  test('--list, a question, and SQL in each format', async () => {
    const list = await cli(['query', '--list']);
    expect(list.out.split('\n')[0]).toMatch(/^states-by-service +connections per state/);
    expect(JSON.parse((await cli(['query', '--list', '--format', 'json'])).out)).toHaveLength(6);
    await cli(['audit', scratch.path('good'), '--out', scratch.path('asked'), '--jobs', '0']);
    const sql = "SELECT server_port, '=1+1' AS formula, NULL AS nothing FROM flows";
    const answer = async (format: string) => (await cli(['query', scratch.path('asked'), sql, '--format', format])).out;
    const [{ server_port: port }] = JSON.parse(await answer('json'));
    expect(await answer('text')).toBe(`server_port  formula  nothing\n${String(port).padStart(11)}  =1+1\n`);
    expect(await answer('csv')).toBe(`server_port,formula,nothing\r\n${port},'=1+1,\r\n`);
    expect(await answer('ndjson')).toBe(`{"server_port":${port},"formula":"=1+1","nothing":null}\n`);
  });

  /** The command, where this module cannot be found. */
  const queryWithout = async (module: string) => {
    const hook = `import Module from 'node:module';
      const resolve = Module._resolveFilename;
      Module._resolveFilename = (name, ...rest) => {
        if (name !== '${module}') return resolve(name, ...rest);
        throw Object.assign(new Error("Cannot find module '${module}'\\nRequire stack:"), { code: 'MODULE_NOT_FOUND' });
      };`;
    const node = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
    await cli(['audit', scratch.path('good'), '--out', scratch.path('asked'), '--jobs', '0']);
    return start(['query', 'asked', 'SELECT 1'], node).result;
  };

  test('without DuckDB, what to install', async () => {
    const { status, err } = await queryWithout('@duckdb/node-api');
    expect(err).toBe('lastack: queries need DuckDB, which is not installed: npm install @duckdb/node-api\n');
    expect(status).toBe(2);
  });

  test('with a DuckDB that lacks a part, which one', async () => {
    const { err } = await queryWithout('@duckdb/node-bindings');
    expect(err).toContain("Cannot find module '@duckdb/node-bindings'");
    expect(err).not.toContain('npm install');
  });
});

describe('progress', () => {
  const progress = {
    phase: 'reading' as const,
    done: 3,
    total: 10,
    bytesDone: 300,
    bytesTotal: 1000,
    running: [{ path: 'evil\x1b[2J.pcap', bytesRead: 50, size: 100 }],
  };
  const show = async (tty: boolean, times: number): Promise<string> => {
    const sink = Object.assign(new Sink(), { isTTY: tty });
    const clock = Date.now;
    let now = clock();
    Date.now = () => now;
    try {
      const display = new AuditProgressDisplay(sink);
      for (let i = 0; i < times; i++) {
        display.update(progress);
        now += 2000;
      }
      // Bars are drawn on a timer.
      if (tty) await new Promise((resolve) => setTimeout(resolve, 300));
      display.stop();
    } finally {
      Date.now = clock;
    }
    return sink.text;
  };

  test('is a plain line now and then where nobody looks', async () => {
    const lines = (await show(false, 7)).trimEnd().split('\n');
    expect(lines).toEqual([
      'lastack: reading captures: 3 of 10, 300 B of 1 kB, 14 s left',
      'lastack: reading captures: 3 of 10, 300 B of 1 kB, 28 s left',
    ]);
  });

  test('nothing is shown of short work', async () => expect(await show(false, 1)).toBe(''));

  test('names on a terminal are escaped', async () => {
    const text = await show(true, 3);
    expect(text).toContain('evil\\x1b[2J.pcap');
    expect(text).not.toContain('evil\x1b');
  });
});

test('help has examples', async () => {
  for (const command of ['audit', 'query']) {
    const { status, out } = await cli([command, '--help']);
    expect(status).toBe(0);
    expect(out).toContain(`  lastack ${command}`);
  }
});
