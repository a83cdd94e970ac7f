import { run } from './command.js';
import { INTERFACE, type Network } from './namespaces.js';
import type { Side } from './scenario.js';

/** Milliseconds that tcpdump is given to write what it has seen. */
const SETTLING = 200;

/** One TCP segment in a capture. */
export interface Segment {
  /** Seconds since 1970. */
  readonly at: number;
  /** `address:port` of its sender and its receiver. */
  readonly from: string;
  readonly to: string;
  /** As tcpdump writes them: `S`, `S.`, `F.`, `P.`, `.`, `R`. */
  readonly flags: string;
}

/** Captures at a host's interface into `file`. Returns how to stop, once tcpdump listens. */
export async function capture(network: Network, side: Side, file: string): Promise<() => Promise<void>> {
  // Started as root it would give root up before it opens the file, in a folder that is root's.
  const args = ['tcpdump', '-Z', 'root', '-i', INTERFACE, '-n', '-U', '--immediate-mode', '-s', '0', '-w', file];
  const tcpdump = network.start(side, [...args, 'tcp or icmp'], () => {});
  await tcpdump.until(() => tcpdump.complaints.includes('listening on'));
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, SETTLING));
    await tcpdump.stop();
    const dropped = /(\d+) packets? dropped by kernel/.exec(tcpdump.complaints)?.[1];
    if (dropped !== '0') throw new Error(`tcpdump lost packets: ${tcpdump.complaints}`);
  };
}

/** The segments of a capture, read by tcpdump: the lab does not judge lastack by lastack's own reader. */
export async function segmentsOf(file: string): Promise<readonly Segment[]> {
  return parseSegments(await run('tcpdump', ['-Z', 'root', '-tt', '-n', '-r', file, 'tcp']));
}

const LINE = /^(\d+\.\d+) IP (\S+)\.(\d+) > (\S+)\.(\d+): Flags \[([^\]]+)\]/;

/** What `tcpdump -tt -n` prints, as segments. Lines that are none are left out. */
export function parseSegments(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (!match) continue;
    const [, at, from, fromPort, to, toPort, flags] = match;
    segments.push({ at: Number(at), from: `${from}:${fromPort}`, to: `${to}:${toPort}`, flags: flags ?? '' });
  }
  return segments;
}
