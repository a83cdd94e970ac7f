import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { AuditProgress } from '../index.js';
import { escapeText } from '../report/escape.js';
import { formatBytes, formatCount, formatDuration } from '../report/units.js';
import { truncateStart } from '../report/width.js';
import type { Terminal } from './context.js';

/** Milliseconds without which nothing is shown, and between two lines where there is no terminal. */
const PATIENCE = 1000;
const LINE_INTERVAL = 5000;
const NAME_COLUMNS = 30;
const FORMAT = '{name} {bar} {percentage} %  {note}';

/** Tells how far an audit is: bars for the whole and for each running capture on a terminal, else a line now and then. */
export class AuditProgressDisplay {
  readonly #stream: Terminal;
  readonly #started = Date.now();
  #phase: AuditProgress['phase'] | null = null;
  #phaseStarted = 0;
  #told = 0;
  #bars: MultiBar | null = null;
  #whole: SingleBar | null = null;
  readonly #running = new Map<string, SingleBar>();

  constructor(stream: Terminal) {
    this.#stream = stream;
    this.#told = this.#started;
  }

  readonly update = (progress: AuditProgress): void => {
    const now = Date.now();
    if (this.#phase !== progress.phase) {
      this.stop();
      this.#phase = progress.phase;
      this.#phaseStarted = now;
    }
    if (now - this.#started < PATIENCE) return;
    if (this.#stream.isTTY === true) this.#draw(progress);
    else if (now - this.#told >= LINE_INTERVAL) {
      this.#told = now;
      this.#stream.write(`lastack: ${this.#line(progress)}\n`);
    }
  };

  /** Takes the bars off the terminal. */
  stop(): void {
    this.#bars?.stop();
    this.#bars = null;
    this.#whole = null;
    this.#running.clear();
  }

  #line(progress: AuditProgress): string {
    const { phase, done, total, bytesDone, bytesTotal } = progress;
    const captures = `${phase} ${phase === 'reading' ? 'captures' : 'files'}: ${formatCount(done)} of ${formatCount(total)}`;
    return `${captures}, ${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}${this.#left(progress)}`;
  }

  #left({ bytesDone, bytesTotal }: AuditProgress): string {
    const elapsed = Date.now() - this.#phaseStarted;
    if (bytesDone === 0 || elapsed < PATIENCE) return '';
    const left = (elapsed * (bytesTotal - bytesDone)) / bytesDone;
    return `, ${formatDuration(Math.ceil(left / 1000) * 1e9)} left`;
  }

  #draw(progress: AuditProgress): void {
    this.#bars ??= new MultiBar(
      {
        format: FORMAT,
        stream: this.#stream as NodeJS.WritableStream,
        clearOnComplete: true,
        barsize: 16,
        hideCursor: true,
      },
      Presets.shades_classic,
    );
    const name = `${progress.phase} ${formatCount(progress.done)} of ${formatCount(progress.total)}`.padEnd(
      NAME_COLUMNS,
    );
    const note = `${formatBytes(progress.bytesTotal)}${this.#left(progress)}`;
    this.#whole ??= this.#bars.create(progress.bytesTotal, 0, { name, note });
    this.#whole.update(progress.bytesDone, { name, note });
    const current = new Set(progress.running.map(({ path }) => path));
    for (const [path, bar] of this.#running) {
      if (current.has(path)) continue;
      this.#bars.remove(bar);
      this.#running.delete(path);
    }
    for (const { path, bytesRead, size } of progress.running) {
      const payload = {
        name: truncateStart(escapeText(path), NAME_COLUMNS).padEnd(NAME_COLUMNS),
        note: formatBytes(size),
      };
      const bar = this.#running.get(path) ?? this.#bars.create(size, 0, payload);
      this.#running.set(path, bar);
      bar.update(bytesRead, payload);
    }
  }
}
