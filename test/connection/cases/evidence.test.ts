import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/index.js';
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

const CLIENT = 'CLOSED SYN_SENT ESTABLISHED';
const SERVER = 'LISTEN SYN_RECV ESTABLISHED';
const ends = (flow: Flow): Record<'client' | 'server', string> => ({
  client: pathOf(flow, 'client'),
  server: pathOf(flow, 'server'),
});

describe('a timestamp is its sender’s clock', () => {
  it('a FIN that the network held up was sent when its TSval says', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'server', 'FIN ACK', { delayed: '80ms' }],
        ['+30us', 'client', 'FIN ACK'],
        ['+30us', 'server', 'ACK'],
      ]),
      'client',
    );
    expect(moment(flow, 'server', 'FIN_WAIT1').at).toBeCloseTo(0.5, 2);
    expect(moment(flow, 'client', 'CLOSE_WAIT').at).toBeCloseTo(0.59, 3);
  });
});

describe('the TSecr of a SYN+ACK names its SYN', () => {
  it('the first one, where only the SYN+ACK was lost', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK', { lost: true }],
        [1.02, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK'],
        ...EXCHANGE,
      ]),
      'client',
    );
    expect(moment(flow, 'server', 'SYN_RECV').at).toBeCloseTo(0.01, 3);
  });

  it('the second one, where the first SYN was lost', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN', { lost: true }],
        [1.02, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK'],
        ...EXCHANGE,
      ]),
      'client',
    );
    expect(moment(flow, 'server', 'SYN_RECV').at).toBeCloseTo(1.03, 3);
  });
});

describe.each(HOSTS)('copies of a FIN, on the %s', (tap) => {
  it('a TSecr older than the copy says that the first one had arrived', async () => {
    // The client is in TIME_WAIT, which does not remember a newer timestamp.
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        ['+40ms', 'server', 'ACK'],
        [0.6, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK', { lost: true }],
        [0.825, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(moment(flow, 'client', 'TIME_WAIT').at).toBeCloseTo(0.61, 3);
    expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(0.845, 3);
  });

  it('a TSecr of the copy says that the first one was lost', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        ['+40ms', 'server', 'ACK'],
        [0.6, 'server', 'FIN ACK', { lost: true }],
        [0.825, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(moment(flow, 'client', 'TIME_WAIT').at).toBeCloseTo(0.835, 3);
  });
});

describe.each(TAPS)('resets, from the tap %s', (tap) => {
  it('one at the right edge of what was SACKed is taken', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'PSH ACK 300', { lost: true }],
        ['+50us', 'client', 'PSH ACK 200'],
        ['+30us', 'server', 'ACK', { sack: [[421, 621]] }],
        ['+1ms', 'client', 'RST ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${CLIENT} CLOSED`, server: `${SERVER} CLOSED` });
    expect(kindsOf(flow)).not.toContain('challenge-ack');
  });

  it('one below the FIN that was received is taken', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        ['+40ms', 'server', 'ACK'],
        [5, 'client', 'RST', { seq: 121 }],
      ]),
      tap,
    );
    expect(pathOf(flow, 'server')).toBe(`${SERVER} CLOSE_WAIT CLOSED`);
    expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(5.01, 3);
  });

  it('data that its sender’s RST overtook is no sign of life', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'PSH ACK 300', { delayed: '5ms' }],
        ['+50us', 'client', 'RST ACK'],
        [0.51508, 'server', 'RST'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${CLIENT} CLOSED`, server: `${SERVER} CLOSED` });
    expect(kindsOf(flow)).not.toContain('injected-reset-suspected');
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(0.5, 2);
  });

  it('one that acknowledges the SYN+ACK proves that its sender was ESTABLISHED', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK', { unseen: true }],
        [0.3, 'client', 'RST ACK'],
      ]),
      tap,
    );
    expect(pathOf(flow, 'client')).toBe(`${CLIENT} CLOSED`);
    expect(flow.serverState).toBe('CLOSED');
  });
});

describe.each(TAPS)('one segment has one fate, from the tap %s', (tap) => {
  it('a FIN whose acknowledgement completed the handshake has arrived', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK', { unseen: true, lost: true }],
        [0.3, 'client', 'FIN ACK'],
        ['+40ms', 'server', 'ACK'],
      ]),
      tap,
    );
    expect(pathOf(flow, 'server')).toBe(`${SERVER} CLOSE_WAIT`);
    expect(moment(flow, 'server', 'ESTABLISHED').at).toBe(moment(flow, 'server', 'CLOSE_WAIT').at);
    expect(moment(flow, 'server', 'CLOSE_WAIT').at).toBeCloseTo(0.31, 3);
  });
});

it('a RST after unanswered retransmissions did not arrive either', async () => {
  const lost = { lost: true, seq: 121 } as const;
  const flow = await flowOf(
    scenario({}, [
      ...OPENED,
      ...[5, 5.225, 5.673, 6.57, 8.37].map((time): Line => [time, 'client', 'PSH ACK 300', lost]),
      [10, 'client', 'RST ACK', { lost: true }],
    ]),
    'client',
  );
  expect(ends(flow)).toEqual({ client: `${CLIENT} CLOSED`, server: SERVER });
});

describe.each(TAPS)('a FIN that the capture missed, from the tap %s', (tap) => {
  it('is proved by an ACK one beyond the data', async () => {
    const flow = await flowOf(
      scenario({ until: 5 }, [...OPENED, [0.5, 'server', 'FIN ACK', { unseen: true }], ['+30us', 'client', 'ACK']]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${CLIENT} CLOSE_WAIT`, server: `${SERVER} FIN_WAIT1 FIN_WAIT2` });
    expect(moment(flow, 'server', 'FIN_WAIT1').latest).toBeLessThanOrEqual(0.53);
    expect(moment(flow, 'client', 'CLOSE_WAIT').at).toBeCloseTo(0.51, 1);
  });

  it('bounds FIN_WAIT1 long before the first FIN that was seen', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'server', 'FIN ACK', { unseen: true }],
        ['+30us', 'client', 'ACK', { ignored: true }],
        [0.725, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${CLIENT} CLOSE_WAIT`, server: `${SERVER} FIN_WAIT1 FIN_WAIT2` });
    expect(moment(flow, 'server', 'FIN_WAIT1').latest).toBeLessThanOrEqual(0.53);
    expect(moment(flow, 'client', 'CLOSE_WAIT').latest).toBeLessThanOrEqual(0.53);
  });
});

describe.each(TAPS)('a FIN that was lost, from the tap %s', (tap) => {
  it('is proved by a pure ACK of its sender one beyond the data', async () => {
    const flow = await flowOf(
      scenario({ rtt: '80ms' }, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK', { lost: true }],
        [0.51, 'server', 'FIN ACK'],
        // In CLOSING: its sequence number is already beyond the FIN that the server never got.
        ['+30us', 'client', 'ACK'],
        [0.8, 'client', 'FIN ACK'],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({
      client: `${CLIENT} FIN_WAIT1 CLOSING TIME_WAIT`,
      server: `${SERVER} FIN_WAIT1 FIN_WAIT2 TIME_WAIT`,
    });
    expect(moment(flow, 'client', 'FIN_WAIT1').latest).toBeLessThanOrEqual(0.6);
  });
});

describe.each(TAPS)('a late copy of the old SYN, from the tap %s', (tap) => {
  it('makes a new SYN_RECV where the old end is gone, and is nobody’s fault', async () => {
    const story = scenario({}, [
      ...OPENED,
      ...CLOSE,
      [1, 'client', 'SYN', { tsVal: 0 }],
      ['+30us', 'server', 'SYN ACK', { isn: 900_000_000 }],
      // TIME_WAIT answers with the old numbers, to which the request has no answer but RST.
      ['+30us', 'client', 'ACK', { seq: 122, ack: 402 }],
      ['+30us', 'server', 'RST'],
    ]);
    const [flow] = await read(captureOf(tap, story));
    expect(pathOf(flow, 'client')).toBe(`${CLIENT} FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSED`);
    expect(pathOf(flow, 'server')).toMatch(new RegExp(`^${SERVER} CLOSE_WAIT LAST_ACK CLOSED`));
    expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(0.081, 2);
    const severe = flow.findings.filter((f) => f.severity === 'error' || f.severity === 'warning');
    expect(severe.map((f) => f.kind)).toEqual([]);
  });
});

describe.each(HOSTS)('close() is not the FIN, on the %s', (tap) => {
  it('FIN_WAIT1 may have begun while data waited for a window', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.1, 'server', 'PSH ACK 1000'],
        ['+30us', 'client', 'ACK', { window: 0 }],
        // close() was called here, at 0.2 s, with more to send.
        [0.35, 'server', 'ACK', { seq: 1400 }],
        ['+30us', 'client', 'ACK', { window: 0 }],
        [0.8, 'server', 'ACK', { seq: 1400 }],
        ['+30us', 'client', 'ACK', { window: 0 }],
        [4, 'client', 'ACK'],
        ['+30us', 'server', 'FIN PSH ACK 800'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    const { at, earliest } = moment(flow, 'server', 'FIN_WAIT1');
    expect(earliest).toBeLessThanOrEqual(0.2);
    expect(at).toBeGreaterThanOrEqual(0.1);
    expect(at).toBeLessThanOrEqual(4.02);
  });
});

describe.each(HOSTS)('assassination by reordering, on the %s', (tap) => {
  it('a bare ACK that its FIN overtook ends TIME_WAIT', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        [0.55, 'server', 'ACK', { delayed: '120ms' }],
        [0.57, 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
        // The late ACK comes at 0.68 and is acknowledged again; the server's end is gone.
        [0.68003, 'client', 'ACK'],
        ['+30us', 'server', 'RST'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({
      client: `${CLIENT} FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSED`,
      server: `${SERVER} CLOSE_WAIT LAST_ACK CLOSED`,
    });
    expect(kindsOf(flow)).toContain('time-wait-assassination');
    expect(moment(flow, 'client', 'TIME_WAIT').at).toBeCloseTo(0.58, 3);
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(0.7, 3);
  });
});
