import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { FlowCopies } from '../connection/flow-copies.js';
import type { Clock, Time } from '../connection/model.js';
import type { OrdinaryEnd } from '../connection/postmortem/ordinary.js';
import type { CaptureSummary } from '../findings/analysis.js';
import type { Flow } from '../findings/finding.js';
import { type FlowStream, flows, flowsOrOrdinary, type Options, Settings } from '../flows.js';
import { type FlowFormat, type FlowPrinter, flowPrinter } from '../report/flow-printers.js';
import { type FlowText, PrintedFlows } from '../report/printed-flows.js';
import { VERSION } from '../version.js';
import type { PrintedBatch } from './batch-printer.js';

import { PrintingPool } from './printing-pool.js';

/** Reading and following take a sixth of the time that post-mortems take: a few threads keep up with one that reads. */
const MOST_THREADS = 4;
/** Connections that are handed to a thread at once. */
const BATCH = 128;
/**
 * Batches of a capture that are printed before other threads are started, unless they were asked for. Measured on two
 * processors (`--threads 1` and 2, bench/generate.mjs short-flows): 10,000 connections took a third longer on two threads than
 * on one, 50,000 a fifth less.
 */
const ALONE = 128;
/** Connections that are held until those before them are printed. */
const MOST_HELD = 32 * BATCH;

export interface TextOptions extends Omit<Options, 'detail'> {
  /**
   * Threads that post-mortems are made on, this one among them; by default, where there are tens of thousands of
   * connections, as many as there are processors, at most 4.
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
  const isSpread = paths.length === 1 && options.reorder === undefined && options.key === undefined && isFile(paths[0]);
  return threads > 1 && isSpread
    ? new SpreadText(paths[0], format, printer, reading, threads, options.threads === undefined ? ALONE : 0)
    : new PrintedFlows(flows(paths, reading), printer);
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** A batch that is filled, on its way, or printed. */
class PendingBatch {
  readonly flows = new FlowCopies(BATCH);
  readonly followedUntil: Time[] = [];
  /** Set once somebody prints it. */
  printing: Promise<void> | null = null;
  printed: PrintedBatch | null = null;

  constructor(readonly clock: Clock) {}
}

/** Stands for a connection's text among the others. */
class Place {
  constructor(
    readonly batch: PendingBatch,
    readonly index: number,
  ) {}
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
    this.#stream = flowsOrOrdinary([capture], options, { end: (flow, clock) => this.#copy(flow, clock) }, true);
  }

  get captures(): readonly CaptureSummary[] {
    return this.#stream.captures;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
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
    this.#filling ??= new PendingBatch(clock);
    const batch = this.#filling;
    batch.followedUntil.push(flow.followedUntil);
    const place = new Place(batch, batch.flows.add(flow.source, flow.record));
    if (batch.flows.isFull) this.#seal();
    return place;
  }

  #seal(): void {
    if (this.#filling !== null) this.#full.push(this.#filling);
    this.#filling = null;
  }

  #print(batch: PendingBatch): void {
    batch.printing = this.#pool
      .print({ clock: batch.clock, flows: batch.flows.all, followedUntil: batch.followedUntil }, batch.flows.isFull)
      .then((printed) => {
        batch.printed = printed;
      });
    // Whoever waits for it is told.
    batch.printing.catch(() => {});
  }

  /** The text of the first connections that are held. */
  async *#take(count: number): AsyncGenerator<string> {
    const taken = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    for (const held of taken) {
      const text = typeof held === 'string' ? held : await this.#textAt(held);
      yield this.count++ === 0 ? this.#printer.begin() + text.slice(this.#printer.separator.length) : text;
    }
  }

  async #textAt({ batch, index }: Place): Promise<string> {
    if (batch.printed === null) {
      if (batch === this.#filling) this.#seal();
      for (const full of this.#full.splice(0)) this.#print(full);
      await batch.printing;
    }
    const { text, ends } = batch.printed as PrintedBatch;
    return text.slice(index === 0 ? 0 : ends[index - 1], ends[index]);
  }
}
