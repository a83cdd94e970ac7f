import { SECOND } from '../connection/time.js';
import { ACK, FIN, RST, SYN } from '../decode/segment.js';
import type { TapIndex } from './compared-flow.js';
import { D, L, LINK } from './links.js';
import { type Matching, UNKNOWN } from './matching.js';
import { CORE, P, PENDING } from './pending-segments.js';

const CONTROL = SYN | FIN | RST;
/** A segment that was not found after this long never passed the other tap. */
const PATIENCE = 5 * SECOND;
/** Pairs that one look at all of them may compare. */
const MOST_COMPARED = 1 << 20;
/** Unmatched segments of one flow that are kept: of one that has some in common, and of one that the other tap may never see. */
const MOST_UNMATCHED = 1 << 14;
const MOST_ALONE = 64;

/** Looks at all that is pending of a link together, with more patience than there is when a segment comes. */
export class Settlement {
  readonly #m: Matching;

  constructor(matching: Matching) {
    this.#m = matching;
  }

  /**
   * Looks at all that is pending of a link: for what came later than usual, was changed on the way, or cut otherwise. What
   * is not found then, and was waited for long enough, passed one tap only.
   * @param over nothing more will come
   * @returns how many are still pending
   */
  settle(link: number, over: boolean): number {
    this.#findRewriting(link);
    for (let d = 0; d < 2; d++) {
      this.#pairUp(link, d, false);
      this.#pairUp(link, d, true);
      this.#pairBytes(link, d);
      for (const tap of [0, 1] as const) this.#giveUp(link, d, tap, over);
    }
    return this.#m.pendingOf(link);
  }

  /**
   * SYNs of one direction that passed both taps, and were not the same: one that kept its number, timestamp or
   * identification and came when it had to was rewritten on the way. What follows is looked for accordingly.
   */
  #findRewriting(link: number): void {
    const at = this.#m.links.at(link);
    const l32 = this.#m.links.i32;
    const p32 = this.#m.pending.i32;
    let found = false;
    for (let d = 0; d < 2; d++) {
      if (!Number.isNaN(this.#m.links.f64[this.#m.links.at64(link) + D.usual + d])) continue;
      const a = this.#firstSyn(at + d);
      const b = this.#firstSyn(at + 2 + d);
      if (a < 0 || b < 0 || ((p32[a + P.bits] ^ p32[b + P.bits]) & CORE) !== 0 || this.#isSame(a, b)) continue;
      if (this.#m.gap(1, link, d, a, this.#m.pending.time(b)) > UNKNOWN) continue;
      const stamps = [p32[a + P.bits] & PENDING.timestamps, p32[b + P.bits] & PENDING.timestamps];
      const sameStamp = stamps[0] !== 0 && stamps[1] !== 0 && p32[a + P.tsVal] === p32[b + P.tsVal];
      const sameId = p32[a + P.ipId] !== 0 && p32[a + P.ipId] === p32[b + P.ipId];
      const sameSeq = p32[a + P.seq] === p32[b + P.seq];
      if (!sameStamp && !sameId && !sameSeq && !found) continue;
      found = true;
      const rewriting = this.#m.rewritingOf(link);
      if (!sameSeq) {
        rewriting.sequenceNumbers[d] = true;
        l32[at + L.seqShift + d] = (p32[b + P.seq] - p32[a + P.seq]) | 0;
      }
      if (stamps[0] !== stamps[1]) {
        rewriting.timestamps = 'removed';
        l32[at + L.bits] |= LINK.timestampsRemoved;
      } else if (stamps[0] !== 0 && !sameStamp) {
        rewriting.timestamps = 'rewritten';
        l32[at + L.tsShift + d] = (p32[b + P.tsVal] - p32[a + P.tsVal]) | 0;
      }
      if (!sameId && p32[a + P.ipId] !== 0 && p32[b + P.ipId] !== 0) l32[at + L.bits] |= LINK.idsRewritten;
    }
    if (found) this.#undoRewriting(at);
  }

  #firstSyn(list: number): number {
    const p32 = this.#m.pending.i32;
    for (let e = this.#m.links.i32[list + L.head]; e >= 0; e = p32[e + P.next])
      if ((p32[e + P.bits] & SYN) !== 0) return e;
    return -1;
  }

  /** Brings what is pending to the numbers of the first tap. */
  #undoRewriting(at: number): void {
    const l32 = this.#m.links.i32;
    const p32 = this.#m.pending.i32;
    const bits = l32[at + L.bits];
    for (let list = 0; list < 4; list++) {
      const d = list & 1;
      for (let e = l32[at + list + L.head]; e >= 0; e = p32[e + P.next]) {
        if ((bits & LINK.idsRewritten) !== 0) p32[e + P.ipId] = 0;
        if ((bits & LINK.timestampsRemoved) !== 0) {
          p32[e + P.bits] &= ~PENDING.timestamps;
          p32[e + P.tsVal] = 0;
          p32[e + P.tsEcr] = 0;
        }
        if (list < 2) continue;
        p32[e + P.seq] -= l32[at + L.seqShift + d];
        if ((p32[e + P.bits] & ACK) !== 0) p32[e + P.ack] -= l32[at + L.seqShift + 1 - d];
        if ((p32[e + P.bits] & PENDING.timestamps) === 0) continue;
        p32[e + P.tsVal] -= l32[at + L.tsShift + d];
        if (p32[e + P.tsEcr] !== 0) p32[e + P.tsEcr] -= l32[at + L.tsShift + 1 - d];
      }
    }
  }

  /** Pairs what is pending at both taps: the same segments at any delay or, `changed`, such as kept a mark of their own. */
  #pairUp(link: number, d: number, changed: boolean): void {
    const at = this.#m.links.at(link);
    const l32 = this.#m.links.i32;
    const [first, second] = [at + d, at + 2 + d];
    if (l32[first + L.count] === 0 || l32[second + L.count] === 0) return;
    if (l32[first + L.count] * l32[second + L.count] > MOST_COMPARED) return;
    const p32 = this.#m.pending.i32;
    for (let b = l32[second + L.head]; b >= 0; ) {
      const next = p32[b + P.next];
      let best = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let a = l32[first + L.head]; a >= 0; a = p32[a + P.next]) {
        if (!(changed ? this.#isChanged(a, b) : this.#isSame(a, b))) continue;
        const gap = this.#m.gap(1, link, d, a, this.#m.pending.time(b));
        if (gap < least && (!changed || gap < UNKNOWN)) {
          best = a;
          least = gap;
        }
      }
      if (best >= 0) {
        this.#matchedLate(link, d, best, b);
        this.#m.remove(first, best);
        this.#m.remove(second, b);
      }
      b = next;
    }
  }

  #matchedLate(link: number, d: number, first: number, second: number): void {
    const p32 = this.#m.pending.i32;
    const record = p32[second + P.record];
    if (this.#m.sides[1].numberOf(record) !== p32[second + P.number]) return;
    const flags = p32[second + P.bits] & PENDING.flags;
    const time = this.#m.pending.time(second);
    this.#m.matched(1, link, d, first, record, time, flags, p32[second + P.window], p32[second + P.covered]);
  }

  #isSame(a: number, b: number): boolean {
    const p32 = this.#m.pending.i32;
    const [idA, idB] = [p32[a + P.ipId], p32[b + P.ipId]];
    return (
      p32[a + P.seq] === p32[b + P.seq] &&
      p32[a + P.ack] === p32[b + P.ack] &&
      p32[a + P.length] === p32[b + P.length] &&
      ((p32[a + P.bits] ^ p32[b + P.bits]) & (CORE | PENDING.timestamps)) === 0 &&
      p32[a + P.tsVal] === p32[b + P.tsVal] &&
      p32[a + P.tsEcr] === p32[b + P.tsEcr] &&
      (idA === 0 || idB === 0 || idA === idB)
    );
  }

  /** The same sequence numbers, and the same identification or timestamp, but not all else. */
  #isChanged(a: number, b: number): boolean {
    const p32 = this.#m.pending.i32;
    if (p32[a + P.seq] !== p32[b + P.seq] || p32[a + P.length] !== p32[b + P.length]) return false;
    if (((p32[a + P.bits] ^ p32[b + P.bits]) & CONTROL) !== 0) return false;
    const id = p32[a + P.ipId] !== 0 && p32[a + P.ipId] === p32[b + P.ipId];
    const stamped = (p32[a + P.bits] & p32[b + P.bits] & PENDING.timestamps) !== 0;
    return id || (stamped && p32[a + P.tsVal] === p32[b + P.tsVal]);
  }

  /** Data cut otherwise at the two taps, and come at any time. */
  #pairBytes(link: number, d: number): void {
    const at = this.#m.links.at(link);
    const l32 = this.#m.links.i32;
    const p32 = this.#m.pending.i32;
    const lists = [at + d, at + 2 + d] as const;
    if (l32[lists[0] + L.count] * l32[lists[1] + L.count] > MOST_COMPARED) return;
    for (const [large, small] of [lists, [lists[1], lists[0]] as const]) {
      for (let e = l32[large + L.head]; e >= 0; ) {
        const next = p32[e + P.next];
        const length = p32[e + P.length];
        if (length > 0 && (p32[e + P.bits] & (SYN | RST)) === 0) {
          const parts: number[] = [];
          let bytes = p32[e + P.covered];
          for (let part = l32[small + L.head]; part >= 0; part = p32[part + P.next]) {
            const ahead = (p32[part + P.seq] - p32[e + P.seq]) | 0;
            const partLength = p32[part + P.length];
            if (partLength === 0 || partLength >= length || ahead < 0 || ahead + partLength > length) continue;
            parts.push(part);
            bytes += partLength;
          }
          if (bytes >= length) {
            const whole = parts.pop();
            for (const part of parts) this.#m.remove(small, part);
            if (whole !== undefined) {
              if (small === lists[1]) this.#matchedLate(link, d, e, whole);
              else this.#matchedLate(link, d, whole, e);
              this.#m.remove(small, whole);
            }
            this.#m.remove(large, e);
          }
        }
        e = next;
      }
    }
  }

  /** What is pending for too long passed one tap only. */
  #giveUp(link: number, d: number, tap: TapIndex, over: boolean): void {
    const at = this.#m.links.at(link);
    const l32 = this.#m.links.i32;
    const list = at + 2 * tap + d;
    const p32 = this.#m.pending.i32;
    const most = l32[at + L.matches] > 0 ? MOST_UNMATCHED : MOST_ALONE;
    const until = over ? Number.POSITIVE_INFINITY : this.#m.now[tap] - PATIENCE;
    for (let e = l32[list + L.head]; e >= 0; ) {
      const next = p32[e + P.next];
      const time = this.#m.pending.time(e);
      const number = p32[e + P.number];
      if (time <= until || this.#m.sides[tap].numberOf(p32[e + P.record]) !== number) {
        let of = this.#m.unmatched[tap].get(number);
        if (of === undefined) {
          of = { segments: [], more: 0 };
          this.#m.unmatched[tap].set(number, of);
        }
        const shift = tap === 1 ? l32[at + L.seqShift + d] : 0;
        const shiftBack = tap === 1 ? l32[at + L.seqShift + 1 - d] : 0;
        if (of.segments.length >= most) of.more++;
        else {
          of.segments.push({
            frame: p32[e + P.frame],
            time,
            direction: d,
            seq: (p32[e + P.seq] + shift) >>> 0,
            ack: (p32[e + P.ack] + shiftBack) >>> 0,
            length: p32[e + P.length],
            flags: p32[e + P.bits] & PENDING.flags,
          });
        }
        this.#m.remove(list, e);
      }
      e = next;
    }
  }
}
