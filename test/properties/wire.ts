import { type Flow, flows, type Options } from '../../src/index.js';
import { tcpFrame } from '../support/frames.js';
import { type PcapRecord, writePcap } from '../support/pcap-writer.js';

/** One of the two hosts: `near` opens where a connection is a plausible one, either may where anything goes. */
export type Host = 'near' | 'far';

export const otherHost = (host: Host): Host => (host === 'near' ? 'far' : 'near');

/** A segment at the tap. Numbers are relative to the hosts' first ones, so that a test can choose these. */
export interface WireSegment {
  /** Microseconds since the first one; may run backwards. */
  readonly at: number;
  readonly from: Host;
  /** tcpdump's letters, see `TcpFields.flags`. */
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly window: number;
  /** Value and echo, relative like the sequence numbers; null for a segment without the option. */
  readonly timestamps: readonly [value: number, echo: number] | null;
}

/** What a capture is written with: everything that must not matter to the diagnosis. */
export interface Rendering {
  readonly near: string;
  readonly far: string;
  /** Microseconds since 1970 of time 0. */
  readonly epoch: number;
  /** Numbers that the hosts begin to count from. */
  readonly sequence: Readonly<Record<Host, number>>;
  readonly clock: Readonly<Record<Host, number>>;
  /** Microseconds up to a frame of two other hosts that ends the capture; null for none. */
  readonly until: number | null;
  /** How often each frame is recorded. */
  readonly copies: number;
  /** Bytes kept of each frame. */
  readonly snapLength: number;
}

export const RENDERING: Rendering = {
  near: '10.0.0.1:40000',
  far: '10.0.0.2:80',
  epoch: 1_795_176_000_250_000,
  sequence: { near: 1_000_000, far: 2_000_000 },
  clock: { near: 3_000_000, far: 5_000_000 },
  until: null,
  copies: 1,
  snapLength: 262_144,
};

/** Ethernet, IPv4 without options, and the longest TCP header. */
export const HEADERS_LENGTH = 14 + 20 + 60;

const u32 = (value: number): number => ((value % 2 ** 32) + 2 ** 32) % 2 ** 32;

const BYSTANDER = '192.0.2.1';

/** The capture file of these segments. */
export function capture(segments: readonly WireSegment[], changes: Partial<Rendering> = {}): Uint8Array {
  const rendering = { ...RENDERING, ...changes };
  const frames = segments.map((segment, index) => ({ at: segment.at, data: frameOf(segment, index, rendering) }));
  if (rendering.until !== null)
    frames.push({ at: rendering.until, data: tcpFrame({ from: `${BYSTANDER}:1`, to: '192.0.2.2:2' }) });
  return writePcap(
    frames.flatMap(({ at, data }) => {
      const time = rendering.epoch + at;
      const record: PcapRecord = {
        seconds: Math.floor(time / 1e6),
        fraction: time % 1e6,
        data: data.subarray(0, rendering.snapLength),
        originalLength: data.length,
      };
      return new Array<PcapRecord>(rendering.copies).fill(record);
    }),
  );
}

function frameOf(segment: WireSegment, index: number, rendering: Rendering): Uint8Array {
  const { from, flags, length, window, timestamps } = segment;
  const to = otherHost(from);
  const { sequence, clock } = rendering;
  return tcpFrame({
    from: rendering[from],
    to: rendering[to],
    flags,
    seq: u32(sequence[from] + segment.seq),
    ack: flags.includes('A') ? u32(sequence[to] + segment.ack) : 0,
    window,
    payload: length,
    // A host counts its packets, which is how copies of one packet are told from a retransmission.
    ipId: (index + 1) & 0xffff,
    options:
      timestamps === null
        ? {}
        : { timestamps: [u32(clock[from] + timestamps[0]), flags.includes('A') ? u32(clock[to] + timestamps[1]) : 0] },
  });
}

/** The two hosts' connections in the capture, in the order of their first segments. */
export async function flowsOf(path: string, options: Options = {}): Promise<Flow[]> {
  const found: Flow[] = [];
  for await (const flow of flows(path, { filter: `not host ${BYSTANDER}`, ...options })) found.push(flow);
  return found.sort((a, b) => a.flow - b.flow);
}
