import { HostValues, NO_PLACE } from './host-values.js';
import type { Time } from './model.js';

/** Hosts that are remembered at most. */
const MOST = 50_000;

/**
 * The least round trip from the tap to each host, over all its connections: where a connection gives no sample of its own,
 * how far its ends are is still known. Hosts are keyed by address: a signed word for IPv4, text for IPv6.
 */
export class Distances {
  /** The number of each is 1 + that of its connections without incident. */
  readonly #least = new HostValues();

  note(host: number | string, roundTrip: Time): void {
    this.#place(host, roundTrip);
  }

  /**
   * The same of a connection without incident.
   * @returns how many of these the host has had, this one included; 0 where there are too many hosts to remember it
   */
  noteSound(host: number | string, roundTrip: Time): number {
    const place = this.#place(host, roundTrip);
    if (place === NO_PLACE) return 0;
    const sound = this.#least.numberAt(place);
    this.#least.setNumberAt(place, sound + 1);
    return sound;
  }

  /** Some of the first of these hosts, with IPv4 addresses, will soon be noted. @param count how many they are */
  foresee(hosts: Int32Array, count: number): void {
    this.#least.foresee(hosts, count);
  }

  of(host: number | string): Time | null {
    const place = this.#least.find(host);
    return place === NO_PLACE ? null : this.#least.valueAt(place);
  }

  /** @returns the place of a host that has had this round trip; NO_PLACE where there are too many */
  #place(host: number | string, roundTrip: Time): number {
    const place = this.#least.find(host);
    if (place === NO_PLACE) return this.#least.size < MOST ? this.#least.add(host, 1, roundTrip) : NO_PLACE;
    if (roundTrip < this.#least.valueAt(place)) this.#least.setValueAt(place, roundTrip);
    return place;
  }
}
