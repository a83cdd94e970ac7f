import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { fileSize } from '../capture/file-bytes.js';
import { DeferredCopies } from '../connection/deferred-copies.js';
import type { Clock, Time } from '../connection/model.js';
import type { OrdinaryEnd } from '../connection/postmortem/ordinary.js';
import type { CaptureSummary } from '../findings/analysis.js';
import type { Flow } from '../findings/finding.js';
import { type FlowStream, flows, flowsOrOrdinary } from '../flows.js';
import { type Options, Settings } from '../options.js';
import { type FlowFormat, type FlowPrinter, flowPrinter } from '../report/flow-printers.js';
import { type FlowText, PrintedFlows } from '../report/printed-flows.js';
import { VERSION } from '../version.js';
import type { PrintedBatch } from './batch-printer.js';

import { PrintingPool } from './printing-pool.js';

/** Reading and following take a sixth of the time that post-mortems take: a few threads keep up with one that reads. */
const MOST_THREADS = 4;
/** Of text, for a batch at first. */
const FEWEST_BYTES = 0x10000;
/** Connections that are handed to a thread at once. */
const BATCH = 128;
/**
 * Batches of a capture that are printed before other threads are started, unless these were asked for or it is LARGE. Measured on
 * two processors (`--threads 1` and 2, bench/generate.mjs short-flows): 10,000 connections took a fifth longer on two threads than
 * on one, 59,000 a fifth less.
 */
const ALONE = 128;
/** Bytes of a capture that is taken to hold more than those. */
const LARGE = 2 ** 28;
/** Connections that are held until those before them are printed. */
const MOST_HELD = 32 * BATCH;

export interface TextOptions extends Omit<Options, 'detail'> {
  /**
   * Threads that post-mortems are made on, this one among them; by default, where there are tens of thousands of
   * connections or the capture is large, as many as there are processors, at most 4.
   */
  readonly threads?: number;
}

/**
 * All connections as text of one format. Connections without incident, which most are, have their post-mortems made on
 * several threads; the text is the same with any number of them.
 * @throws FilterError, SysctlError (at once) where an option cannot be understood
 */
export function flowText(
  captures: string | readonly string[],
  format: FlowFormat,
  options: TextOptions = {},
): FlowText {
  const printer = flowPrinter(format, VERSION);
  const paths = typeof captures === 'string' ? [captures] : captures;
  const { threads = Math.min(availableParallelism(), MOST_THREADS), ...rest } = options;
  const reading: Options = { ...rest, detail: printer.detail };
  // Frames of several captures, or put in order, have other numbers; networks are not copied. A pipe may be live: its
  // connections are printed as they end, without waiting for others.
  const size =
    paths.length === 1 && options.reorder === undefined && options.key === undefined ? fileSize(paths[0]) : null;
  if (size === null || printer.detail === 'full') return new PrintedFlows(flows(paths, reading), printer);
  const alone = options.threads === undefined && size < LARGE ? ALONE : 0;
  return new SpreadText(paths[0], format, printer, reading, threads, alone);
}

/** A batch that is filled, on its way, or printed. */
class PendingBatch {
  readonly copies: DeferredCopies;
  readonly followedUntil: Time[] = [];
  /** Set once somebody prints it. */
  printing: Promise<void> | null = null;
  printed: PrintedBatch | null = null;

  constructor(
    readonly clock: Clock,
    buffer: ArrayBuffer | null,
  ) {
    this.copies = new DeferredCopies(buffer);
  }

  get isFull(): boolean {
    return this.followedUntil.length === BATCH;
  }
}

/** Stands for a connection's text among the others. */
class Place {
  constructor(
    readonly batch: PendingBatch,
    readonly index: number,
  ) {}

  /** Whether `held` stands for the connection that was copied so many behind this one. */
  isFollowedBy(held: string | Place, distance: number): boolean {
    return typeof held !== 'string' && held.batch === this.batch && held.index === this.index + distance;
  }
}

class SpreadText implements FlowText {
  count = 0;
  readonly #stream: FlowStream<Flow | Place>;
  readonly #printer: FlowPrinter;
  readonly #pool: PrintingPool;
  /** In the order in which they will be printed: text of one connection, or where it will be. */
  #held: (string | Place)[] = [];
  #filling: PendingBatch | null = null;
  readonly #full: PendingBatch[] = [];
  /** Memory of batches that were taken. Without it, 500,000 connections took a fifth longer, and two gigabytes more. */
  readonly #unused = { copies: [] as ArrayBuffer[], text: [] as ArrayBuffer[] };

  constructor(
    capture: string,
    format: FlowFormat,
    printer: FlowPrinter,
    options: Options,
    threads: number,
    alone: number,
  ) {
    const { profiles } = new Settings(options);
    this.#printer = printer;
    this.#pool = new PrintingPool({ capture, format, profiles }, threads - 1, alone);
    this.#stream = flowsOrOrdinary([capture], options, {
      takes: (flow) => flow.isCopied,
      end: (flow, clock) => this.#copy(flow, clock),
    });
  }

  get captures(): readonly CaptureSummary[] {
    return this.#stream.captures;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for await (const piece of this.pieces()) yield typeof piece === 'string' ? piece : decoder.decode(piece);
  }

  async *pieces(): AsyncGenerator<string | Uint8Array> {
    const { separator } = this.#printer;
    try {
      for await (const flow of this.#stream) {
        this.#held.push(flow instanceof Place ? flow : separator + this.#printer.one(flow));
        for (let batch = this.#full.shift(); batch !== undefined; batch = this.#full.shift()) {
          // What threads have done is heard of in between.
          await setImmediate();
          this.#print(batch);
        }
        if (this.#held.length >= MOST_HELD) yield* this.#take(MOST_HELD / 2);
      }
      yield* this.#take(this.#held.length);
      yield this.#printer.end(this.count);
    } finally {
      await this.#pool.close();
    }
  }

  #copy(flow: OrdinaryEnd, clock: Clock): Place {
    if (this.#filling !== null && this.#filling.clock !== clock) this.#seal();
    this.#filling ??= new PendingBatch(clock, this.#unused.copies.pop() ?? null);
    const batch = this.#filling;
    batch.followedUntil.push(flow.followedUntil);
    const place = new Place(batch, flow.copyTo(batch.copies));
    if (batch.isFull) this.#seal();
    return place;
  }

  #seal(): void {
    if (this.#filling !== null) this.#full.push(this.#filling);
    this.#filling = null;
  }

  #print(batch: PendingBatch): void {
    const { clock, copies, followedUntil } = batch;
    const room = this.#unused.text.pop() ?? new ArrayBuffer(FEWEST_BYTES);
    batch.printing = this.#pool
      .print({ clock, copies: copies.buffer, places: copies.places, followedUntil, room }, batch.isFull)
      .then((printed) => {
        batch.printed = printed;
        this.#unused.copies.push(printed.copies);
      });
    // Whoever waits for it is told.
    batch.printing.catch(() => {});
  }

  /** The text of the first connections that are held. */
  async *#take(count: number): AsyncGenerator<string | Uint8Array> {
    const taken = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    for (let index = 0; index < taken.length; ) {
      const held = taken[index];
      let next = index + 1;
      if (typeof held === 'string') {
        yield this.#after(held);
      } else {
        // Those behind it are most often of the same batch.
        while (next < taken.length && held.isFollowedBy(taken[next], next - index)) next++;
        const text = await this.#textOf(held, next - index);
        yield this.count > 0 ? text : this.#after(decoder.decode(text));
        if (held.index + next - index === held.batch.followedUntil.length) this.#unused.text.push(text.buffer);
      }
      this.count += next - index;
      index = next;
    }
  }

  /** A text that has the separator before it, as it stands behind those before. */
  #after(text: string): string {
    const { separator } = this.#printer;
    return this.count === 0 ? this.#printer.begin() + text.slice(separator.length) : text;
  }

  async #textOf({ batch, index }: Place, count: number): Promise<Uint8Array<ArrayBuffer>> {
    if (batch.printed === null) {
      if (batch === this.#filling) this.#seal();
      for (const full of this.#full.splice(0)) this.#print(full);
      await batch.printing;
    }
    const { text, ends } = batch.printed as PrintedBatch;
    return text.subarray(index === 0 ? 0 : ends[index - 1], ends[index + count - 1]);
  }
}

const decoder = new TextDecoder();
