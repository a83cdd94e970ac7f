import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/decode/address.js';
import { FrameDecoder, ICMP_ERROR, TCP, TCP_UNUSABLE } from '../../src/decode/decoder.js';
import { frameOf } from '../support/frames.js';
import { realFrames } from './real-frames.js';

const fromHex = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('frames of real captures decode to what tshark prints', () => {
  it.each(realFrames)('$name ($origin)', ({ linkType, originalLength, hex, expected }) => {
    const decoder = new FrameDecoder();
    const result = decoder.decode(frameOf(fromHex(hex), { linkType, originalLength }));
    const s = decoder.segment;
    expect(result).toBe(expected.icmp ? ICMP_ERROR : TCP);
    expect({
      ipVersion: s.ipVersion,
      from: [formatAddress(s.ipVersion, s.source0, s.source1, s.source2, s.source3), s.sourcePort],
      to: [
        formatAddress(s.ipVersion, s.destination0, s.destination1, s.destination2, s.destination3),
        s.destinationPort,
      ],
      seq: s.seq >>> 0,
      ack: s.ack >>> 0,
      flags: s.flags,
      window: s.window,
      length: s.length,
      ttl: s.ttl,
      ipId: s.ipId,
      mss: s.mss,
      windowScale: s.windowScale,
      sackPermitted: s.sackPermitted,
      timestamps: s.hasTimestamps ? [s.tsVal >>> 0, s.tsEcr >>> 0] : null,
      sack: Array.from({ length: s.sackCount }, (_, block) => [s.sack[2 * block], s.sack[2 * block + 1]]),
      fastOpen: s.fastOpen,
      icmp: s.icmpType === -1 ? null : [s.icmpType, s.icmpCode],
    }).toEqual({
      ack: 0,
      flags: 0,
      window: 0,
      length: 0,
      mss: -1,
      windowScale: -1,
      sackPermitted: false,
      timestamps: null,
      sack: [],
      fastOpen: false,
      icmp: null,
      ...expected,
    });
  });

  it('counts a header longer than its packet as TCP that cannot be used (PcapPlusPlus tcp-malformed.pcap, frame 1)', () => {
    const hex =
      '00005e0001026c277936301c0800450000280958400080063f3aac132a4a57f083f0c20761b65744505b4da490b97010' +
      '0891bbe7e00a000000000000';
    const decoder = new FrameDecoder();
    expect(decoder.decode(frameOf(fromHex(hex)))).toBe(TCP_UNUSABLE);
    expect([decoder.segment.sourcePort, decoder.segment.destinationPort]).toEqual([49671, 25014]);
    expect(decoder.skippedByReason()).toEqual({ 'tcp-malformed': 1 });
  });
});
