import { describe, expect, it } from 'vitest';
import type { Options } from '../../../src/index.js';
import { captureOf, EXCHANGE, flowOf, HANDSHAKE, type Line, read, scenario } from '../../support/scenario.js';
import { ESTABLISHED, expectTold, ignored, lost, OPENED, OPENING, type Story } from './story.js';
import { causesOf } from './told.js';

/** A handshake whose ACK does not count. */
const stuck = (details: Line[3]): Line[] => [
  [0, 'client', 'SYN'],
  ['+30us', 'server', 'SYN ACK'],
  ['+30us', 'client', 'ACK', details ?? {}],
];
/** The SYN+ACK once more, and its ACK. */
const again = (time: number, details: Line[3] = {}): Line[] => [
  [time, 'server', 'SYN ACK'],
  ['+30us', 'client', 'ACK', details],
];
/** The request, sent or repeated. */
const request = (time: number, details: Line[3] = {}): Line => [time, 'client', 'PSH ACK 120', { seq: 1, ...details }];
const retries = (n: number): Options => ({ sysctl: { server: `net.ipv4.tcp_synack_retries = ${n}` } });

const STORIES: readonly Story[] = [
  { what: 'nothing is lost', tap: 'client', lines: OPENED, told: [...ESTABLISHED], fates: 'ddpdpdp' },
  {
    what: 'the ACK is lost',
    tap: 'client',
    lines: [...stuck(lost), ...again(1.02), ...EXCHANGE],
    told: [...OPENING, 'server ESTABLISHED by 5 in [5, 7], proved by 7, not 3'],
    fates: 'dduppdpdp',
  },
  {
    what: 'the ACK is lost twice',
    tap: 'client',
    lines: [...stuck(lost), ...again(1.02, lost), ...again(3.04), ...EXCHANGE],
    told: [...OPENING, 'server ESTABLISHED by 7 in [7, 9], proved by 9, not 3 5'],
    fates: 'ddupuppdpdp',
  },
  {
    what: 'the ACK is lost, and nothing proves that the next one arrived',
    tap: 'client',
    setting: { until: 60 },
    lines: [...stuck(lost), ...again(1.02)],
    told: [...OPENING, 'server ESTABLISHED by 5 in [5, -], not 3'],
    fates: 'ddupp',
  },
  {
    what: 'the SYN+ACK is lost, and the SYN repeated',
    tap: 'server',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', lost],
      [1.02, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 4 in [4, 5], proved by 5',
      'server ESTABLISHED by 5 in [5, 7], proved by 7',
    ],
    fates: 'dupdpdpdp',
  },
  {
    what: 'the SYN+ACK is lost, and repeated: the TSecr names the second',
    tap: 'server',
    lines: [[0, 'client', 'SYN'], ['+30us', 'server', 'SYN ACK', lost], ...again(1), ...EXCHANGE],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 3 in [2, 4], proved by 4',
      'server ESTABLISHED by 4 in [4, 6], proved by 6',
    ],
    fates: 'dudpdpdp',
  },
  {
    what: 'the SYN+ACK is lost, and repeated: without timestamps, either',
    tap: 'middle',
    setting: { without: ['timestamps'] },
    lines: [[0, 'client', 'SYN'], ['+30us', 'server', 'SYN ACK', lost], ...again(1.02), ...EXCHANGE],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 2 in [2, 4], proved by 4',
      'server ESTABLISHED by 4 in [4, 6], proved by 6',
    ],
    fates: 'ddppdpdp',
  },
  {
    what: 'the first SYN is lost',
    tap: 'client',
    lines: [
      [0, 'client', 'SYN', lost],
      [1.02, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 2 in [2, 3], proved by 3',
      'client ESTABLISHED by 3 in [3, 4], proved by 4',
      'server ESTABLISHED by 4 in [4, 6], proved by 6',
    ],
    fates: 'uddpdpdp',
  },
  {
    // The round trip is longer than the SYN's timer.
    what: 'a repeated SYN draws a SYN+ACK',
    tap: 'client',
    setting: { rtt: '1500ms' },
    lines: [
      [0, 'client', 'SYN'],
      [0.75003, 'server', 'SYN ACK'],
      [1.01, 'client', 'SYN'],
      [1.50006, 'client', 'ACK'],
      [1.76003, 'server', 'SYN ACK'],
      [2.51006, 'client', 'ACK'],
      [2.6, 'client', 'PSH ACK 120'],
      ['+30us', 'server', 'ACK'],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 3], proved by 3',
      'client ESTABLISHED by 3 in [3, 4], proved by 4',
      'server ESTABLISHED by 4 in [4, 8], proved by 8',
    ],
    fates: 'dpdpppdp',
  },
  {
    what: 'a SYN+ACK crosses the ACK',
    tap: 'client',
    setting: { rtt: '600ms' },
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { delayed: '600ms' }],
      ['+30us', 'client', 'ACK'],
      [1.31, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
      [1.8, 'client', 'PSH ACK 120'],
      ['+30us', 'server', 'ACK'],
    ],
    told: [...OPENING, 'server ESTABLISHED by 3 in [3, 7], proved by 7'],
    fates: 'ddpppdp',
  },
  {
    what: 'one SYN+ACK without an answer is presumed to have arrived',
    tap: 'server',
    setting: { until: 0.9 },
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', lost],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 2 in [2, -]',
    ],
    fates: 'dp',
  },
  {
    what: 'of two SYN+ACKs without an answer none is',
    tap: 'server',
    setting: { until: 2.9 },
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', lost],
      [1.02, 'server', 'SYN ACK', lost],
    ],
    told: ['client SYN_SENT by 1 in [-, 1]', 'server SYN_RECV by 1 in [1, 2], proved by 2'],
    fates: 'dpp',
  },
  {
    what: 'a client that answers with a bare RST has given up before',
    tap: 'middle',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', lost],
      [1.02, 'server', 'SYN ACK'],
      ['+30us', 'client', 'RST'],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client CLOSED by 4 in [~, 4]',
      'server CLOSED by 4 in [4, -]',
    ],
    fates: 'dpdp',
  },
  {
    what: 'the retries are used up: the last ACK was not taken either',
    tap: 'client',
    setting: { until: 60 },
    options: retries(1),
    lines: [...stuck(lost), ...again(1.02, lost)],
    told: [...OPENING, 'server CLOSED by timer since 4 in [~, ~]'],
    fates: 'ddupu',
  },
  {
    what: 'the retries are used up: nothing after the last SYN+ACK was taken',
    tap: 'client',
    setting: { until: 60 },
    options: retries(1),
    lines: [...stuck(lost), ...again(1.02, lost), request(1.1, lost)],
    told: [...OPENING, 'server CLOSED by timer since 4 in [~, ~]'],
    fates: 'ddupuu',
  },
  {
    what: 'a retry is left, and did not come: the last ACK was taken',
    tap: 'client',
    setting: { until: 60 },
    options: retries(2),
    lines: [...stuck(lost), ...again(1.02)],
    told: [...OPENING, 'server ESTABLISHED by 5 in [5, -], not 3'],
    fates: 'ddupp',
  },
  {
    what: 'the retries are used up, but the server speaks',
    tap: 'client',
    setting: { until: 60 },
    options: retries(1),
    lines: [...stuck(lost), ...again(1.02), [1.2, 'client', 'PSH ACK 20'], ['+30us', 'server', 'ACK']],
    told: [...OPENING, 'server ESTABLISHED by 5 in [5, 7], proved by 7, not 3'],
    fates: 'dduppdp',
  },
  {
    what: 'the server has forgotten: no ACK was taken',
    tap: 'client',
    lines: [...stuck(lost), ...again(1.02, lost), [30, 'client', 'PSH ACK 120'], ['+30us', 'server', 'RST']],
    told: [...OPENING, 'server CLOSED by timer since 4 in [~, ~]', 'client CLOSED by 7 in [7, -]'],
    fates: 'ddupudp',
  },
  {
    // tcp_abort_on_overflow.
    what: 'the ACK is answered by a bare RST at once',
    tap: 'server',
    lines: [...HANDSHAKE, ['+30us', 'server', 'RST']],
    told: [...OPENING, 'server CLOSED by 4 in [1, 4]', 'client CLOSED by 4 in [4, -]'],
    fates: 'dddp',
  },
  {
    what: 'a bare RST comes much later than the ACK',
    tap: 'server',
    lines: [...HANDSHAKE, [0.5, 'server', 'RST', { seq: 1 }]],
    told: [
      ...OPENING,
      'server ESTABLISHED by 3 in [3, 4]',
      'server CLOSED by 4 in [3, 4]',
      'client CLOSED by 4 in [4, -]',
    ],
    fates: 'dddp',
  },
  {
    what: 'a RST that acknowledges was sent by a socket: the handshake was complete',
    tap: 'server',
    lines: [...HANDSHAKE, ['+30us', 'server', 'RST ACK']],
    told: [
      ...OPENING,
      'server ESTABLISHED by 3 in [3, 4], proved by 4',
      'server CLOSED by 4 in [3, 4]',
      'client CLOSED by 4 in [4, -]',
    ],
    fates: 'dddp',
  },
  {
    what: 'a full accept queue ignores data, too, and takes what is repeated at last',
    tap: 'server',
    lines: [
      ...stuck(ignored),
      ...[0.0205, 0.245, 0.473, 0.931].map((time) => request(time, ignored)),
      ...again(1.02, ignored),
      request(1.847, ignored),
      ...again(3.04, ignored),
      request(3.681),
      ['+30us', 'server', 'ACK'],
      ['+1ms', 'server', 'PSH ACK 400'],
      ['+30us', 'client', 'ACK'],
    ],
    told: [...OPENING, 'server ESTABLISHED by 13 in [12, 14], proved by 14, not 3 4 5 6 7 9 10'],
    fates: 'dduuuuupuuppdpdp',
  },
  {
    what: 'a full accept queue takes an ACK, and answers what is repeated after it',
    tap: 'client',
    lines: [
      ...stuck(ignored),
      request(0.2, ignored),
      request(0.5, ignored),
      ...again(1.02, ignored),
      request(1.1, ignored),
      ...again(3.04),
      request(3.7),
      ['+30us', 'server', 'ACK'],
    ],
    told: [...OPENING, 'server ESTABLISHED by 11 in [10, 12], proved by 12, not 3 4 5 7 8'],
    fates: 'dduuupuuppdp',
  },
  {
    what: 'a full accept queue never takes anything',
    tap: 'server',
    setting: { until: 70 },
    lines: [
      ...stuck(ignored),
      request(0.2, ignored),
      request(0.5, ignored),
      ...again(1.02, ignored),
      request(1.9, ignored),
      ...again(3.04, ignored),
    ],
    told: [...OPENING, 'server CLOSED by timer since 9 in [~, ~]'],
    fates: 'dduuupuupp',
  },
  {
    what: 'one request that waited for its answer is no sign of a full accept queue',
    tap: 'server',
    lines: [...stuck(ignored), request(0.2, ignored), ...again(1.02), request(1.9), ['+30us', 'server', 'ACK']],
    told: [...OPENING, 'server ESTABLISHED by 6 in [6, 8], proved by 8, not 3 4'],
    fates: 'dduuppdp',
  },
  {
    what: 'requests that are answered at once are none either',
    tap: 'client',
    lines: [
      ...stuck(ignored),
      ...again(1.02),
      request(1.1),
      ['+30us', 'server', 'ACK'],
      [1.3, 'client', 'PSH ACK 50'],
      ['+30us', 'server', 'ACK'],
    ],
    told: [...OPENING, 'server ESTABLISHED by 5 in [5, 7], proved by 7, not 3'],
    fates: 'dduppdddp',
  },
  {
    what: 'a Fast Open lets the server speak before the ACK: what it sends after it proves it',
    tap: 'client',
    lines: [
      [0, 'client', 'SYN 120', { fastOpen: [1, 2, 3, 4, 5, 6, 7, 8] }],
      ['+30us', 'server', 'SYN ACK'],
      ['+100us', 'server', 'PSH ACK 400'],
      [0.02009, 'client', 'ACK'],
      [0.025, 'server', 'PSH ACK 100'],
      [0.031, 'server', 'PSH ACK 100'],
      [0.03503, 'client', 'ACK'],
      ['+6ms', 'client', 'ACK'],
    ],
    told: [...OPENING, 'server ESTABLISHED by 3 in [3, 7], proved by 7'],
    fates: 'dddddpdp',
  },
  {
    what: 'a Fast Open without an ACK leaves the server in SYN_RECV, whatever it sends',
    tap: 'client',
    lines: [
      [0, 'client', 'SYN 120', { fastOpen: [1, 2, 3, 4, 5, 6, 7, 8] }],
      ['+30us', 'server', 'SYN ACK'],
      ['+100us', 'server', 'PSH ACK 400'],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 2 in [2, -]',
    ],
    fates: 'dpp',
  },
  {
    what: 'a Fast Open without timestamps: the first that the server sends when the ACK may have come proves it',
    tap: 'client',
    setting: { without: ['timestamps'] },
    lines: [
      [0, 'client', 'SYN 120', { fastOpen: [1, 2, 3, 4, 5, 6, 7, 8] }],
      ['+30us', 'server', 'SYN ACK'],
      ['+100us', 'server', 'PSH ACK 400'],
      [0.02009, 'client', 'ACK', { ack: 1 }],
      [0.025, 'server', 'PSH ACK 100'],
      [0.031, 'server', 'PSH ACK 100'],
      [0.03503, 'client', 'ACK'],
      ['+6ms', 'client', 'ACK'],
    ],
    told: [...OPENING, 'server ESTABLISHED by 3 in [3, 7], proved by 7'],
    fates: 'dddddpdp',
  },
  {
    what: 'two requests without an answer are a sign of a full accept queue, too',
    tap: 'server',
    lines: [
      ...stuck(ignored),
      request(0.2, ignored),
      request(0.5, ignored),
      ...again(1.02, ignored),
      request(1.1),
      ['+30us', 'server', 'ACK'],
    ],
    told: [...OPENING, 'server ESTABLISHED by 8 in [7, 9], proved by 9, not 3 4 5'],
    fates: 'dduuuppdp',
  },
  {
    what: 'a full accept queue ignores what comes after the last SYN+ACK, until it takes a request',
    tap: 'server',
    lines: [
      ...stuck(ignored),
      request(0.2, ignored),
      request(0.5, ignored),
      ...again(1.02, ignored),
      request(1.9, ignored),
      request(3.7),
      ['+30us', 'server', 'ACK'],
    ],
    told: [...OPENING, 'server ESTABLISHED by 9 in [9, 10], proved by 10, not 3 4 5 7 8'],
    fates: 'dduuupuudp',
  },
  {
    what: 'a server that speaks before the next request can have come took what the capture missed',
    tap: 'client',
    lines: [
      ...stuck(ignored),
      request(0.2, ignored),
      request(0.5, ignored),
      [1.02, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { unseen: true }],
      [1.505, 'server', 'PSH ACK 100', { ack: 1 }],
      request(1.51),
      [1.52003, 'server', 'ACK'],
    ],
    told: [...OPENING, 'server ESTABLISHED by 8 in [~, 8]'],
    fates: 'dduuupdpp',
  },
  {
    what: 'requests that the network lost say nothing of the ACK before them',
    tap: 'client',
    lines: [...HANDSHAKE, request(0.1, lost), request(0.3, lost), request(0.7), ['+30us', 'server', 'ACK']],
    told: [...OPENING, 'server ESTABLISHED by 3 in [3, 7], proved by 7'],
    fates: 'ddpppdp',
  },
  {
    what: 'a server that speaks first has taken the ACK',
    tap: 'client',
    setting: { without: ['timestamps'] },
    lines: [...HANDSHAKE, [0.1, 'server', 'PSH ACK 400']],
    told: [...OPENING, 'server ESTABLISHED by 3 in [3, 4], proved by 4'],
    fates: 'dddp',
  },
  {
    what: 'a server that speaks before a request can have come has taken the ACK',
    tap: 'client',
    setting: { without: ['timestamps'] },
    lines: [...HANDSHAKE, [0.1, 'server', 'PSH ACK 400'], [0.105, 'client', 'PSH ACK 120', lost]],
    told: [...OPENING, 'server ESTABLISHED by 3 in [3, 5], proved by 5'],
    fates: 'dddpp',
  },
  {
    what: 'a server that answers a request may have taken that, and not the ACK',
    tap: 'client',
    setting: { without: ['timestamps'] },
    lines: [...HANDSHAKE, [0.1, 'client', 'PSH ACK 120'], ['+30us', 'server', 'ACK']],
    told: [...OPENING, 'server ESTABLISHED by 3 in [3, 5], proved by 5'],
    fates: 'ddpdp',
  },
  {
    what: 'a bare RST answers the ACK, though a SYN+ACK crossed that before',
    tap: 'client',
    setting: { rtt: '600ms' },
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { delayed: '600ms' }],
      ['+30us', 'client', 'ACK'],
      [1.31, 'server', 'SYN ACK'],
      [1.50009, 'server', 'RST', { seq: 1 }],
    ],
    told: [...OPENING, 'server CLOSED by 5 in [~, 5]', 'client CLOSED by 5 in [5, -]'],
    fates: 'dddpp',
  },
  {
    what: 'a bare RST of another number does not answer the ACK',
    tap: 'server',
    lines: [...HANDSHAKE, ['+30us', 'server', 'RST', { seq: 300 }]],
    told: [...OPENING, 'server ESTABLISHED by 3 in [3, 4]', 'server CLOSED by 4 in [3, 4]'],
    fates: 'ddpi',
  },
  {
    what: 'a SYN+ACK that does not acknowledge the SYN does nothing',
    tap: 'client',
    setting: { without: ['timestamps'] },
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { ack: 0, ignored: true }],
      ...again(1.02),
      ...EXCHANGE,
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 3 in [3, 4], proved by 4',
      'server ESTABLISHED by 4 in [4, 6], proved by 6',
    ],
    fates: 'dpdpdpdp',
  },
  {
    what: 'a SYN+ACK after the ACK is not the one that was answered',
    tap: 'client',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', ignored],
      [1.02, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { unseen: true }],
      ['+30us', 'client', 'ACK', lost],
      ...again(2.06),
      ...EXCHANGE,
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 4 in [~, 4]',
      'server ESTABLISHED by 6 in [6, 8], proved by 8, not 4',
    ],
    fates: 'dupuppdpdp',
  },
  {
    what: 'a client that answers one SYN+ACK with a bare RST has given up before',
    tap: 'middle',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { delayed: '900ms' }],
      ['+30us', 'client', 'RST'],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client CLOSED by 3 in [~, 3]',
      'server CLOSED by 3 in [3, -]',
    ],
    fates: 'ddp',
  },
  {
    what: 'an ACK that was late names the first SYN+ACK: the second one came, too',
    tap: 'server',
    lines: [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { delayed: '1100ms' }],
      [1.02, 'server', 'SYN ACK'],
      [1.13, 'client', 'ACK'],
      [1.2, 'client', 'PSH ACK 120'],
      ['+30us', 'server', 'ACK'],
    ],
    told: [
      'client SYN_SENT by 1 in [-, 1]',
      'server SYN_RECV by 1 in [1, 2], proved by 2',
      'client ESTABLISHED by 2 in [2, 4], proved by 4',
      'server ESTABLISHED by 4 in [4, 7], proved by 7',
    ],
    fates: 'ddpppdp',
  },
];
it.each(STORIES)('causes of an opening: $what', expectTold);

describe('the end of connect()', () => {
  const connecting = async (lines: readonly Line[]): Promise<string[]> => {
    const flow = await flowOf(scenario({ until: 400 }, lines), 'client');
    return flow.timeline.filter((t) => t.endpoint === 'client').map((t) => `${t.to} by ${t.frame}, ${t.basis}`);
  };
  const SYNS = [0, 1.03, 2.05].map((at): Line => [at, 'client', 'SYN', lost]);

  it('is not undone by a SYN+ACK that comes when its SYNs have timed out', async () => {
    expect(await connecting([...SYNS, [300, 'server', 'SYN ACK', { ack: 1 }]])).toEqual([
      'SYN_SENT by 1, observed',
      'CLOSED by 3, timer',
    ]);
  });
  it('is an ICMP error about its SYN', async () => {
    expect(await connecting([...SYNS.slice(0, 2), ['+30us', 'router', 'ICMP 3/1']])).toEqual([
      'SYN_SENT by 1, observed',
      'CLOSED by 3, inferred',
    ]);
  });
  it('is none that its SYNs outlived', async () => {
    expect(await connecting([SYNS[0], [0.1, 'router', 'ICMP 3/1'], ...SYNS.slice(1)])).toEqual([
      'SYN_SENT by 1, observed',
      'CLOSED by 4, timer',
    ]);
  });
});

describe('on the host of a full accept queue the next ACK is not believed either', () => {
  /** The second SYN+ACK went at 1.02 s: the third is due two seconds later, and an eighth of that at the most. */
  const told = async (until: number, ...others: readonly (readonly Line[])[]): Promise<string[]> => {
    const story = scenario({ until }, [...stuck(ignored), ...again(1.02)]);
    const more = others.map((lines, i) => scenario({ client: `10.0.0.1:${50_000 + i}` }, lines));
    const found = await read(captureOf('server', story, ...more), { detail: 'full' });
    const first = found.find((flow) => flow.client.port === 40_112);
    return (first?.timeline ?? []).map((t) => `${t.endpoint} ${t.to}`).slice(OPENING.length);
  };
  /** Another connection of the listener, which its application answers at this time. */
  const served = (time: number): readonly Line[] => [
    [time - 0.5, 'client', 'SYN'],
    ['+30us', 'server', 'SYN ACK'],
    ['+30us', 'client', 'ACK'],
    [time, 'server', 'PSH ACK 100'],
    ['+30us', 'client', 'ACK'],
  ];

  it('while the next SYN+ACK may still come', async () => {
    expect(await told(3)).toEqual([]);
    expect(await told(3.25)).toEqual([]);
  });
  it('until it was due, and did not come', async () => {
    expect(await told(3.4)).toEqual(['server ESTABLISHED']);
  });
  it('until another connection shows that accept() ran', async () => {
    expect(await told(3, served(1.8))).toEqual(['server ESTABLISHED']);
  });

  it('but on another tap, where the network may have lost the first', async () => {
    const story = scenario({ until: 3 }, [...stuck(lost), ...again(1.02)]);
    const flow = await flowOf(story, 'middle', { detail: 'full' });
    expect(causesOf(flow)).toEqual([...OPENING, 'server ESTABLISHED by 5 in [5, -], not 3']);
  });

  it('and what accept() took before it was full says nothing', async () => {
    const [first, ...rest] = stuck(ignored);
    const story = scenario({ until: 5 }, [[2, first[1], first[2]] as Line, ...rest, ...again(3.02)]);
    const before = scenario({ client: '10.0.0.1:50000' }, served(0.6));
    const found = await read(captureOf('server', before, story), { detail: 'full' });
    const flow = found.find((f) => f.client.port === 40_112);
    expect(flow?.serverState).toBe('SYN_RECV');
  });

  it('which shows, too, that it was the next ACK that was taken, and not what was answered later', async () => {
    const lines: readonly Line[] = [
      ...stuck(ignored),
      ...[0.0205, 0.245, 0.473, 0.931].map((time) => request(time, ignored)),
      ...again(1.02, ignored),
      request(1.847, ignored),
      ...again(3.04),
      request(3.681),
      ['+30us', 'server', 'ACK'],
    ];
    const establishedBy = async (...others: readonly (readonly Line[])[]): Promise<unknown> => {
      const more = others.map((other, i) => scenario({ client: `10.0.0.1:${50_000 + i}` }, other));
      const found = await read(captureOf('server', scenario({}, lines), ...more), { detail: 'full' });
      const first = found.find((flow) => flow.client.port === 40_112);
      const taken = first?.timeline.find((t) => t.endpoint === 'server' && t.to === 'ESTABLISHED');
      const cause = first?.segments.find((s) => s.frame === taken?.frame);
      return [cause?.length, taken?.revoked.length];
    };
    expect(await establishedBy()).toEqual([120, 7]);
    expect(await establishedBy(served(2.5))).toEqual([0, 7]);
    expect(await establishedBy(served(3.5))).toEqual([120, 7]);
  });
});
