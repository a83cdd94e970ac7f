import { describe, expect, it } from 'vitest';
import {
  captureOf,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  type Line,
  moment,
  pathOf,
  read,
  scenario,
} from '../../support/scenario.js';

/*
 * In which order an end sent and received, where the network took longer than half a round trip: what it sends tells what it
 * had received, and paths keep their order (observing-tcp.md, the crossing rule).
 */

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const CLIENT = 'CLOSED SYN_SENT ESTABLISHED';
const SERVER = 'LISTEN SYN_RECV ESTABLISHED';

describe('what an end sends without acknowledging a segment was sent before that one came', () => {
  it('a FIN that was late crossed the other one', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        // Comes at 0.115 s.
        [0.1, 'client', 'FIN ACK', { delayed: '5ms' }],
        [0.112, 'server', 'FIN ACK'],
        [0.11503, 'server', 'ACK'],
        [0.12203, 'client', 'ACK'],
      ]),
      'client',
    );
    expect(pathOf(flow, 'client')).toBe(`${CLIENT} FIN_WAIT1 CLOSING TIME_WAIT`);
    expect(pathOf(flow, 'server')).toBe(`${SERVER} FIN_WAIT1 CLOSING TIME_WAIT`);
    expect(Math.abs(moment(flow, 'server', 'CLOSING').at - 0.115)).toBeLessThan(0.0031);
  });

  it('and not long before, where nothing else tells', async () => {
    const flow = await flowOf(
      scenario({ until: 0.2 }, [
        ...OPENED,
        [0.1, 'client', 'FIN ACK', { delayed: '5ms' }],
        [0.112, 'server', 'PSH ACK 100'],
        [0.13, 'client', 'ACK'],
      ]),
      'client',
    );
    const { at } = moment(flow, 'server', 'CLOSE_WAIT');
    expect(at).toBeGreaterThan(0.1119);
    expect(at).toBeLessThan(0.1155);
  });

  it('a bare ACK occupies nothing that could be acknowledged', async () => {
    const flow = await flowOf(
      scenario({ until: 2 }, [
        ...OPENED,
        [0.1, 'server', 'FIN ACK'],
        [0.105, 'client', 'PSH ACK 100', { lost: true }],
        [0.11003, 'client', 'ACK'],
        [0.5, 'server', 'ACK'],
      ]),
      'client',
    );
    expect(Math.abs(moment(flow, 'server', 'FIN_WAIT2').at - 0.12003)).toBeLessThan(0.001);
  });
});

describe('paths keep their order', () => {
  it('a RST behind a late FIN comes after it', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.1, 'client', 'FIN ACK', { delayed: '5ms' }],
        ['+50us', 'client', 'RST ACK', { delayed: '5ms' }],
        [0.112, 'server', 'PSH ACK 100'],
      ]),
      'client',
    );
    expect(pathOf(flow, 'client')).toBe(`${CLIENT} FIN_WAIT1 CLOSED`);
    expect(pathOf(flow, 'server')).toBe(`${SERVER} CLOSE_WAIT CLOSED`);
  });
});

it('an orphan has time left whenever its connection began', async () => {
  const lost = { lost: true } as const;
  const another = scenario({ client: '10.0.0.1:40114', until: 1040 }, HANDSHAKE);
  const [first, ...rest] = OPENED;
  const story = scenario({}, [
    [1000, first[1], first[2]] as Line,
    ...rest,
    ...[1000.2, 1000.4].flatMap((time): Line[] => [
      [time, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK', lost],
    ]),
    [1000.8, 'client', 'FIN ACK'],
    ['+30us', 'server', 'ACK'],
  ]);
  const [, flow] = await read(captureOf('middle', another, story));
  expect(pathOf(flow, 'client')).toBe(`${CLIENT} FIN_WAIT1 FIN_WAIT2`);
});

it('an ICMP error ends the connect() of the end whose SYN it quotes, and not the other', async () => {
  const lost = { lost: true } as const;
  const flow = await flowOf(
    scenario({ until: 0.9 }, [
      [0, 'client', 'SYN', lost],
      [0.001, 'server', 'SYN', lost],
      [0.005, 'router', 'ICMP 3/1'],
    ]),
    'middle',
  );
  expect(pathOf(flow, 'client')).toBe('CLOSED SYN_SENT CLOSED');
  expect(pathOf(flow, 'server')).toBe('CLOSED SYN_SENT');
});
