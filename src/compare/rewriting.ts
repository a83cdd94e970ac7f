/** Bit of a SYN's packed options, above its window and its window scale. */
export const SACK_PERMITTED = 1 << 22;
const SCALE = 0x1f;

/** What a middlebox between the taps changes of one connection, as its SYNs show. */
export class Rewriting {
  /** Per direction of the link. */
  readonly sequenceNumbers: [boolean, boolean] = [false, false];
  timestamps: 'rewritten' | 'removed' | null = null;
  readonly #options: string[] = [];

  /** SYN options that differ: the packed ones (window, then scale + 1 and SACK) and the MSS, at the first and the second tap. */
  options(first: number, second: number, firstMss: number, secondMss: number): void {
    if (firstMss !== secondMss) this.#note(`MSS ${mss(firstMss)} at one tap, ${mss(secondMss)} at the other`);
    const [scale, scale2] = [(first >> 16) & SCALE, (second >> 16) & SCALE];
    if (scale !== scale2) this.#note(`window scale ${shift(scale)} at one tap, ${shift(scale2)} at the other`);
    if (((first ^ second) & SACK_PERMITTED) !== 0) this.#note('SACK permitted at one tap only');
  }

  /** In words, for people. */
  describe(): string[] {
    return [
      ...(this.sequenceNumbers.some((rewritten) => rewritten) ? ['sequence numbers rewritten'] : []),
      ...(this.timestamps === null ? [] : [`timestamps ${this.timestamps}`]),
      ...this.#options,
    ];
  }

  #note(text: string): void {
    if (!this.#options.includes(text)) this.#options.push(text);
  }
}

const mss = (value: number): string => (value < 0 ? 'absent' : String(value));
const shift = (packed: number): string => (packed === 0 ? 'absent' : String(packed - 1));
