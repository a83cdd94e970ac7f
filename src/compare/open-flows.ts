import type { Time } from '../connection/model.js';
import { SECOND } from '../connection/time.js';
import { RST, type Segment } from '../decode/segment.js';
import type { TapIndex } from './compared-flow.js';
import { S } from './flow-sides.js';
import { L, LINK } from './links.js';
import type { Matching } from './matching.js';
import { P } from './pending-segments.js';
import { identityOf } from './segment-identity.js';

/** Segments that are remembered of each tap, and of one flow. */
const MOST_SEEN = 1 << 16;
const MOST_OF_ONE = 1 << 12;
const MOST_SUSPECTED = 1 << 12;
/** The clocks' difference is known roughly, and a path takes its time. */
const PLAUSIBLE: Time = 5 * SECOND;
/** Different segments that two flows must share before they are one connection: with timestamps in both directions, and without. */
const ENOUGH_STAMPED = 2;
const ENOUGH = 3;

/** A flow at which a segment was seen. */
interface Seen {
  readonly record: number;
  readonly number: number;
  /** Direction there. */
  readonly raw: number;
  readonly time: Time;
}

/** A flow at the other tap that is the same connection. */
export interface Found {
  readonly record: number;
  /** Whether its ends are in the other order. */
  readonly flipped: boolean;
}

/**
 * Finds connections that were open before the captures began and whose addresses are translated between the taps: no SYN
 * tells, but sequence numbers, acknowledgements, timestamps and sizes of what follows do, where several segments in a row agree
 * and no other flow has any of them.
 */
export class OpenFlows {
  readonly #m: Matching;
  readonly #seen: readonly [Map<number, Seen>, Map<number, Seen>] = [new Map(), new Map()];
  /** How many segments two flows have shared so far, by their numbers. */
  readonly #shared = new Map<string, number>();

  /** Flows of each tap that have a segment in common: a recording that was played again, say. Nothing tells which one it is. */
  readonly #alike: readonly [Set<number>, Set<number>] = [new Set(), new Set()];

  constructor(matching: Matching) {
    this.#m = matching;
  }

  /** Takes a segment of a flow of which nothing was found at the other tap. */
  note(tap: TapIndex, record: number, raw: number, s: Segment, time: Time): Found | null {
    // Resets that answer nothing in particular look all alike.
    const identity = (s.flags & RST) === 0 ? identityOf(s) : 0;
    const sides = this.#m.sides[tap];
    const { i32 } = this.#m.links;
    const at = this.#m.links.at(sides.i32[sides.at(record) + S.link]);
    if (identity === 0 || i32[at + L.noted] >= MOST_OF_ONE || (i32[at + L.bits] & LINK.shared) !== 0) return null;
    i32[at + L.noted]++;
    const number = sides.numberOf(record);
    const before = this.#seen[tap].get(identity);
    if (before !== undefined) {
      if (before.number !== number) this.#alike[tap].add(number).add(before.number);
      return null;
    }
    this.#remember(tap, identity, { record, number, raw, time });
    const there = this.#seen[1 - tap].get(identity);
    if (there === undefined || !this.#isAlone(1 - tap, there)) return null;
    if (this.#hasTwin(tap, number) || this.#hasTwin(1 - tap, there.number)) return null;
    const [first, second] = tap === 0 ? [time, there.time] : [there.time, time];
    if (this.#m.distance(first, second) > PLAUSIBLE) return null;
    const flipped = raw !== there.raw;
    const numbers = tap === 0 ? [number, there.number] : [there.number, number];
    const key = `${numbers.join(' ')} ${flipped}`;
    const count = (this.#shared.get(key) ?? 0) + 1;
    const isStamped = s.hasTimestamps && s.tsVal !== 0 && s.tsEcr !== 0;
    if (count >= (isStamped ? ENOUGH_STAMPED : ENOUGH)) {
      this.#shared.delete(key);
      return { record: there.record, flipped };
    }
    if (this.#shared.size >= MOST_SUSPECTED) this.#shared.clear();
    this.#shared.set(key, count);
    return null;
  }

  /** Makes one link of those of two flows; the second tap's goes into the first tap's. @returns the link */
  join(first: number, second: number, flipped: boolean): number {
    const [own, other] = this.#m.sides;
    const { links, pending } = this.#m;
    const into = own.i32[own.at(first) + S.link];
    const from = other.i32[other.at(second) + S.link];
    const [at, gone] = [links.at(into), links.at(from)];
    const turn = flipped ? 1 : 0;
    for (let d = 0; d < 2; d++) {
      for (let entry = links.i32[gone + 2 + d + L.head]; entry >= 0; ) {
        const next = pending.i32[entry + P.next];
        this.#m.append(at + 2 + (d ^ turn), entry);
        entry = next;
      }
    }
    links.i32[at + L.alive] += links.i32[gone + L.alive];
    links.i32[at + L.bits] |= LINK.shared | (flipped ? LINK.flipped << 1 : 0);
    const side = other.at(second);
    other.i32[side + S.link] = into;
    if (flipped) this.#turn(side);
    return into;
  }

  /** What was counted by direction before the two were one. */
  #turn(side: number): void {
    const { i32 } = this.#m.sides[1];
    [i32[side + S.copies], i32[side + S.copies + 1]] = [i32[side + S.copies + 1], i32[side + S.copies]];
    const unmatched = this.#m.unmatched[1].get(i32[side + S.number]);
    unmatched?.segments.forEach((segment, index, all) => {
      all[index] = { ...segment, direction: 1 - segment.direction };
    });
  }

  #hasTwin(tap: number, number: number): boolean {
    const alike = this.#alike[tap];
    return alike.size >= MOST_SUSPECTED || alike.has(number);
  }

  #remember(tap: TapIndex, identity: number, seen: Seen): void {
    const all = this.#seen[tap];
    if (all.size >= MOST_SEEN) for (const oldest of all.keys()) if (all.delete(oldest)) break;
    all.set(identity, seen);
  }

  /** The flow is still there, and nothing of it was found at the other tap. */
  #isAlone(tap: number, { record, number }: Seen): boolean {
    const sides = this.#m.sides[tap];
    if (sides.numberOf(record) !== number) return false;
    const { i32 } = this.#m.links;
    const at = this.#m.links.at(sides.i32[sides.at(record) + S.link]);
    return i32[at + L.matches] === 0 && (i32[at + L.bits] & LINK.shared) === 0;
  }
}
