import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/program.js';
import * as library from '../../src/index.js';
import { compareLadder } from '../../src/report/compare-ladder.js';
import { COLOURED } from '../../src/report/style.js';
import { displayWidth } from '../../src/report/width.js';
import { Sink } from '../cli/harness.js';
import { clientSide, compared, serverSide } from './pairs.js';

/** Relative, so that no path of this machine shows. */
const PAIRS = relative(process.cwd(), join(import.meta.dirname, '../../captures/pairs'));

async function lastack(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const signal = new AbortController().signal;
  const status = await run(args, { library, version: '1.2.3', stdout, stderr, env: {}, signal });
  return { status, out: stdout.text, err: stderr.text };
}

const at = (name: string): string => join(PAIRS, `${name}.pcap`);
const pair = (name: string): [string, string] => [at(`${name}.client`), at(`${name}.server`)];

describe('what people see', () => {
  it.each(['last-ack-lost', 'injected-reset', 'fin-blackholed'])('%s at 80 columns', async (name) => {
    const { out, status, err } = await lastack('compare', ...pair(name));
    expect({ status, err }).toEqual({ status: 0, err: '' });
    await expect(out).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  it('is no wider than asked for, in colour or not, and says the same', async () => {
    for (const name of ['transfer-loss', 'accept-queue-overflow', 'simultaneous-open']) {
      const { flows } = await compared(clientSide(name), serverSide(name), { detail: 'full' });
      for (const flow of flows) {
        for (const width of [80, 100, 140]) {
          const plain = compareLadder(flow, { width });
          for (const line of plain.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
          const coloured = compareLadder(flow, { width, style: COLOURED });
          // biome-ignore lint/suspicious/noControlCharactersInRegex: what colour is made of
          expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(plain);
        }
      }
    }
  });
});

describe('lastack compare', () => {
  it('prints one flow a line, with clock and fates', async () => {
    const { out } = await lastack('compare', ...pair('last-ack-lost'), '--format', 'ndjson');
    const [flow, ...rest] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rest).toEqual([]);
    expect(flow).toMatchObject({ tap: 'both', clientState: 'TIME_WAIT', serverState: 'CLOSED', reference: 'client' });
    expect(flow.clock.uncertainty).toBeGreaterThan(0);
    expect(flow.fates.clientToServer.lost).toEqual([
      {
        frame: 13,
        at: '2026-11-20T13:53:39.399736Z',
        seq: expect.any(Number),
        ack: expect.any(Number),
        len: 0,
        flags: 'A',
        class: 'last ACK',
      },
    ]);
  });

  it('prints one object, with all connections and what was in the captures', async () => {
    const { out } = await lastack('compare', ...pair('accept-queue-overflow'), '--format', 'json');
    const { connections, comparison } = JSON.parse(out);
    expect(connections).toHaveLength(9);
    expect(comparison).toMatchObject({ overlap: { kind: 'together' }, flows: { both: 9, first: 0, second: 0 } });
    expect(comparison.path.firstToSecond).toMatchObject({ delivered: 76, lost: {}, injected: 0 });
  });

  it('says on standard error what the captures do not have in common', async () => {
    const nothing = await lastack(
      'compare',
      at('normal-close.client'),
      at('last-ack-lost.server'),
      '--format',
      'ndjson',
    );
    expect(nothing.err).toMatch(/^lastack: The captures share nothing/);
    const same = await lastack('compare', at('normal-close.client'), at('normal-close.client'));
    expect(same.out).toMatch(/they are one\s+recording, or a copy of it/);
  });

  it('takes several files a side', async () => {
    const { out, status } = await lastack(
      ...['compare', '--client-side', at('last-ack-lost.client'), '--server-side', at('last-ack-lost.server')],
      ...['--flow', '1'],
    );
    expect(status).toBe(0);
    expect(out).toMatch(/✗/);
  });

  it.each([
    [[at('last-ack-lost.client')], 2, 'compare takes two captures'],
    [[at('last-ack-lost.client'), '-'], 2, 'standard input cannot be one of them'],
    [[at('last-ack-lost.client'), 'missing.pcap'], 3, 'missing.pcap'],
  ])('%j: %i', async (args, status, message) => {
    const result = await lastack('compare', ...args);
    expect(result.status).toBe(status);
    expect(result.err).toContain(message);
  });
});
