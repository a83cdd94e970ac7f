import { HostValues, NO_PLACE } from './host-values.js';
import type { Time } from './model.js';

/** Hosts that are remembered at most. */
const MOST = 50_000;

/**
 * The least round trip from the tap to each host, over all its connections: where a connection gives no sample of its own,
 * how far its ends are is still known. Hosts are keyed by address: a signed word for IPv4, text for IPv6.
 */
export class Distances {
  readonly #least = new HostValues();

  note(host: number | string, roundTrip: Time): void {
    const place = this.#least.find(host);
    if (place !== NO_PLACE) {
      if (roundTrip < this.#least.valueAt(place)) this.#least.setValueAt(place, roundTrip);
    } else if (this.#least.size < MOST) {
      this.#least.add(host, roundTrip);
    }
  }

  /** Some of these hosts, with IPv4 addresses, will soon be noted. */
  foresee(hosts: Int32Array): void {
    this.#least.foresee(hosts);
  }

  of(host: number | string): Time | null {
    const place = this.#least.find(host);
    return place === NO_PLACE ? null : this.#least.valueAt(place);
  }
}
