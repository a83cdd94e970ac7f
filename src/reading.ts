import type { Frame } from './capture/frame.js';
import { FrameNames } from './capture/frame-names.js';
import { RecordSpan } from './capture/record-span.js';
import { Series } from './capture/series.js';
import type { SeriesMember } from './capture/series-member.js';
import type { PacketSource } from './capture/source.js';
import { type CaptureTally, openForTcp, summaryOf, talliesOf } from './capture-tally.js';
import type { Clock, Time } from './connection/model.js';
import { SECOND } from './connection/time.js';
import { type DecodeResult, SKIPPED } from './decode/decoder.js';
import { LinkType } from './decode/link-type.js';
import type { Segment } from './decode/segment.js';
import type { CaptureSummary } from './findings/analysis.js';
import type { Options, Progress } from './options.js';

/** Takes what the frames of captures hold, in the order of the stream that these are. */
export interface FrameSink {
  /**
   * @param segment as the decoder left it, with the frame's time and its number in the stream
   * @param newest time of the newest frame so far
   * @returns false where it has enough for now
   */
  take(found: DecodeResult, segment: Segment, newest: Time): boolean;
  /**
   * Takes records in place of what their frames hold, one after the other, as far as that comes to the same and
   * is faster: TCP segments all. Absent where each is to be decoded.
   * @returns as `take`
   */
  walk?(span: RecordSpan): boolean;
  /** Where a thread that decodes segments for `walk` puts them. */
  readonly memory?: WebAssembly.Memory | null;
  /** What records need not be copied from, to be walked through, if a capture is read to it. */
  readonly chunk?: Uint8Array | null;
}

/** Frames that follow each other in one capture. */
export interface Turn {
  /** Of the stream: whole seconds since 1970 that times count from. */
  readonly epochSeconds: number;
  /** Digits after the second's point that its times have, as far as it was read: finer ones may come later. */
  readonly timeDigits: 6 | 9;
  /** Under whose cursor the frames are; null where they were read elsewhere. */
  readonly source: PacketSource | null;
  /** Hands the frames to the sink. @returns how far the capture was read; null where this is not the end of what was read */
  read(): Progress | null;
}

/** Frames that are decoded before records are walked through again, at most, where that was in vain time after time. */
const LONGEST_PAUSE = 63;

/** Link types whose header has an EtherType: where it stands, and how long the header is. */
const TYPED_LINKS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [LinkType.ETHERNET, [12, 14]],
  [LinkType.LINUX_SLL, [14, 16]],
  [LinkType.LINUX_SLL2, [0, 20]],
]);

/** Whether records are walked through where they are such as can be. */
export function walksThrough(sink: FrameSink, { verifyChecksums }: Options): boolean {
  return sink.walk !== undefined && verifyChecksums !== true;
}

/** Captures that are read as one stream, turn by turn. */
export interface Reading {
  next(): Promise<Turn | null>;
  /** Safe to call twice. */
  close(): Promise<void>;
  /** What was in the captures; once all is closed. */
  summaries(clock: Clock | null): CaptureSummary[];
}

/** Begins to read captures; frames that are passed on are named in `frameNames`. */
export type Read = (paths: readonly string[], options: Options, sink: FrameSink, frameNames: FrameNames) => Reading;

export const readHere: Read = (...all) => new DirectReading(...all);

/** Reads and decodes captures on this thread. */
export class DirectReading implements Reading {
  readonly #series: Series;
  readonly #tallies: readonly CaptureTally[];
  readonly #frameNames: FrameNames;
  readonly #sink: FrameSink;
  /** Of the frame that comes next, counted through all captures from 1. */
  #nextNumber = 1;
  #newest: Time = Number.NEGATIVE_INFINITY;
  readonly #span = new RecordSpan();
  /** Frames to be decoded before records are walked through. */
  #pause = 0;
  #nextPause = 0;
  readonly #walks: boolean;

  constructor(
    paths: readonly string[],
    options: Options,
    sink: FrameSink,
    frameNames = new FrameNames(paths),
    open = (path: string): Promise<PacketSource> => openForTcp(path, options),
  ) {
    this.#series = new Series(paths, async (path) => {
      const source = await open(path);
      // Captures that take turns would be read over each other.
      if (paths.length === 1 && sink.chunk != null) source.readInto?.(sink.chunk);
      return source;
    });
    this.#tallies = talliesOf(this.#series.members, options);
    this.#frameNames = frameNames;
    this.#sink = sink;
    this.#walks = walksThrough(sink, options);
  }

  async next(): Promise<Turn | null> {
    const series = this.#series;
    const member = await series.next();
    if (member === null) return null;
    const { source } = member;
    return {
      epochSeconds: series.epochSeconds,
      get timeDigits() {
        return series.timeDigits;
      },
      source,
      read: () => {
        this.#read(member, source);
        const { bytesRead, size } = source;
        return member.hasFrame ? null : { path: member.path, bytesRead, size };
      },
    };
  }

  close(): Promise<void> {
    return this.#series.close();
  }

  summaries(clock: Clock | null): CaptureSummary[] {
    return this.#series.members.map((member) => summaryOf(member, this.#tallies[member.index], clock));
  }

  /** From the frame under the member's cursor on, as far as frames are in memory, and the sink takes them. */
  #read(member: SeriesMember, source: PacketSource): void {
    const { frame } = source;
    const tally = this.#tallies[member.index];
    const { decoder } = tally;
    const { segment } = decoder;
    const sink = this.#sink;
    const { until } = member;
    const base = this.#series.epochSeconds;
    let number = this.#nextNumber - 1;
    // Not a number: the first frame names the turn.
    let shift = Number.NaN;
    let { newest } = tally;
    let time = timeOf(frame, base);
    if (tally.frames === 0) tally.first = time;
    let goesOn = true;
    do {
      if (++number - frame.number !== shift) {
        shift = number - frame.number;
        this.#frameNames.begin(number, member.index, frame.number);
      }
      if (time > newest) {
        newest = time;
        if (time > this.#newest) this.#newest = time;
      } else if (time < newest) {
        tally.order.late(newest - time);
      }
      const found = decoder.decode(frame);
      if (found !== SKIPPED) tally.segments++;
      segment.time = time;
      segment.frame = number;
      goesOn = sink.take(found, segment, this.#newest);
      if (goesOn && this.#walks && this.#pause-- === 0 && this.#lend(source, number, newest, until)) {
        goesOn = this.#walk(source, tally);
        number = this.#span.frame;
        newest = this.#span.newest;
      }
      member.hasFrame = source.next();
      time = timeOf(frame, base);
    } while (member.hasFrame && time <= until && goesOn);
    tally.newest = newest;
    tally.frames += number + 1 - this.#nextNumber;
    this.#nextNumber = number + 1;
  }

  /** @returns whether there are records to walk through, behind the frame of this number */
  #lend(source: PacketSource, number: number, newest: Time, until: Time): boolean {
    const span = this.#span;
    this.#pause = 0;
    const link = TYPED_LINKS.get(source.frame.linkType);
    if (link === undefined) return false;
    [span.typeAt, span.linkHeader] = link;
    span.epochSeconds = this.#series.epochSeconds;
    span.frame = number;
    span.newest = newest;
    span.until = until;
    return source.lend?.(span) === true;
  }

  /** Hands records to the sink. @returns as `sink.walk` */
  #walk(source: PacketSource, tally: CaptureTally): boolean {
    const span = this.#span;
    const before = span.frame;
    const goesOn = this.#sink.walk?.(span) !== false;
    const records = span.frame - before;
    if (records === 0) {
      this.#pause = this.#nextPause;
      this.#nextPause = Math.min(2 * this.#nextPause + 1, LONGEST_PAUSE);
      return goesOn;
    }
    this.#nextPause = 0;
    source.skip?.(records, span.position);
    tally.segments += records;
    if (span.newest > this.#newest) this.#newest = span.newest;
    return goesOn;
  }
}

function timeOf(frame: Frame, epochSeconds: number): Time {
  return (frame.seconds - epochSeconds) * SECOND + frame.nanoseconds;
}
