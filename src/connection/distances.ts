import type { Time } from './model.js';

/** Hosts that are remembered at most. */
const MOST = 50_000;

/**
 * The least round trip from the tap to each host, over all its connections: where a connection gives no sample of its own,
 * how far its ends are is still known. Hosts are keyed by address: a signed word for IPv4, text for IPv6.
 */
export class Distances {
  readonly #least = new Map<number | string, Time>();

  note(host: number | string, roundTrip: Time): void {
    const known = this.#least.get(host);
    if (known === undefined ? this.#least.size < MOST : roundTrip < known) this.#least.set(host, roundTrip);
  }

  of(host: number | string): Time | null {
    return this.#least.get(host) ?? null;
  }
}
