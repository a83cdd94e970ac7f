import type { Time, Transition } from '../connection/model.js';
import type { Side, TcpState } from '../connection/state.js';
import type { Flow } from '../findings/finding.js';
import type { Piece } from './line.js';

/** One endpoint's lane: which state it is in as the ladder goes down, and whether that is proved yet. */
export class Lane {
  /** Null while nothing is known. */
  #state: TcpState | null;
  #provedAt: Time | null;

  constructor(flow: Flow, side: Side) {
    const first = flow.timeline.find((transition) => transition.endpoint === side);
    this.#state = first ? first.from : side === 'client' ? flow.clientState : flow.serverState;
    this.#provedAt = Number.NEGATIVE_INFINITY;
  }

  get state(): TcpState | null {
    return this.#state;
  }

  change(transition: Transition): void {
    this.#state = transition.to;
    this.#provedAt = transition.latest;
  }

  /** The state's name. */
  name(): Piece {
    return [this.#state, this.#state ?? ''];
  }

  /** The line that runs down while the state lasts: dotted until it is proved, none where there is no socket. */
  mark(time: Time): Piece {
    if (this.#state === null || this.#state === 'CLOSED') return [null, ' '];
    return [this.#state, this.#provedAt !== null && this.#provedAt <= time ? '│' : '┆'];
  }
}
