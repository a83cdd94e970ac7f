import { describe, expect, test } from 'vitest';
import { CONN_STATES } from '../../../src/report/export/zeek/conn-state.js';
import { OPENED, type ZeekLine, zeekOf } from './zeek-story.js';

interface Case {
  readonly state: (typeof CONN_STATES)[number];
  readonly history: string;
  readonly lines: readonly ZeekLine[];
  /** The responder's, where it is one that Zeek takes for a server's. */
  readonly port?: number;
}

/** Expected by Zeek's rules, read by hand; those marked are Zeek's own answers (btest baseline conn_state-RST-behavior). */
const CASES: Readonly<Record<string, Case>> = {
  'a SYN alone': { state: 'S0', history: 'S', lines: [['o', 'S']] },
  'a SYN repeated': {
    state: 'S0',
    history: 'S',
    lines: [
      ['o', 'S'],
      ['o', 'S', { seq: 0 }],
    ],
  },
  'SYN and SYN+ACK': {
    state: 'S1',
    history: 'Sh',
    lines: [
      ['o', 'S'],
      ['r', 'SA'],
    ],
  },
  'a handshake': { state: 'S1', history: 'ShA', lines: OPENED },
  'data, and both close': {
    state: 'SF',
    history: 'ShADadFf',
    lines: [
      ...OPENED,
      ['o', 'PA', { length: 10 }],
      ['r', 'A'],
      ['r', 'PA', { length: 20 }],
      ['o', 'FA'],
      ['r', 'FA'],
      ['o', 'A'],
    ],
  },
  'FIN and FIN without the last ACK': {
    state: 'SF',
    history: 'ShAFf',
    lines: [...OPENED, ['o', 'FA'], ['r', 'FA']],
  },
  'a RST to a SYN': {
    state: 'REJ',
    history: 'Sr',
    lines: [
      ['o', 'S'],
      ['r', 'RA', { seq: 0 }],
    ],
  },
  'the originator closes': { state: 'S2', history: 'ShAFa', lines: [...OPENED, ['o', 'FA'], ['r', 'A']] },
  'the responder closes': { state: 'S3', history: 'ShAf', lines: [...OPENED, ['r', 'FA'], ['o', 'A']] },
  'the originator resets': { state: 'RSTO', history: 'ShAR', lines: [...OPENED, ['o', 'R']] },
  'the responder resets': { state: 'RSTR', history: 'ShAr', lines: [...OPENED, ['r', 'R']] },
  'SYN and RST (Zeek)': {
    state: 'RSTOS0',
    history: 'SR',
    lines: [
      ['o', 'S'],
      ['o', 'R'],
    ],
  },
  'SYN, ACK and RST (Zeek)': {
    state: 'RSTOS0',
    history: 'SaR',
    lines: [
      ['o', 'S'],
      ['r', 'A', { seq: 500, ack: 1 }],
      ['o', 'R'],
    ],
  },
  'SYN, ACK, FIN and RST (Zeek)': {
    state: 'OTH',
    history: 'SaFR',
    lines: [
      ['o', 'S'],
      ['r', 'A', { seq: 500, ack: 1 }],
      ['o', 'F'],
      ['o', 'R'],
    ],
  },
  'a RST alone (Zeek)': { state: 'OTH', history: 'R', lines: [['o', 'R', { seq: 77 }]] },
  "a known server's SYN+ACK and RST": {
    state: 'RSTRH',
    history: '^hr',
    port: 443,
    lines: [
      ['o', 'S', { missed: true }],
      ['r', 'SA'],
      ['r', 'R'],
    ],
  },
  "a known server's SYN+ACK and FIN": {
    state: 'SHR',
    history: '^hf',
    port: 443,
    lines: [
      ['o', 'S', { missed: true }],
      ['r', 'SA'],
      ['r', 'FA'],
    ],
  },
  'SYN and FIN': {
    state: 'SH',
    history: 'SF',
    lines: [
      ['o', 'S'],
      ['o', 'F'],
    ],
  },
  'met in mid-life': {
    state: 'OTH',
    history: 'DadA',
    lines: [
      ['o', 'PA', { length: 10, seq: 700, ack: 900 }],
      ['r', 'A', { seq: 900, ack: 710 }],
      ['r', 'PA', { length: 5, seq: 900, ack: 710 }],
      ['o', 'A', { seq: 710, ack: 905 }],
    ],
  },
  'the SYN was missed': {
    state: 'S1',
    history: '^hA',
    lines: [
      ['o', 'S', { missed: true }],
      ['r', 'SA'],
      ['o', 'A'],
    ],
  },
  'a SYN+ACK that is refused': {
    state: 'REJ',
    history: 'Hr',
    lines: [
      ['o', 'S', { missed: true }],
      ['r', 'SA'],
      ['o', 'R'],
    ],
  },
  'a FIN with RST': { state: 'RSTO', history: 'ShAI', lines: [...OPENED, ['o', 'FRA']] },
  'retransmitted payload': {
    state: 'S1',
    history: 'ShADT',
    lines: [...OPENED, ['o', 'PA', { length: 10 }], ['o', 'PA', { length: 10, seq: 1 }]],
  },
  'a zero window': {
    state: 'S1',
    history: 'ShADaw',
    lines: [...OPENED, ['o', 'PA', { length: 9 }], ['r', 'A', { window: 0 }]],
  },
  'a FIN repeated, and another FIN': {
    state: 'S2',
    history: 'ShAFF',
    lines: [...OPENED, ['o', 'FA'], ['o', 'FA', { seq: 1 }], ['o', 'FA', { seq: 9 }]],
  },
};

describe('conn_state and history', () => {
  test.each(Object.entries(CASES))('%s', async (_, { state, history, lines, port }) => {
    const { conn } = await zeekOf(lines, port === undefined ? {} : { r: port });
    expect({ state: conn.connState, history: conn.history }).toEqual({ state, history });
  });

  test('there is a case for each of the 13 states', () => {
    const states = new Set(Object.values(CASES).map(({ state }) => state));
    expect([...states].sort()).toEqual([...CONN_STATES].sort());
  });

  test('letters of counts come at 1, 10 and 100', async () => {
    const again: ZeekLine[] = Array.from({ length: 100 }, () => ['o', 'PA', { length: 10, seq: 1 }]);
    const { conn } = await zeekOf([...OPENED, ['o', 'PA', { length: 10 }], ...again]);
    expect(conn.history).toBe('ShADTTT');
  });
});

describe('the other columns', () => {
  const exchange: readonly ZeekLine[] = [
    ...OPENED,
    ['o', 'PA', { length: 100 }],
    ['r', 'PA', { length: 200 }],
    ['o', 'A'],
    ['o', 'FA'],
    ['r', 'FA'],
    ['o', 'A'],
  ];

  test('sizes are payload by sequence numbers, IP bytes are total lengths, packets are all', async () => {
    const { conn, originator, responder } = await zeekOf(exchange);
    expect(conn).toMatchObject({
      originatorBytes: 100,
      responderBytes: 200,
      originatorPackets: 6,
      responderPackets: 3,
      originatorIpBytes: 6 * 40 + 100,
      responderIpBytes: 3 * 40 + 200,
      missedBytes: 0,
    });
    expect([originator.address, responder.port]).toEqual(['10.0.0.1', 9999]);
  });

  test('the duration ends with the segment by which both have closed, not with the last ACK', async () => {
    const { conn } = await zeekOf(exchange);
    expect(conn.duration).toBe(7e6);
  });

  test('what is acknowledged and was not seen is a gap', async () => {
    const { conn } = await zeekOf([
      ...OPENED,
      ['o', 'PA', { length: 50, missed: true }],
      ['o', 'PA', { length: 10 }],
      ['r', 'A'],
    ]);
    expect(conn).toMatchObject({ missedBytes: 50, originatorBytes: 60 });
    expect(conn.history).toBe('ShADaG');
  });

  test('payload that the snap length cut off counts as missed', async () => {
    const { conn } = await zeekOf([...OPENED, ['o', 'PA', { length: 50 }], ['r', 'A']], {}, 60);
    expect(conn).toMatchObject({ missedBytes: 50, history: 'ShADaG' });
  });

  test('flipped, its roles are those of the log and not of the first packet', async () => {
    const { originator, conn } = await zeekOf([
      ['o', 'S', { missed: true }],
      ['r', 'SA'],
      ['o', 'A'],
      ['o', 'PA', { length: 7 }],
    ]);
    expect(originator.address).toBe('10.0.0.1');
    expect(conn).toMatchObject({ originatorPackets: 2, responderPackets: 1, history: '^hAD' });
  });
});
