import type { Clock, Endpoint, Time } from '../connection/model.js';
import type { OrdinaryEnd } from '../connection/postmortem/ordinary.js';
import type { Side, TcpState } from '../connection/state.js';
import type { Flow } from '../findings/finding.js';

export type StateGroup = 'address' | 'port';

export interface StateOptions {
  /** Only this end's sockets; both where it is left out. */
  readonly side?: Side;
  /** One count per address of the host that holds the socket, or per port of the server. */
  readonly by?: StateGroup;
  /** The moment, on a flow's own clock; the end of the capture where it is left out. */
  readonly at?: (clock: Clock) => Time;
}

/** How many sockets were in one state. */
export interface StateCount {
  /** Address or port, where they were asked for. */
  readonly group: string | null;
  readonly state: TcpState;
  readonly count: number;
}

/** Counts sockets per state at one moment. Memory grows with the groups, not with the flows. */
export class StateCounter {
  readonly #options: StateOptions;
  readonly #counts = new Map<string | null, Map<TcpState, number>>();

  constructor(options: StateOptions = {}) {
    this.#options = options;
  }

  add(flow: Flow): void {
    const { side, at } = this.#options;
    for (const end of sidesOf(side)) {
      const state = at === undefined ? stateAtEnd(flow, end) : stateAt(flow, end, at(flow.clock));
      if (state !== null) this.#count(state, () => endpointOf(flow, end).address, flow.server.port);
    }
  }

  /** A connection without incident, at its end: the same as `add`, without its post-mortem. */
  addOrdinary(o: OrdinaryEnd): void {
    for (const end of sidesOf(this.#options.side))
      this.#count(end === 'client' ? o.clientState : o.serverState, () => o.address(end), o.serverPort());
  }

  #count(state: TcpState, address: () => string, serverPort: number): void {
    const { by } = this.#options;
    if (!isSocket(state)) return;
    const group = by === undefined ? null : by === 'port' ? String(serverPort) : address();
    const counts = this.#counts.get(group) ?? new Map<TcpState, number>();
    counts.set(state, (counts.get(state) ?? 0) + 1);
    this.#counts.set(group, counts);
  }

  /** The highest count first; equal ones by state, then by group. */
  rows(): StateCount[] {
    const rows: StateCount[] = [];
    for (const [group, counts] of this.#counts) for (const [state, count] of counts) rows.push({ group, state, count });
    return rows.sort((a, b) => b.count - a.count || compare(a.state, b.state) || compare(a.group ?? '', b.group ?? ''));
  }
}

/** True for the states in which netstat shows a connection. */
export const isSocket = (state: TcpState): boolean => state !== 'CLOSED' && state !== 'LISTEN';

export const sidesOf = (side?: Side): readonly Side[] => (side === undefined ? ['client', 'server'] : [side]);

const endpointOf = (flow: Flow, side: Side): Endpoint => (side === 'client' ? flow.client : flow.server);

const stateAtEnd = (flow: Flow, side: Side): TcpState => (side === 'client' ? flow.clientState : flow.serverState);

/** Null before the first change that is known: no socket yet. */
function stateAt(flow: Flow, side: Side, time: Time): TcpState | null {
  let state: TcpState | null = null;
  for (const transition of flow.timeline) {
    if (transition.at > time) break;
    if (transition.endpoint === side) state = transition.to;
  }
  return state;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
