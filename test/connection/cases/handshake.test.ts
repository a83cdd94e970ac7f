import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/index.js';
import {
  captureOf,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  kindsOf,
  type Line,
  moment,
  pathOf,
  read,
  scenario,
  type Tap,
} from '../../support/scenario.js';

const HOSTS = ['client', 'server'] as const;
const TAPS: readonly Tap[] = ['client', 'middle', 'server'];

/** SYNs at these times, none of which gets an answer. */
const unanswered = (times: readonly number[]): Line[] =>
  times.map((time) => [time, 'client', 'SYN', { ignored: true }]);

const OPENED = { client: 'CLOSED SYN_SENT ESTABLISHED', server: 'LISTEN SYN_RECV ESTABLISHED' } as const;
const ends = (flow: Flow): Record<'client' | 'server', string> => ({
  client: pathOf(flow, 'client'),
  server: pathOf(flow, 'server'),
});

describe.each(TAPS)('from the tap %s', (tap) => {
  it('three segments open both ends', async () => {
    const flow = await flowOf(scenario({}, [...HANDSHAKE, ...EXCHANGE]), tap);
    expect(ends(flow)).toEqual(OPENED);
    expect(kindsOf(flow)).toEqual([]);
    expect(moment(flow, 'client', 'SYN_SENT').at).toBeCloseTo(0, 3);
    expect(moment(flow, 'server', 'SYN_RECV').at).toBeCloseTo(0.01, 3);
    expect(moment(flow, 'client', 'ESTABLISHED').at).toBeCloseTo(0.02, 3);
    expect(moment(flow, 'server', 'ESTABLISHED').at).toBeCloseTo(0.03, 3);
  });

  it('a refused SYN closes the client', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'RST ACK refused'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: 'CLOSED SYN_SENT CLOSED', server: '' });
    expect(flow.serverState).toBe('CLOSED');
    expect(kindsOf(flow)).toEqual(['connection-refused']);
    const closed = moment(flow, 'client', 'CLOSED');
    expect(closed.earliest).toBeLessThan(0.0201);
    // How far the client is from a distant tap, nothing in this connection tells.
    if (tap === 'client') expect(closed.at).toBeCloseTo(0.02, 3);
  });

  it('a RST that does not acknowledge the SYN is ignored', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'RST ACK refused', { ack: 77 }],
        [0.05, 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK'],
        ...EXCHANGE,
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    expect(kindsOf(flow)).not.toContain('connection-refused');
  });

  it('a SYN+ACK that an extra SYN drew says nothing of the ACK', async () => {
    // The round trip is longer than the SYN's timer.
    const flow = await flowOf(
      scenario({ rtt: '1500ms' }, [
        [0, 'client', 'SYN'],
        [0.75003, 'server', 'SYN ACK'],
        [1.01, 'client', 'SYN'],
        [1.50006, 'client', 'ACK'],
        [1.76003, 'server', 'SYN ACK'],
        [2.51006, 'client', 'ACK'],
        [2.6, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    expect(kindsOf(flow)).not.toContain('handshake-ack-lost');
    expect(kindsOf(flow)).not.toContain('accept-queue-overflow');
    expect(moment(flow, 'server', 'ESTABLISHED').at).toBeCloseTo(2.25, 2);
  });

  it('a SYN+ACK that crossed the ACK does not contradict it', async () => {
    // The first SYN+ACK is late; the client's own timer is that of a host that waits three seconds.
    const flow = await flowOf(
      scenario({ rtt: '600ms' }, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK', { delayed: '600ms' }],
        ['+30us', 'client', 'ACK'],
        [1.31, 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK'],
        [1.8, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    expect(kindsOf(flow)).not.toContain('handshake-ack-lost');
    expect(kindsOf(flow)).not.toContain('accept-queue-overflow');
    expect(moment(flow, 'server', 'ESTABLISHED').at).toBeCloseTo(1.5, 1);
  });

  it('the answer to a repeated SYN+ACK completes the handshake', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK', { lost: true }],
        [1.02, 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK'],
        ...EXCHANGE,
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    // The second ACK's TSecr is still that of the first SYN+ACK, which had arrived.
    expect(moment(flow, 'client', 'ESTABLISHED').at).toBeCloseTo(0.02, 2);
    expect(moment(flow, 'server', 'ESTABLISHED').at).toBeCloseTo(1.04, 2);
    expect(kindsOf(flow)[0]).toBe(tap === 'server' ? 'syn-ack-retransmitted' : 'handshake-ack-lost');
  });

  it('data completes the handshake where its ACK was lost', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK', { lost: true }],
        [0.3, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    const established = moment(flow, 'server', 'ESTABLISHED');
    // Where the ACK was seen, nothing tells that it was lost: the bounds hold the truth, though not the estimate.
    expect(established.earliest).toBeLessThanOrEqual(0.31);
    expect(established.latest).toBeGreaterThanOrEqual(0.31);
  });

  it('two SYNs that cross make one connection', async () => {
    const flow = await flowOf(
      scenario({ rtt: '80ms' }, [
        [0, 'client', 'SYN'],
        [0.01, 'server', 'SYN'],
        [0.04003, 'server', 'SYN ACK'],
        [0.05003, 'client', 'SYN ACK'],
        [0.08006, 'client', 'ACK', { sack: [[0, 1]] }],
        [0.09006, 'server', 'ACK', { sack: [[0, 1]] }],
        [0.2, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
    );
    const path = 'CLOSED SYN_SENT SYN_RECV ESTABLISHED';
    expect(ends(flow)).toEqual({ client: path, server: path });
    expect(kindsOf(flow)).toEqual(['simultaneous-open']);
  });

  it('a split handshake opens both ends', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN'],
        ['+30us', 'client', 'SYN ACK'],
        ['+30us', 'server', 'ACK'],
        [0.2, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
    );
    expect(pathOf(flow, 'client')).toBe('CLOSED SYN_SENT SYN_RECV ESTABLISHED');
    expect(flow.serverState).toBe('ESTABLISHED');
    expect(flow.findings.filter((f) => f.severity === 'error').map((f) => f.kind)).toEqual([]);
  });

  it('a late copy of the old SYN opens nothing', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...HANDSHAKE,
        ...EXCHANGE,
        [0.5, 'client', 'SYN', { tsVal: 0 }],
        ['+30us', 'server', 'ACK'],
        [1, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
  });

  it('Fast Open carries data in the SYN, and the server may speak in SYN_RECV', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN 120', { fastOpen: [1, 2, 3, 4, 5, 6, 7, 8] }],
        ['+30us', 'server', 'SYN ACK'],
        ['+100us', 'server', 'PSH ACK 400'],
        [0.02009, 'client', 'ACK'],
        ['+100us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    expect(kindsOf(flow)).toEqual(['fast-open']);
    expect(moment(flow, 'server', 'ESTABLISHED').at).toBeCloseTo(0.03, 3);
  });

  it('a host that was restarted opens anew into the old connection', async () => {
    const [old, next, ...others] = await read(
      captureOf(
        tap,
        scenario({}, [
          ...HANDSHAKE,
          ...EXCHANGE,
          [5, 'client', 'SYN', { isn: 700_000_000 }],
          ['+30us', 'server', 'ACK'],
          ['+30us', 'client', 'RST'],
          [6.01, 'client', 'SYN'],
          ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000 }],
          ['+30us', 'client', 'ACK'],
          ...EXCHANGE,
        ]),
      ),
    );
    expect(others).toEqual([]);
    expect(pathOf(old, 'server')).toBe('LISTEN SYN_RECV ESTABLISHED CLOSED');
    expect(moment(old, 'server', 'CLOSED').at).toBeCloseTo(5.03, 2);
    expect(kindsOf(old)).toContain('challenge-ack');
    expect(ends(next)).toEqual(OPENED);
    expect(moment(next, 'client', 'SYN_SENT').at).toBeCloseTo(5, 3);
    expect(moment(next, 'server', 'SYN_RECV').at).toBeCloseTo(6.02, 2);
    // Its first SYN was answered, for the old connection: the listener dropped nothing.
    expect(kindsOf(next)).not.toContain('accept-queue-overflow');
  });

  it.each([777_000, -5000])('a host that was restarted opens anew into one that was not captured: %i', async (ack) => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'ACK', { seq: 500_000, ack }],
        ['+30us', 'client', 'RST', { seq: ack }],
        [1.02, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK', { tsEcr: 1020 }],
        ['+30us', 'client', 'ACK'],
        ...EXCHANGE,
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    expect(moment(flow, 'server', 'SYN_RECV').at).toBeCloseTo(1.03, 2);
    expect(moment(flow, 'client', 'ESTABLISHED').at).toBeCloseTo(1.04, 2);
    expect(kindsOf(flow)).toEqual(['syn-retransmitted', 'challenge-ack']);
    expect(flow.retransmissions).toEqual({ client: 1, server: 0 });
  });

  it('what stands between the ACK and the RST that refuses it changes nothing', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'ACK', { seq: 500_000, ack: 777_000, copied: '20us' }],
        ['+1ms', 'client', 'RST', { seq: 777_000 }],
        [1.02, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK', { tsEcr: 1020 }],
        ['+30us', 'client', 'ACK'],
        ...EXCHANGE,
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    expect(moment(flow, 'client', 'ESTABLISHED').at).toBeCloseTo(1.04, 2);
    expect(kindsOf(flow)).not.toContain('capture-gap');
  });

  it('the same ports after the end are a connection of their own', async () => {
    const [old, next, ...others] = await read(
      captureOf(
        tap,
        scenario({}, [
          ...HANDSHAKE,
          ['+1ms', 'client', 'RST ACK'],
          [2, 'client', 'SYN', { isn: 700_000_000 }],
          ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000 }],
          ['+30us', 'client', 'ACK'],
          ...EXCHANGE,
        ]),
      ),
    );
    expect(others).toEqual([]);
    expect(ends(old)).toEqual({ client: `${OPENED.client} CLOSED`, server: `${OPENED.server} CLOSED` });
    expect(ends(next)).toEqual(OPENED);
  });
});

describe.each(HOSTS)('on the %s', (tap) => {
  it('SYNs in vain end at 131 s since Linux 6.5', async () => {
    const times = [0, 1.02, 2.05, 3.07, 4.1, 5.12, 7.14, 11.2, 19.3, 35.6, 68.1];
    const flow = await flowOf(scenario({ until: 150 }, unanswered(times)), tap);
    expect(ends(flow)).toEqual({ client: 'CLOSED SYN_SENT CLOSED', server: '' });
    expect(kindsOf(flow)[0]).toBe('syn-timeout');
    expect(flow.findings[0].message).toContain('ETIMEDOUT');
    const gone = moment(flow, 'client', 'CLOSED');
    expect(gone.basis).toBe('timer');
    expect(gone.at).toBeGreaterThan(131);
    expect(gone.at).toBeLessThan(138);
  });

  it('SYNs in vain end at 127 s before Linux 6.5', async () => {
    const times = [0, 1.02, 3.05, 7.14, 15.2, 31.6, 64.1];
    const flow = await flowOf(scenario({ until: 150 }, unanswered(times)), tap);
    expect(ends(flow)).toEqual({ client: 'CLOSED SYN_SENT CLOSED', server: '' });
    expect(kindsOf(flow)[0]).toBe('syn-timeout');
    const gone = moment(flow, 'client', 'CLOSED');
    expect(gone.basis).toBe('timer');
    expect(gone.at).toBeGreaterThan(127);
    expect(gone.at).toBeLessThan(134);
  });

  it('the capture ends while SYNs still go out: nothing is claimed', async () => {
    const flow = await flowOf(scenario({ until: 4 }, unanswered([0, 1.02, 3.05])), tap);
    expect(ends(flow)).toEqual({ client: 'CLOSED SYN_SENT', server: '' });
  });

  it('a full accept queue ignores an ACK and takes a later one', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK', { ignored: true }],
        [1.02, 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK'],
        ...EXCHANGE,
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    expect(moment(flow, 'client', 'ESTABLISHED').at).toBeCloseTo(0.02, 3);
    expect(moment(flow, 'server', 'ESTABLISHED').at).toBeCloseTo(1.04, 2);
    expect(kindsOf(flow)[0]).toBe(tap === 'server' ? 'accept-queue-overflow' : 'handshake-ack-lost');
  });

  it('tcp_abort_on_overflow answers the ACK with RST', async () => {
    const flow = await flowOf(scenario({}, [...HANDSHAKE, ['+30us', 'server', 'RST']]), tap);
    expect(ends(flow)).toEqual({ client: `${OPENED.client} CLOSED`, server: 'LISTEN SYN_RECV CLOSED' });
    expect(kindsOf(flow)[0]).toBe('accept-queue-overflow');
    expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(0.03, 3);
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(0.04, 3);
  });

  it('TCP_DEFER_ACCEPT waits for data, and that is not an error', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK', { ignored: true }],
        [5, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    const severe = flow.findings.filter((f) => f.severity === 'error' || f.severity === 'warning');
    expect(severe.map((f) => f.kind)).toEqual([]);
    expect(moment(flow, 'server', 'ESTABLISHED').earliest).toBeLessThanOrEqual(5.01);
    expect(moment(flow, 'server', 'ESTABLISHED').latest).toBeGreaterThanOrEqual(5.01);
  });

  it('TCP_DEFER_ACCEPT repeats its SYN+ACK when the deferral ends, and the next ACK counts', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK', { ignored: true }],
        [7.2, 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK'],
        [9, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(OPENED);
    expect(kindsOf(flow)[0]).toBe('defer-accept');
    expect(moment(flow, 'server', 'ESTABLISHED').at).toBeCloseTo(7.22, 2);
  });

  it('data into a handshake that the server gave up draws a RST, which is no crash', async () => {
    const lost = { lost: true } as const;
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK', lost],
        ...[1.02, 3.04, 7.1, 15.3, 31.4].flatMap((time): Line[] => [
          [time, 'server', 'SYN ACK'],
          ['+30us', 'client', 'ACK', lost],
        ]),
        [70, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'RST'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${OPENED.client} CLOSED`, server: 'LISTEN SYN_RECV CLOSED' });
    expect(kindsOf(flow).slice(0, 2)).toEqual(['synack-retries-exhausted', 'rst-after-synack-retries']);
    expect(kindsOf(flow)).not.toContain('half-open-reset');
    // The first SYN+ACK, says the TSecr of the data; on the server's side nothing tells how far away the client is.
    expect(moment(flow, 'client', 'ESTABLISHED').at).toBeCloseTo(0.02, tap === 'server' ? 1 : 3);
  });
});

describe('on the client alone', () => {
  it('an ICMP error about another sequence number is not for this SYN', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        [0.005, 'router', 'ICMP 3/13', { seq: -5000 }],
        [0.01003, 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK'],
        ...EXCHANGE,
      ]),
      'client',
    );
    expect(ends(flow)).toEqual(OPENED);
    expect(kindsOf(flow)).not.toContain('connection-unreachable');
  });

  it('with SYN cookies a lost ACK is never repeated for, and nothing tells', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK', { lost: true }],
        [5, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'ACK'],
      ]),
      'client',
    );
    expect(ends(flow)).toEqual(OPENED);
    expect(kindsOf(flow)).toEqual([]);
  });
});
