import type { Frame } from '../capture/frame.js';
import type { CaptureInfo } from '../capture/source.js';
import type { Segment } from '../decode/segment.js';
import type { CaptureSummary } from '../findings/analysis.js';
import { flows, observeFlows } from '../flows.js';
import type { FrameObserver } from '../follower.js';
import type { Membership } from '../membership.js';
import type { Options } from '../options.js';
import { Anonymizer } from './anonymize/anonymizer.js';
import type { CaptureFormat, CaptureWriter, FrameToWrite } from './capture-writer.js';
import { EndMark, restsOnSilence } from './end-mark.js';
import { NumberSet } from './number-set.js';
import { layoutOf } from './packet-layout.js';
import { PcapWriter } from './pcap-writer.js';
import { PcapngWriter } from './pcapng-writer.js';
import { Spool } from './spool.js';

/** Takes the bytes of a capture file, in order; resolves when more are welcome. */
export type Write = (bytes: Uint8Array) => Promise<void>;

export interface ExtractOptions extends Options {
  /** `pcapng` by default. */
  readonly to?: CaptureFormat;
  /** Cut each frame behind its TCP header: the original length stays. */
  readonly headersOnly?: boolean;
  /** A key of 32 bytes (see `anonymizationKey`): map addresses, remove payload, link addresses, cookies and checksums. */
  readonly anonymize?: Uint8Array;
}

export interface Extracted {
  readonly captures: readonly CaptureSummary[];
  readonly flows: number;
  /** Frames that were written, those below among them. */
  readonly frames: number;
  /** Frames of later connections on the same ports: they ended one that was asked for. */
  readonly successors: number;
  /** Empty records that say until when a capture went on, where what is said of a connection rests on that. */
  readonly endMarks: number;
}

/**
 * Writes the frames of the connections that `options` select, in their order, with their bytes, times and link types: segments
 * that the library counts to them, copies of these, and ICMP errors about them. Reads the captures twice; standard input and
 * pipes are kept in a temporary file for that. Where nothing is selected, one reading does. Memory follows the connections
 * alive.
 *
 * @throws FilterError, SysctlError, HandoverError
 */
export async function extract(
  captures: string | readonly string[],
  write: Write,
  options: ExtractOptions = {},
): Promise<Extracted> {
  const paths = typeof captures === 'string' ? [captures] : captures;
  if (options.filter === undefined && options.select === undefined) return copy(paths, EVERYTHING, write, options);
  const spool = await Spool.of(paths, options.signal);
  try {
    const result = await copy(spool.paths, await choose(spool.paths, options), write, options);
    return { ...result, captures: spool.named(result.captures) };
  } finally {
    await spool.remove();
  }
}

/** What the first reading finds out. */
interface Choice {
  has(flow: number): boolean;
  /** How long the captures went on is part of the evidence. */
  readonly endMatters: boolean;
  /** Digits that the times of these captures need; null where nobody has looked. */
  readonly timeDigits: 6 | 9 | null;
}

/** A connection may rest on the end of the captures: nobody has looked. */
const EVERYTHING: Choice = { has: () => true, endMatters: true, timeDigits: null };

/** What was given up is told once, by the reading that writes. */
async function choose(paths: readonly string[], { onGivenUp: _later, ...options }: Options): Promise<Choice> {
  const chosen = new NumberSet();
  let endMatters = false;
  const stream = flows(paths, { ...options, detail: 'summary' });
  for await (const flow of stream) {
    chosen.add(flow.flow);
    endMatters ||= restsOnSilence(flow);
  }
  return {
    has: (flow) => chosen.has(flow),
    endMatters,
    timeDigits: stream.captures.some(({ clock }) => clock?.digits === 9) ? 9 : 6,
  };
}

/** The reading that writes. */
async function copy(
  paths: readonly string[],
  choice: Choice,
  write: Write,
  { filter: _filter, select: _select, ...options }: ExtractOptions,
): Promise<Extracted> {
  // One pcap file has one precision: the finest, where it is not known yet.
  const timeDigits = choice.timeDigits ?? (paths.length > 1 ? 9 : 6);
  const writer = options.to === 'pcap' ? new PcapWriter(timeDigits) : new PcapngWriter('lastack');
  const extraction = new Extraction(choice, writer, rewriter(options), write);
  const stream = observeFlows(paths, options, extraction);
  for await (const _ of stream);
  extraction.markEnd();
  await extraction.flush();
  const { flows, frames, successors, endMarks } = extraction;
  return { captures: stream.captures, flows, frames, successors, endMarks };
}

class Extraction implements FrameObserver {
  readonly wantsFlows = false;
  flows = 0;
  frames = 0;
  successors = 0;
  endMarks = 0;
  readonly #choice: Choice;
  readonly #writer: CaptureWriter;
  readonly #rewrite: Rewrite;
  readonly #write: Write;
  readonly #endMark: EndMark | null;

  constructor(choice: Choice, writer: CaptureWriter, rewrite: Rewrite, write: Write) {
    this.#choice = choice;
    this.#writer = writer;
    this.#rewrite = rewrite;
    this.#write = write;
    this.#endMark = choice.endMatters ? new EndMark() : null;
  }

  capture(info: CaptureInfo): void {
    this.#writer.capture(info);
  }

  frame(frame: Frame, _number: number, flow: number, membership: Membership, segment: Segment): void {
    const { evidenceIn } = membership;
    const isOwn = flow !== 0 && this.#choice.has(flow);
    const isSuccessor = !isOwn && flow !== 0 && evidenceIn !== 0 && this.#choice.has(evidenceIn);
    this.#endMark?.see(frame, isOwn || isSuccessor);
    if (!isOwn && !isSuccessor) return;
    this.#writer.frame(this.#rewrite(frame, segment), []);
    this.frames++;
    if (isSuccessor) this.successors++;
  }

  end(flow: number): void {
    if (this.#choice.has(flow)) this.flows++;
  }

  /** Once all frames were seen. */
  markEnd(): void {
    const mark = this.#endMark?.record() ?? null;
    if (mark === null || this.frames === 0) return;
    this.#writer.frame(mark, ['lastack: the capture went on until here']);
    this.frames++;
    this.endMarks++;
  }

  async flush(): Promise<void> {
    const bytes = this.#writer.take();
    if (bytes.length > 0) await this.#write(bytes);
  }
}

/** What is written of a frame, which was decoded to `segment`. */
type Rewrite = (frame: Frame, segment: Segment) => FrameToWrite;

function rewriter({ anonymize, headersOnly }: ExtractOptions): Rewrite {
  if (anonymize !== undefined) {
    const anonymizer = new Anonymizer(anonymize);
    return (frame, segment) => anonymizer.rewrite(frame, segment);
  }
  return headersOnly ? headersOf : (frame) => frame;
}

/** What is not understood is not written: it might be payload. */
function headersOf(frame: Frame): FrameToWrite {
  const { bytes, offset, originalLength, seconds, nanoseconds, linkType } = frame;
  const capturedLength = (layoutOf(frame)?.end ?? offset) - offset;
  return { bytes, offset, capturedLength, originalLength, seconds, nanoseconds, linkType };
}
