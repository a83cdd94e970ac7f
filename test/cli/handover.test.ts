import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PrefixPreserving } from '../../src/handover/anonymize/prefix-preserving.js';
import { anonymizationKey, FINDING_KINDS } from '../../src/index.js';
import { readPcap, readPcapng } from '../handover/capture-files.js';
import { capture, scratchFolder } from '../handover/tools.js';
import { cli } from './harness.js';

const folder = scratchFolder();
const COMMAND = join(import.meta.dirname, '../../dist/cli/main.js');
const file = (name: string): string => join(folder, name);
const missing = (tool: string): boolean => spawnSync(tool, ['--version']).error !== undefined;

interface Result {
  readonly status: number;
  readonly out: Buffer;
  readonly err: string;
}

/** The built command, as a shell would run it. */
function lastack(
  args: readonly string[],
  { input, env = {} }: { input?: Buffer; env?: Record<string, string> } = {},
): Promise<Result> {
  return new Promise((resolve) => {
    const options = { encoding: 'buffer', maxBuffer: 1 << 28, env: { ...process.env, ...env } } as const;
    const child = execFile(process.execPath, [COMMAND, ...args], options, (error, out, err) => {
      resolve({ status: error ? Number(error.code) : 0, out, err: err.toString() });
    });
    if (input !== undefined) child.stdin?.end(input);
  });
}

describe('extract', () => {
  test('writes what the name of the output says, and tells how much', async () => {
    const pcapng = await cli(['extract', capture('soak'), '--flow', '2', '-o', file('two.pcapng')]);
    const pcap = await cli(['extract', capture('soak'), '--flow', '2', '-o', file('two.pcap')]);
    const { frames } = readPcapng(readFileSync(file('two.pcapng')));
    expect(readPcap(readFileSync(file('two.pcap'))).map(({ data }) => data)).toEqual(frames.map(({ data }) => data));
    expect(pcapng).toEqual({ ...pcap, status: 0, out: '', err: `lastack: ${frames.length} frames of 1 connection\n` });
  });

  test('--to outweighs the name', async () => {
    await cli(['extract', capture('normal-close'), '--to', 'pcapng', '-o', file('named.pcap')]);
    expect(readPcapng(readFileSync(file('named.pcap'))).frames.length).toBeGreaterThan(0);
  });

  test('standard input is read twice, to standard output; the copy is gone afterwards', async () => {
    const input = readFileSync(capture('last-ack-lost'));
    const temporary = file('tmp');
    spawnSync('mkdir', [temporary]);
    const { status, out, err } = await lastack(['extract', '-', '--flow', '1', '--to', 'pcap'], {
      input,
      env: { TMPDIR: temporary },
    });
    expect([status, err]).toEqual([0, expect.stringMatching(/^lastack: \d+ frames of 1 connection/)]);
    expect(readPcap(out)).toEqual(readPcap(input));
    expect(spawnSync('ls', ['-A', temporary], { encoding: 'utf8' }).stdout).toBe('');
  });

  test('what standard input is not is told under its own name', async () => {
    const { status, err } = await lastack(['extract', '-', '--flow', '1'], { input: Buffer.from('no capture at all') });
    expect(status).toBe(3);
    expect(err).toContain('lastack: -: byte 0: expected a pcap or pcapng capture');
  });

  test.each([
    ['of the environment', [], { LASTACK_KEY: 'a secret of some length' }],
    ['in a file', ['--key-file', 'key'], {}],
  ])('the same key %s gives the same addresses', async (_, args, env) => {
    writeFileSync(file('key'), 'a secret of some length\n');
    const options = args.map((arg) => (arg === 'key' ? file('key') : arg));
    const { status, out } = await lastack(
      ['extract', capture('normal-close'), '--anonymize', '--to', 'pcap', ...options],
      { env },
    );
    expect(status).toBe(0);
    const addresses = (bytes: Buffer) => [26, 30].map((at) => readPcap(bytes)[0].data.subarray(at, at + 4));
    const mapped = new PrefixPreserving(anonymizationKey('a secret of some length'));
    const expected = addresses(readFileSync(capture('normal-close'))).map((address) => [...mapped.map(address)]);
    expect(addresses(out).map((address) => [...address])).toEqual(expected);
  });

  test('without a key, nobody knows it', async () => {
    const [one, two] = [
      await lastack(['extract', capture('normal-close'), '--anonymize']),
      await lastack(['extract', capture('normal-close'), '--anonymize']),
    ];
    expect(one.out.length).toBe(two.out.length);
    expect(one.out.equals(two.out)).toBe(false);
  });

  test.each([
    [
      ['extract', capture('normal-close'), '--anonymize', '--key-file', '/does/not/exist', '-o', 'x'],
      'cannot read the key',
    ],
    [['extract', capture('normal-close'), '--flow', '0', '-o', 'x'], 'Flows are numbered from 1'],
    [['extract', capture('normal-close'), '--around', 'x', '-o', 'x'], 'Frames are numbered from 1'],
    [['extract', capture('normal-close'), '--filter', 'hots x', '-o', 'x'], 'hots'],
    [['extract', capture('normal-close'), '--key-file', '/dev/null', '-o', 'x'], 'expected a secret of at least 16'],
    [['extract', capture('normal-close'), '-o', 'x.pcap.gz'], 'not written compressed'],
    [['annotate', capture('normal-close'), '-o', 'x.pcap'], 'holds no comments'],
    [['completions', 'tcsh'], 'bash, zsh, fish'],
  ])('%j: one line, status 2, and nothing written', async (args, message) => {
    const { status, err } = await cli(args);
    expect(status).toBe(2);
    expect(err).toContain(message);
    expect(existsSync('x') || existsSync('x.pcap')).toBe(false);
  });

  test('a terminal gets no capture', async () => {
    expect(await cli(['extract', capture('normal-close')], { tty: true })).toMatchObject({
      status: 2,
      err: 'lastack: a capture is not for a terminal: name a file with -o\n',
    });
  });

  test('the evidence is not overwritten', async () => {
    const evidence = file('evidence.pcap');
    writeFileSync(evidence, readFileSync(capture('normal-close')));
    expect(await cli(['extract', evidence, '-o', evidence])).toMatchObject({ status: 2 });
    expect(statSync(evidence).size).toBe(statSync(capture('normal-close')).size);
  });

  test('nothing that matches', async () => {
    const result = await cli(['extract', capture('normal-close'), '--flow', '99', '-o', file('none.pcapng')]);
    expect(result).toMatchObject({ status: 0, err: 'lastack: no connection matches\n' });
    expect(readPcapng(readFileSync(file('none.pcapng'))).frames).toEqual([]);
  });
});

describe('annotate', () => {
  test('writes the capture, and a profile on request', async () => {
    const out = file('annotated.pcapng');
    const result = await cli(['annotate', capture('last-ack-lost'), '-o', out, '--wireshark-profile', file('profile')]);
    expect(result).toMatchObject({
      status: 0,
      err: expect.stringMatching(/^lastack: \d+ comments on 1 connection in 15 frames\n$/),
    });
    expect(readPcapng(readFileSync(out)).frames).toHaveLength(15);
    expect(readFileSync(join(file('profile'), 'colorfilters'), 'utf8')).toContain(
      '@lastack error@frame.comment contains "lastack error"@',
    );
    expect(readFileSync(join(file('profile'), 'preferences'), 'utf8')).toContain('%Cus:frame.comment:0:R');
  });
});

describe('timeline --format', () => {
  const of = (format: string, name = 'rst-after-synack-retries') =>
    cli(['timeline', capture(name), '--format', format], REAL);
  const REAL = { real: true } as const;

  test('zeek', async () => {
    const { status, out } = await of('zeek');
    const rows = out.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect([status, rows.length, out.startsWith('#separator \\x09\n'), /\n#close\t[\d-]+\n$/.test(out)]).toEqual([
      0,
      1,
      true,
      true,
    ]);
    expect(rows[0]).toContain('\tRSTR\t');
  });

  test('perfetto', async () => {
    const { traceEvents } = JSON.parse((await of('perfetto', 'accept-queue-overflow')).out);
    expect(new Set(traceEvents.map(({ pid }: { pid: number }) => pid)).size).toBe(9);
  });

  test.each(['zeek-json', 'ocsf'])('%s: a line each', async (format) => {
    const lines = (await of(format, 'accept-queue-overflow')).out.trimEnd().split('\n');
    expect(lines.map((line) => typeof JSON.parse(line))).toEqual(Array(9).fill('object'));
  });

  test.each(['csv', 'mermaid'])('%s: one header', async (format) => {
    const { out } = await of(format, 'accept-queue-overflow');
    expect(out.match(/^(flow,tcpStream.*|sequenceDiagram)$/gm)).toHaveLength(1);
  });

  test.each([
    ['zeek', /^#separator[\s\S]*\n#close/],
    ['zeek-json', /^$/],
    ['csv', /^flow,.*\n$/],
    ['ocsf', /^$/],
    ['perfetto', /^\{"traceEvents":\[\]\}\n$/],
    ['mermaid', /^sequenceDiagram\n$/],
    ['json', /^\[\]\n$/],
  ])('%s of nothing', async (format, expected) => {
    const { out, err } = await cli(['timeline', capture('normal-close'), '--flow', '99', '--format', format], REAL);
    expect(out).toMatch(expected);
    expect(err).toBe('lastack: no connection matches\n');
  });
});

describe('completions', () => {
  test.each(['bash', 'zsh', 'fish'])('%s knows every command, option and kind of finding', async (shell) => {
    const { out } = await cli(['completions', shell]);
    for (const word of ['analyze', 'timeline', 'states', 'explain', 'extract', 'annotate', 'completions'])
      expect(out).toContain(word);
    for (const word of ['anonymize', 'wireshark-profile', 'zeek-json', ...FINDING_KINDS]) expect(out).toContain(word);
  });

  test.each(['bash', 'zsh', 'fish'])('%s takes it', async (shell) => {
    if (missing(shell)) return;
    const { out } = await cli(['completions', shell]);
    writeFileSync(file('script'), out);
    expect(spawnSync(shell, ['-n', file('script')], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  test('in bash', async () => {
    writeFileSync(file('script'), (await cli(['completions', 'bash'])).out);
    const complete = (...words: string[]): string[] => {
      const line = `source ${file('script')}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _lastack; echo "\${COMPREPLY[*]}"`;
      return spawnSync('bash', ['-c', line], { encoding: 'utf8' }).stdout.trim().split(' ');
    };
    expect(complete('lastack', 'ex')).toEqual(['explain', 'extract']);
    expect(complete('lastack', 'timeline', '--format', 'zee')).toEqual(['zeek', 'zeek-json']);
    expect(complete('lastack', 'explain', 'fin-wait2-')).toEqual(['fin-wait2-long', 'fin-wait2-timeout']);
    expect(complete('lastack', 'extract', '--an')).toEqual(['--anonymize']);
  });
});

describe('the man page', () => {
  const page = join(import.meta.dirname, '../../dist/lastack.1');

  test('tells of every command and option that the help tells of', async () => {
    const text = readFileSync(page, 'utf8').replaceAll('\\-', '-');
    const help = (await cli(['--help'])).out;
    const commands = [...help.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)]
      .map((match) => match[1])
      .filter((name) => name !== 'help');
    expect(commands.length).toBeGreaterThanOrEqual(7);
    for (const command of commands) {
      expect(text).toContain(`.SS lastack ${command}\n`);
      const options = (await cli([command, '--help'])).out.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm);
      for (const [, option] of options) expect(text).toContain(option);
    }
  });

  test.skipIf(missing('man'))('man has nothing to say against it', () => {
    const { status, stderr } = spawnSync('man', ['--warnings', '-l', page], {
      encoding: 'utf8',
      env: { ...process.env, MANPAGER: 'cat' },
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});

test.each(['extract', 'annotate', 'completions'])('%s --help has examples', async (command) => {
  expect((await cli([command, '--help'])).out).toMatch(new RegExp(`Examples:[\\s\\S]*lastack ${command} `));
});
