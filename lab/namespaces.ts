import { Companion, run } from './command.js';
import { program } from './paths.js';
import { type DropStep, peerOf, SIDES, type Side } from './scenario.js';

/** Seconds that a frame is under way from one host to the other. */
export const ONE_WAY_DELAY = 0.01;

/** A host's interface, inside its namespace. */
export const INTERFACE = 'eth0';

const OFFLOADS = ['rx', 'tx', 'sg', 'tso', 'gso', 'gro'].flatMap((name) => [name, 'off']);
const HARDWARE: Readonly<Record<Side, string>> = { client: '02:00:00:00:00:01', server: '02:00:00:00:00:02' };

/**
 * Two hosts and the cable between them: three network namespaces, two veth pairs, and lab/wire.py carrying the frames from
 * one pair to the other. What the cable loses is dropped by nftables as it leaves the cable, so both hosts' captures are
 * true to what each of them sent and got.
 */
export class Network {
  readonly #name: string;
  readonly #subnet: string;
  readonly #signal: AbortSignal;
  #wire: Companion | undefined;

  private constructor(name: string, subnet: string, signal: AbortSignal) {
    this.#name = name;
    this.#subnet = subnet;
    this.#signal = signal;
  }

  /**
   * Makes the hosts. `name` is the start of the namespaces' names, `subnet` the first three numbers of their addresses: these
   * tell networks that exist at once apart, for the tracepoint does not tell namespaces. Leaves nothing behind where it fails.
   */
  static async create(
    name: string,
    subnet: string,
    settings: Readonly<Record<string, number>>,
    signal: AbortSignal,
  ): Promise<Network> {
    const network = new Network(name, subnet, signal);
    try {
      await network.#build(settings);
      return network;
    } catch (error) {
      await network.remove();
      throw error;
    }
  }

  namespace(place: Side | 'wire'): string {
    return `${this.#name}-${place}`;
  }

  address(side: Side): string {
    return `${this.#subnet}.${side === 'client' ? 1 : 2}`;
  }

  /** Runs a program on a host and gives what it printed. */
  run(place: Side | 'wire', file: string, ...args: string[]): Promise<string> {
    return run('ip', ['netns', 'exec', this.namespace(place), file, ...args]);
  }

  /** Starts a program on a host. */
  start(place: Side | 'wire', args: readonly string[], onLine: (line: string) => void): Companion {
    return new Companion('ip', ['netns', 'exec', this.namespace(place), ...args], onLine, this.#signal);
  }

  /** What `sysctl` prints for a host's TCP settings. */
  settings(side: Side): Promise<string> {
    return this.run(side, 'sysctl', '-r', '^net\\.ipv4\\.tcp_', '-a');
  }

  async drop({ toward, match, times }: DropStep): Promise<void> {
    // The counter comes last: it counts what the rest of the rule has matched.
    const first = times === undefined ? '' : `numgen inc mod 1000000 < ${times}`;
    await this.#rules(`add rule netdev cable ${toward} ip protocol tcp ${match} ${first} drop`);
  }

  async restore(): Promise<void> {
    await this.#rules(SIDES.map((side) => `flush chain netdev cable ${side}`).join('\n'));
  }

  async remove(): Promise<void> {
    await this.#wire?.stop();
    const present = await run('ip', ['netns', 'list']);
    for (const place of [...SIDES, 'wire'] as const) {
      const namespace = this.namespace(place);
      if (present.split(/\s/).includes(namespace)) await run('ip', ['netns', 'del', namespace]);
    }
  }

  async #build(settings: Readonly<Record<string, number>>): Promise<void> {
    await run('ip', ['netns', 'add', this.namespace('wire')]);
    for (const side of SIDES) {
      await run('ip', ['netns', 'add', this.namespace(side)]);
      await this.#connect(side);
      for (const [name, value] of Object.entries({ ...settings, 'net.ipv6.conf.all.disable_ipv6': 1 })) {
        await this.run(side, 'sysctl', '-q', '-w', `${name.includes('.') ? name : `net.ipv4.${name}`}=${value}`);
      }
    }
    const chains = SIDES.map((side) => `chain ${side} { type filter hook egress device "${side}" priority 0; }`);
    await this.#rules(`table netdev cable {\n${chains.join('\n')}\n}`);
    let ready = false;
    this.#wire = this.start('wire', ['python3', program('wire.py'), ...SIDES, String(ONE_WAY_DELAY)], () => {
      ready = true;
    });
    await this.#wire.until(() => ready);
  }

  async #connect(side: Side): Promise<void> {
    const host = this.namespace(side);
    const cable = this.namespace('wire');
    const pair = ['type', 'veth', 'peer', 'name', side, 'netns', cable];
    await run('ip', ['link', 'add', INTERFACE, 'netns', host, 'address', HARDWARE[side], ...pair]);
    await run('ip', ['-n', host, 'address', 'add', `${this.address(side)}/24`, 'dev', INTERFACE]);
    // The wire hands on whole frames with their checksums, so nothing may be left to hardware that does not exist.
    await this.run(side, 'ethtool', '-K', INTERFACE, ...OFFLOADS);
    for (const [namespace, link] of [
      [cable, side],
      [host, INTERFACE],
      [host, 'lo'],
    ] as const) {
      await run('ip', ['-n', namespace, 'link', 'set', link, 'up']);
    }
    const peer = peerOf(side); // known from the start, or the first SYN would wait for ARP
    const neighbour = [this.address(peer), 'lladdr', HARDWARE[peer], 'dev', INTERFACE];
    await run('ip', ['-n', host, 'neighbour', 'add', ...neighbour, 'nud', 'permanent']);
  }

  async #rules(text: string): Promise<void> {
    await run('ip', ['netns', 'exec', this.namespace('wire'), 'nft', '-f', '-'], `${text}\n`);
  }
}
