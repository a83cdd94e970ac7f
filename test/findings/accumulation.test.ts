import { afterAll, describe, expect, it } from 'vitest';
import { analyze, type Options } from '../../src/index.js';
import { ScratchFile } from '../properties/scratch-file.js';
import { tcpFrame } from '../support/frames.js';
import { type PcapRecord, writePcap } from '../support/pcap-writer.js';

const file = new ScratchFile();
afterAll(() => file.remove());

const SERVER = '10.1.0.1:80';
const CLIENTS = ['10.0.0.1', '10.0.0.2'];
const EACH = 2200;
/** Sockets of a host are counted from so many connections on. */
const BUSY = 1000;

/** Connections of both clients in turn, each of which the server closes first; and one segment a while later. */
function capture(): Uint8Array {
  const records: PcapRecord[] = [];
  const put = (from: string, to: string, flags: string, seq: number, ack: number, millisecond: number): void => {
    const data = tcpFrame({ from, to, flags, seq, ack });
    records.push({ data, seconds: Math.floor(millisecond / 1000), fraction: (millisecond % 1000) * 1000 });
  };
  for (let i = 0; i < CLIENTS.length * EACH; i++) {
    const client = `${CLIENTS[i % CLIENTS.length]}:${10_000 + i}`;
    const at = 5 * i;
    put(client, SERVER, 'S', 7, 0, at);
    put(SERVER, client, 'SA', 90, 8, at);
    put(client, SERVER, 'A', 8, 91, at + 1);
    put(SERVER, client, 'FA', 91, 8, at + 2);
    put(client, SERVER, 'FA', 8, 92, at + 3);
    put(SERVER, client, 'A', 92, 9, at + 3);
  }
  put('10.0.0.3:5', '10.1.0.3:80', 'S', 7, 0, 5 * CLIENTS.length * EACH + 5000);
  return writePcap(records);
}

/** How many endpoints of the server were in TIME_WAIT at a time; null where none were too many. */
async function mostOfServer(options: Options): Promise<string | null> {
  const { acrossFlows } = await analyze(file.write(capture()), { ...options, thresholds: { timeWaitSockets: 1100 } });
  const of = acrossFlows.find(({ kind, subject }) => kind === 'time-wait-accumulation' && subject === '10.1.0.1');
  return of?.message ?? null;
}

describe('sound connections that a server closes first', () => {
  it('pile up in its TIME_WAIT', async () => {
    const counted = CLIENTS.length * EACH - (BUSY - 1);
    expect(await mostOfServer({})).toBe(`${counted} endpoints of 10.1.0.1 were in TIME_WAIT at a time`);
  });

  it.each(CLIENTS)('are counted where a filter takes those of %s', async (client) => {
    const counted = EACH - (BUSY - 1);
    expect(await mostOfServer({ filter: `host ${client}` })).toBe(
      `${counted} endpoints of 10.1.0.1 were in TIME_WAIT at a time`,
    );
  });
});
