import type { Companion } from './command.js';
import type { Network } from './namespaces.js';
import { program } from './paths.js';
import type { Side } from './scenario.js';

/** How a step of lab/peer.py ended. */
export interface Report {
  readonly id: number;
  /** The errno's name; null where it succeeded. */
  readonly error: string | null;
  readonly bytes: number | null;
}

/** The application on one host: lab/peer.py, which takes one step after another. */
export class Peer {
  readonly #companion: Companion;
  readonly #waiting = new Map<number, (report: Report) => void>();
  #next = 1;

  constructor(network: Network, side: Side) {
    this.#companion = network.start(side, ['python3', program('peer.py')], (line) => {
      const report = JSON.parse(line) as Report;
      this.#waiting.get(report.id)?.(report);
      this.#waiting.delete(report.id);
    });
  }

  /** Takes a step and waits for its end. Rejects when the program ends first. */
  async take(step: Readonly<Record<string, unknown>>): Promise<Report> {
    const id = this.#next++;
    const report = new Promise<Report>((resolve) => this.#waiting.set(id, resolve));
    this.#companion.tell(JSON.stringify({ ...step, id }));
    const gone = this.#companion.ended.then((): never => {
      throw new Error(`peer.py ended: ${this.#companion.complaints || 'interrupted'}`);
    });
    return Promise.race([report, gone]);
  }

  /** Ends the program; its kernel closes what it left open. */
  stop(): Promise<void> {
    return this.#companion.stop();
  }
}
