import { Heap } from './heap.js';
import { SeriesMember } from './series-member.js';
import type { PacketSource } from './source.js';

const SECOND = 1e9;

/**
 * Several captures as one stream in time order: files of a ring, one file per interface, or any that overlap in time.
 * `next()` says whose turn it is; its frames up to `until` come before those of any other capture.
 *
 * ```ts
 * for (let member = await series.next(); member !== null; member = await series.next()) {
 *   const { source, until } = member;
 *   for (member.hasFrame = true; member.hasFrame && timeOf(source.frame) <= until; member.hasFrame = source.next()) {
 *     use(source.frame);
 *   }
 * }
 * ```
 *
 * Captures are ordered by their first frames, those of one time in the order given; each is opened when its time has come
 * and closed at its end, so that as many are open as overlap. Within a capture the order is that of the file. A single
 * capture is read as it comes: one turn per chunk.
 */
export class Series {
  /** Whole second since 1970 of the first frame; set by the first `next()`. */
  epochSeconds = 0;
  /** In the order given. */
  readonly members: readonly SeriesMember[];
  readonly #openCapture: (path: string) => Promise<PacketSource>;
  /** Those whose time has not come, the next one last. */
  #waiting: SeriesMember[] = [];
  /** Those that have a frame under the cursor. */
  readonly #ready = new Heap<SeriesMember>((a, b) => a.time - b.time || a.rank - b.rank);
  #turn: SeriesMember | null = null;
  #isStarted = false;

  /** @param openCapture throws CaptureError where a capture cannot be read at all */
  constructor(paths: readonly string[], openCapture: (path: string) => Promise<PacketSource>) {
    this.members = paths.map((path, index) => new SeriesMember(path, index));
    this.#openCapture = openCapture;
  }

  /** Digits after the second's point that the timestamps have: 9 where those of any capture so far are finer than 6. */
  get timeDigits(): 6 | 9 {
    return this.members.some(({ source, info }) => (source?.info ?? info)?.timeDigits === 9) ? 9 : 6;
  }

  /** The capture whose turn it is, with a frame under its cursor; null at the end of all. */
  async next(): Promise<(SeriesMember & { readonly source: PacketSource }) | null> {
    if (!this.#isStarted) await this.#start();
    const last = this.#turn;
    if (last !== null) {
      if (!last.hasFrame) await last.advance();
      this.#makeReady(last);
    }
    await this.#openDue();
    const turn = this.#ready.pop();
    this.#turn = turn;
    if (turn === null) return null;
    turn.until = this.#endOfTurn(turn);
    return turn as SeriesMember & { readonly source: PacketSource };
  }

  /** Closes what is open. Safe to call twice. */
  async close(): Promise<void> {
    for (const member of this.members) await member.close();
  }

  /** Finds the order. What can be read again is closed until its time has come; a single capture is not. */
  async #start(): Promise<void> {
    this.#isStarted = true;
    for (const member of this.members) {
      await member.open(this.#openCapture);
      if (this.members.length > 1 && member.hasFrame && member.source?.size !== null) await member.close();
    }
    const inOrder = this.members
      .filter((member) => member.hasFrame)
      .sort((a, b) => a.firstSeconds - b.firstSeconds || a.firstNanoseconds - b.firstNanoseconds || a.index - b.index);
    this.epochSeconds = inOrder[0]?.firstSeconds ?? 0;
    for (const [rank, member] of inOrder.entries()) {
      member.rank = rank;
      member.time = (member.firstSeconds - this.epochSeconds) * SECOND + member.firstNanoseconds;
    }
    this.#waiting = inOrder.reverse();
  }

  /** Opens the captures that begin before any frame that is ready. */
  async #openDue(): Promise<void> {
    for (;;) {
      const due = this.#waiting.at(-1);
      const first = this.#ready.peek();
      if (due === undefined || (first !== null && first.time <= due.time)) return;
      this.#waiting.pop();
      if (due.source === null) await due.open(this.#openCapture);
      this.#makeReady(due);
    }
  }

  #makeReady(member: SeriesMember): void {
    if (!member.hasFrame || member.source === null) return;
    const { seconds, nanoseconds } = member.source.frame;
    member.time = (seconds - this.epochSeconds) * SECOND + nanoseconds;
    this.#ready.push(member);
  }

  #endOfTurn({ rank }: SeriesMember): number {
    let until = Number.POSITIVE_INFINITY;
    for (const other of [this.#ready.peek(), this.#waiting.at(-1)]) {
      if (other != null) until = Math.min(until, rank < other.rank ? other.time : other.time - 1);
    }
    return until;
  }
}
