import { HostIndex } from '../connection/host-index.js';
import { Occupancy } from './occupancy.js';

/** Hosts whose flows are counted at most: when there are too many, those with the fewest flows are forgotten. */
const MOST = 20_000;
/** Flows that a host must have before its sockets are counted second by second: below, nothing can accumulate. */
const BUSY = 1000;

/** One host's sockets over time. */
export class BusyHost {
  readonly timeWait = new Occupancy();
  /** By service: the ports in use towards it. */
  readonly ports = new Map<string, Occupancy>();
  constructor(readonly address: string) {}
}

/** Counts the flows of hosts, which are keyed by address (a signed word for IPv4, text for IPv6), in bounded memory. */
export class BusyHosts {
  #index = new HostIndex();
  /** By a host's number. */
  #flows = new Int32Array(MOST);
  #keys: (number | string)[] = [];
  #busy = new Map<number, BusyHost>();

  /** Counts one more flow of a host. @returns the host's number, until one is counted that was not known, if it is busy; else -1 */
  count(key: number | string): number {
    let number = this.#index.find(key);
    if (number < 0) {
      if (this.#index.size === MOST) this.#forget();
      number = this.#index.add(key);
      this.#keys.push(key);
    }
    return ++this.#flows[number] < BUSY ? -1 : number;
  }

  /** Undefined before `begin`. */
  known(number: number): BusyHost | undefined {
    return this.#busy.get(number);
  }

  begin(number: number, address: string): BusyHost {
    const host = new BusyHost(address);
    this.#busy.set(number, host);
    return host;
  }

  all(): IterableIterator<BusyHost> {
    return this.#busy.values();
  }

  #forget(): void {
    const [keys, flows, busy] = [this.#keys, this.#flows, this.#busy];
    const median = flows.slice().sort()[flows.length >> 1];
    this.#index = new HostIndex();
    this.#keys = [];
    this.#flows = new Int32Array(MOST);
    this.#busy = new Map();
    for (const [number, key] of keys.entries()) {
      if (flows[number] <= median) continue;
      const kept = this.#index.add(key);
      this.#keys.push(key);
      this.#flows[kept] = flows[number];
      const host = busy.get(number);
      if (host !== undefined) this.#busy.set(kept, host);
    }
  }
}
