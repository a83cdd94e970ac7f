import { formatAddress } from '../../decode/address.js';
import { ACK, FIN, RST, SYN } from '../../decode/segment.js';
import type { FlowNetwork } from '../flow-network.js';
import { BIT, D, DF, DIRECTION, DIRECTION_F64, F, I, STRIDE, STRIDE_F64 } from '../flow-record.js';
import type { FlowSource } from '../flow-source.js';
import type { Endpoint, Fate, SegmentRun, Time } from '../model.js';
import { LOG } from '../segment-log.js';
import type { Side } from '../state.js';

/**
 * A segment of the log with its numbers unwrapped: `seq` counts from the sender's initial sequence number, `ack` from its
 * receiver's, in whole numbers that do not wrap, so that they compare with `<`.
 */
export class Seg {
  /** When it would have passed the tap without the extra delay that its timestamp shows; see clock.ts. */
  undelayed: Time;
  /** What is believed to have become of it behind the tap. */
  fate: Fate = 'presumed';
  /** It shows that its sender had sent a FIN that never passed the tap: its number is one beyond the data. */
  afterHiddenFin = false;
  /** The receiver's segment that proves that this one, or a copy of it, arrived. */
  provedBy: Seg | null = null;
  /** The receiver's segment that contradicts that it arrived in time, or was acted on. */
  refutedBy: Seg | null = null;

  constructor(
    readonly frame: number,
    readonly time: Time,
    readonly from: Side,
    readonly flags: number,
    readonly seq: number,
    /** NaN where the ACK bit is not set. */
    readonly ack: number,
    readonly length: number,
    readonly window: number,
    readonly hasTimestamps: boolean,
    readonly tsVal: number,
    readonly tsEcr: number,
    /** First SACK block, in the numbers of `ack`; null for none. */
    readonly sack: readonly [number, number] | null,
    /** LOG bits above the flags. */
    readonly marks: number,
    readonly busySince: Time,
    readonly run: SegmentRun | null,
    readonly icmp: { readonly type: number; readonly code: number; readonly ipVersion: 4 | 6 } | null,
  ) {
    this.undelayed = time;
  }

  /** One past the last sequence number that it occupies; SYN and FIN count one each. */
  get end(): number {
    return this.seq + this.length + ((this.flags & SYN) !== 0 ? 1 : 0) + ((this.flags & FIN) !== 0 ? 1 : 0);
  }
  get isSyn(): boolean {
    return (this.flags & (SYN | ACK | RST)) === SYN;
  }
  get isSynAck(): boolean {
    return (this.flags & (SYN | ACK | RST)) === (SYN | ACK);
  }
  get isFin(): boolean {
    return (this.flags & (FIN | RST | SYN)) === FIN;
  }
  get isRst(): boolean {
    return (this.flags & RST) !== 0;
  }
  get isRetransmission(): boolean {
    return (this.marks & LOG.retransmission) !== 0;
  }
  get isCopy(): boolean {
    return (this.marks & LOG.copy) !== 0;
  }
  /** It acknowledges what the capture does not hold. */
  get showsGap(): boolean {
    return (this.marks & LOG.gap) !== 0;
  }
  get isSuccessor(): boolean {
    return (this.marks & LOG.successor) !== 0;
  }
  get isOfPredecessor(): boolean {
    return (this.marks & LOG.predecessor) !== 0;
  }
  get offersFastOpen(): boolean {
    return (this.marks & LOG.fastOpen) !== 0;
  }
  get isOldDuplicate(): boolean {
    return (this.marks & LOG.oldDuplicate) !== 0;
  }
  /** It belongs to this incarnation, and is a segment rather than a count of some, or an ICMP error about one. */
  get isOwn(): boolean {
    return (
      this.run === null &&
      this.icmp === null &&
      (this.marks & (LOG.successor | LOG.predecessor | LOG.oldDuplicate | LOG.copy | LOG.display)) === 0
    );
  }
}

/** What the log and the record of one flow hold, by role instead of by key. */
export interface History {
  readonly flow: number;
  readonly tcpStream: number;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** Null where it is no part of the flow's key. */
  readonly network: FlowNetwork | null;
  /** Keys of the two hosts' addresses, as Distances wants them. */
  readonly hosts: Readonly<Record<Side, number | string>>;
  readonly roles: 'observed' | 'assumed';
  readonly start: Time;
  readonly end: Time;
  /** In the order of the capture. */
  readonly segments: readonly Seg[];
  readonly isn: Readonly<Record<Side, number | null>>;
  /** What raw sequence numbers are counted from. */
  readonly base: Readonly<Record<Side, number>>;
  readonly packets: Readonly<Record<Side, number>>;
  readonly bytes: Readonly<Record<Side, number>>;
  readonly retransmissions: Readonly<Record<Side, number>>;
  /** Frames that were copies of the one before them. */
  readonly copies: number;
  /** When the server's application showed itself on any connection of its listener; empty where none was suspect. */
  readonly listenerSigns: readonly Time[];
  /** Which ends had sent a FIN in the incarnation before; null where there was none in the capture. */
  readonly previousFins: Readonly<Record<Side, boolean>> | null;
}

/** Reads one flow out of the source. */
export function readHistory(source: FlowSource, flow: number): History {
  const { i32, f64 } = source.table;
  const at = flow * STRIDE;
  const at64 = flow * STRIDE_F64;
  const bits = i32[at + I.bits];
  const client = (bits & BIT.openedByB) !== 0 ? 1 : 0;
  const perSide = <T>(read: (direction: number) => T): Record<Side, T> => ({
    client: read(client),
    server: read(1 - client),
  });
  const ipVersion = (bits & BIT.ipv6) !== 0 ? 6 : 4;
  const endpoint = (d: number): Endpoint => {
    const upper = at + (d === 0 ? I.upperA : I.upperB);
    const low = i32[at + (d === 0 ? I.lowA : I.lowB)];
    return {
      address: formatAddress(ipVersion, i32[upper], i32[upper + 1], i32[upper + 2], low),
      port: d === 0 ? i32[at + I.ports] >>> 16 : i32[at + I.ports] & 0xffff,
    };
  };
  const scale = perSide((d) => ((i32[at + I.windowScales] >> (8 * d)) & 0xff) - 1);
  const bothSyns = (bits & (3 * BIT.isn)) === 3 * BIT.isn;
  const scaled = bothSyns && scale.client >= 0 && scale.server >= 0;
  const windowScale = bothSyns ? { client: scaled ? scale.client : 0, server: scaled ? scale.server : 0 } : null;
  const reused = (bits & (3 * BIT.previousIsn)) !== 0 || (bits & (3 * BIT.previousFin)) !== 0;
  const previous = reused ? perSide((d) => (bits & (BIT.previousFin << d)) !== 0) : null;
  const base = perSide((d) => baseOf(source, flow, d));
  const network = source.table.networkOf(flow);
  return {
    flow: i32[at + I.number],
    tcpStream: i32[at + I.tcpStream],
    client: endpoint(client),
    server: endpoint(1 - client),
    network,
    hosts: perSide((d) =>
      hostKey(network, ipVersion === 6 ? endpoint(d).address : i32[at + (d === 0 ? I.lowA : I.lowB)]),
    ),
    roles: (bits & BIT.rolesKnown) !== 0 ? 'observed' : 'assumed',
    start: f64[at64 + F.start],
    end: f64[at64 + F.last],
    segments: readSegments(source, flow, client, base, windowScale),
    isn: perSide((d) => ((bits & (BIT.isn << d)) !== 0 ? i32[at + I.isn + d] >>> 0 : null)),
    base,
    packets: perSide((d) => i32[at + d * DIRECTION + D.packets]),
    bytes: perSide((d) => f64[at64 + d * DIRECTION_F64 + DF.bytes]),
    retransmissions: perSide((d) => i32[at + I.retransmissions + d]),
    copies: i32[at + I.copies],
    listenerSigns: source.listenerSigns(flow, 1 - client),
    previousFins: previous,
  };
}

/** Hosts of one address in several networks are several hosts. */
export function hostKey(network: FlowNetwork | null, address: number | string): number | string {
  return network === null ? address : `${address} ${JSON.stringify(network)}`;
}

/** The flow's log entries in the order of the capture. */
function entriesOf(source: FlowSource, flow: number): number[] {
  const log = source.log;
  const entries: number[] = [];
  for (let e = source.table.i32[flow * STRIDE + I.logTail]; e >= 0; e = log.next(e)) entries.push(e);
  // Newest first, as most logs stand; but runs and the last segments of both directions are logged late.
  const isInOrder = entries.every((e, i) => i === 0 || log.frame(entries[i - 1]) > log.frame(e));
  return isInOrder ? entries.reverse() : entries.sort((a, b) => log.frame(a) - log.frame(b));
}

/** The initial sequence number, else one below the first number that was seen, as Wireshark counts (packet-tcp.c). */
function baseOf(source: FlowSource, flow: number, d: number): number {
  const { i32 } = source.table;
  const at = flow * STRIDE;
  if ((i32[at + I.bits] & (BIT.isn << d)) !== 0) return i32[at + I.isn + d] >>> 0;
  const log = source.log;
  for (const entry of entriesOf(source, flow)) {
    const bits = log.bits(entry);
    if ((bits & (LOG.run | LOG.icmp)) !== 0) continue;
    if (((bits & LOG.fromB) !== 0 ? 1 : 0) === d) return (log.seq(entry) - 1) >>> 0;
    if ((bits & ACK) !== 0) return (log.ack(entry) - 1) >>> 0;
  }
  return 0;
}

function readSegments(
  source: FlowSource,
  flow: number,
  client: number,
  base: Record<Side, number>,
  windowScale: Record<Side, number> | null,
): Seg[] {
  const log = source.log;
  const entries = entriesOf(source, flow);
  // Unwraps against the last number of the same sequence space, be it a seq of its owner or an ack of the other end.
  const last: Record<Side, number> = { client: 0, server: 0 };
  const unwrap = (space: Side, raw: number): number => {
    const value = last[space] + ((raw - ((base[space] + last[space]) | 0)) | 0);
    last[space] = value;
    return value;
  };
  const answered: Record<Side, boolean> = { client: false, server: false };
  return entries.map((entry) => {
    let bits = log.bits(entry);
    const direction = (bits & LOG.fromB) !== 0 ? 1 : 0;
    const from: Side = direction === client ? 'client' : 'server';
    const to: Side = from === 'client' ? 'server' : 'client';
    const flags = (bits & LOG.run) !== 0 ? 0 : bits & LOG.flags;
    // In a simultaneous open the SYN+ACK repeats the SYN's number, but is no repetition.
    if ((flags & (SYN | ACK)) === (SYN | ACK) && !answered[from]) {
      answered[from] = true;
      bits &= ~LOG.retransmission;
    }
    const foreign = (bits & (LOG.successor | LOG.predecessor | LOG.oldDuplicate | LOG.copy | LOG.run)) !== 0;
    const isRst = (flags & RST) !== 0;
    const { client: lastOfClient, server: lastOfServer } = last;
    const seq = foreign ? Number.NaN : unwrap(from, log.seq(entry));
    const ack = foreign || (flags & ACK) === 0 ? Number.NaN : unwrap(to, log.ack(entry));
    const sack: [number, number] | null =
      (bits & LOG.sack) !== 0 && !foreign ? [unwrap(to, log.sackLeft(entry)), unwrap(to, log.sackRight(entry))] : null;
    if (isRst || (bits & LOG.icmp) !== 0) {
      last.client = lastOfClient;
      last.server = lastOfServer;
    }
    const run = (bits & LOG.run) === 0 ? null : readRun(source, entry, client);
    if (run) {
      last.client += run.bytes.client;
      last.server += run.bytes.server;
    }
    const icmp = (bits & LOG.icmp) === 0 ? null : readIcmp(log.icmp(entry), bits);
    const shift = windowScale === null || (flags & SYN) !== 0 ? 0 : windowScale[from];
    return new Seg(
      log.frame(entry),
      log.time(entry),
      from,
      flags,
      seq,
      ack,
      run ? 0 : log.length(entry),
      run ? 0 : log.window(entry) * 2 ** shift,
      (bits & LOG.timestamps) !== 0,
      run ? 0 : log.tsVal(entry) >>> 0,
      run ? 0 : log.tsEcr(entry) >>> 0,
      sack,
      bits & ~LOG.flags,
      log.busySince(entry),
      run,
      icmp,
    );
  });
}

function readIcmp(typeAndCode: number, bits: number): { type: number; code: number; ipVersion: 4 | 6 } {
  return { type: typeAndCode >> 8, code: typeAndCode & 0xff, ipVersion: (bits & LOG.ipv6) !== 0 ? 6 : 4 };
}

function readRun(source: FlowSource, entry: number, client: number): SegmentRun {
  const log = source.log;
  return {
    segments: { client: log.runSegments(entry, client), server: log.runSegments(entry, 1 - client) },
    bytes: { client: log.runBytes(entry, client), server: log.runBytes(entry, 1 - client) },
    lastFrame: log.runLastFrame(entry),
    lastTime: log.runLastTime(entry),
  };
}
