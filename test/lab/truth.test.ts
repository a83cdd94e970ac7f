import { describe, expect, it } from 'vitest';
import { connectionsOf, historyOf, livesOf, type Poll, parseTrace } from '../../lab/truth.js';

const END = '10.0.0.1:40000>10.0.0.2:8080';
const BACK = '10.0.0.2:8080>10.0.0.1:40000';

/** A line of the kernel's trace. */
function traceLine(
  at: string,
  from: string,
  to: string,
  sport = 40_000,
  saddr = '10.0.0.1',
  daddr = '10.0.0.2',
): string {
  const ends = `sport=${sport} dport=8080 saddr=${saddr} daddr=${daddr} saddrv6=::ffff:${saddr} daddrv6=::ffff:${daddr}`;
  return `  python3-71  [001] ..s2. ${at}: inet_sock_set_state: family=AF_INET protocol=IPPROTO_TCP ${ends} oldstate=TCP_${from} newstate=TCP_${to}`;
}

/** A poll of one hundredth of a second, a tenth after the one before. */
function poll(start: number, state?: string, end = END): Poll {
  return { previous: start - 0.1, start, end: start + 0.01, sockets: state === undefined ? {} : { [end]: state } };
}

const states = (changes: readonly { readonly state: string }[]) => changes.map((change) => change.state);

describe('parseTrace', () => {
  const hosts = ['10.0.0.1', '10.0.0.2'];

  it('reads changes, under the names that lastack uses, on the clock of the captures', () => {
    const text = [
      '# tracer: nop',
      traceLine('137.250000', 'CLOSE', 'SYN_SENT'),
      traceLine('138.5', 'SYN_SENT', 'CLOSE'),
    ];
    expect(parseTrace(text.join('\n'), hosts, 37)).toEqual([
      { end: END, at: 100.25, state: 'SYN_SENT' },
      { end: END, at: 101.5, state: 'CLOSED' },
    ]);
  });

  it('leaves out listeners and other hosts', () => {
    const text = [
      traceLine('1.0', 'CLOSE', 'LISTEN', 8080, '10.0.0.2', '0.0.0.0'),
      traceLine('2.0', 'CLOSE', 'SYN_SENT', 40_000, '10.0.0.1', '10.0.0.9'),
    ];
    expect(parseTrace(text.join('\n'), hosts, 0)).toEqual([]);
  });
});

describe('historyOf', () => {
  it('believes the trace, and the polls where the trace knows no socket', () => {
    const traced = [
      { end: END, at: 1, state: 'ESTABLISHED' },
      { end: END, at: 2, state: 'FIN_WAIT1' },
      { end: END, at: 2.5, state: 'FIN_WAIT2' },
      { end: END, at: 3, state: 'CLOSED' },
    ];
    const polls = [poll(0.5, 'SYN_RECV'), poll(1.2, 'ESTABLISHED'), poll(2.2, 'ESTABLISHED'), poll(3.05, 'TIME_WAIT')];
    const history = historyOf(END, { traced, polls });
    expect(states(history)).toEqual(['SYN_RECV', 'ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT']);
    expect(history[0]?.at).toBeCloseTo(0.455);
    expect(history[0]?.uncertainty).toBeCloseTo(0.055);
    expect(history[4]?.at).toBe(3);
  });

  it('follows a FIN_WAIT2 that outlives its socket to its end', () => {
    const traced = [
      { end: END, at: 1, state: 'FIN_WAIT2' },
      { end: END, at: 2, state: 'CLOSED' },
    ];
    const polls = [poll(1.5, 'FIN_WAIT2'), poll(4)];
    const history = historyOf(END, { traced, polls });
    expect(states(history)).toEqual(['FIN_WAIT2', 'CLOSED']);
    expect(history[1]?.at).toBeCloseTo(3.955);
  });

  it('is closed at once where nothing outlives the socket', () => {
    const traced = [
      { end: END, at: 1, state: 'ESTABLISHED' },
      { end: END, at: 2, state: 'CLOSED' },
    ];
    expect(historyOf(END, { traced, polls: [poll(1.5, 'ESTABLISHED'), poll(2.05)] })).toEqual([
      { state: 'ESTABLISHED', at: 1, uncertainty: 0.0001 },
      { state: 'CLOSED', at: 2, uncertainty: 0.0001 },
    ]);
  });

  it('makes do with polls where nothing is traced', () => {
    const polls = [poll(1, 'SYN_SENT'), poll(2, 'ESTABLISHED'), poll(3)];
    expect(states(historyOf(END, { traced: null, polls }))).toEqual(['SYN_SENT', 'ESTABLISHED', 'CLOSED']);
  });
});

describe('livesOf', () => {
  const changes = (...all: string[]) => all.map((state, index) => ({ state, at: index, uncertainty: 0 }));

  it('begins another life with another SYN, and ends TIME_WAIT by it', () => {
    const lives = livesOf(changes('SYN_RECV', 'ESTABLISHED', 'TIME_WAIT', 'SYN_RECV', 'ESTABLISHED'));
    expect(lives.map(states)).toEqual([
      ['SYN_RECV', 'ESTABLISHED', 'TIME_WAIT', 'CLOSED'],
      ['SYN_RECV', 'ESTABLISHED'],
    ]);
  });

  it('takes SYN_RECV after SYN_SENT for a simultaneous open', () => {
    expect(livesOf(changes('SYN_SENT', 'SYN_RECV', 'ESTABLISHED'))).toHaveLength(1);
  });
});

describe('connectionsOf', () => {
  it('pairs what both kernels had', () => {
    const client = { traced: [{ end: END, at: 1, state: 'SYN_SENT' }], polls: [] };
    const server = { traced: [], polls: [poll(1.2, 'SYN_RECV', BACK)] };
    const [connection, ...others] = connectionsOf(client, server, '10.0.0.1');
    expect(others).toEqual([]);
    expect(connection).toMatchObject({ client: '10.0.0.1:40000', server: '10.0.0.2:8080' });
    expect(states(connection?.states.client ?? [])).toEqual(['SYN_SENT']);
    expect(states(connection?.states.server ?? [])).toEqual(['SYN_RECV']);
  });

  it('keeps an end that never had a socket', () => {
    const client = { traced: [{ end: END, at: 1, state: 'SYN_SENT' }], polls: [] };
    expect(connectionsOf(client, { traced: [], polls: [] }, '10.0.0.1')[0]?.states.server).toEqual([]);
  });
});
