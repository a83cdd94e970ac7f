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
  type Story,
  scenario,
  type Tap,
} from '../../support/scenario.js';

const TAPS: readonly Tap[] = ['client', 'middle', 'server'];
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const WHOLE: readonly Line[] = [...OPENED, ...CLOSE];

const ends = (flow: Flow): Record<'client' | 'server', string> => ({
  client: pathOf(flow, 'client'),
  server: pathOf(flow, 'server'),
});
const CLOSED = {
  client: 'CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT',
  server: 'LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED',
} as const;

/** The lines with some of them unseen. */
const missing = (lines: readonly Line[], isMissing: (line: Line, index: number) => boolean): Line[] =>
  lines.map((line, i): Line => {
    if (!isMissing(line, i)) return line;
    const [when, from, what, details] = line;
    return [when, from, what, { ...details, unseen: true }] as Line;
  });

describe.each(TAPS)('from the tap %s', (tap) => {
  it('a flow never ends by being idle', async () => {
    const flow = await flowOf(
      scenario({}, [...OPENED, [36_000, 'client', 'PSH ACK 120'], ['+30us', 'server', 'ACK'], ...CLOSE]),
      tap,
    );
    expect(ends(flow)).toEqual(CLOSED);
    expect(kindsOf(flow)).toEqual(['idle-too-long']);
  });

  it('sequence numbers wrap', async () => {
    // The server's initial number is 296 below 2^32: its answer goes across.
    const flow = await flowOf(
      scenario({}, [...OPENED, ['+1ms', 'server', 'PSH ACK 1000'], ['+30us', 'client', 'ACK'], ...CLOSE]),
      tap,
    );
    expect(ends(flow)).toEqual(CLOSED);
    expect(flow.bytes).toEqual({ client: 120, server: 1400 });
    expect(flow.retransmissions).toEqual({ client: 0, server: 0 });
    expect(kindsOf(flow)).toEqual([]);
  });

  it.each([
    ['scaled where both SYNs offered it', [], 64_256],
    ['as in the header where not', ['window scale'], 64_240],
  ] as const)('windows are %s', async (_, without, window) => {
    const flow = await flowOf(scenario({ without }, OPENED), tap, { detail: 'full' });
    const windows = flow.segments.filter((s) => s.length > 0).map((s) => s.window);
    expect(windows).toEqual([window, window]);
  });

  it('keep-alive probes are not data', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        // With one byte of rubbish, as some hosts send it, and without.
        [60, 'client', 'ACK 1', { seq: 120 }],
        ['+30us', 'server', 'ACK'],
        [120, 'client', 'ACK', { seq: 120 }],
        ['+30us', 'server', 'ACK'],
      ]),
      tap,
    );
    expect(flow.retransmissions).toEqual({ client: 0, server: 0 });
    expect(flow.bytes).toEqual({ client: 120, server: 400 });
    expect(kindsOf(flow)).toEqual([]);
  });

  it('zero-window probes are not data', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        ['+1ms', 'client', 'ACK', { window: 0 }],
        [1, 'server', 'ACK', { seq: 400 }],
        ['+30us', 'client', 'ACK', { window: 0 }],
        [2, 'server', 'ACK', { seq: 400 }],
        ['+30us', 'client', 'ACK', { window: 0 }],
        [3, 'client', 'ACK'],
        ['+30us', 'server', 'PSH ACK 1000'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(flow.retransmissions).toEqual({ client: 0, server: 0 });
    expect(kindsOf(flow)).toEqual(['zero-window-stall']);
    expect(flow.findings[0].endpoint).toBe('client');
  });

  it('SYN, FIN and RST repeated keep their numbers', async () => {
    const flow = await flowOf(
      scenario({}, [
        [0, 'client', 'SYN', { lost: true }],
        [1.02, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK'],
        ...EXCHANGE,
        [2, 'client', 'FIN ACK'],
        [2.224, 'client', 'FIN ACK'],
        ['+30us', 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
      ]),
      tap,
    );
    expect(ends(flow)).toEqual(CLOSED);
    expect(flow.bytes).toEqual({ client: 120, server: 400 });
    expect(flow.retransmissions).toEqual({ client: tap === 'server' ? 1 : 2, server: 0 });
  });

  it('a connection met in mid-life is assumed, and its end is known', async () => {
    const flow = await flowOf(
      scenario(
        {},
        missing(WHOLE, (_, i) => i < HANDSHAKE.length),
      ),
      tap,
    );
    expect(ends(flow)).toEqual({
      client: '? ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT',
      server: '? ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED',
    });
    expect(flow.roles).toBe('assumed');
    expect(moment(flow, 'client', 'ESTABLISHED').basis).toBe('assumed');
    expect(kindsOf(flow)).toEqual(['mid-stream']);
  });

  it('one direction tells its sender, and what it acknowledges', async () => {
    const flow = await flowOf(
      scenario(
        {},
        missing(WHOLE, ([, from]) => from === 'server'),
      ),
      tap,
    );
    expect(pathOf(flow, 'client')).toMatch(/^CLOSED SYN_SENT ESTABLISHED FIN_WAIT1( FIN_WAIT2)?( TIME_WAIT)?$/);
    // It acknowledges data of the server.
    expect(pathOf(flow, 'server')).toMatch(/^LISTEN SYN_RECV ESTABLISHED/);
    expect(kindsOf(flow)).toEqual(['one-sided']);
  });

  it('the other direction alone cannot tell a FIN that it acknowledges from a byte', async () => {
    const flow = await flowOf(
      scenario(
        {},
        missing(WHOLE, ([, from]) => from === 'client'),
      ),
      tap,
    );
    expect(pathOf(flow, 'server')).toMatch(/ESTABLISHED (FIN_WAIT1|CLOSE_WAIT LAST_ACK( CLOSED)?)$/);
    expect(kindsOf(flow)).toEqual(['one-sided']);
  });

  it('an ACK of data never seen is a gap in the capture', async () => {
    const gap: readonly Line[] = [
      ['+1ms', 'server', 'PSH ACK 1000', { unseen: true }],
      ['+30us', 'client', 'ACK'],
      ['+1ms', 'server', 'PSH ACK 1000'],
      ['+30us', 'client', 'ACK'],
    ];
    const flow = await flowOf(scenario({}, [...OPENED, ...gap, ...CLOSE]), tap);
    expect(ends(flow)).toEqual(CLOSED);
    expect(kindsOf(flow)).toEqual(['capture-gap']);
    expect(flow.retransmissions).toEqual({ client: 0, server: 0 });
  });

  it('copies of a mirror port change nothing', async () => {
    const copied = WHOLE.map((line): Line => {
      const [when, from, what, details] = line;
      return [when, from, what, { ...details, copied: '8us' }] as Line;
    });
    const flow = await flowOf(scenario({}, copied), tap);
    expect(ends(flow)).toEqual(CLOSED);
    expect(kindsOf(flow)).toEqual(['duplicate-frames']);
    expect(flow.retransmissions).toEqual({ client: 0, server: 0 });
    expect(flow.bytes).toEqual({ client: 120, server: 400 });
  });

  it('what nothing has proved is open when the capture ends', async () => {
    const flow = await flowOf(scenario({}, HANDSHAKE), tap);
    const { basis, latest } = moment(flow, 'server', 'ESTABLISHED');
    expect(basis).toBe('inferred');
    expect(latest).toBeNull();
  });

  it('nothing that only a timer would end after the last frame is claimed', async () => {
    const flow = await flowOf(scenario({ until: 50 }, WHOLE), tap);
    expect(flow.clientState).toBe('TIME_WAIT');
  });
});

it('a full accept queue is the listener’s: no ACK to it is believed until it takes one', async () => {
  const stuck = (port: number): Story =>
    scenario({ client: `10.0.0.1:${port}`, until: 8 }, [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { ignored: true }],
      ...[1.02, 3.04, 7.1].flatMap((time): Line[] => [
        [time, 'server', 'SYN ACK'],
        ['+30us', 'client', 'ACK', { ignored: true }],
      ]),
    ]);
  const found = await read(captureOf('server', stuck(40_112), stuck(40_114)));
  expect(found.map((flow) => flow.serverState)).toEqual(['SYN_RECV', 'SYN_RECV']);
});
