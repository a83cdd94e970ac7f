import { FrameNames } from '../capture/frame-names.js';
import { Series } from '../capture/series.js';
import type { SeriesMember } from '../capture/series-member.js';
import type { PacketSource } from '../capture/source.js';
import { type CaptureTally, openForTcp, summaryOf, talliesOf } from '../capture-tally.js';
import type { Clock, Time } from '../connection/model.js';
import { SECOND } from '../connection/time.js';
import { type DecodeResult, ICMP_ERROR, TCP, TCP_UNUSABLE } from '../decode/decoder.js';
import type { Segment } from '../decode/segment.js';
import type { CaptureSummary } from '../findings/analysis.js';
import type { Options, Progress } from '../options.js';

/**
 * One tap's frames, one at a time, through all of its files. A cursor: `time`, `number` and, once decoded, `segment` are
 * those of the frame that the last successful `step()` or `advance()` came to.
 */
export class TapReader {
  /** Nanoseconds since `clock.epochSeconds`. */
  time: Time = 0;
  /** From 1, through all files of the tap; `frameNames` tells which frame of which file that is. */
  number = 0;
  /** Time of the newest frame that was come to. */
  newest: Time = Number.NEGATIVE_INFINITY;
  /** Time of the first frame of all. */
  first: Time = 0;
  /** Null before the first frame. */
  clock: Clock | null = null;
  done = false;
  readonly frameNames: FrameNames;

  readonly #paths: readonly string[];
  readonly #series: Series;
  readonly #tallies: readonly CaptureTally[];
  /** Whose turn it is. */
  #turn: SeriesMember | null = null;

  constructor(paths: readonly string[], options: Options) {
    this.#paths = paths;
    this.#series = new Series(paths, (path) => openForTcp(path, options));
    this.#tallies = talliesOf(this.#series.members, options);
    this.frameNames = new FrameNames(paths);
  }

  get path(): string {
    return this.#paths.join(', ');
  }

  /** The segment of the frame that was decoded last. */
  get segment(): Segment {
    return this.#tally.decoder.segment;
  }

  /** Goes to the next frame that is in memory; false where there is none: `advance()` reads more. */
  step(): boolean {
    const turn = this.#turn;
    if (turn === null || turn.source === null) return false;
    turn.hasFrame = turn.source.next();
    if (!turn.hasFrame || this.#timeIn(turn) > turn.until) return false;
    this.#take(turn, turn.source);
    return true;
  }

  /** Decodes the frame that was come to. */
  decode(): DecodeResult {
    const source = this.#turn?.source;
    if (source == null) throw new Error('decode() before a frame was come to');
    const tally = this.#tally;
    const result = tally.decoder.decode(source.frame);
    if (result === TCP || result === ICMP_ERROR || result === TCP_UNUSABLE) tally.segments++;
    return result;
  }

  /** Reads on, into the next file where one has ended. False at the end of the last one. */
  async advance(onProgress?: (progress: Progress) => void): Promise<boolean> {
    const turn = await this.#series.next();
    this.#turn = turn;
    if (turn === null) {
      this.done = true;
      return false;
    }
    const { path, source } = turn;
    onProgress?.({ path, bytesRead: source.bytesRead, size: source.size });
    this.clock ??= { epochSeconds: this.#series.epochSeconds, digits: this.#series.timeDigits };
    this.#take(turn, source);
    return true;
  }

  close(): Promise<void> {
    return this.#series.close();
  }

  /** What was in each file, those that could not be read included. Once all is closed. */
  summaries(): CaptureSummary[] {
    return this.#series.members.map((member) => summaryOf(member, this.#tallies[member.index], this.clock));
  }

  get #tally(): CaptureTally {
    return this.#tallies[this.#turn?.index ?? 0];
  }

  #take(turn: SeriesMember, { frame }: PacketSource): void {
    const time = this.#timeIn(turn);
    const tally = this.#tallies[turn.index];
    if (this.number++ === 0) this.first = time;
    this.frameNames.begin(this.number, turn.index, frame.number);
    if (tally.frames++ === 0) tally.first = time;
    if (time > tally.newest) tally.newest = time;
    else if (time < tally.newest) tally.order.late(tally.newest - time);
    if (time > this.newest) this.newest = time;
    this.time = time;
  }

  #timeIn({ source }: SeriesMember): Time {
    if (source === null) return this.time;
    return (source.frame.seconds - this.#series.epochSeconds) * SECOND + source.frame.nanoseconds;
  }
}
