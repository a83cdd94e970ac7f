import { Worker } from 'node:worker_threads';
import { CaptureError } from '../capture/error.js';
import type { FrameNames } from '../capture/frame-names.js';
import { ICMP_ERROR, SKIPPED, TCP } from '../decode/decoder.js';
import { Segment } from '../decode/segment.js';
import type { CaptureSummary } from '../findings/analysis.js';
import type { Progress } from '../flows.js';
import type { FrameSink, Reading, Turn } from '../reading.js';
import type { Decoded, DecodedTurn, DecodingJob, PlainError } from './decoded-turn.js';
import { SegmentWords } from './segment-words.js';

/** Bytes of some 3,500 segments: as many as a chunk of a capture of headers holds. */
const BUFFER_LENGTH = 256 * 1024;
/** Turns that are read ahead, at most. */
const BUFFERS = 8;

/** Reads and decodes one capture on a thread of its own, while this one follows its flows. */
export class DecodedReading implements Reading {
  readonly #sink: FrameSink;
  readonly #worker: Worker;
  readonly #segment = new Segment();
  readonly #arrived: Decoded[] = [];
  #summary: CaptureSummary | null = null;
  #failure: Error | null = null;
  #wake = (): void => {};

  constructor(path: string, verifyChecksums: boolean, sink: FrameSink, frameNames: FrameNames) {
    this.#sink = sink;
    frameNames.begin(1, 0, 1);
    const buffers = Array.from({ length: BUFFERS }, () => new ArrayBuffer(BUFFER_LENGTH));
    const job: DecodingJob = { path, verifyChecksums, buffers };
    const fail = (error: Error): void => {
      this.#failure ??= error;
      this.#wake();
    };
    this.#worker = new Worker(new URL('./decoding-thread.js', import.meta.url), {
      workerData: job,
      transferList: buffers,
      // Options of the process, such as a script of its command line, are not the thread's.
      execArgv: [],
    })
      .on('message', (decoded: Decoded) => {
        this.#arrived.push(decoded);
        this.#wake();
      })
      .on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))))
      .on('exit', (status) => fail(new Error(`a thread that reads a capture ended with status ${status}`)));
  }

  async next(): Promise<Turn | null> {
    while (this.#arrived.length === 0) {
      if (this.#failure !== null) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const decoded = this.#arrived.shift() as Decoded;
    if ('buffer' in decoded) return this.#turn(decoded);
    const { summary, error } = decoded;
    this.#summary = { ...summary, error: error === null ? null : errorOf(error) };
    return null;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  summaries(): CaptureSummary[] {
    return this.#summary === null ? [] : [this.#summary];
  }

  #turn(decoded: DecodedTurn): Turn {
    const { epochSeconds, timeDigits } = decoded;
    let digits = timeDigits[0];
    return {
      epochSeconds,
      get timeDigits() {
        return digits;
      },
      source: null,
      read: (): Progress | null => {
        this.#read(decoded);
        digits = timeDigits[1];
        return decoded.progress;
      },
    };
  }

  #read({ buffer, length, newest }: DecodedTurn): void {
    const words = new SegmentWords(buffer);
    const segment = this.#segment;
    const sink = this.#sink;
    for (let at = 0; at < length; ) {
      at = words.read(at, segment);
      sink.take(segment.icmpType === -1 ? TCP : ICMP_ERROR, segment, words.newest);
    }
    sink.take(SKIPPED, segment, newest);
    this.#worker.postMessage(buffer, [buffer]);
  }
}

function errorOf({ code, path, offset, frame, expected, found }: PlainError): CaptureError {
  return new CaptureError(code, path, offset, frame, expected, found);
}
