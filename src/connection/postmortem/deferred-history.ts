import { formatAddress } from '../../decode/address.js';
import { SYN } from '../../decode/segment.js';
import { BITS, LAST, LOW_A, LOW_B, NUMBER, PORTS, START, TCP_STREAM, UPPER } from '../../fast-path/layout.js';
import { DeferredSegments, type SentSegments } from '../deferred-segments.js';
import { BIT, type FlowRecords } from '../flow-record.js';
import type { Endpoint } from '../model.js';
import type { OrdinarySegments } from '../ordinary-segments.js';
import { LOG } from '../segment-log.js';
import type { Side } from '../state.js';
import { type History, Seg } from './history.js';

const read = new DeferredSegments();

/**
 * Reads one flow out of a copy of its deferred record and its segments (deferred-copies.ts): what `readHistory` would read once
 * the tracker had followed it in full (test/connection/deferral.test.ts holds one to the other).
 *
 * @param at where its record begins, in words
 */
export function readDeferredHistory(copies: FlowRecords, at: number): History {
  const { i32, f64 } = copies;
  const client = clientOf(i32, at);
  const bySide = <T>(of: (d: number) => T): Record<Side, T> => ({ client: of(client), server: of(1 - client) });
  read.read(copies, at);
  const { sent } = read;
  const isn = bySide((d) => sent[d].isn);
  const isIpv6 = (i32[at + BITS] & BIT.ipv6) !== 0;
  return {
    flow: i32[at + NUMBER],
    tcpStream: i32[at + TCP_STREAM],
    client: endpointOf(i32, at, client),
    server: endpointOf(i32, at, 1 - client),
    network: null,
    hosts: bySide((d) => (isIpv6 ? endpointOf(i32, at, d).address : i32[at + (d === 0 ? LOW_A : LOW_B)])),
    roles: 'observed',
    start: f64[at / 2 + START],
    end: f64[at / 2 + LAST],
    segments: segmentsOf(read, client),
    isn,
    base: isn,
    packets: bySide((d) => sent[d].packets),
    bytes: bySide((d) => sent[d].bytes),
    retransmissions: { client: 0, server: 0 },
    copies: 0,
    listenerSigns: [],
    previousFins: null,
  };
}

/** The client's direction. */
export const clientOf = (i32: Int32Array, at: number): number => ((i32[at + BITS] & BIT.openedByB) !== 0 ? 1 : 0);

/** The end that sends direction `d`. */
export function endpointOf(i32: Int32Array, at: number, d: number): Endpoint {
  const upper = at + UPPER + 3 * d;
  const low = i32[at + (d === 0 ? LOW_A : LOW_B)];
  const ipVersion = (i32[at + BITS] & BIT.ipv6) !== 0 ? 6 : 4;
  return {
    address: formatAddress(ipVersion, i32[upper], i32[upper + 1], i32[upper + 2], low),
    port: d === 0 ? i32[at + PORTS] >>> 16 : i32[at + PORTS] & 0xffff,
  };
}

function segmentsOf({ sent, ordinary, ordinaryBytes }: DeferredSegments, client: number): Seg[] {
  const isScaled = sent[0].scale >= 0 && sent[1].scale >= 0;
  const segments = sent.flatMap((of, d) =>
    Array.from({ length: of.length }, (_, index) => toSeg(of, index, d, client, isScaled ? of.scale : 0)),
  );
  if (ordinary?.isRun) segments.push(runOf(ordinary, ordinaryBytes, client));
  return segments.sort((a, b) => a.frame - b.frame);
}

const sideOf = (d: number, client: number): Side => (d === client ? 'client' : 'server');
const marksOf = (d: number): number => (d === 1 ? LOG.fromB : 0);

function toSeg(of: SentSegments, index: number, d: number, client: number, shift: number): Seg {
  const flags = of.flags[index];
  const hasTimestamps = of.hasTimestamps[index] !== 0;
  return new Seg(
    of.frame[index],
    of.time[index],
    sideOf(d, client),
    flags,
    of.seq[index],
    of.ack[index],
    of.payload[index],
    (flags & SYN) !== 0 ? of.window[index] : of.window[index] * 2 ** shift,
    hasTimestamps,
    of.tsVal[index] >>> 0,
    of.tsEcr[index] >>> 0,
    null,
    marksOf(d) | (hasTimestamps ? LOG.timestamps : 0),
    of.busySince[index],
    null,
    null,
  );
}

/** Those that are folded, as one. */
function runOf(ordinary: OrdinarySegments, bytes: readonly number[], client: number): Seg {
  const d = ordinary.runDirection;
  const folded = (of: number): number => Math.max(0, ordinary.count(of) - 1);
  const foldedBytes = (of: number): number => (ordinary.count(of) > 0 ? bytes[of] - ordinary.payload(of) : 0) % 2 ** 32;
  const run = {
    segments: { client: folded(client), server: folded(1 - client) },
    bytes: { client: foldedBytes(client), server: foldedBytes(1 - client) },
    lastFrame: ordinary.runLastFrame,
    lastTime: ordinary.runLast,
  };
  const unknown = Number.NaN;
  const marks = LOG.run | marksOf(d);
  const from = sideOf(d, client);
  return new Seg(
    ordinary.runFrame,
    ordinary.runStart,
    from,
    0,
    unknown,
    unknown,
    0,
    0,
    false,
    0,
    0,
    null,
    marks,
    run.lastTime,
    run,
    null,
  );
}
