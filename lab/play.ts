import { setTimeout as sleep } from 'node:timers/promises';
import type { Network } from './namespaces.js';
import { Peer } from './peer.js';
import { peerOf, type Side, type SocketStep, type Step } from './scenario.js';

/** Milliseconds in which both applications have read a step that they are to take at once. */
const LEAD = 100;

/** Plays scenarios' steps on the applications of a network's two hosts. */
export class Player {
  readonly #network: Network;
  readonly #signal: AbortSignal;
  readonly #peers: Readonly<Record<Side, Peer>>;

  constructor(network: Network, signal: AbortSignal) {
    this.#network = network;
    this.#signal = signal;
    this.#peers = { client: new Peer(network, 'client'), server: new Peer(network, 'server') };
  }

  /** Plays steps one after another. Rejects when one ends otherwise than the scenario says. */
  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#take(step);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#peers.client.stop(), this.#peers.server.stop()]);
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'wait':
        return sleep(step.seconds * 1000, undefined, { signal: this.#signal });
      case 'drop':
        return this.#network.drop(step);
      case 'restore':
        return this.#network.restore();
      case 'kill':
        await this.#network.run(step.on, 'ss', '-K', 'sport', '=', `:${step.port}`);
        return;
      case 'together':
        await this.#takeTogether(step.steps);
        return;
      default:
        return this.#useSocket(step);
    }
  }

  async #takeTogether(steps: readonly SocketStep[]): Promise<void> {
    const when = (Date.now() + LEAD) / 1000;
    await Promise.all(steps.map((step) => this.#useSocket(step, { when })));
  }

  async #useSocket(step: SocketStep, also: { readonly when?: number } = {}): Promise<void> {
    const { error } = await this.#peers[step.on].take({
      do: step.do,
      socket: step.socket,
      ...this.#addressed(step),
      ...also,
    });
    if (error !== (step.fails ?? null)) {
      throw new Error(`${step.on} ${step.do} ended with ${error ?? 'success'}, not ${step.fails ?? 'success'}`);
    }
  }

  /** A step's fields with the hosts' addresses beside the ports. */
  #addressed({ on, fields }: SocketStep): Readonly<Record<string, unknown>> {
    const own = this.#network.address(on);
    return {
      ...fields,
      address: own,
      from: { address: own, port: fields.from },
      to: { address: this.#network.address(peerOf(on)), port: fields.to },
    };
  }
}
