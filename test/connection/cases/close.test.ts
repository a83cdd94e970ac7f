import { describe, expect, it } from 'vitest';
import type { Flow, ProfileName } from '../../../src/index.js';
import {
  CLOSE,
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
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];

/** The client closed first: its path up to FIN_WAIT2, and the server's up to CLOSE_WAIT. */
const FIN_WAIT2 = 'CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2';
const CLOSE_WAIT = 'LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT';
const ends = (flow: Flow): Record<'client' | 'server', string> => ({
  client: pathOf(flow, 'client'),
  server: pathOf(flow, 'server'),
});
const severe = (flow: Flow): string[] =>
  flow.findings.filter((f) => f.severity === 'error' || f.severity === 'warning').map((f) => f.kind);

describe.each(TAPS)('from the tap %s', (tap) => {
  it('four segments close both ends', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        ['+30us', 'server', 'ACK'],
        [0.6, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${FIN_WAIT2} TIME_WAIT`, server: `${CLOSE_WAIT} LAST_ACK CLOSED` });
    expect(kindsOf(flow)).toEqual([]);
    expect(moment(flow, 'client', 'FIN_WAIT1').at).toBeCloseTo(0.5, 3);
    expect(moment(flow, 'server', 'CLOSE_WAIT').at).toBeCloseTo(0.51, 3);
    expect(moment(flow, 'client', 'FIN_WAIT2').at).toBeCloseTo(0.52, 3);
    expect(moment(flow, 'server', 'LAST_ACK').at).toBeCloseTo(0.6, 3);
    expect(moment(flow, 'client', 'TIME_WAIT').at).toBeCloseTo(0.61, 3);
    expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(0.62, 3);
  });

  it('a FIN that acknowledges the other one at once passes CLOSE_WAIT and LAST_ACK in one go', async () => {
    const flow = await flowOf(scenario({}, [...OPENED, ...CLOSE]), tap);
    expect(ends(flow)).toEqual({ client: `${FIN_WAIT2} TIME_WAIT`, server: `${CLOSE_WAIT} LAST_ACK CLOSED` });
    expect(kindsOf(flow)).toEqual([]);
    expect(moment(flow, 'server', 'LAST_ACK').at - moment(flow, 'server', 'CLOSE_WAIT').at).toBeLessThan(0.001);
    expect(moment(flow, 'client', 'TIME_WAIT').at).toBe(moment(flow, 'client', 'FIN_WAIT2').at);
  });

  it('FINs that cross close both ends through CLOSING', async () => {
    const flow = await flowOf(
      scenario({ rtt: '80ms' }, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        [0.51, 'server', 'FIN ACK'],
        [0.54003, 'server', 'ACK'],
        [0.55003, 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({
      client: 'CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT',
      server: 'LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT',
    });
    expect(kindsOf(flow)).toEqual(['simultaneous-close']);
  });

  it('a FIN before its data makes no CLOSE_WAIT until the hole is filled', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'PSH ACK 300', { lost: true }],
        ['+50us', 'client', 'FIN ACK'],
        ['+30us', 'server', 'ACK', { sack: [[421, 422]] }],
        [0.75, 'client', 'PSH ACK 300', { seq: 121 }],
        ['+30us', 'server', 'ACK'],
        [0.9, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${FIN_WAIT2} TIME_WAIT`, server: `${CLOSE_WAIT} LAST_ACK CLOSED` });
    expect(moment(flow, 'server', 'CLOSE_WAIT').at).toBeCloseTo(0.76, 3);
    expect(moment(flow, 'client', 'FIN_WAIT2').at).toBeCloseTo(0.77, 3);
  });

  it('a lost ACK of FIN is no FIN_WAIT2; the FIN had arrived', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        ['+40ms', 'server', 'ACK', { lost: true }],
        [0.725, 'client', 'FIN ACK'],
        // A full socket reports the copy by DSACK.
        ['+30us', 'server', 'ACK', { sack: [[121, 122]] }],
        [1.5, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${FIN_WAIT2} TIME_WAIT`, server: `${CLOSE_WAIT} LAST_ACK CLOSED` });
    expect(kindsOf(flow)).toContain('fin-retransmitted');
    expect(moment(flow, 'client', 'FIN_WAIT2').at).toBeCloseTo(0.745, 3);
    expect(moment(flow, 'server', 'CLOSE_WAIT').at).toBeCloseTo(0.51, 3);
  });

  it('a lost FIN is no CLOSE_WAIT', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK', { lost: true }],
        [0.725, 'client', 'FIN ACK'],
        ['+40ms', 'server', 'ACK'],
        [1.5, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${FIN_WAIT2} TIME_WAIT`, server: `${CLOSE_WAIT} LAST_ACK CLOSED` });
    expect(moment(flow, 'client', 'FIN_WAIT1').at).toBeLessThanOrEqual(tap === 'server' ? 0.726 : 0.501);
    expect(moment(flow, 'server', 'CLOSE_WAIT').at).toBeCloseTo(0.735, 3);
  });

  it('a lost last ACK keeps the peer in LAST_ACK, and the repeated FIN restarts TIME_WAIT', async () => {
    const flow = await flowOf(
      scenario({ until: 130 }, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        ['+40ms', 'server', 'ACK'],
        [0.6, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK', { lost: true }],
        [20, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({
      client: `${FIN_WAIT2} TIME_WAIT CLOSED`,
      server: `${CLOSE_WAIT} LAST_ACK CLOSED`,
    });
    expect(kindsOf(flow)[0]).toBe(tap === 'server' ? 'fin-retransmitted' : 'last-ack-lost');
    // The ACK echoes the first FIN, also where only the second ACK was seen.
    expect(moment(flow, 'client', 'TIME_WAIT').at).toBeCloseTo(0.61, 3);
    expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(20.02, 3);
    const over = moment(flow, 'client', 'CLOSED');
    expect(over.basis).toBe('timer');
    expect(over.at).toBeGreaterThanOrEqual(80);
    expect(over.at).toBeLessThan(82.4);
  });

  it('a half-close in use is no leak', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        ['+40ms', 'server', 'ACK'],
        ...Array.from({ length: 20 }, (_, i): Line[] => [
          [1 + i / 2, 'server', 'PSH ACK 1000'],
          ['+30us', 'client', 'ACK'],
        ]).flat(),
        [11, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${FIN_WAIT2} TIME_WAIT`, server: `${CLOSE_WAIT} LAST_ACK CLOSED` });
    expect(kindsOf(flow)).toContain('half-close');
    expect(severe(flow)).toEqual([]);
  });

  it('an orphan in FIN_WAIT2 is gone after a minute, and answers with RST', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        ['+40ms', 'server', 'ACK'],
        [100, 'server', 'PSH ACK 1000'],
        ['+30us', 'client', 'RST'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${FIN_WAIT2} CLOSED`, server: `${CLOSE_WAIT} CLOSED` });
    expect(kindsOf(flow)).toContain('fin-wait2-timeout');
    const gone = moment(flow, 'client', 'CLOSED');
    expect(gone.basis).toBe('timer');
    expect(gone.at).toBeGreaterThanOrEqual(60.5);
    expect(gone.at).toBeLessThan(63);
    expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(100.02, 3);
  });

  it('a socket that its application still holds stays in FIN_WAIT2', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        ['+40ms', 'server', 'ACK'],
        [200, 'server', 'FIN PSH ACK 1000'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${FIN_WAIT2} TIME_WAIT`, server: `${CLOSE_WAIT} LAST_ACK CLOSED` });
    expect(moment(flow, 'client', 'TIME_WAIT').at).toBeCloseTo(200.01, 3);
    expect(kindsOf(flow)).not.toContain('fin-wait2-timeout');
  });

  it('a SYN with a higher number may end TIME_WAIT early', async () => {
    const [old, next, ...others] = await read(
      captureOf(
        tap,
        scenario({}, [
          ...OPENED,
          [0.5, 'server', 'FIN ACK'],
          ['+30us', 'client', 'FIN ACK'],
          ['+30us', 'server', 'ACK'],
          [10, 'client', 'SYN', { isn: 8_000_000 }],
          ['+30us', 'server', 'SYN ACK', { isn: 4_295_100_000 }],
          ['+30us', 'client', 'ACK'],
          ...EXCHANGE,
        ]),
      ),
    );
    expect(others).toEqual([]);
    expect(ends(old)).toEqual({
      client: 'CLOSED SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED',
      server: 'LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSED',
    });
    expect(moment(old, 'server', 'CLOSED').at).toBeCloseTo(10.01, 3);
    expect(ends(next)).toEqual({ client: 'CLOSED SYN_SENT ESTABLISHED', server: 'LISTEN SYN_RECV ESTABLISHED' });
    expect(kindsOf(next)).toEqual(['time-wait-reuse']);
  });
});

describe.each(HOSTS)('on the %s', (tap) => {
  it.each([
    ['linux', 60, 62.4],
    ['rfc9293', 240, 249],
    ['windows', 120, 124.5],
  ] as const)('TIME_WAIT of %s', async (profile: ProfileName, least, most) => {
    const flow = await flowOf(scenario({ until: 400 }, [...OPENED, ...CLOSE]), tap, {
      profile,
      sysctl: { client: 'net.ipv4.tcp_fin_timeout = 10' },
    });
    const over = moment(flow, 'client', 'CLOSED');
    expect(over.basis).toBe('timer');
    const since = moment(flow, 'client', 'TIME_WAIT').at;
    expect(over.at - since).toBeGreaterThanOrEqual(least);
    expect(over.at - since).toBeLessThan(most);
  });

  it('tcp_fin_timeout is what FIN_WAIT2 waits', async () => {
    const story = scenario({ until: 90 }, [
      ...OPENED,
      [0.5, 'client', 'FIN ACK'],
      ['+40ms', 'server', 'ACK'],
      [70, 'server', 'PSH ACK 1000'],
      ['+30us', 'client', 'RST'],
    ]);
    const flow = await flowOf(story, tap, { sysctl: { client: 'net.ipv4.tcp_fin_timeout = 20' } });
    expect(ends(flow)).toEqual({ client: `${FIN_WAIT2} CLOSED`, server: `${CLOSE_WAIT} CLOSED` });
    expect(moment(flow, 'client', 'CLOSED').at).toBeGreaterThanOrEqual(20.5);
    expect(moment(flow, 'client', 'CLOSED').at).toBeLessThan(22);
  });
});

it('a FIN in vain ends by the time that Linux gives orphans', async () => {
  const lost = { lost: true } as const;
  const flow = await flowOf(
    scenario({ until: 200 }, [
      ...OPENED,
      [0.5, 'server', 'FIN ACK', lost],
      // The tail-loss probe, then 224 ms and its doubles. 102.2 s after the first of those the next timer is the last.
      ...[0.54, 0.765, 1.213, 2.11, 3.91, 7.5, 14.7, 29, 57.7].map((time): Line => [time, 'server', 'FIN ACK', lost]),
    ]),
    'server',
  );
  expect(ends(flow)).toEqual({
    client: 'CLOSED SYN_SENT ESTABLISHED',
    server: 'LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 CLOSED',
  });
  expect(kindsOf(flow)[0]).toBe('fin-wait1-stuck');
  const gone = moment(flow, 'server', 'CLOSED');
  expect(gone.basis).toBe('timer');
  expect(gone.at).toBeGreaterThan(115);
  expect(gone.at).toBeLessThan(123);
});
