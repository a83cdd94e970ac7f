import { HostValues, NO_PLACE } from '../connection/host-values.js';
import { Occupancy } from './occupancy.js';

/** Hosts whose flows are counted at most: when there are too many, those with the fewest flows are forgotten. */
const MOST = 20_000;
/** Flows that a host must have before its sockets are counted second by second: below, nothing can accumulate. */
const BUSY = 1000;

/**
 * A host's first connections without incident are counted together, once they are so many: most hosts never have as many, and to
 * look each of them up a second time took a fortieth of an analysis.
 */
const UNSEEN = 500;

/** One host's sockets over time. */
export class BusyHost {
  readonly timeWait = new Occupancy();
  /** By service: the ports in use towards it. */
  readonly ports = new Map<string, Occupancy>();
  constructor(readonly address: string) {}
}

/** Counts the flows of hosts, which are keyed by address (a signed word for IPv4, text for IPv6), in bounded memory. */
export class BusyHosts {
  #flows = new HostValues();
  /** By number. */
  #keys: (number | string)[] = [];
  /** By number, too. */
  #busy: (BusyHost | undefined)[] = [];

  /**
   * Counts one more flow of a host.
   *
   * @param sound of a connection without incident: how many of these the host has had, this one included; 0 where that is not known
   * @returns the host's number, until one is counted that was not known, if it is busy; else -1
   */
  count(key: number | string, sound = 0): number {
    if (sound > 0 && sound < UNSEEN) return -1;
    const more = sound === UNSEEN ? UNSEEN : 1;
    const place = this.#flows.find(key);
    if (place === NO_PLACE) {
      if (this.#flows.size === MOST) this.#forget();
      this.#add(key, more);
      return -1;
    }
    const flows = this.#flows.valueAt(place) + more;
    this.#flows.setValueAt(place, flows);
    return flows < BUSY ? -1 : this.#flows.numberAt(place) - 1;
  }

  /** Undefined before `begin`. */
  known(number: number): BusyHost | undefined {
    return this.#busy[number];
  }

  begin(number: number, address: string): BusyHost {
    const host = new BusyHost(address);
    // Without gaps, which the engine would look up as in a `Map`.
    while (this.#busy.length <= number) this.#busy.push(undefined);
    this.#busy[number] = host;
    return host;
  }

  /** In the order in which their first flows were counted. */
  all(): BusyHost[] {
    return this.#busy.filter((host) => host !== undefined);
  }

  #add(key: number | string, flows: number): void {
    // Its index, and 1 more: 0 stands for no host.
    this.#flows.add(key, this.#keys.push(key), flows);
  }

  #forget(): void {
    const [keys, busy] = [this.#keys, this.#busy];
    const flows = Float64Array.from(keys, (key) => this.#flows.valueAt(this.#flows.find(key)));
    const median = flows.slice().sort()[flows.length >> 1];
    this.#flows = new HostValues();
    this.#keys = [];
    this.#busy = [];
    for (const [number, key] of keys.entries()) {
      if (flows[number] <= median) continue;
      this.#busy.push(busy[number]);
      this.#add(key, flows[number]);
    }
  }
}
