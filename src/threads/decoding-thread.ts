import { parentPort, workerData } from 'node:worker_threads';
import type { CaptureError } from '../capture/error.js';
import type { Clock, Time } from '../connection/model.js';
import { type DecodeResult, ICMP_ERROR, TCP } from '../decode/decoder.js';
import type { Segment } from '../decode/segment.js';
import { DirectReading, type FrameSink } from '../reading.js';
import type { Decoded, DecodingJob, PlainError } from './decoded-turn.js';
import { MOST_WORDS, SegmentWords } from './segment-words.js';

/** Reads and decodes a capture, and posts its segments turn by turn, as long as it is given buffers for them. */
class Decoding implements FrameSink {
  readonly #free: ArrayBuffer[];
  #words = new SegmentWords(new ArrayBuffer(0));
  #length = 0;
  #newest: Time = Number.NEGATIVE_INFINITY;
  #wake = (): void => {};

  constructor(private readonly job: DecodingJob) {
    this.#free = [...job.buffers];
    parentPort?.on('message', (buffer: ArrayBuffer) => {
      this.#free.push(buffer);
      this.#wake();
    });
  }

  take(found: DecodeResult, segment: Segment, newest: Time): boolean {
    this.#newest = newest;
    if (found === TCP || found === ICMP_ERROR) this.#length = this.#words.write(this.#length, segment, newest);
    return this.#length + MOST_WORDS <= this.#words.length;
  }

  async run(): Promise<void> {
    const { path, verifyChecksums } = this.job;
    const reading = new DirectReading([path], { verifyChecksums }, this);
    let clock: Clock | null = null;
    for (let turn = await reading.next(); turn !== null; turn = await reading.next()) {
      this.#words = new SegmentWords(await this.#buffer());
      this.#length = 0;
      const { epochSeconds, timeDigits } = turn;
      const progress = turn.read();
      clock = { epochSeconds, digits: turn.timeDigits };
      const { buffer } = this.#words;
      const digits = [timeDigits, turn.timeDigits] as const;
      const rest = { newest: this.#newest, epochSeconds, timeDigits: digits, progress };
      post({ buffer, length: this.#length, ...rest }, [buffer]);
    }
    await reading.close();
    const [{ error, ...summary }] = reading.summaries(clock);
    post({ summary, error: error === null ? null : plain(error) }, []);
    parentPort?.close();
  }

  async #buffer(): Promise<ArrayBuffer> {
    for (;;) {
      const buffer = this.#free.pop();
      if (buffer !== undefined) return buffer;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function post(decoded: Decoded, handedOver: ArrayBuffer[]): void {
  parentPort?.postMessage(decoded, handedOver);
}

function plain({ code, path, offset, frame, expected, found }: CaptureError): PlainError {
  return { code, path, offset, frame, expected, found };
}

await new Decoding(workerData).run();
