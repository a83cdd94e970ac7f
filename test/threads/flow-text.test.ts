import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FLOW_FORMATS, type FlowFormat, type Options } from '../../src/index.js';
import { flowJson } from '../../src/report/flow-json.js';
import { Scratch } from '../audit/scratch.js';
import { CLOSE, captureOf, EXCHANGE, HANDSHAKE, type Line, scenario } from '../support/scenario.js';

/** Threads are started from what is built. */
const BUILT = join(import.meta.dirname, '../../dist/index.js');
const { flowText, flows }: typeof import('../../src/index.js') = await import(BUILT);

const ORDINARY: readonly Line[] = [...HANDSHAKE, ...EXCHANGE, ...CLOSE];
const WITH_LOSS: readonly Line[] = [
  ...HANDSHAKE,
  ...EXCHANGE,
  [1, 'client', 'PSH ACK 100', { lost: true }],
  [1.3, 'client', 'PSH ACK 100', { seq: 121 }],
  ['+30us', 'server', 'ACK'],
];
const REFUSED: readonly Line[] = [
  [0, 'client', 'SYN'],
  ['+30us', 'server', 'RST ACK refused'],
];

/** Connections of which those at `isOther` are not without incident; each third one's story is an hour late, so that the others have left by then. */
function connections(count: number, other: readonly Line[], isOther: (index: number) => boolean): Uint8Array {
  const stories = Array.from({ length: count }, (_, index) => {
    const lines = isOther(index) ? other : ORDINARY;
    const late = index % 3 === 0 ? 3600 : 0;
    const shifted = lines.map(([when, ...rest]) => [typeof when === 'number' ? when + late : when, ...rest] as Line);
    return scenario({ client: `10.0.${index >> 8}.${index & 0xff}:40112`, server: '10.1.0.1:80' }, shifted);
  });
  return captureOf('client', ...stories);
}

const scratch = new Scratch();
const captures: Record<string, string> = {};

beforeAll(() => {
  captures['all without incident'] = scratch.write(
    'ordinary.pcap',
    connections(300, [], () => false),
  );
  captures['few with loss'] = scratch.write(
    'few.pcap',
    connections(300, WITH_LOSS, (index) => index % 50 === 7),
  );
  captures['most refused'] = scratch.write(
    'most.pcap',
    connections(300, REFUSED, (index) => index % 2 > 0),
  );
  captures['only one'] = scratch.write(
    'one.pcap',
    connections(1, [], () => false),
  );
});
afterAll(() => scratch.remove());

async function textOf(path: string, format: FlowFormat, options: Options & { threads: number }): Promise<string> {
  let text = '';
  for await (const piece of flowText(path, format, options)) text += piece;
  return text;
}

describe('the text is that of the connections, one after the other', () => {
  it.each(['all without incident', 'few with loss', 'most refused', 'only one'])('%s', async (name) => {
    const path = captures[name];
    const expected: string[] = [];
    for await (const flow of flows(path)) expected.push(JSON.stringify(flowJson(flow)));
    for (const threads of [1, 2]) {
      const stream = flowText(path, 'ndjson', { threads });
      let text = '';
      for await (const piece of stream) text += piece;
      expect(text.trimEnd().split('\n')).toEqual(expected);
      expect(stream.count).toBe(expected.length);
      expect(stream.captures).toMatchObject([{ path, complete: true }]);
    }
  });
});

describe('the text is the same on any number of threads', () => {
  it.each(FLOW_FORMATS)('%s', async (format) => {
    const path = captures['few with loss'];
    const alone = await textOf(path, format, { threads: 1 });
    expect(await textOf(path, format, { threads: 3 })).toBe(alone);
  });

  it.each<[what: string, options: Options]>([
    ['chosen connections', { select: { flows: new Set([3, 8, 290]) } }],
    ['a filter', { filter: 'host 10.0.0.7' }],
    ['hosts with other timers', { profile: 'windows' }],
    ['frames put in order', { reorder: 0.01 }],
    ['a key of networks', { key: ['vlan'] }],
  ])('%s', async (_, options) => {
    const path = captures['few with loss'];
    const alone = await textOf(path, 'ndjson', { ...options, threads: 1 });
    expect(alone.length).toBeGreaterThan(1000);
    expect(await textOf(path, 'ndjson', { ...options, threads: 3 })).toBe(alone);
  });
});

it('a process whose reader has stopped ends by itself', async () => {
  const script = `
    import { flowText } from ${JSON.stringify(BUILT)};
    for await (const _ of flowText(process.argv[1], 'ndjson', { threads: 2 })) break;
    console.log('stopped');
  `;
  const args = ['--input-type=module', '-e', script, captures['all without incident']];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
  expect(stdout).toBe('stopped\n');
});
