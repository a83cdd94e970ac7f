import { describe, expect, it } from 'vitest';
import { compare } from '../../lab/agreement.js';
import { parseSegments, type Segment } from '../../lab/capture.js';
import { type Flow, seconds } from '../../lab/lastack.js';
import type { Connection } from '../../lab/truth.js';

const CLIENT = '10.0.0.1:40000';
const SERVER = '10.0.0.2:8080';
const [syn, synAck, ack, reset]: readonly Segment[] = [
  { at: 100, from: CLIENT, to: SERVER, flags: 'S' },
  { at: 100.02, from: SERVER, to: CLIENT, flags: 'S.' },
  { at: 100.0201, from: CLIENT, to: SERVER, flags: '.' },
  { at: 110, from: CLIENT, to: SERVER, flags: 'R' },
] as const;

const iso = (at: number) => new Date(at * 1000).toISOString();

type Path = readonly (readonly [state: string, at: number])[];

/** The kernels' account: the changes of both ends. */
function kernel(client: Path, server: Path): Connection {
  const changes = (path: Path) => path.map(([state, at]) => ({ state, at, uncertainty: 0 }));
  return { client: CLIENT, server: SERVER, states: { client: changes(client), server: changes(server) } };
}

/** lastack's account of the same connection. */
function told(client: Path, server: Path): Flow {
  const entries = (endpoint: 'client' | 'server', path: Path) =>
    path.map(([to, at], index) => {
      const from = path[index - 1]?.[0] ?? (endpoint === 'client' ? 'CLOSED' : 'LISTEN');
      return { endpoint, from, to, at: iso(at), earliest: null, latest: null };
    });
  return {
    client: { address: '10.0.0.1', port: 40_000 },
    server: { address: '10.0.0.2', port: 8080 },
    start: iso(100),
    timeline: [...entries('client', client), ...entries('server', server)],
    findings: [],
  };
}

const tap = (segments: readonly (Segment | undefined)[], blink = 0) => ({
  segments: segments.filter((segment) => segment !== undefined),
  until: 110,
  delay: 0.01,
  blink,
});

const handshakeOfClient: Path = [
  ['SYN_SENT', 100],
  ['ESTABLISHED', 100.02],
];
const handshakeOfServer: Path = [
  ['SYN_RECV', 100.01],
  ['ESTABLISHED', 100.03],
];

describe('compare', () => {
  const connection = kernel(handshakeOfClient, handshakeOfServer);

  it('agrees with an account that is right', () => {
    const ends = compare(connection, told(handshakeOfClient, handshakeOfServer), tap([syn, synAck, ack]));
    expect(ends.map(({ pathRight, timeRight }) => [pathRight, timeRight])).toEqual([
      [true, 1],
      [true, 1],
    ]);
  });

  it('sees a wrong state', () => {
    const [, server] = compare(
      connection,
      told(handshakeOfClient, [['SYN_RECV', 100.01]]),
      tap([syn, synAck, ack, reset]),
    );
    expect(server?.pathRight).toBe(false);
    expect(server?.timeRight).toBe(0);
  });

  it('sees a right state at the wrong time', () => {
    const late: Path = [
      ['SYN_RECV', 100.01],
      ['ESTABLISHED', 105],
    ];
    const [, server] = compare(connection, told(handshakeOfClient, late), tap([syn, synAck, ack, reset]));
    expect(server?.pathRight).toBe(true);
    expect(server?.timeRight).toBeCloseTo(0.5, 1);
  });

  it('finds everything wrong without a flow', () => {
    expect(compare(connection, undefined, tap([syn, synAck, ack])).every((end) => !end.pathRight)).toBe(true);
  });

  it('does not ask for what came after the last segment', () => {
    const died = kernel([...handshakeOfClient, ['CLOSED', 108]], handshakeOfServer);
    const [client] = compare(died, told(handshakeOfClient, handshakeOfServer), tap([syn, synAck, ack]));
    expect(client).toMatchObject({ pathRight: true, timeRight: 1 });
  });

  it('leaves out the time in which nothing shows a change', () => {
    const died = kernel([...handshakeOfClient, ['CLOSED', 102]], handshakeOfServer);
    const account = told([...handshakeOfClient, ['CLOSED', 110]], handshakeOfServer);
    const [client] = compare(died, account, tap([syn, synAck, ack, reset]));
    expect(client).toMatchObject({ pathRight: true, timeRight: 1 });
  });

  it('takes either end for the client', () => {
    const account = told(handshakeOfServer, handshakeOfClient);
    const turned = { ...account, client: account.server, server: account.client };
    expect(compare(connection, turned, tap([syn, synAck, ack])).every((end) => end.pathRight)).toBe(true);
  });

  it('excuses states too short for a truth that was polled', () => {
    const polled = kernel([['ESTABLISHED', 100.02]], handshakeOfServer);
    const account = told(handshakeOfClient, handshakeOfServer);
    const segments = [syn, synAck, ack];
    expect(compare(polled, account, tap(segments))[0]?.pathRight).toBe(false);
    expect(compare(polled, account, tap(segments, 0.05))[0]?.pathRight).toBe(true);
  });
});

describe('parseSegments', () => {
  it('reads what tcpdump prints', () => {
    const text = [
      '1795243275.828486 IP 10.0.0.1.40000 > 10.0.0.2.8080: Flags [S], seq 1, win 64240, length 0',
      '1795243275.839339 IP 10.0.0.2.8080 > 10.0.0.1.40000: Flags [R.], seq 0, ack 2, win 0, length 0',
      '1795243275.900000 ARP, Request who-has 10.0.0.1',
    ];
    expect(parseSegments(text.join('\n'))).toEqual([
      { at: 1795243275.828486, from: CLIENT, to: SERVER, flags: 'S' },
      { at: 1795243275.839339, from: SERVER, to: CLIENT, flags: 'R.' },
    ]);
  });
});

describe('seconds', () => {
  it('reads nanoseconds', () => {
    expect(seconds('1970-01-01T00:01:40.250000500Z')).toBeCloseTo(100.2500005, 9);
    expect(seconds('1970-01-01T00:01:40Z')).toBe(100);
  });
});
