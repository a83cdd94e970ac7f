import { FilterError, type FlowEnds, parseFlowFilter } from '../../../connection/flow-filter.js';
import type { Endpoint } from '../../../connection/model.js';
import { TCP_STATES } from '../../../connection/state.js';
import type { FindingKind } from '../../../findings/finding.js';
import { isSocket } from '../../states.js';
import { parseDuration, UnitError } from '../../units.js';
import { CLOSERS } from '../embedded.js';
import type { Rows } from './rows.js';
import type { Sort, ViewState } from './view-state.js';

/** Rows that are shown, in their order, or why there are none. */
export interface Selection {
  readonly rows: Uint32Array;
  readonly problem: string | null;
}

type RowTest = (row: number) => boolean;

/** Rows that all of the state's conditions hold for, sorted as it says. */
export function select(rows: Rows, state: ViewState): Selection {
  try {
    const found = filtered(rows, [...inTime(rows, state), ...conditions(rows, state)]);
    return { rows: sorted(rows, found, state.sort, state.descending), problem: null };
  } catch (error) {
    if (!(error instanceof FilterError) && !(error instanceof UnitError)) throw error;
    return { rows: new Uint32Array(0), problem: error.message };
  }
}

/** Rows of the state's stretch of time, whatever else it asks for. */
export const selectInTime = (rows: Rows, state: ViewState): Uint32Array => filtered(rows, inTime(rows, state));

/** How many of `selected` have each kind of finding. */
export function countKinds(rows: Rows, selected: Uint32Array): Map<FindingKind, number> {
  const { findingSet } = rows.columns;
  const sets = new Uint32Array(rows.findingSets.length);
  for (const row of selected) sets[findingSet[row]]++;
  const counts = new Map<FindingKind, number>();
  rows.findingSets.forEach((kinds, set) => {
    for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + sets[set]);
  });
  return counts;
}

function filtered(rows: Rows, tests: readonly RowTest[]): Uint32Array {
  const found = new Uint32Array(rows.count);
  let count = 0;
  for (let row = 0; row < rows.count; row++) if (tests.every((holds) => holds(row))) found[count++] = row;
  return found.subarray(0, count);
}

/** A connection with a socket left when it was last seen lasts until the capture ends. */
function inTime({ columns }: Rows, { from, to }: ViewState): RowTest[] {
  if (from === null || to === null) return [];
  const { start, duration, clientState, serverState } = columns;
  const stays = TCP_STATES.map(isSocket);
  return [
    (row) =>
      start[row] <= to && (start[row] + duration[row] >= from || stays[clientState[row]] || stays[serverState[row]]),
  ];
}

function conditions(rows: Rows, state: ViewState): RowTest[] {
  const { duration, clientState, serverState, closer, findingSet } = rows.columns;
  const tests: RowTest[] = [];
  if (state.state !== null) {
    const wanted = TCP_STATES.indexOf(state.state);
    tests.push((row) => clientState[row] === wanted || serverState[row] === wanted);
  }
  if (state.finding !== null) {
    const { finding } = state;
    const sets = rows.findingSets.map((kinds) => kinds.includes(finding));
    tests.push((row) => sets[findingSet[row]]);
  }
  if (state.closer !== null) {
    const wanted = CLOSERS.indexOf(state.closer);
    tests.push((row) => closer[row] === wanted);
  }
  if (state.longer.trim() !== '') {
    const least = parseDuration(state.longer) / 1e3;
    tests.push((row) => duration[row] >= least);
  }
  if (state.filter.trim() !== '') tests.push(filterTest(rows, state.filter));
  return tests;
}

function filterTest(rows: Rows, text: string): RowTest {
  const { clientPort, serverPort } = rows.columns;
  const holds = parseFlowFilter(text);
  const ends: { client: Endpoint; server: Endpoint } & FlowEnds = {
    client: { address: '', port: 0 },
    server: { address: '', port: 0 },
  };
  return (row) => {
    ends.client = { address: rows.clientAddress(row), port: clientPort[row] };
    ends.server = { address: rows.serverAddress(row), port: serverPort[row] };
    return holds(ends);
  };
}

function sorted(rows: Rows, found: Uint32Array, sort: Sort, descending: boolean): Uint32Array {
  const key = sortKey(rows, sort);
  const sign = descending ? -1 : 1;
  // Rows stand in the order of their numbers, which also decides between equals.
  if (sort === 'flow') return descending ? found.slice().reverse() : found;
  return found.slice().sort((a, b) => sign * (key(a) - key(b)) || a - b);
}

function sortKey(rows: Rows, sort: Sort): (row: number) => number {
  const { columns } = rows;
  switch (sort) {
    case 'bytes':
      return (row) => columns.clientBytes[row] + columns.serverBytes[row];
    case 'client':
    case 'server': {
      const ranks = addressRanks(rows.addresses);
      const address = columns[sort];
      const port = sort === 'client' ? columns.clientPort : columns.serverPort;
      return (row) => ranks[address[row]] * 65_536 + port[row];
    }
    default: {
      const column = columns[sort];
      return (row) => column[row];
    }
  }
}

/** The place of each address among all: by number for IPv4, then IPv6 by its text. */
function addressRanks(addresses: readonly string[]): Uint32Array {
  const keys = addresses.map((address) =>
    address.includes(':')
      ? `~${address}`
      : address
          .split('.')
          .map((part) => part.padStart(3, '0'))
          .join('.'),
  );
  const order = Uint32Array.from(keys.keys()).sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0));
  const ranks = new Uint32Array(addresses.length);
  order.forEach((address, rank) => {
    ranks[address] = rank;
  });
  return ranks;
}
