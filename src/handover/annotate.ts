import type { Frame } from '../capture/frame.js';
import type { CaptureInfo } from '../capture/source.js';
import type { CaptureSummary } from '../findings/analysis.js';
import { Summarizer } from '../findings/summarize.js';
import { DEFAULT_THRESHOLDS } from '../findings/thresholds.js';
import { flows, observeFlows } from '../flows.js';
import type { FrameObserver } from '../follower.js';
import type { Options } from '../options.js';
import { PLAIN } from '../report/style.js';
import { summary } from '../report/summary.js';
import { FrameComments } from './comments.js';
import type { Write } from './extract.js';
import { PcapngWriter } from './pcapng-writer.js';
import { Spool } from './spool.js';

const SUMMARY_WIDTH = 100;

export interface Annotated {
  readonly captures: readonly CaptureSummary[];
  /** Connections that were selected. */
  readonly flows: number;
  readonly frames: number;
  readonly comments: number;
  /** Connections whose changes of state were left out, since there were too many comments. */
  readonly unannotated: number;
}

/**
 * Writes all frames of the captures as pcapng, with comments at those that are evidence in the connections that `options`
 * select: findings, changes of both ends' states. The section's comment is the summary of these connections. Reads the
 * captures twice, as `extract` does; memory follows the comments, up to a million.
 *
 * @throws FilterError, SysctlError, HandoverError
 */
export async function annotate(
  captures: string | readonly string[],
  write: Write,
  options: Options = {},
): Promise<Annotated> {
  const spool = await Spool.of(typeof captures === 'string' ? [captures] : captures, options.signal);
  try {
    const comments = new FrameComments();
    const summarizer = new Summarizer({ ...DEFAULT_THRESHOLDS, ...options.thresholds });
    const onGivenUp = (connections: number): void => {
      summarizer.giveUp(connections);
      options.onGivenUp?.(connections);
    };
    const stream = flows(spool.paths, { ...options, onGivenUp, detail: 'summary' });
    let count = 0;
    for await (const flow of stream) {
      summarizer.add(flow);
      comments.add(flow);
      count++;
    }
    const summaries = spool.named(stream.captures);
    const text = summary(summarizer.result(summaries), { width: SUMMARY_WIDTH, style: PLAIN });
    const annotation = new Annotation(comments, text, write);
    const { filter: _filter, select: _select, onGivenUp: _told, ...same } = options;
    for await (const _ of observeFlows(spool.paths, same, annotation));
    await annotation.flush();
    return {
      captures: summaries,
      flows: count,
      frames: annotation.frames,
      comments: comments.size,
      unannotated: comments.unannotated,
    };
  } finally {
    await spool.remove();
  }
}

class Annotation implements FrameObserver {
  readonly wantsFlows = false;
  frames = 0;
  readonly #comments: FrameComments;
  readonly #writer: PcapngWriter;
  readonly #write: Write;

  constructor(comments: FrameComments, sectionComment: string, write: Write) {
    this.#comments = comments;
    this.#writer = new PcapngWriter('lastack', sectionComment);
    this.#write = write;
  }

  capture(info: CaptureInfo): void {
    this.#writer.capture(info);
  }

  frame(frame: Frame, number: number): void {
    this.#writer.frame(frame, this.#comments.of(number));
    this.frames++;
  }

  async flush(): Promise<void> {
    const bytes = this.#writer.take();
    if (bytes.length > 0) await this.#write(bytes);
  }
}
