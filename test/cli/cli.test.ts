import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROKEN, CAPTURE } from '../support/analysis.js';
import { closeWait, normalClose, rstAfterRetries } from '../support/flows.js';
import { cli } from './harness.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('usage', () => {
  test('without a command, help', async () => {
    const { status, out, err } = await cli([]);
    expect(status).toBe(0);
    expect(out).toContain('Usage: lastack');
    expect(out).toContain('Examples:');
    expect(err).toBe('');
  });

  test.each(['analyze', 'timeline', 'states', 'explain'])('%s --help has examples', async (command) => {
    const { status, out } = await cli([command, '--help']);
    expect(status).toBe(0);
    expect(out).toContain(`  lastack ${command}`);
  });

  test('--version', async () => {
    expect(await cli(['--version'])).toMatchObject({ status: 0, out: '1.2.3\n' });
  });

  test.each([
    [['analyze'], "missing required argument 'capture'"],
    [['analyse', 'x'], 'Did you mean analyze?'],
    [['timeline', 'x', '--finding', 'close-wait-lng'], 'did you mean close-wait-long?'],
    [['explain', 'syn-timout'], 'did you mean syn-timeout?'],
    [['timeline', 'x', '--flow', 'seven'], 'numbered from 1'],
    [['timeline', 'x', '--profile', 'beos'], 'linux, rfc9293, windows'],
    [['states', 'x', '--every', '0s'], '--every'],
    [['states', 'x', '--every', '1s', '--by', 'port'], 'cannot be used with'],
    [['states', 'x', '--at', 'noonish'], '--at'],
    [['analyze', 'x', '--threshold', 'close-wat=5s'], 'did you mean close-wait?'],
    [['analyze', 'x', '--sysctl', '/does/not/exist'], 'cannot read the settings in /does/not/exist'],
    [['analyze', 'x', '--format', 'yaml'], 'text, json, ndjson'],
  ])('%j: one line, status 2', async (args, message) => {
    const { status, out, err } = await cli(args);
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^lastack: /);
    expect(err).toContain(message);
  });

  test('what was typed is escaped', async () => {
    const { err } = await cli(['explain', 'x\x1b[2J\u202e']);
    expect(err).toContain('x\\x1b[2J\\u202e');
    expect(err).not.toContain('\x1b');
  });

  test('a filter that the library refuses', async () => {
    const refused = Object.assign(new Error('hots 10.0.0.1: expected host'), { name: 'FilterError' });
    expect(await cli(['analyze', 'x', '--filter', 'hots 10.0.0.1'], { fail: refused })).toMatchObject({
      status: 2,
      err: 'lastack: hots 10.0.0.1: expected host\n',
    });
  });
});

describe('options', () => {
  test('reach the library', async () => {
    const client = join(folder, 'client.conf');
    const both = join(folder, 'both.conf');
    writeFileSync(client, 'net.ipv4.tcp_fin_timeout = 30\n');
    writeFileSync(both, 'net.ipv4.tcp_syn_retries = 4\n');
    const args = ['timeline', 'x', '--flow', '3,7', '--flow', '9', '--finding', 'syn-timeout', '--profile', 'rfc9293'];
    const more = [
      '--sysctl',
      `client=${client}`,
      '--sysctl',
      both,
      '--threshold',
      'close-wait=5s',
      '--threshold',
      'slow-handshake=3',
    ];
    const { options } = await cli([...args, ...more, '--reader', 'pcap-parser', '--filter', 'port 80']);
    expect(options).toMatchObject({
      reader: 'pcap-parser',
      profile: 'rfc9293',
      filter: 'port 80',
      detail: 'full',
      select: { flows: new Set([3, 7, 9]), kinds: new Set(['syn-timeout']) },
      thresholds: { closeWait: 5, slowHandshake: 3 },
    });
    expect(options.sysctl?.client).toMatch(/fin_timeout = 30[\s\S]*syn_retries = 4/);
    expect(options.sysctl?.server).toMatch(/^net.ipv4.tcp_syn_retries = 4/);
  });

  test('scripts need no ordinary segments', async () => {
    expect((await cli(['timeline', 'x', '--format', 'ndjson'])).options.detail).toBe('summary');
  });
});

describe('results', () => {
  const flows = [normalClose(), rstAfterRetries()];

  test('analyze', async () => {
    const text = await cli(['analyze', 'dump.pcap']);
    expect(text).toMatchObject({ status: 0, err: '' });
    expect(text.out).toContain('41,207 connections');
    const json = await cli(['analyze', 'dump.pcap', '--format', 'json']);
    expect(JSON.parse(json.out).flows).toBe(41_207);
    expect((await cli(['analyze', 'dump.pcap', '--format', 'ndjson'])).out.trimEnd().split('\n')).toHaveLength(1);
  });

  test('timeline', async () => {
    expect((await cli(['timeline', 'x'], { flows })).out.match(/^flow 7 /gm)).toHaveLength(2);
    const lines = (await cli(['timeline', 'x', '--format', 'ndjson'], { flows })).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).serverState)).toEqual(['CLOSED', 'CLOSED']);
    expect(JSON.parse((await cli(['timeline', 'x', '--format', 'json'], { flows })).out)).toHaveLength(2);
    expect(JSON.parse((await cli(['timeline', 'x', '--format', 'json'])).out)).toEqual([]);
  });

  test('timeline that finds nothing says so, unless quiet', async () => {
    expect(await cli(['timeline', 'x', '--flow', '99'])).toMatchObject({
      status: 0,
      out: '',
      err: 'lastack: no connection matches\n',
    });
    expect(await cli(['timeline', 'x', '--flow', '99', '-q'])).toMatchObject({ status: 0, err: '' });
  });

  test('states', async () => {
    const open = { flows: [closeWait(), normalClose()] };
    expect((await cli(['states', 'x'], open)).out).toBe('CLOSE_WAIT 1\nTIME_WAIT 1\n');
    expect((await cli(['states', 'x', '--by', 'address', '--format', 'csv'], open)).out).toBe(
      'address,state,count\r\n10.0.3.7,CLOSE_WAIT,1\r\n10.0.1.9,TIME_WAIT,1\r\n',
    );
    expect((await cli(['states', 'x', '--every', '1min'], open)).out).toContain('at most 1');
    expect((await cli(['states', 'x', '--at', '2026-11-20T12:00:30Z'], open)).out).toBe(
      'CLOSE_WAIT 1\nFIN_WAIT2 1\nTIME_WAIT 1\n',
    );
    expect((await cli(['states', 'x', '--at', '2027-01-01T00:00:00Z'], open)).err).toContain(
      'outside of what was captured',
    );
    const many = await cli(['states', 'x', '--every', '1ms'], open);
    expect(many).toMatchObject({ status: 2 });
    expect(many.err).toContain('choose a longer interval');
  });

  test('explain', async () => {
    expect((await cli(['explain', 'close-wait-long'])).out).toContain('ss -tnpo state close-wait');
    expect(JSON.parse((await cli(['explain', 'syn-timeout', '--format', 'json'])).out).kind).toBe('syn-timeout');
  });

  test('--output', async () => {
    const path = join(folder, 'flows.ndjson');
    expect(await cli(['timeline', 'x', '--format', 'ndjson', '--output', path], { flows })).toMatchObject({
      status: 0,
      out: '',
    });
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    expect((await cli(['timeline', path, '--output', path], { flows })).status).toBe(2);
    expect((await cli(['timeline', 'x', '--output', path], { fail: new Error('early') })).status).toBe(70);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    const failed = await cli(['timeline', 'x', '--output', join(folder, 'no', 'such', 'folder')], { flows });
    expect(failed.status).toBe(2);
    expect(failed.err).toMatch(/^lastack: cannot write .*ENOENT.*\n$/);
  });

  test('colour only where somebody looks, and wants it', async () => {
    expect((await cli(['timeline', 'x'], { flows, tty: true })).out).toContain('\x1b[');
    expect((await cli(['timeline', 'x'], { flows })).out).not.toContain('\x1b[');
    expect((await cli(['timeline', 'x', '--no-color'], { flows, tty: true })).out).not.toContain('\x1b[');
    expect((await cli(['timeline', 'x'], { flows, tty: true, env: { NO_COLOR: '1' } })).out).not.toContain('\x1b[');
  });
});

describe('when things go wrong', () => {
  test.each(['analyze', 'timeline', 'states'])(
    '%s reports what it read of a broken capture, with status 3',
    async (command) => {
      const result = await cli([command, 'a', 'b'], { flows: [closeWait()], captures: [CAPTURE, BROKEN] });
      expect(result.status).toBe(3);
      expect(result.err).toBe('lastack: evil\\x1b[2J.pcap: frame 31, byte 4096: expected 74 bytes, found 12 bytes\n');
      expect(result.out).not.toBe('');
    },
  );

  test('a reader that goes away ends it quietly', async () => {
    let written = 0;
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        written++;
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const flows = Array.from({ length: 1000 }, normalClose);
    expect(await cli(['timeline', 'x'], { flows, stdout })).toMatchObject({ status: 0, err: '' });
    expect(written).toBeLessThan(10);
  });

  test('waits for a slow reader', async () => {
    let waiting = 0;
    let most = 0;
    const stdout = new Writable({
      highWaterMark: 1,
      write(_chunk, _encoding, done) {
        setImmediate(done);
        most = Math.max(most, waiting + this.writableLength);
        waiting = 0;
      },
    });
    const flows = Array.from({ length: 50 }, rstAfterRetries);
    await cli(['timeline', 'x', '--format', 'ndjson'], { flows, stdout });
    expect(most).toBeLessThan(20_000);
  });

  test('Ctrl-C', async () => {
    const abort = new AbortController();
    abort.abort();
    expect(await cli(['analyze', 'x'], { fail: abort.signal.reason, signal: abort.signal })).toMatchObject({
      status: 130,
      out: '',
      err: '',
    });
  });

  test('a fault of its own is one line; the stack only on demand', async () => {
    const fault = { fail: new TypeError('x is not a function') };
    const quiet = await cli(['analyze', 'x'], fault);
    expect(quiet.status).toBe(70);
    expect(quiet.err).toMatch(/^lastack: internal error: x is not a function; please report it.*\n$/);
    expect((await cli(['analyze', 'x'], { ...fault, env: { LASTACK_DEBUG: '1' } })).err).toMatch(/\n\s+at /);
  });
});

test('checksums are verified where that is asked for', async () => {
  expect((await cli(['analyze', 'x'])).options.verifyChecksums).toBeUndefined();
  expect((await cli(['analyze', 'x', '--verify-checksums'])).options.verifyChecksums).toBe(true);
  expect((await cli(['analyze', 'x'])).options).not.toHaveProperty('reorder');
  expect((await cli(['analyze', 'x', '--reorder', '10ms'])).options.reorder).toBe(0.01);
  expect((await cli(['analyze', 'x', '--key', 'vlan,tunnel'])).options.key).toEqual(['vlan', 'tunnel']);
  expect((await cli(['analyze', 'x', '--key', 'mac'])).status).toBe(2);
});
