/** A change of one end's state, as the kernel had it. */
export interface Change {
  readonly state: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** The true time is within so many seconds of `at`. */
  readonly uncertainty: number;
}

/** A change that the tracepoint reported. `end` is `own address:port>peer's address:port`. */
export interface Traced {
  readonly end: string;
  readonly at: number;
  readonly state: string;
}

/** A poll of the socket tables that found something changed; see lab/sockets.py. */
export interface Poll {
  /** Start of the poll before, start and end of this one. */
  readonly previous: number;
  readonly start: number;
  readonly end: number;
  readonly sockets: Readonly<Record<string, string>>;
}

/** What one host's kernel told. */
export interface Evidence {
  /** Null where this kernel lets nobody trace. */
  readonly traced: readonly Traced[] | null;
  readonly polls: readonly Poll[];
}

/** Allowed between the trace's clock and the captures', in seconds. */
const CLOCK_UNCERTAINTY = 0.0001;

const TRACED =
  /\s(\d+\.\d+): inet_sock_set_state: .*sport=(\d+) dport=(\d+) saddr=(\S+) daddr=(\S+) .*newstate=TCP_(\w+)/;

/**
 * Reads the kernel's `trace` file, which tells of all namespaces: only what is between `addresses` is kept, and no
 * listener. `taiAhead`: seconds that its clock is ahead of the captures'.
 */
export function parseTrace(text: string, addresses: readonly string[], taiAhead: number): readonly Traced[] {
  const traced: Traced[] = [];
  for (const line of text.split('\n')) {
    const match = TRACED.exec(line);
    if (!match) continue;
    const [, at, sport, dport, saddr = '', daddr = '', state] = match;
    if (!addresses.includes(saddr) || !addresses.includes(daddr)) continue;
    traced.push({
      end: `${saddr}:${sport}>${daddr}:${dport}`,
      at: Number(at) - taiAhead,
      state: state === 'CLOSE' ? 'CLOSED' : (state ?? ''),
    });
  }
  return traced;
}

/**
 * One end's changes of state over the whole record, the first being to something other than CLOSED.
 *
 * A traced change is exact. Request sockets (SYN_RECV) and TIME_WAIT are not traced: where the trace knows no socket, the
 * polls are believed.
 */
export function historyOf(end: string, { traced, polls }: Evidence): readonly Change[] {
  const changes: Change[] = [];
  const add = (state: string, at: number, uncertainty: number) => {
    if (state !== (changes.at(-1)?.state ?? 'CLOSED')) changes.push({ state, at, uncertainty });
  };
  const own = (traced ?? []).filter((change) => change.end === end);
  const polled = (from: number, to: number) => {
    for (const { previous, start, end: done, sockets } of polls) {
      if (start < from || done > to) continue;
      // The first poll after a traced change shows what that change led to.
      if (previous < from) add(sockets[end] ?? 'CLOSED', from, CLOCK_UNCERTAINTY);
      else add(sockets[end] ?? 'CLOSED', (previous + done) / 2, (done - previous) / 2);
    }
  };
  polled(Number.NEGATIVE_INFINITY, own[0]?.at ?? Number.POSITIVE_INFINITY);
  for (const [index, { at, state }] of own.entries()) {
    if (state !== 'CLOSED') {
      add(state, at, CLOCK_UNCERTAINTY);
      continue;
    }
    const seen = polls.findLast((poll) => poll.start < at || poll.previous < at)?.sockets[end];
    add(seen === 'TIME_WAIT' || seen === 'FIN_WAIT2' ? seen : 'CLOSED', at, CLOCK_UNCERTAINTY);
    polled(at, own[index + 1]?.at ?? Number.POSITIVE_INFINITY);
  }
  return changes;
}

/** Cuts a history into the lives of its connections: every SYN_SENT, or SYN_RECV not by SYN_SENT, begins one. */
export function livesOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const lives: Change[][] = [];
  for (const change of changes) {
    const before = lives.at(-1)?.at(-1);
    const begins = change.state === 'SYN_SENT' || (change.state === 'SYN_RECV' && before?.state !== 'SYN_SENT');
    if (begins && before && before.state !== 'CLOSED') lives.at(-1)?.push({ ...change, state: 'CLOSED' });
    if (begins || !before) lives.push([change]);
    else lives.at(-1)?.push(change);
  }
  return lives;
}

/** One connection as both kernels had it. */
export interface Connection {
  /** `address:port` of both ends, by the host's role in the scenario. */
  readonly client: string;
  readonly server: string;
  /** The changes of both; none for an end that never had a socket. */
  readonly states: { readonly client: readonly Change[]; readonly server: readonly Change[] };
}

/** All connections between two hosts, given the client's address, in the order in which they began. */
export function connectionsOf(client: Evidence, server: Evidence, clientAddress: string): readonly Connection[] {
  const pairs = new Set<string>();
  for (const { traced, polls } of [client, server]) {
    for (const end of [
      ...(traced ?? []).map((change) => change.end),
      ...polls.flatMap((poll) => Object.keys(poll.sockets)),
    ]) {
      pairs.add(end.startsWith(`${clientAddress}:`) ? end : reversed(end));
    }
  }
  const connections: Connection[] = [];
  for (const pair of pairs) {
    const [from = '', to = ''] = pair.split('>');
    const ofClient = livesOf(historyOf(pair, client));
    const ofServer = livesOf(historyOf(reversed(pair), server));
    for (let life = 0; life < Math.max(ofClient.length, ofServer.length); life++) {
      const states = { client: ofClient[life] ?? [], server: ofServer[life] ?? [] };
      connections.push({ client: from, server: to, states });
    }
  }
  return connections.sort((one, other) => beginOf(one) - beginOf(other));
}

/** When a connection's first end left CLOSED. */
export function beginOf({ states }: Connection): number {
  return Math.min(...[states.client[0], states.server[0]].map((change) => change?.at ?? Number.POSITIVE_INFINITY));
}

function reversed(end: string): string {
  return end.split('>').reverse().join('>');
}
