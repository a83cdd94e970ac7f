import { describe, expect, it } from 'vitest';
import { EXCHANGE, flowOf, HANDSHAKE, type Line, moment, type Setting, scenario } from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const HOSTS: readonly Setting[] = [{}, { client: '10.0.0.9:40112', server: '10.0.0.2:8080' }];
const answer: Line = ['+30us', 'server', 'ACK'];

/*
 * close() puts the FIN behind what the socket has yet to send: with data under way, it may have been called as early as the
 * first of that was sent. On the client's host a tap is some microseconds away from its end, but the bound allows for 2 ms.
 */
describe.each(HOSTS)('an application may have closed before its FIN, the client at %j', (setting) => {
  async function expectClosedSince(since: number, lines: readonly Line[]): Promise<void> {
    const flow = await flowOf(scenario(setting, lines), 'client');
    const { earliest } = moment(flow, 'client', 'FIN_WAIT1');
    expect(earliest).toBeGreaterThan(since - 0.003);
    expect(earliest).toBeLessThanOrEqual(since + 0.0001);
  }

  it.each<[what: string, since: number, lines: readonly Line[]]>([
    ['not where all was acknowledged', 1.1, [[1, 'client', 'PSH ACK 100'], answer, [1.1, 'client', 'FIN ACK']]],
    [
      'while data is under way',
      1,
      [
        [1, 'client', 'PSH ACK 100'],
        [1.005, 'client', 'PSH ACK 100'],
        [1.008, 'client', 'FIN ACK'],
      ],
    ],
    [
      'while data is under way all the time',
      1,
      [
        [1, 'client', 'PSH ACK 100'],
        answer,
        [1.015, 'client', 'PSH ACK 100'],
        answer,
        [1.03, 'client', 'PSH ACK 100'],
        [1.04, 'client', 'FIN ACK'],
      ],
    ],
    [
      'since data that was sent again',
      1,
      [
        [1, 'client', 'PSH ACK 100', { lost: true }],
        [1.3, 'client', 'PSH ACK 100', { seq: 121 }],
        [1.31, 'client', 'FIN ACK'],
      ],
    ],
    [
      'since the first segment that the congestion window held the next back for',
      1,
      [[1, 'client', 'PSH ACK 536'], answer, [1.025, 'client', 'PSH ACK 536'], answer, [1.05, 'client', 'FIN ACK']],
    ],
    [
      'not where the first was so short that nothing held the next back',
      1.025,
      [[1, 'client', 'PSH ACK 535'], answer, [1.025, 'client', 'PSH ACK 535'], [1.04, 'client', 'FIN ACK']],
    ],
    [
      'not where it sent on when it was answered',
      1.03,
      [
        [1, 'client', 'PSH ACK 1400'],
        ['+30us', 'server', 'PSH ACK 10'],
        [1.03, 'client', 'PSH ACK 1400'],
        [1.04, 'client', 'FIN ACK'],
      ],
    ],
    [
      'since the other end closed its window',
      1.02005,
      [
        [1, 'client', 'PSH ACK 100'],
        ['+30us', 'server', 'ACK', { window: 0 }],
        [3, 'server', 'ACK'],
        [3.02, 'client', 'FIN ACK'],
      ],
    ],
    [
      'since before the other end closed its window, where data was under way',
      1,
      [
        [1, 'client', 'PSH ACK 100'],
        [1.005, 'client', 'PSH ACK 100'],
        [1.0101, 'server', 'ACK', { ack: 221, window: 0 }],
        [1.03, 'client', 'FIN ACK'],
      ],
    ],
    [
      'not since a closed window that has let more through',
      3.1,
      [
        [1, 'client', 'PSH ACK 100'],
        ['+30us', 'server', 'ACK', { window: 0 }],
        [3, 'server', 'ACK'],
        [3.02, 'client', 'PSH ACK 100'],
        answer,
        [3.1, 'client', 'FIN ACK'],
      ],
    ],
    [
      'not since its own window was closed',
      2,
      [
        [1, 'server', 'PSH ACK 100'],
        ['+30us', 'client', 'ACK', { window: 0 }],
        [2, 'client', 'FIN ACK'],
      ],
    ],
  ])('%s', async (_, since, lines) => {
    await expectClosedSince(since, [...OPENED, ...lines]);
  });

  it.each<[what: string, since: number, lines: readonly Line[]]>([
    ['not where it sent nothing', 1, [[1, 'client', 'FIN ACK']]],
    [
      'while its first data is under way',
      1,
      [
        [1, 'client', 'PSH ACK 100'],
        [1.005, 'client', 'PSH ACK 100'],
        [1.008, 'client', 'FIN ACK'],
      ],
    ],
    [
      'while its first data is under way, and what comes before it is missing',
      1,
      [
        [1, 'client', 'PSH ACK 100', { unseen: true }],
        [1.0001, 'client', 'PSH ACK 100'],
        [1.005, 'client', 'PSH ACK 100'],
        [1.008, 'client', 'FIN ACK'],
      ],
    ],
    [
      'not where its first data was acknowledged',
      1.1,
      [[1, 'client', 'PSH ACK 100'], answer, [1.1, 'client', 'FIN ACK']],
    ],
  ])('behind its handshake: %s', async (_, since, lines) => {
    await expectClosedSince(since, [...HANDSHAKE, ...lines]);
  });
});
