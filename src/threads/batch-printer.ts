import { FrameNames } from '../capture/frame-names.js';
import { type CopiedFlows, copiedSource } from '../connection/flow-copies.js';
import type { Clock, Time } from '../connection/model.js';
import { readHistory } from '../connection/postmortem/history.js';
import type { HostProfile } from '../connection/profile.js';
import type { Side } from '../connection/state.js';
import { diagnosedFlow } from '../diagnosed-flow.js';
import { type FlowFormat, flowPrinter } from '../report/flow-printers.js';
import { VERSION } from '../version.js';

/** What is the same for all connections of a capture. */
export interface PrintJob {
  readonly capture: string;
  readonly format: FlowFormat;
  readonly profiles: Readonly<Record<Side, HostProfile>>;
}

/** Connections without incident that have ended. */
export interface Batch {
  readonly clock: Clock;
  readonly flows: CopiedFlows;
  /** Of each: tap time of the newest frame when it ended. */
  readonly followedUntil: readonly Time[];
}

export interface PrintedBatch {
  /** Of all, one behind the other, each with the format's separator before it. */
  readonly text: string;
  /** Where that of each ends. */
  readonly ends: readonly number[];
}

/** Makes the text of connections, on whatever thread. Their captures are one, and keep their frames' numbers. */
export class BatchPrinter {
  readonly #captures: readonly string[];
  readonly #frameNames: FrameNames;
  readonly #printer;

  constructor(readonly job: PrintJob) {
    this.#captures = [job.capture];
    this.#frameNames = new FrameNames(this.#captures);
    this.#frameNames.begin(1, 0, 1);
    this.#printer = flowPrinter(job.format, VERSION);
  }

  print({ clock, flows, followedUntil }: Batch): PrintedBatch {
    const source = copiedSource(flows);
    const ends: number[] = [];
    let text = '';
    for (let record = 0; record < flows.count; record++) {
      const flow = diagnosedFlow(readHistory(source, record), {
        captures: this.#captures,
        frameNames: this.#frameNames,
        clock,
        followedUntil: followedUntil[record],
        profiles: this.job.profiles,
        thresholds: null,
        distances: null,
      });
      text += this.#printer.separator + this.#printer.one(flow);
      ends.push(text.length);
    }
    return { text, ends };
  }
}
