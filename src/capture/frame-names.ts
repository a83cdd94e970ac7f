/** Where a frame stands: in which capture, and its number there, from 1, as Wireshark numbers frames. */
export interface FrameName {
  /** Path of the capture; null where it is no longer known, and `frame` counts through the whole series. */
  readonly capture: string | null;
  readonly frame: number;
}

/** Turns of captures that are remembered; the older half is forgotten when there are more. */
const MOST_TURNS = 2 ** 21;

/**
 * Frames of a series are numbered through, in time order; this tells which frame of which capture a number stands for. A
 * capture on its own keeps its numbers.
 */
export class FrameNames {
  readonly #paths: readonly string[];
  /** Per turn, in ascending order: its first number, the capture's index, and what its own numbers are less by. */
  #starts: number[] = [];
  #captures: number[] = [];
  #shifts: number[] = [];

  /** @param paths the captures, as the user named them, in the order that `begin` counts */
  constructor(
    paths: readonly string[],
    private readonly mostTurns = MOST_TURNS,
  ) {
    this.#paths = paths;
  }

  /** From number `start` on, frames are those of capture `index`, beginning with its frame `frame`. */
  begin(start: number, index: number, frame: number): void {
    const shift = start - frame;
    if (this.#captures.at(-1) === index && this.#shifts.at(-1) === shift) return;
    if (this.#starts.length === this.mostTurns) this.#forget(this.mostTurns >> 1);
    this.#starts.push(start);
    this.#captures.push(index);
    this.#shifts.push(shift);
  }

  /** The frame with this number. */
  nameOf(number: number): FrameName {
    const turn = this.#turnOf(number);
    if (turn < 0) return { capture: null, frame: number };
    return { capture: this.#paths[this.#captures[turn]], frame: number - this.#shifts[turn] };
  }

  /** @returns -1 where it was forgotten */
  #turnOf(number: number): number {
    const starts = this.#starts;
    // A capture on its own has one.
    let [low, high] = starts.length === 1 && number >= starts[0] ? [1, 1] : [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= number) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #forget(count: number): void {
    this.#starts = this.#starts.slice(count);
    this.#captures = this.#captures.slice(count);
    this.#shifts = this.#shifts.slice(count);
  }
}
