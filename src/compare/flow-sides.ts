/** What one tap's flows have in common with the other tap's, per record of its tracker. */
const WORDS = 16;
const DOUBLES = 8;

/** Words; those per direction of the link stand at `+ direction`. */
export const S = {
  /** The flow's number at its tap, 0 for none: records are used again. */
  number: 0,
  link: 1,
  /** Record and number of the flow at the other tap that is the same connection; 0 for the number where none is known. */
  partner: 2,
  partnerNumber: 3,
  /** Segments that had been found at the other tap when they came here. */
  delivered: 4,
  /** Frames that came twice. */
  copies: 6,
  reordered: 8,
  altered: 10,
  /** It was counted as sound together with its partner, and needs no post-mortem. */
  quiet: 12,
} as const;

/** Doubles; the differences of segments' two times, per direction. */
export const SD = {
  least: 0,
  most: 2,
  sum: 4,
} as const;

export class FlowSides {
  i32 = new Int32Array(256 * WORDS);
  f64 = new Float64Array(256 * DOUBLES);

  /** Begins with the flow of this number. */
  begin(record: number, number: number, link: number): void {
    while ((record + 1) * WORDS > this.i32.length) {
      const [i32, f64] = [new Int32Array(this.i32.length * 2), new Float64Array(this.f64.length * 2)];
      i32.set(this.i32);
      f64.set(this.f64);
      this.i32 = i32;
      this.f64 = f64;
    }
    const at = record * WORDS;
    this.i32.fill(0, at, at + WORDS);
    this.i32[at + S.number] = number;
    this.i32[at + S.link] = link;
    const at64 = record * DOUBLES;
    this.f64.fill(Number.POSITIVE_INFINITY, at64, at64 + 2);
    this.f64.fill(Number.NEGATIVE_INFINITY, at64 + 2, at64 + 4);
    this.f64.fill(0, at64 + 4, at64 + 6);
  }

  at(record: number): number {
    return record * WORDS;
  }

  at64(record: number): number {
    return record * DOUBLES;
  }

  numberOf(record: number): number {
    const at = record * WORDS;
    return at < this.i32.length ? this.i32[at + S.number] : 0;
  }
}
