import { Presets, SingleBar } from 'cli-progress';
import type { Options } from '../index.js';
import { escapeText } from '../report/escape.js';
import { truncateStart } from '../report/width.js';

type OnProgress = NonNullable<Options['onProgress']>;

/** Work shorter than this, in milliseconds, shows no bar. */
const PATIENCE = 1000;
const NAME_COLUMNS = 30;

/** A bar per capture, by bytes, one after the other on one line of standard error. */
export class Progress {
  readonly #stream: NodeJS.WritableStream;
  readonly #started = Date.now();
  #bar: SingleBar | null = null;
  #path: string | null = null;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  readonly update: OnProgress = ({ path, bytesRead, size }) => {
    if (size === null || Date.now() - this.#started < PATIENCE) return;
    const name = { name: truncateStart(escapeText(path), NAME_COLUMNS) };
    if (this.#bar === null) {
      const format = '{name} {bar} {percentage} %, {eta_formatted} left';
      this.#bar = new SingleBar(
        { format, stream: this.#stream, clearOnComplete: true, barsize: 24 },
        Presets.shades_classic,
      );
      this.#bar.start(size, bytesRead, name);
    } else if (this.#path !== path) {
      this.#bar.setTotal(size);
    }
    this.#path = path;
    this.#bar.update(bytesRead, name);
  };

  /** Takes the bar off the terminal. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }
}
