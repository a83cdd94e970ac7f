import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/index.js';
import {
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  kindsOf,
  type Line,
  moment,
  pathOf,
  scenario,
  type Tap,
} from '../../support/scenario.js';

const TAPS: readonly Tap[] = ['client', 'middle', 'server'];
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];

const CLIENT = 'CLOSED SYN_SENT ESTABLISHED';
const SERVER = 'LISTEN SYN_RECV ESTABLISHED';
const ends = (flow: Flow): Record<'client' | 'server', string> => ({
  client: pathOf(flow, 'client'),
  server: pathOf(flow, 'server'),
});

describe.each(TAPS)('from the tap %s', (tap) => {
  it('an exact RST closes both ends', async () => {
    const flow = await flowOf(scenario({}, [...OPENED, [1, 'client', 'RST ACK']]), tap);
    expect(ends(flow)).toEqual({ client: `${CLIENT} CLOSED`, server: `${SERVER} CLOSED` });
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(1, 3);
    expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(1.01, 3);
    expect(moment(flow, 'server', 'CLOSED').latest).toBeNull();
  });

  it('SO_LINGER 0 ends with RST what was read to the end', async () => {
    const flow = await flowOf(
      scenario({}, [...OPENED, [1, 'client', 'PSH ACK 50'], ['+30us', 'server', 'ACK'], [2, 'client', 'RST ACK']]),
      tap,
    );
    expect(kindsOf(flow)).toEqual(['abortive-close']);
  });

  it('close() with data unread is a RST, and the data went unanswered', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...HANDSHAKE,
        [0.1, 'client', 'PSH ACK 120'],
        ['+30us', 'server', 'ACK'],
        [0.2, 'server', 'RST ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${CLIENT} CLOSED`, server: `${SERVER} CLOSED` });
    expect(kindsOf(flow)).toEqual(['unread-data-reset']);
  });

  it('a host that was restarted answers data with RST: half-open', async () => {
    const flow = await flowOf(
      scenario({}, [...OPENED, [300, 'client', 'PSH ACK 120'], ['+30us', 'server', 'RST']]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${CLIENT} CLOSED`, server: `${SERVER} CLOSED` });
    expect(kindsOf(flow)[0]).toBe('half-open-reset');
    expect(flow.findings[0].endpoint).toBe('server');
    // It went at some time in those five minutes.
    expect(moment(flow, 'server', 'CLOSED').earliest).toBeLessThan(0.05);
    expect(moment(flow, 'server', 'CLOSED').latest).toBeCloseTo(300, 1);
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(300.02, 3);
  });

  it('a RST in the window but not exact is challenged, and nothing changes', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [5, 'server', 'RST', { seq: 1401 }],
        ['+30us', 'client', 'ACK'],
        [6, 'server', 'PSH ACK 100'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: CLIENT, server: SERVER });
    expect(kindsOf(flow)).toContain('challenge-ack');
  });

  it('a RST outside the window meets silence', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [5, 'server', 'RST', { seq: 500_000_000 }],
        [6, 'server', 'PSH ACK 100'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: CLIENT, server: SERVER });
  });

  it('a challenge ACK may be missing: the limit proves nothing', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [5, 'server', 'RST', { seq: 1401 }],
        [6, 'server', 'PSH ACK 100'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: CLIENT, server: SERVER });
  });

  it('a forged RST that is exact closes its receiver, and its supposed sender goes on', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [5, 'server', 'RST', { seq: 401 }],
        [6, 'server', 'PSH ACK 100'],
        ['+30us', 'client', 'RST'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${CLIENT} CLOSED`, server: `${SERVER} CLOSED` });
    expect(kindsOf(flow)[0]).toBe('injected-reset-suspected');
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(5.01, 3);
    expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(6.02, 3);
  });

  it('a RST that the network lost closes its sender alone', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [5, 'client', 'RST ACK', { lost: true }],
        [9, 'server', 'PSH ACK 100'],
        ['+30us', 'client', 'RST'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual({ client: `${CLIENT} CLOSED`, server: `${SERVER} CLOSED` });
    expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(9.02, 3);
    if (tap !== 'server') expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(5, 3);
  });
});
