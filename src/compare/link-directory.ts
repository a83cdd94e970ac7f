import { I, STRIDE } from '../connection/flow-record.js';
import type { FlowTable } from '../connection/flow-table.js';
import type { Time } from '../connection/model.js';
import { formatAddress } from '../decode/address.js';
import { ACK, RST, type Segment, SYN } from '../decode/segment.js';
import type { TapIndex } from './compared-flow.js';
import { S } from './flow-sides.js';
import { L, LINK } from './links.js';
import type { Matching } from './matching.js';
import { OpenFlows } from './open-flows.js';
import { P } from './pending-segments.js';

/** Pending segments of a link before they are looked at all together. */
export const LEAST_PENDING = 32;
/** Hosts that are remembered of each tap. */
const MOST_HOSTS = 1 << 16;

/** Which flow of one tap is which of the other: by addresses and ports, else by what address translation leaves. */
export class LinkDirectory {
  readonly #m: Matching;
  readonly #tables: readonly [FlowTable, FlowTable];
  /** Links by what address translation leaves of a SYN: its number or, where that is rewritten, its timestamp. */
  readonly #opened: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  readonly #openedBy = new Map<number, readonly number[]>();
  readonly #hosts: readonly [Set<number | string>, Set<number | string>] = [new Set(), new Set()];

  readonly #open: OpenFlows;

  constructor(matching: Matching, tables: readonly [FlowTable, FlowTable]) {
    this.#m = matching;
    this.#open = new OpenFlows(matching);
    this.#tables = tables;
  }

  /** Whether the tap has seen a host, or nothing at all; `key` as in History.hosts. */
  knows(tap: TapIndex, key: number | string): boolean {
    const hosts = this.#hosts[tap];
    return hosts.size === 0 || hosts.size >= MOST_HOSTS || hosts.has(key);
  }

  /** A flow has begun at a tap with this segment; `raw` is its direction there. */
  begin(tap: TapIndex, record: number, number: number, s: Segment, raw: number): void {
    this.#noteHosts(tap, s);
    let link = this.#linkOf(tap, record, s);
    if (link < 0 && (s.flags & (SYN | RST)) === SYN) {
      const marks = marksOf(s);
      for (const mark of marks) if (link < 0) link = this.#opened[1 - tap].get(mark) ?? -1;
      if (link >= 0) this.#flip(tap, link, raw, s);
      else {
        link = this.#m.links.create(LEAST_PENDING);
        for (const mark of marks) this.#opened[tap].set(mark, link);
        this.#openedBy.set(link, marks);
      }
    }
    if (link >= 0 && this.#m.links.i32[this.#m.links.at(link) + L.alive] > 0)
      this.#m.links.i32[this.#m.links.at(link) + L.bits] |= LINK.shared;
    if (link < 0) link = this.#m.links.create(LEAST_PENDING);
    this.#m.links.i32[this.#m.links.at(link) + L.alive]++;
    this.#m.sides[tap].begin(record, number, link);
  }

  /** A segment of a flow of which nothing was found at the other tap. @returns the link that it shares from now on with one of that tap; -1 for none */
  joinOpen(tap: TapIndex, record: number, raw: number, s: Segment, time: Time): number {
    const sides = this.#m.sides[tap];
    const own = sides.i32[sides.at(record) + S.link];
    const found = this.#open.note(tap, record, raw, s, time);
    if (found === null) return -1;
    const other = this.#m.sides[1 - tap];
    const gone = tap === 1 ? own : other.i32[other.at(found.record) + S.link];
    const [first, second] = tap === 0 ? [record, found.record] : [found.record, record];
    const link = this.#open.join(first, second, found.flipped);
    this.release(gone);
    return link;
  }

  /** Forgets a link whose flows are over, and which is settled. */
  release(link: number): void {
    for (const mark of this.#openedBy.get(link) ?? [])
      for (const map of this.#opened) if (map.get(mark) === link) map.delete(mark);
    this.#openedBy.delete(link);
    this.#m.rewriting.delete(link);
    this.#m.links.release(link);
  }

  #noteHosts(tap: TapIndex, s: Segment): void {
    const hosts = this.#hosts[tap];
    if (hosts.size >= MOST_HOSTS) return;
    if (s.ipVersion === 4) hosts.add(s.source3 >>> 0).add(s.destination3 >>> 0);
    else
      hosts
        .add(formatAddress(6, s.source0, s.source1, s.source2, s.source3))
        .add(formatAddress(6, s.destination0, s.destination1, s.destination2, s.destination3));
  }

  /** The link of the same addresses and ports: at the other tap, or of the incarnation before. */
  #linkOf(tap: TapIndex, record: number, s: Segment): number {
    const own = this.#tables[tap];
    const previous = own.i32[record * STRIDE + I.previous];
    if (previous >= 0 && this.#m.sides[tap].numberOf(previous) === own.i32[previous * STRIDE + I.number])
      return this.#m.sides[tap].i32[this.#m.sides[tap].at(previous) + S.link];
    const other = this.#tables[1 - tap];
    const there = other.find(s);
    if (there < 0) return -1;
    const sides = this.#m.sides[1 - tap];
    if (sides.numberOf(there) !== other.i32[there * STRIDE + I.number]) return -1;
    return sides.i32[sides.at(there) + S.link];
  }

  /** Address translation may have turned the order of the two ends around. */
  #flip(tap: TapIndex, link: number, raw: number, s: Segment): void {
    const at = this.#m.links.at(link);
    const opener = (s.flags & ACK) === 0 ? raw : 1 - raw;
    const l32 = this.#m.links.i32;
    for (let d = 0; d < 2; d++) {
      const list = at + 2 * (1 - tap) + d;
      for (let e = l32[list + L.head]; e >= 0; e = this.#m.pending.i32[e + P.next]) {
        const flags = this.#m.pending.i32[e + P.bits];
        if ((flags & SYN) === 0) continue;
        const openerThere = (flags & ACK) === 0 ? d : 1 - d;
        if (openerThere !== opener) l32[at + L.bits] |= LINK.flipped << tap;
        return;
      }
    }
  }
}

/** What address translation leaves of a SYN or SYN+ACK: the opener's initial sequence number, and the timestamp of its SYN. */
function marksOf(s: Segment): number[] {
  const isSynAck = (s.flags & ACK) !== 0;
  const stamp = isSynAck ? s.tsEcr : s.tsVal;
  const isn = (isSynAck ? s.ack - 1 : s.seq) >>> 0;
  return s.hasTimestamps && stamp !== 0 ? [isn, 2 ** 32 + (stamp >>> 0)] : [isn];
}
