import type { Distances } from '../connection/distances.js';
import type { Clock, Time, Transition } from '../connection/model.js';
import { type Postmortem, postmortem } from '../connection/postmortem/postmortem.js';
import type { HostProfile } from '../connection/profile.js';
import type { Side } from '../connection/state.js';
import { withPort } from '../findings/rule.js';
import type { Thresholds } from '../findings/thresholds.js';
import type { ComparedFlow, TapIndex, TapView } from './compared-flow.js';
import type { EndedFlow } from './ended-flow.js';
import { type PathEvidence, pathFates } from './fates.js';
import { pathSegments } from './path-segments.js';
import { comparedFindings } from './verdicts.js';

/** What composing needs besides the connection itself. */
export interface ComposeContext {
  readonly profiles: Readonly<Record<Side, HostProfile>>;
  readonly thresholds: Thresholds;
  /** By tap. */
  readonly distances: readonly [Distances, Distances];
  readonly captures: readonly [readonly string[], readonly string[]];
  readonly clocks: readonly [Clock | null, Clock | null];
  readonly reference: Clock;
  /** Seconds between the two taps' epochs. */
  readonly epochs: number;
}

/** A connection as one side's capture shows it, in the reference clock. */
export interface SideView {
  readonly side: Side;
  readonly tap: TapIndex;
  readonly postmortem: Postmortem;
  readonly toReference: (time: Time) => Time;
}

/**
 * One connection from what both taps have of it. Each end is reconstructed from its own side's capture: what was lost on the
 * way to it does not appear there, and what does appear did arrive.
 * @param number of the flow; @param covered the other capture covers a connection that only one of them holds
 */
export function compose(
  number: number,
  evidence: PathEvidence,
  covered: boolean,
  rewritten: readonly string[],
  context: ComposeContext,
): ComparedFlow {
  const { ended, clock, clientTap } = evidence;
  const view = (flow: EndedFlow, side: Side): SideView => ({
    side,
    tap: flow.tap,
    postmortem: postmortem(flow.history, {
      capture: context.captures[flow.tap].join(', '),
      clock: context.clocks[flow.tap] ?? context.reference,
      followedUntil: flow.followedUntil,
      profiles: context.profiles,
      distances: context.distances[flow.tap],
    }),
    toReference: (time) => clock.toReference(flow.tap, time),
  });
  const sideOf = (tap: TapIndex): Side => (tap === clientTap ? 'client' : 'server');
  const [first, second] = ended.map((flow) => flow && view(flow, sideOf(flow.tap)));
  const views: Record<Side, SideView | null> =
    clientTap === 0 ? { client: first, server: second } : { client: second, server: first };
  const some = views.client ?? views.server;
  if (some === null) throw new Error('a connection that neither capture holds');
  const at = { client: views.client ?? some, server: views.server ?? some };
  const own = { client: at.client.postmortem.connection, server: at.server.postmortem.connection };
  const timeline = [...transitionsOf(at.client, 'client'), ...transitionsOf(at.server, 'server')].sort(
    (a, b) => a.at - b.at,
  );
  const fates = covered
    ? { clientToServer: pathFates(evidence, 'client'), serverToClient: pathFates(evidence, 'server') }
    : null;
  const held = [views.client, views.server].filter((v) => v !== null);
  const start = Math.min(...held.map((v) => v.toReference(v.postmortem.connection.start)));
  let path: ComparedFlow['path'] | null = null;
  return {
    ...own.client,
    captures: context.captures[clientTap],
    // Frames are those of the endpoint's own tap, counted through its files.
    frameNames: { nameOf: (frame) => ({ capture: null, frame }) },
    flow: number,
    clock: context.reference,
    server: own.server.server,
    roles: held.some((v) => v.postmortem.connection.roles === 'observed') ? 'observed' : 'assumed',
    start,
    end: Math.max(...held.map((v) => v.toReference(v.postmortem.connection.end))),
    followedUntil: Math.max(...held.map((v) => v.toReference(v.postmortem.connection.followedUntil))),
    clientState: own.client.clientState,
    serverState: own.server.serverState,
    timeline,
    // A getter is not spread: this is the client's side's segments, by its own clock.
    segments: own.client.segments,
    packets: { client: own.client.packets.client, server: own.server.packets.server },
    bytes: { client: own.client.bytes.client, server: own.server.bytes.server },
    retransmissions: { client: own.client.retransmissions.client, server: own.server.retransmissions.server },
    roundTrips: { client: own.client.roundTrips.client, server: own.server.roundTrips.server },
    findings: comparedFindings(views, fates, context),
    taps: {
      client: views.client && tapView(views.client, context),
      server: views.server && tapView(views.server, context),
    },
    reference: sideOf(0),
    flowClock: clock.at(start, context.epochs, clientTap === 0),
    fates,
    rewritten: [...rewritten, ...translated(views)],
    get path() {
      path ??= pathSegments(views, fates);
      return path;
    },
  };
}

function transitionsOf(view: SideView, endpoint: Side): Transition[] {
  const { toReference } = view;
  const bound = (time: Time | null): Time | null => (time === null ? null : toReference(time));
  return view.postmortem.connection.timeline
    .filter((t) => t.endpoint === endpoint)
    .map((t) => ({ ...t, at: toReference(t.at), earliest: bound(t.earliest), latest: bound(t.latest) }));
}

function tapView(view: SideView, context: ComposeContext): TapView {
  const { connection } = view.postmortem;
  return {
    captures: context.captures[view.tap],
    tcpStream: connection.tcpStream,
    flow: connection.flow,
    client: withPort(connection.client),
    server: withPort(connection.server),
  };
}

/** Addresses and ports that are not the same on both sides. */
function translated({ client, server }: Readonly<Record<Side, SideView | null>>): string[] {
  if (client === null || server === null) return [];
  return (['client', 'server'] as const).flatMap((side) => {
    const [near, far] = [client, server].map((view) => withPort(view.postmortem.connection[side]));
    return near === far
      ? []
      : [`the ${side}'s address translated: ${near} at the client's side, ${far} at the server's`];
  });
}
