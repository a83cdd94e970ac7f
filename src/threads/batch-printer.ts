import { FrameNames } from '../capture/frame-names.js';
import { recordsOf } from '../connection/deferred-copies.js';
import type { Clock, Connection, Time } from '../connection/model.js';
import { soundConnection } from '../connection/postmortem/sound-connection.js';
import type { HostProfile } from '../connection/profile.js';
import type { Side } from '../connection/state.js';
import type { Flow } from '../findings/finding.js';
import { type FlowFormat, flowPrinter } from '../report/flow-printers.js';
import { Utf8Text } from '../report/utf8-text.js';
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
  /** Of DeferredCopies. */
  readonly copies: ArrayBuffer;
  readonly places: readonly number[];
  /** Of each: tap time of the newest frame when it ended. */
  readonly followedUntil: readonly Time[];
  /** Memory for the text, as far as that is enough. */
  readonly room: ArrayBuffer;
}

export interface PrintedBatch {
  /** Of the batch: nobody reads it any more. */
  readonly copies: ArrayBuffer;
  /** Of all, one behind the other, each with the format's separator before it, in UTF-8. */
  readonly text: Uint8Array<ArrayBuffer>;
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

  print({ clock, copies, places, followedUntil, room }: Batch): PrintedBatch {
    const { separator, write } = this.#printer;
    const records = recordsOf(copies);
    const ends: number[] = [];
    const text = new Utf8Text(new Uint8Array(room));
    for (const [index, place] of places.entries()) {
      const connection = soundConnection(records, place, {
        capture: this.job.capture,
        clock,
        followedUntil: followedUntil[index],
        profiles: this.job.profiles,
        distances: null,
      });
      const flow = flowOf(connection, this.#captures, this.#frameNames);
      text.text(separator);
      if (write === undefined) text.text(this.#printer.one(flow));
      else write(flow, text);
      ends.push(text.length);
    }
    return { copies, text: text.memory.subarray(0, text.length), ends };
  }
}

/** The connection itself, as a flow. To copy these fields from an object to it took a twentieth of the time of its text. */
function flowOf(connection: Connection, captures: Flow['captures'], frameNames: FrameNames): Flow {
  const flow: Connection & { -readonly [K in Exclude<keyof Flow, keyof Connection>]?: Flow[K] } = connection;
  flow.captures = captures;
  flow.frameNames = frameNames;
  flow.findings = [];
  return flow as Flow;
}
