import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { analyze } from '../../../src/index.js';
import type { Overview } from '../../../src/report/html/embedded.js';
import { cli } from '../../cli/harness.js';
import { clientSide, pathLog, serverSide } from '../../compare/pairs.js';

const ROOT = join(import.meta.dirname, '../../..');
const CAPTURES = join(ROOT, 'captures');
const folder = mkdtempSync(join(tmpdir(), 'lastack-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Made {
  readonly status: number;
  readonly err: string;
  readonly page: string;
}

/** The built command's report. */
const report = (...args: readonly string[]): Promise<Made> => made('report', ...args);

/** The page that the built command makes. */
function made(...args: readonly string[]): Promise<Made> {
  const output = join(folder, `${Math.random()}.html`);
  const command = [join(ROOT, 'dist/cli/main.js'), ...args, '-o', output];
  return new Promise((resolve) => {
    execFile(process.execPath, command, (error, _, err) => {
      resolve({ status: error ? Number(error.code) : 0, err, page: readFileSync(output, 'utf8') });
    });
  });
}

function overviewOf(page: string): Overview {
  const data = /id="overview">([^<]*)</.exec(page)?.[1] ?? '';
  return JSON.parse(inflateSync(Buffer.from(data, 'base64')).toString());
}

describe('the command', () => {
  test('says of a capture what analyze says', async () => {
    const path = join(CAPTURES, 'soak.pcap');
    const { status, page } = await report(path);
    const overview = overviewOf(page);
    const analysis = await analyze(path);
    expect(status).toBe(0);
    expect(overview).toMatchObject({
      flows: analysis.flows,
      outcomes: analysis.outcomes,
      statesAtEnd: analysis.statesAtEnd,
    });
    const counts = (all: readonly { kind: string; flows: number }[]) =>
      all.map(({ kind, flows }) => `${kind} ${flows}`).sort();
    expect(counts(overview.findings)).toEqual(counts([...analysis.findings, ...analysis.acrossFlows]));
  });

  test('puts several captures on one page, on one clock', async () => {
    const paths = ['close-wait-long', 'syn-timeout'].map((name) => join(CAPTURES, `${name}.pcap`));
    const { page } = await report(...paths);
    const { captures, flows, curve, clock } = overviewOf(page);
    expect(captures.map(({ path }) => path)).toEqual(paths);
    expect(flows).toBe(2);
    const last = captures[1].clock;
    expect(last).not.toBeNull();
    const apart = Math.abs((last?.epochSeconds ?? 0) - clock.epochSeconds) * 1e9;
    expect(curve.every * curve.samples).toBeGreaterThan(apart);
  });

  test('takes the options of all commands', async () => {
    const { page } = await report(
      join(CAPTURES, 'soak.pcap'),
      '--finding',
      'connection-refused',
      '--filter',
      'port 9998',
    );
    const { flows, findings } = overviewOf(page);
    expect(findings[0].kind).toBe('connection-refused');
    expect(flows).toBe(findings[0].flows);
  });

  test('reports what it read of a broken capture, with status 3', async () => {
    const broken = join(folder, 'broken.pcap');
    writeFileSync(broken, readFileSync(join(CAPTURES, 'close-wait-long.pcap')).subarray(0, -7));
    const { status, page, err } = await report(broken);
    expect(status).toBe(3);
    expect(err).toContain('broken.pcap');
    expect(overviewOf(page).captures[0].trouble).toContain('expected');
    expect(overviewOf(page).flows).toBe(1);
  });

  test('keeps the licence of what it contains', async () => {
    const { page } = await report(join(CAPTURES, 'syn-timeout.pcap'));
    expect(page).toContain('Copyright (c) 2022 Leon Sorokin');
    expect(page).toContain('THE SOFTWARE IS PROVIDED "AS IS"');
  });

  test('does not print a page on a terminal', async () => {
    const { status, err, out } = await cli(['report', 'dump.pcap'], { tty: true });
    expect(status).toBe(2);
    expect(err).toBe('lastack: a page is not for a terminal: write it to a file with -o report.html\n');
    expect(out).toBe('');
  });
});

describe('compare --format html', () => {
  const both = (name: string) => [clientSide(name), serverSide(name)];

  test('a page with both sides: what the path noted, and what that decides', async () => {
    const { status, err, page } = await made('compare', ...both('last-ack-lost'), '--format', 'html');
    expect([status, err]).toEqual([0, '']);
    const { captures, comparison, findings, flows, tap } = overviewOf(page);
    expect(captures.map(({ path }) => path)).toEqual(both('last-ack-lost'));
    expect([flows, tap]).toEqual([1, 'unknown']);
    expect(pathLog('last-ack-lost').lost).toHaveLength(1);
    expect(comparison).toMatchObject({
      first: 1,
      flows: { both: 1, first: 0, second: 0 },
      directions: [
        { delivered: 7, lost: { 'last ACK': 1 }, injected: 0 },
        { delivered: 7, lost: {}, injected: 0 },
      ],
    });
    expect(comparison?.words.join(' ')).toMatch(
      /^Both hold frames from .* The second clock is .* behind the first one/,
    );
    const lost = findings.find(({ kind }) => kind === 'last-ack-lost');
    expect(lost?.verdict).toEqual({
      flow: 1,
      text: expect.stringMatching(/^the client's answer was lost between the taps at /),
    });
  });

  test('the selection holds for it, too', async () => {
    const { page } = await made('compare', ...both('accept-queue-overflow'), '--flow', '5', '--format', 'html');
    const { flows, findings } = overviewOf(page);
    expect([flows, findings[0].kind]).toEqual([1, 'accept-queue-overflow']);
  });

  test('not to a terminal', async () => {
    const { status, err } = await cli(['compare', ...both('last-ack-lost'), '--format', 'html'], {
      real: true,
      tty: true,
    });
    expect([status, err]).toEqual([
      2,
      'lastack: a page is not for a terminal: write it to a file with -o report.html\n',
    ]);
  });
});
