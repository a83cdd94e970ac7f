import type { Time, Transition } from '../model.js';
import type { Side, TcpState } from '../state.js';

/** A transition whose bounds are still to be closed. */
type Draft = { -readonly [K in keyof Transition]: Transition[K] };

/** The changes of one end's state, each within the bounds of those before and after it. */
export class Changes {
  readonly #side: Side;
  readonly #start: Time;
  readonly #drafts: Draft[] = [];

  /** @param start of the connection, at the tap */
  constructor(side: Side, start: Time) {
    this.#side = side;
    this.#start = start;
  }

  get last(): Transition | undefined {
    // Not by an index below 0, which the engine takes for a name.
    return this.#drafts.length === 0 ? undefined : this.#drafts[this.#drafts.length - 1];
  }

  add(from: TcpState | null, to: TcpState, change: Omit<Transition, 'endpoint' | 'from' | 'to'>): void {
    const before = this.last;
    const floor = before?.earliest ?? null;
    // Only an end's first change may have nothing before it.
    const known = change.earliest ?? (before && floor === null ? this.#start : null);
    const earliest = known === null ? floor : floor === null ? known : Math.max(known, floor);
    let at = Math.max(change.at, earliest ?? change.at, before?.at ?? change.at);
    if (change.latest !== null) at = Math.min(at, Math.max(change.latest, before?.at ?? change.latest));
    this.#drafts.push({
      endpoint: this.#side,
      from,
      to,
      at,
      earliest,
      latest: change.latest,
      frame: change.frame,
      basis: change.basis,
      reason: change.reason,
      confirmedBy: change.confirmedBy,
      revoked: change.revoked,
    });
  }

  /** A change lies between those before and after it: their bounds bound it. @returns all; none may follow */
  close(): readonly Transition[] {
    const drafts = this.#drafts;
    let ceiling: Time | null = null;
    for (let i = drafts.length - 1; i >= 0; i--) {
      const t = drafts[i];
      if (t.latest === null || (ceiling !== null && ceiling < t.latest)) t.latest = ceiling;
      ceiling = t.latest;
      if (t.latest !== null && t.at > t.latest) t.at = t.latest;
      if (t.earliest !== null && t.earliest > t.at) t.earliest = t.at;
    }
    return drafts;
  }
}

/** The changes of both ends, each in the order of `at`; those of one instant keep the order within each end. */
export function merge(client: readonly Transition[], server: readonly Transition[]): Transition[] {
  const merged: Transition[] = [];
  let [i, j] = [0, 0];
  while (i < client.length && j < server.length) merged.push(server[j].at < client[i].at ? server[j++] : client[i++]);
  while (i < client.length) merged.push(client[i++]);
  while (j < server.length) merged.push(server[j++]);
  return merged;
}
