/** One 4-tuple as both taps see it, or two that address translation has made of it: a link between the taps' flows. */
const WORDS = 25;
const DOUBLES = 8;

/** Words of a link. Those per list stand at `+ 2 * tap + direction`, those per direction at `+ direction`. */
export const L = {
  /** Oldest and newest pending segment; -1 for none. */
  head: 0,
  tail: 4,
  /** The pending segment before the one that was found last; -1 for the list's beginning. */
  cursor: 8,
  count: 12,
  /** Flows at either tap that have not ended. */
  alive: 16,
  bits: 17,
  /** What the second tap's sequence numbers and timestamps are ahead of the first one's. */
  seqShift: 18,
  tsShift: 20,
  /** Pending segments at which it is time to look at all of them. */
  sweepAt: 22,
  /** Segments found at both taps; stops counting at 2^30. */
  matches: 23,
  /** Segments that were noted while none was found at the other tap. */
  noted: 24,
} as const;

export const D = {
  /** Per direction: the usual difference of a segment's two times; NaN before the first. */
  usual: 0,
  /** Per direction: the latest times at the first and at the second tap of segments found at both. */
  latestFirst: 2,
  latestSecond: 4,
} as const;

export const LINK = {
  /** Bit of a tap whose key has the ends the other way round. */
  flipped: 1,
  /** The direction that passes the first tap first is known: direction 0 or 1. */
  forward0: 1 << 2,
  forward1: 1 << 3,
  /** IP identifications are rewritten. */
  idsRewritten: 1 << 4,
  /** One side of the path has no timestamps. */
  timestampsRemoved: 1 << 5,
  /** More than one flow belongs to it. */
  shared: 1 << 6,
} as const;

export class Links {
  i32 = new Int32Array(256 * WORDS);
  f64 = new Float64Array(256 * DOUBLES);
  #unused = 0;
  readonly #free: number[] = [];

  create(leastPending: number): number {
    const link = this.#free.pop() ?? this.#unused++;
    if ((link + 1) * WORDS > this.i32.length) {
      const [i32, f64] = [new Int32Array(this.i32.length * 2), new Float64Array(this.f64.length * 2)];
      i32.set(this.i32);
      f64.set(this.f64);
      this.i32 = i32;
      this.f64 = f64;
    }
    const at = link * WORDS;
    this.i32.fill(-1, at, at + L.count);
    this.i32.fill(0, at + L.count, at + WORDS);
    this.i32[at + L.sweepAt] = leastPending;
    this.f64.fill(Number.NEGATIVE_INFINITY, link * DOUBLES, (link + 1) * DOUBLES);
    this.f64.fill(Number.NaN, link * DOUBLES, link * DOUBLES + 2);
    return link;
  }

  release(link: number): void {
    this.#free.push(link);
  }

  /** The link's first word. */
  at(link: number): number {
    return link * WORDS;
  }

  /** The link's first double. */
  at64(link: number): number {
    return link * DOUBLES;
  }
}
