import { I, STRIDE } from '../connection/flow-record.js';
import type { FlowTable } from '../connection/flow-table.js';
import type { Time } from '../connection/model.js';
import { ACK, RST, type Segment, SYN } from '../decode/segment.js';
import type { TapIndex } from './compared-flow.js';
import { S } from './flow-sides.js';
import { LEAST_PENDING, LinkDirectory } from './link-directory.js';
import { L, LINK } from './links.js';
import { type Clocks, Matching } from './matching.js';
import { CORE, P, PENDING } from './pending-segments.js';
import { RecentFrames } from './recent-frames.js';
import { SACK_PERMITTED } from './rewriting.js';
import { Settlement } from './settlement.js';

/** Pending segments that are looked at for one match: around where the last one was found, and from the oldest on. */
const NEAR = 64;
const FAR = 128;

/**
 * Finds each segment of one tap again at the other one, as they come. What is found is counted and forgotten, so that only
 * what is on its way, and what was lost or injected, takes memory.
 */
export class Matcher extends Matching {
  readonly #tables: readonly [FlowTable, FlowTable];
  readonly #directory: LinkDirectory;
  readonly #settlement = new Settlement(this);
  readonly #recent: readonly [RecentFrames, RecentFrames] = [new RecentFrames(), new RecentFrames()];

  constructor(tables: readonly [FlowTable, FlowTable], clocks: Clocks) {
    super(clocks);
    this.#tables = tables;
    this.#directory = new LinkDirectory(this, tables);
  }

  /** Takes a segment that the tap's tracker has taken before. */
  segment(tap: TapIndex, s: Segment, time: Time, frame: number): void {
    const table = this.#tables[tap];
    const record = table.find(s);
    if (record < 0) return;
    const raw = table.key.direction;
    const sides = this.sides[tap];
    const number = table.i32[record * STRIDE + I.number];
    if (sides.numberOf(record) !== number) this.#directory.begin(tap, record, number, s, raw);
    const at = sides.at(record);
    const { links } = this;
    let link = sides.i32[at + S.link];
    if (links.i32[links.at(link) + L.matches] === 0 && (s.flags & SYN) === 0) {
      const joined = this.#directory.joinOpen(tap, record, raw, s, time);
      if (joined >= 0) {
        link = joined;
        this.#settlement.settle(link, false);
      }
    }
    const at32 = links.at(link);
    const l32 = links.i32;
    const bits = l32[at32 + L.bits];
    const d = raw ^ ((bits >> tap) & 1);
    this.now[tap] = time;
    if (this.#recent[tap].isCopy(s, link * 2 + d, time)) {
      sides.i32[at + S.copies + d]++;
      return;
    }
    const shifted = tap === 1;
    const seq = (shifted ? s.seq - l32[at32 + L.seqShift + d] : s.seq) | 0;
    const ack = (s.flags & ACK) === 0 ? 0 : (shifted ? s.ack - l32[at32 + L.seqShift + 1 - d] : s.ack) | 0;
    const stamped = s.hasTimestamps && (bits & LINK.timestampsRemoved) === 0;
    const tsVal = stamped ? (shifted ? s.tsVal - l32[at32 + L.tsShift + d] : s.tsVal) | 0 : 0;
    const tsEcr = stamped && s.tsEcr !== 0 ? (shifted ? s.tsEcr - l32[at32 + L.tsShift + 1 - d] : s.tsEcr) | 0 : 0;
    const ipId = s.ipId > 0 && (bits & LINK.idsRewritten) === 0 ? s.ipId : 0;
    const isSyn = (s.flags & SYN) !== 0;
    const window = isSyn ? s.window | ((s.windowScale + 1) << 16) | (s.sackPermitted ? SACK_PERMITTED : 0) : s.window;
    const list = at32 + 2 * (1 - tap) + d;
    let covered = 0;
    if (l32[list + L.count] > 0) {
      const found = this.#find(tap, link, d, list, s, time, seq, ack, tsVal, tsEcr, ipId, stamped);
      if (found >= 0) {
        this.matched(tap, link, d, found, record, time, s.flags, window, s.mss);
        this.remove(list, found);
        return;
      }
      if (s.length > 0 && (s.flags & (SYN | RST)) === 0) {
        covered = this.#cover(tap, link, d, list, record, s, time, seq);
        if (covered >= s.length) return;
      }
    }
    const pending = this.pending;
    const entry = pending.allocate();
    const p32 = pending.i32;
    p32[entry + P.record] = record;
    p32[entry + P.number] = number;
    p32[entry + P.frame] = frame;
    p32[entry + P.seq] = seq;
    p32[entry + P.ack] = ack;
    p32[entry + P.length] = s.length;
    p32[entry + P.bits] = s.flags | (stamped ? PENDING.timestamps : 0);
    p32[entry + P.tsVal] = tsVal;
    p32[entry + P.tsEcr] = tsEcr;
    p32[entry + P.ipId] = ipId;
    p32[entry + P.covered] = isSyn ? s.mss : covered;
    p32[entry + P.window] = window;
    pending.setTime(entry, time);
    this.append(at32 + 2 * tap + d, entry);
    const all = l32[at32 + L.count] + l32[at32 + L.count + 1] + l32[at32 + L.count + 2] + l32[at32 + L.count + 3];
    if (all >= l32[at32 + L.sweepAt])
      l32[at32 + L.sweepAt] = Math.max(LEAST_PENDING, 2 * this.#settlement.settle(link, false));
  }

  /** Whether the tap has seen a host, or nothing at all; `key` as in History.hosts. */
  knows(tap: TapIndex, key: number | string): boolean {
    return this.#directory.knows(tap, key);
  }

  /** See Settlement. */
  settle(link: number, over: boolean): number {
    return this.#settlement.settle(link, over);
  }

  /** Forgets a link whose flows are over, and which is settled. */
  release(link: number): void {
    this.#directory.release(link);
  }

  /** The pending segment that is the same one; -1 where there is none, or where it came at so odd a time that another may be. */
  #find(
    tap: TapIndex,
    link: number,
    d: number,
    list: number,
    s: Segment,
    time: Time,
    seq: number,
    ack: number,
    tsVal: number,
    tsEcr: number,
    ipId: number,
    stamped: boolean,
  ): number {
    const p32 = this.pending.i32;
    const l32 = this.links.i32;
    const cursor = l32[list + L.cursor];
    const flags = (s.flags & CORE) | (stamped ? PENDING.timestamps : 0);
    let from = cursor < 0 ? l32[list + L.head] : p32[cursor + P.next];
    let left = cursor < 0 ? NEAR + FAR : NEAR;
    for (let pass = cursor < 0 ? 1 : 0; pass < 2; pass++) {
      for (let e = from; e >= 0 && left > 0; e = p32[e + P.next], left--) {
        if (p32[e + P.seq] !== seq || p32[e + P.ack] !== ack || p32[e + P.length] !== s.length) continue;
        if ((p32[e + P.bits] & (CORE | PENDING.timestamps)) !== flags) continue;
        if (p32[e + P.tsVal] !== tsVal || p32[e + P.tsEcr] !== tsEcr) continue;
        const id = p32[e + P.ipId];
        if (id !== 0 && ipId !== 0 && id !== ipId) continue;
        if ((id !== 0 && id === ipId) || stamped) return e;
        if (this.isUsual(tap, link, d, e, time)) return e;
      }
      from = l32[list + L.head];
      left = FAR;
    }
    return -1;
  }

  /** Segments cut otherwise at the two taps (TSO, GRO): the bytes are what is found again. */
  #cover(
    tap: TapIndex,
    link: number,
    d: number,
    list: number,
    record: number,
    s: Segment,
    time: Time,
    seq: number,
  ): number {
    const p32 = this.pending.i32;
    const l32 = this.links.i32;
    let covered = 0;
    let left = NEAR;
    const cursor = l32[list + L.cursor];
    for (let e = cursor < 0 ? l32[list + L.head] : p32[cursor + P.next]; e >= 0 && left > 0; left--) {
      const next = p32[e + P.next];
      const ahead = (seq - p32[e + P.seq]) | 0;
      const length = p32[e + P.length];
      const plain = length > 0 && (p32[e + P.bits] & (SYN | RST)) === 0 && length !== s.length;
      if (plain && this.isUsual(tap, link, d, e, time)) {
        if (ahead >= 0 && ahead + s.length <= length) {
          p32[e + P.covered] += s.length;
          if (p32[e + P.covered] >= length) {
            this.matched(tap, link, d, e, record, time, p32[e + P.bits], p32[e + P.window], -1);
            this.remove(list, e);
          }
          return s.length;
        }
        if (ahead <= 0 && length - ahead <= s.length) {
          covered += length;
          this.matched(tap, link, d, e, record, time, p32[e + P.bits], p32[e + P.window], -1);
          this.remove(list, e);
          if (covered >= s.length) return covered;
        }
      }
      e = next;
    }
    return covered;
  }
}
