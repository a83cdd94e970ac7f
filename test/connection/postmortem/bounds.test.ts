import { describe, it } from 'vitest';
import type { TcpState } from '../../../src/index.js';
import { EXCHANGE, flowOf, HANDSHAKE, type Line, type Setting, scenario, type Tap } from '../../support/scenario.js';
import { type Change, CLIENT_OPENS, expectLife, type Precision, SERVER_OPENS } from './life.js';

const TAPS: readonly Tap[] = ['client', 'middle', 'server'];
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const OPEN = Number.POSITIVE_INFINITY;

/** A connection as it happened at both hosts. */
interface Truth {
  readonly what: string;
  readonly setting?: Setting;
  readonly lines: readonly Line[];
  readonly client: readonly Change[];
  readonly server: readonly Change[];
  /** What the server was before; LISTEN unless told. */
  readonly serverWas?: TcpState;
  readonly precision?: Precision;
  /** Where only some taps call the ends so. */
  readonly taps?: readonly Tap[];
}

const TRUTHS: readonly Truth[] = [
  {
    what: 'opening and exchange',
    lines: OPENED,
    client: CLIENT_OPENS,
    server: SERVER_OPENS,
  },
  {
    what: 'the client closes, then the server',
    lines: [
      ...OPENED,
      [0.1, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
      [0.16, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
    ],
    client: [...CLIENT_OPENS, ['FIN_WAIT1', 0.1], ['FIN_WAIT2', 0.12003, 0.07], ['TIME_WAIT', 0.17]],
    server: [...SERVER_OPENS, ['CLOSE_WAIT', 0.11], ['LAST_ACK', 0.16], ['CLOSED', 0.18003, OPEN]],
  },
  {
    what: 'the server closes, then the client',
    lines: [
      ...OPENED,
      [0.1, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
      [0.16, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
    ],
    client: [...CLIENT_OPENS, ['CLOSE_WAIT', 0.11], ['LAST_ACK', 0.16], ['CLOSED', 0.18003, OPEN]],
    server: [...SERVER_OPENS, ['FIN_WAIT1', 0.1], ['FIN_WAIT2', 0.12003, 0.07], ['TIME_WAIT', 0.17]],
  },
  {
    what: 'a FIN that acknowledges the other one',
    lines: [...OPENED, [0.1, 'client', 'FIN ACK'], ['+100us', 'server', 'FIN ACK'], ['+30us', 'client', 'ACK']],
    client: [...CLIENT_OPENS, ['FIN_WAIT1', 0.1], ['FIN_WAIT2', 0.1201], ['TIME_WAIT', 0.1201]],
    server: [...SERVER_OPENS, ['CLOSE_WAIT', 0.11], ['LAST_ACK', 0.1101], ['CLOSED', 0.13013, OPEN]],
  },
  {
    what: 'FINs that cross',
    lines: [
      ...OPENED,
      [0.1, 'client', 'FIN ACK'],
      [0.104, 'server', 'FIN ACK'],
      [0.11003, 'server', 'ACK'],
      [0.11403, 'client', 'ACK'],
      // Whoever is in TIME_WAIT answers what is out of place with an ACK of its own.
      [0.2, 'client', 'ACK'],
      [0.2, 'server', 'ACK'],
    ],
    client: [...CLIENT_OPENS, ['FIN_WAIT1', 0.1], ['CLOSING', 0.114], ['TIME_WAIT', 0.12003, OPEN]],
    server: [...SERVER_OPENS, ['FIN_WAIT1', 0.104], ['CLOSING', 0.11], ['TIME_WAIT', 0.12403, OPEN]],
  },
  {
    what: 'SYNs that cross',
    lines: [
      [0, 'client', 'SYN'],
      [0.004, 'server', 'SYN'],
      [0.01003, 'server', 'SYN ACK'],
      [0.01403, 'client', 'SYN ACK'],
      [0.02006, 'client', 'ACK', { sack: [[0, 1]] }],
      [0.02406, 'server', 'ACK', { sack: [[0, 1]] }],
      [0.1, 'client', 'PSH ACK 120'],
      ['+30us', 'server', 'ACK'],
    ],
    client: [
      ['SYN_SENT', 0],
      ['SYN_RECV', 0.014],
      ['ESTABLISHED', 0.02003],
    ],
    server: [
      ['SYN_SENT', 0.004],
      ['SYN_RECV', 0.01],
      ['ESTABLISHED', 0.02403],
    ],
    serverWas: 'CLOSED',
    // A SYN and a SYN+ACK of one number: which of them was answered is not taken from the timestamps.
    precision: { near: 0.0041 },
    // On the server's host, its own SYN comes first.
    taps: ['client', 'middle'],
  },
  {
    what: 'a RST of the client',
    lines: [...OPENED, [0.1, 'client', 'RST ACK']],
    client: [...CLIENT_OPENS, ['CLOSED', 0.1]],
    server: [...SERVER_OPENS, ['CLOSED', 0.11, OPEN]],
  },
  {
    what: 'a RST of the server',
    lines: [...OPENED, [0.1, 'server', 'RST ACK']],
    client: [...CLIENT_OPENS, ['CLOSED', 0.11, OPEN]],
    server: [...SERVER_OPENS, ['CLOSED', 0.1]],
  },
  {
    what: 'a RST in CLOSE_WAIT',
    lines: [...OPENED, [0.1, 'client', 'FIN ACK'], ['+30us', 'server', 'ACK'], [0.15, 'server', 'RST ACK']],
    client: [...CLIENT_OPENS, ['FIN_WAIT1', 0.1], ['FIN_WAIT2', 0.12003, OPEN], ['CLOSED', 0.16, OPEN]],
    server: [...SERVER_OPENS, ['CLOSE_WAIT', 0.11], ['CLOSED', 0.15]],
  },
];

describe.each(TAPS)('the kernel’s time lies within the bounds, and near the best estimate, from the tap %s', (tap) => {
  it.each(TRUTHS.filter(({ taps = TAPS }) => taps.includes(tap)))(
    '$what',
    async ({ setting = {}, lines, client, server, serverWas = 'LISTEN', precision }) => {
      const flow = await flowOf(scenario(setting, lines), tap);
      expectLife(flow, 'client', 'CLOSED', client, precision);
      expectLife(flow, 'server', serverWas, server, precision);
    },
  );
});
