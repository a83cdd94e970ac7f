import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ZeekFlow, zeekFlows } from '../../../src/index.js';
import { tcpFrame } from '../../support/frames.js';
import { writePcap } from '../../support/pcap-writer.js';

/** Who sends it: `o` the end that a SYN would come from, `r` the other one. */
export type ZeekLine = readonly [who: 'o' | 'r', flags: string, details?: ZeekDetails];

export interface ZeekDetails {
  /** Bytes of payload. */
  readonly length?: number;
  /** Relative to the initial sequence number, where it is not the next one. */
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  /** It passed the tap unseen. */
  readonly missed?: boolean;
}

interface Ports {
  readonly o?: number;
  readonly r?: number;
}

const ISN = { o: 1000, r: 4_294_967_200 } as const;

/** What Zeek's log says of a connection of these segments, a millisecond apart. The responder's numbers wrap after 96 bytes. */
export async function zeekOf(
  lines: readonly ZeekLine[],
  { o = 40_112, r = 9999 }: Ports = {},
  snapLength = 65_535,
): Promise<ZeekFlow> {
  const address = { o: `10.0.0.1:${o}`, r: `10.0.0.2:${r}` } as const;
  const next = { o: 0, r: 0 };
  const records = lines.flatMap(([who, flags, details = {}], index) => {
    const { length = 0, window = 1000, missed = false } = details;
    const other = who === 'o' ? 'r' : 'o';
    const seq = details.seq ?? next[who];
    const ack = details.ack ?? next[other];
    const end = seq + length + (flags.includes('S') ? 1 : 0) + (flags.includes('F') ? 1 : 0);
    if (!flags.includes('R')) next[who] = Math.max(next[who], end);
    const data = tcpFrame({
      from: address[who],
      to: address[other],
      flags,
      seq: (ISN[who] + seq) >>> 0,
      ack: flags.includes('A') ? (ISN[other] + ack) >>> 0 : 0,
      window,
      payload: length,
      ipId: index + 1,
    });
    const cut = data.subarray(0, snapLength);
    return missed ? [] : [{ data: cut, originalLength: data.length, seconds: 1_795_176_000, fraction: index * 1000 }];
  });
  const folder = await mkdtemp(join(tmpdir(), 'lastack-zeek-'));
  try {
    const path = join(folder, 'capture.pcap');
    await writeFile(path, writePcap(records));
    const found: ZeekFlow[] = [];
    for await (const flow of zeekFlows(path)) found.push(flow);
    if (found.length !== 1) throw new Error(`${found.length} connections where the story tells of one`);
    return found[0];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A handshake as both ends send it. */
export const OPENED: readonly ZeekLine[] = [
  ['o', 'S'],
  ['r', 'SA'],
  ['o', 'A'],
];
