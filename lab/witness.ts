import type { Companion } from './command.js';
import type { Network } from './namespaces.js';
import { program } from './paths.js';
import type { Side } from './scenario.js';
import type { Poll } from './truth.js';

/** Seconds between two polls of a host's socket tables. */
const INTERVAL = 0.002;

/** Watches the socket tables of one host, by lab/sockets.py. */
export class Witness {
  readonly polls: Poll[] = [];
  /** Seconds that CLOCK_TAI is ahead of the captures' clock. */
  taiAhead = 0;
  readonly #companion: Companion;
  #ready = false;

  constructor(network: Network, side: Side) {
    this.#companion = network.start(side, ['python3', program('sockets.py'), String(INTERVAL)], (line) => {
      const record = JSON.parse(line) as Poll | { readonly taiAhead: number };
      if ('taiAhead' in record) this.taiAhead = record.taiAhead;
      else this.polls.push(record);
      this.#ready = true;
    });
  }

  /** Waits for the first poll. */
  begun(): Promise<void> {
    return this.#companion.until(() => this.#ready);
  }

  stop(): Promise<void> {
    return this.#companion.stop();
  }
}
