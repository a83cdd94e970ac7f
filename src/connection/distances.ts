import { HostIndex } from './host-index.js';
import type { Time } from './model.js';

/** Hosts that are remembered at most. */
const MOST = 50_000;

/**
 * The least round trip from the tap to each host, over all its connections: where a connection gives no sample of its own,
 * how far its ends are is still known. Hosts are keyed by address: a signed word for IPv4, text for IPv6.
 */
export class Distances {
  readonly #hosts = new HostIndex();
  #least = new Float64Array(1024);

  note(host: number | string, roundTrip: Time): void {
    const number = this.#hosts.find(host);
    if (number < 0) this.#add(host, roundTrip);
    else if (roundTrip < this.#least[number]) this.#least[number] = roundTrip;
  }

  of(host: number | string): Time | null {
    const number = this.#hosts.find(host);
    return number < 0 ? null : this.#least[number];
  }

  #add(host: number | string, roundTrip: Time): void {
    if (this.#hosts.size === MOST) return;
    const number = this.#hosts.add(host);
    if (number === this.#least.length) {
      const least = this.#least;
      this.#least = new Float64Array(2 * least.length);
      this.#least.set(least);
    }
    this.#least[number] = roundTrip;
  }
}
