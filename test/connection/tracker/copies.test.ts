import { describe, expect, it } from 'vitest';
import { EXCHANGE, flowOf, HANDSHAKE, type Line, type Setting, scenario } from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const V6: Setting = { client: '[2001:db8::1]:40112', server: '[2001:db8::2]:8080' };

/** How many segments of the client are counted after the opening, and how many of them as repetitions. */
async function counted(setting: Setting, ...lines: readonly Line[]): Promise<readonly [number, number]> {
  const flow = await flowOf(scenario(setting, [...OPENED, ...lines]), 'client');
  return [flow.packets.client - 4, flow.retransmissions.client];
}

describe('a segment that is captured twice counts once', () => {
  it.each<[what: string, setting: Setting, line: Line, packets: number]>([
    ['within 5 ms, data', {}, [1, 'client', 'PSH ACK 10', { copied: '4.9ms' }], 1],
    ['within 5 ms, data of IPv6', V6, [1, 'client', 'PSH ACK 10', { copied: '4.9ms' }], 1],
    ['within 5 ms, a FIN of IPv6', V6, [1, 'client', 'FIN ACK', { copied: '4.9ms' }], 1],
    [
      'within 5 ms, a bare ACK that its identification names',
      {},
      [1, 'client', 'ACK', { copied: '4.9ms', window: 9 }],
      1,
    ],
    ['within 150 ms, data that its identification names', {}, [1, 'client', 'PSH ACK 10', { copied: '149ms' }], 1],
    ['not later', {}, [1, 'client', 'PSH ACK 10', { copied: '151ms' }], 2],
    ['not a bare ACK of IPv6, however soon', V6, [1, 'client', 'ACK', { copied: '0.1ms', window: 9 }], 2],
    ['not later: data of IPv6', V6, [1, 'client', 'PSH ACK 10', { copied: '5.1ms' }], 2],
  ])('%s', async (_, setting, line, packets) => {
    expect((await counted(setting, line))[0]).toBe(packets);
  });

  it.each<[what: string, again: Line]>([
    ['with another number', [1.001, 'client', 'PSH ACK 10']],
    ['with another length', [1.001, 'client', 'PSH ACK 20', { seq: 121, tsVal: 1000 }]],
    ['with another acknowledgement', [1.001, 'client', 'PSH ACK 10', { seq: 121, tsVal: 1000, ack: 300 }]],
    ['with another window', [1.001, 'client', 'PSH ACK 10', { seq: 121, tsVal: 1000, window: 9 }]],
    ['with another flag', [1.001, 'client', 'ACK 10', { seq: 121, tsVal: 1000 }]],
    ['with another timestamp', [1.001, 'client', 'PSH ACK 10', { seq: 121, tsVal: 1001 }]],
    ['with another echo', [1.001, 'client', 'PSH ACK 10', { seq: 121, tsVal: 1000, tsEcr: 1 }]],
    ['with a SACK block', [1.001, 'client', 'PSH ACK 10', { seq: 121, tsVal: 1000, sack: [[801, 901]] }]],
  ] as [string, Line][])('but not one %s', async (_, again) => {
    expect((await counted(V6, [1, 'client', 'PSH ACK 10'], again))[0]).toBe(2);
  });

  it('and not one with another identification: its host sent it again', async () => {
    const again: Line = [1.001, 'client', 'PSH ACK 10', { seq: 121, tsVal: 1000 }];
    expect(await counted({}, [1, 'client', 'PSH ACK 10'], again)).toEqual([2, 1]);
    expect(await counted(V6, [1, 'client', 'PSH ACK 10'], again)).toEqual([1, 0]);
  });
});
