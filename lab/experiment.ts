import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from './capture.js';
import { Network } from './namespaces.js';
import { Player } from './play.js';
import { type Scenario, SIDES, type Side } from './scenario.js';
import { type Tracefs, Tracing } from './tracing.js';
import { type Connection, connectionsOf, type Evidence, parseTrace } from './truth.js';
import { Witness } from './witness.js';

/** Where and how scenarios are played. */
export interface Surroundings {
  /** The start of all names the lab gives, so that nothing else is touched. */
  readonly name: string;
  /** The first two numbers of all addresses. */
  readonly network: string;
  /** Null where this kernel lets nobody trace. */
  readonly tracefs: Tracefs | null;
  readonly signal: AbortSignal;
}

/** What a scenario left: two captures, both hosts' settings, and the kernels' own account. */
export interface Outcome {
  /** Files, by the host they are from. */
  readonly captures: Readonly<Record<Side, string>>;
  readonly settings: Readonly<Record<Side, string>>;
  readonly connections: readonly Connection[];
  /** Seconds since 1970; the captures end and the account ends. */
  readonly until: number;
  /** States shorter than this may be missing in the account, in seconds; 0 where the kernel was traced. */
  readonly blink: number;
}

/** Seconds between polls, at worst, on a busy machine. */
const POLL_GAP = 0.05;

/**
 * Plays a scenario on a network of its own, with both ends watched, and leaves its files in `folder`. `number` (0 to 255)
 * tells scenarios played at once apart. Rejects when the scenario did not go as it says; removes the network always.
 */
export async function perform(
  scenario: Scenario,
  number: number,
  folder: string,
  { name, network: prefix, tracefs, signal }: Surroundings,
): Promise<Outcome> {
  mkdirSync(folder, { recursive: true });
  const network = await Network.create(`${name}-${number}`, `${prefix}.${number}`, scenario.settings ?? {}, signal);
  const tracing = tracefs && new Tracing(tracefs, `${name}-${number}`);
  try {
    const settings = {
      client: await write(join(folder, 'client.sysctl'), network.settings('client')),
      server: await write(join(folder, 'server.sysctl'), network.settings('server')),
    };
    const watched = await watch(network, scenario, folder, signal);
    const { taiAhead } = watched.evidence.client;
    const hosts = SIDES.map((side) => network.address(side));
    const trace = tracing && parseTrace(tracing.read(), hosts, taiAhead).filter(({ at }) => at <= watched.until);
    const evidence = (side: Side): Evidence => ({ traced: trace, polls: watched.evidence[side].polls });
    const connections = connectionsOf(evidence('client'), evidence('server'), network.address('client'));
    writeFileSync(join(folder, 'truth.json'), `${JSON.stringify(connections, null, 1)}\n`);
    return { captures: watched.captures, settings, connections, until: watched.until, blink: tracing ? 0 : POLL_GAP };
  } finally {
    await network.remove();
    tracing?.remove();
  }
}

async function write(file: string, text: Promise<string>): Promise<string> {
  writeFileSync(file, await text);
  return file;
}

/** Plays the steps while both hosts are captured and polled. The applications end last: their end must not be seen. */
async function watch(network: Network, scenario: Scenario, folder: string, signal: AbortSignal) {
  const captures = { client: join(folder, 'client.pcap'), server: join(folder, 'server.pcap') };
  const evidence = { client: new Witness(network, 'client'), server: new Witness(network, 'server') };
  const player = new Player(network, signal);
  const running: (() => Promise<void>)[] = [];
  try {
    await Promise.all(SIDES.map((side) => evidence[side].begun()));
    for (const side of SIDES) running.push(await capture(network, side, captures[side]));
    await player.play(scenario.steps);
    await Promise.all(running.splice(0).map((stop) => stop()));
    return { captures, evidence, until: Date.now() / 1000 };
  } finally {
    const witnesses = SIDES.map((side) => evidence[side]);
    await Promise.allSettled([...running.map((stop) => stop()), ...witnesses.map((witness) => witness.stop())]);
    await player.stop();
  }
}
