/** Pieces beyond a hole that are remembered; with more, a gap may be counted as larger than it is. */
const MAX_PIECES = 1000;

/**
 * What Zeek's reassembler (TCP_Reassembler.cc) knows of one direction's stream, as far as the log needs it: where gaps are, and
 * whether something waits. Numbers are relative: 1 is the first byte.
 */
export class Reassembly {
  /** All below was delivered, or given up. */
  delivered = 1;
  /** All below was acknowledged. */
  trimmed = 1;
  #top = 1;
  /** Pieces beyond `delivered`, sorted and apart from each other: start and end alternate. */
  readonly #pieces: number[] = [];

  /** Data that was not acknowledged yet. */
  get hasBlocks(): boolean {
    return this.#top > this.trimmed;
  }

  add(seq: number, length: number): void {
    const end = seq + length;
    if (end <= this.trimmed) return;
    if (end > this.#top) this.#top = end;
    if (seq <= this.delivered) {
      if (end > this.delivered) this.delivered = end;
    } else if (this.#pieces.length < 2 * MAX_PIECES) {
      this.#pieces.push(seq, end);
    }
    this.#absorb();
  }

  /**
   * Everything below `seq` is acknowledged.
   * @param isSilent what is missing is passed over: the sequence numbers of a connection met in mid-life are a guess
   * @returns lengths of the gaps that this shows
   */
  acknowledge(seq: number, isSilent: boolean): number[] {
    const gaps: number[] = [];
    if (seq <= this.trimmed) return gaps;
    if (seq > this.delivered && !isSilent) {
      while (this.delivered < seq) {
        const next = this.#nextPiece(seq);
        gaps.push(next - this.delivered);
        this.delivered = next;
        this.#absorb();
      }
    }
    this.trimmed = seq;
    return gaps;
  }

  /** Where the next piece begins, `bound` at the latest. */
  #nextPiece(bound: number): number {
    let next = bound;
    for (let i = 0; i < this.#pieces.length; i += 2) next = Math.min(next, this.#pieces[i]);
    return next;
  }

  /** Delivers the pieces that `delivered` has reached. */
  #absorb(): void {
    const pieces = this.#pieces;
    for (let i = 0; i < pieces.length; ) {
      if (pieces[i] > this.delivered) {
        i += 2;
        continue;
      }
      if (pieces[i + 1] > this.delivered) this.delivered = pieces[i + 1];
      pieces.splice(i, 2);
      i = 0;
    }
  }
}
