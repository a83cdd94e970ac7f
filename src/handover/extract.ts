import type { Frame } from '../capture/frame.js';
import type { CaptureInfo } from '../capture/source.js';
import type { CaptureSummary } from '../findings/analysis.js';
import { type FrameObserver, flows, type Options, observeFlows } from '../flows.js';
import type { Membership } from '../membership.js';
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
 * pipes are kept in a temporary file for that. Memory follows the connections alive.
 *
 * @throws FilterError, SysctlError, HandoverError
 */
export async function extract(
  captures: string | readonly string[],
  write: Write,
  options: ExtractOptions = {},
): Promise<Extracted> {
  const spool = await Spool.of(typeof captures === 'string' ? [captures] : captures, options.signal);
  try {
    const chosen = await choose(spool.paths, options);
    const extraction = new Extraction(chosen, write, options);
    const { filter: _filter, select: _select, ...same } = options;
    for await (const _ of observeFlows(spool.paths, same, extraction));
    extraction.endCapture();
    await extraction.flush();
    const { frames, successors, endMarks } = extraction;
    return { captures: spool.named(chosen.captures), flows: chosen.flows.size, frames, successors, endMarks };
  } finally {
    await spool.remove();
  }
}

/** What the first reading finds out. */
interface Chosen {
  readonly captures: readonly CaptureSummary[];
  readonly flows: NumberSet;
  /** Paths of the captures whose end is part of the evidence. */
  readonly ends: ReadonlySet<string>;
}

async function choose(paths: readonly string[], options: Options): Promise<Chosen> {
  const chosen = new NumberSet();
  const ends = new Set<string>();
  const stream = flows(paths, { ...options, detail: 'summary' });
  for await (const flow of stream) {
    chosen.add(flow.flow);
    if (restsOnSilence(flow)) ends.add(flow.capture);
  }
  return { captures: stream.captures, flows: chosen, ends };
}

/** The second reading: which frames are written, and what of them. */
class Extraction implements FrameObserver {
  readonly wantsFlows = false;
  readonly #write: Write;
  readonly #writer: CaptureWriter;
  frames = 0;
  successors = 0;
  endMarks = 0;
  readonly #chosen: Chosen;
  readonly #rewrite: (frame: Frame) => FrameToWrite;
  #endMark: EndMark | null = null;

  constructor(chosen: Chosen, write: Write, options: ExtractOptions) {
    this.#chosen = chosen;
    this.#write = write;
    const digits = chosen.captures.some(({ clock }) => clock?.digits === 9) ? 9 : 6;
    this.#writer = options.to === 'pcap' ? new PcapWriter(digits) : new PcapngWriter('lastack');
    this.#rewrite = rewriter(options);
  }

  capture(info: CaptureInfo): void {
    this.endCapture();
    this.#writer.capture(info);
    this.#endMark = this.#chosen.ends.has(info.path) ? new EndMark() : null;
  }

  frame(frame: Frame, flow: number, membership: Membership): void {
    const { flows: chosen } = this.#chosen;
    const isOwn = flow !== 0 && chosen.has(flow);
    const isSuccessor = !isOwn && flow !== 0 && membership.evidenceIn !== 0 && chosen.has(membership.evidenceIn);
    this.#endMark?.see(frame, isOwn || isSuccessor);
    if (!isOwn && !isSuccessor) return;
    this.#writer.frame(this.#rewrite(frame), []);
    this.frames++;
    if (isSuccessor) this.successors++;
  }

  endCapture(): void {
    const mark = this.#endMark?.record() ?? null;
    this.#endMark = null;
    if (mark === null) return;
    this.#writer.frame(mark, ['lastack: the capture went on until here']);
    this.frames++;
    this.endMarks++;
  }

  async flush(): Promise<void> {
    const bytes = this.#writer.take();
    if (bytes.length > 0) await this.#write(bytes);
  }
}

function rewriter({ anonymize, headersOnly }: ExtractOptions): (frame: Frame) => FrameToWrite {
  if (anonymize !== undefined) {
    const anonymizer = new Anonymizer(anonymize);
    return (frame) => anonymizer.rewrite(frame);
  }
  return headersOnly ? headersOf : (frame) => frame;
}

/** What is not understood is not written: it might be payload. */
function headersOf(frame: Frame): FrameToWrite {
  const { bytes, offset, originalLength, seconds, nanoseconds, linkType } = frame;
  const capturedLength = (layoutOf(frame)?.end ?? offset) - offset;
  return { bytes, offset, capturedLength, originalLength, seconds, nanoseconds, linkType };
}
