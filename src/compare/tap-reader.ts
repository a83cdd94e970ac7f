import { CaptureError } from '../capture/error.js';
import { openCapture } from '../capture/open.js';
import type { PacketSource } from '../capture/source.js';
import type { Clock, Time } from '../connection/model.js';
import { SECOND } from '../connection/time.js';
import { type DecodeResult, FrameDecoder, ICMP_ERROR, TCP, TCP_UNUSABLE } from '../decode/decoder.js';
import { isSupportedLinkType, linkTypeName } from '../decode/link-type.js';
import type { Segment } from '../decode/segment.js';
import type { CaptureSummary } from '../findings/analysis.js';
import type { Options, Progress } from '../flows.js';

/** What was read of one file; it counts on while the file is read. */
interface FileCount {
  readonly source: PacketSource;
  readonly decoder: FrameDecoder;
  frames: number;
  segments: number;
  first: Time;
  last: Time;
}

/**
 * One tap's frames, one at a time: those of its files one after the other, numbered through. A cursor: `time`, `number` and,
 * once decoded, `segment` are those of the frame that the last successful `step()` or `advance()` came to.
 */
export class TapReader {
  /** Nanoseconds since `clock.epochSeconds`. */
  time: Time = 0;
  /** From 1, through all files of the tap. */
  number = 0;
  /** Time of the newest frame that was come to. */
  newest: Time = Number.NEGATIVE_INFINITY;
  /** Time of the first frame of all. */
  first: Time = 0;
  /** Null before the first frame. */
  clock: Clock | null = null;
  done = false;

  readonly #paths: readonly string[];
  readonly #options: Options;
  readonly #failed: CaptureSummary[] = [];
  readonly #counts: FileCount[] = [];
  #current: FileCount | null = null;
  #next = 0;

  constructor(paths: readonly string[], options: Options) {
    this.#paths = paths;
    this.#options = options;
  }

  get path(): string {
    return this.#paths.join(', ');
  }

  /** How many files have been begun. */
  get files(): number {
    return this.#next;
  }

  /** The segment of the frame that was decoded last. */
  get segment(): Segment {
    return (this.#current as FileCount).decoder.segment;
  }

  /** Goes to the next frame that is in memory; false where there is none: `advance()` reads more. */
  step(): boolean {
    const current = this.#current;
    if (current === null || !current.source.next()) return false;
    const { frame } = current.source;
    this.clock ??= { epochSeconds: frame.seconds, digits: current.source.info.timeDigits };
    const time = (frame.seconds - this.clock.epochSeconds) * SECOND + frame.nanoseconds;
    if (this.number++ === 0) this.first = time;
    if (current.frames++ === 0) current.first = time;
    if (time > current.last) current.last = time;
    if (time > this.newest) this.newest = time;
    this.time = time;
    return true;
  }

  /** Decodes the frame that was come to. */
  decode(): DecodeResult {
    const current = this.#current as FileCount;
    const result = current.decoder.decode(current.source.frame);
    if (result === TCP || result === ICMP_ERROR || result === TCP_UNUSABLE) current.segments++;
    return result;
  }

  /** Reads on, into the next file where one has ended. False at the end of the last one. */
  async advance(onProgress?: (progress: Progress) => void): Promise<boolean> {
    for (;;) {
      if (this.#current !== null) {
        const { source } = this.#current;
        while (await source.advance()) {
          onProgress?.({ path: source.info.path, bytesRead: source.bytesRead, size: source.size });
          if (this.step()) return true;
        }
        await source.close();
        this.#current = null;
      }
      if (this.#next === this.#paths.length) {
        this.done = true;
        return false;
      }
      await this.#open(this.#paths[this.#next++]);
    }
  }

  async close(): Promise<void> {
    await this.#current?.source.close();
    this.#current = null;
  }

  /** What was in each file, those that could not be read included. */
  summaries(): CaptureSummary[] {
    const read = this.#counts.map(({ source, decoder, frames, segments, first, last }): CaptureSummary => {
      const { info, error } = source;
      return {
        path: info.path,
        format: info.format,
        compression: info.compression,
        linkType: linkTypeName(info.linkType),
        frames,
        tcpSegments: segments,
        skipped: decoder.skippedByReason(),
        complete: error === null,
        error,
        clock: frames === 0 ? null : this.clock,
        firstFrameAt: frames === 0 ? null : first,
        lastFrameAt: frames === 0 ? null : last,
      };
    });
    return [...read, ...this.#failed];
  }

  async #open(path: string): Promise<void> {
    const { reader } = this.#options;
    try {
      const source = await openCapture(path, reader === undefined ? {} : { reader });
      const { linkType } = source.info;
      const decoder = new FrameDecoder();
      if (isSupportedLinkType(linkType)) {
        this.#current = { source, decoder, frames: 0, segments: 0, first: 0, last: Number.NEGATIVE_INFINITY };
        this.#counts.push(this.#current);
        return;
      }
      await source.close();
      const found = linkTypeName(linkType);
      throw new CaptureError('unsupported-link-type', path, 20, null, 'a link type that carries IP', found);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
      this.#failed.push(unreadable(path, error));
    }
  }
}

function unreadable(path: string, error: CaptureError): CaptureSummary {
  return {
    path,
    format: 'pcap',
    compression: null,
    linkType: 'unknown',
    frames: 0,
    tcpSegments: 0,
    skipped: {},
    complete: false,
    error,
    clock: null,
    firstFrameAt: null,
    lastFrameAt: null,
  };
}
