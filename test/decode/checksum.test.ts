import { describe, expect, it } from 'vitest';
import { FrameDecoder, TCP, TCP_UNUSABLE } from '../../src/decode/decoder.js';
import { frameOf, tcpFrame } from '../support/frames.js';

const v4 = tcpFrame({ from: '10.0.0.1:40000', to: '10.0.0.2:80', seq: 1000, payload: 'abc' });
const v6 = tcpFrame({ from: '[2001:db8::1]:40000', to: '[2001:db8::2]:80', seq: 1000, payload: 'abcd' });
const flipped = (frame: Uint8Array, at: number): Uint8Array => frame.map((byte, i) => (i === at ? byte ^ 0x10 : byte));

function decode(frame: Uint8Array, verifyChecksums: boolean) {
  const decoder = new FrameDecoder({ verifyChecksums });
  return [
    decoder.decode(frameOf(frame, { originalLength: Math.max(frame.length, v4.length) })),
    decoder.skippedByReason(),
  ];
}

describe.each<[string, Uint8Array, number]>([
  ['IPv4', v4, 20],
  ['IPv6', v6, 40],
])('checksums over %s', (_, frame, headerLength) => {
  it('that are right pass', () => {
    expect(decode(frame, true)).toEqual([TCP, {}]);
  });

  it('that are wrong count only where they are verified', () => {
    for (let at = 14 + headerLength; at < frame.length; at++) {
      // The header's own length, which decides before the checksum does.
      if (at === 14 + headerLength + 12) continue;
      const damaged = flipped(frame, at);
      expect(decode(damaged, true)).toEqual([TCP_UNUSABLE, { 'bad-checksum': 1 }]);
      expect(decode(damaged, false)[0]).toBe(TCP);
    }
  });

  it('that were left to the network card pass', () => {
    const offloaded = frame.slice();
    const addresses = headerLength === 20 ? frame.slice(26, 34) : frame.slice(22, 54);
    let sum = 6 + frame.length - 14 - headerLength;
    for (let i = 0; i < addresses.length; i += 2) sum += (addresses[i] << 8) | addresses[i + 1];
    sum = (sum & 0xffff) + (sum >>> 16);
    offloaded.set([sum >>> 8, sum & 0xff], 14 + headerLength + 16);
    expect(decode(offloaded, true)).toEqual([TCP, {}]);
  });
});

it('an IPv4 header with a wrong checksum is passed over, one without is not', () => {
  expect(decode(flipped(v4, 22), true)).toEqual([TCP_UNUSABLE, { 'bad-checksum': 1 }]);
  const without = v4.map((byte, i) => (i === 24 || i === 25 ? 0 : byte));
  expect(decode(without, true)).toEqual([TCP, {}]);
});

it('what was not captured whole is not verified', () => {
  expect(decode(flipped(v4, 40).slice(0, -1), true)).toEqual([TCP, {}]);
});
