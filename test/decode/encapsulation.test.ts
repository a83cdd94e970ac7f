import { describe, expect, it } from 'vitest';
import { FrameDecoder, SKIPPED, TCP } from '../../src/decode/decoder.js';
import { LinkType } from '../../src/decode/link-type.js';
import { bytes, ethernetFrame, frameOf, ipPacket, tcpFrame } from '../support/frames.js';
import { LINK_LAYERS, TUNNELS, v4 } from './encapsulations.js';

describe('the inner segment is found in', () => {
  it.each([...LINK_LAYERS, ...TUNNELS].map((example) => [example.name, example] as const))('%s', (_, example) => {
    const { linkType, frame } = example;
    const decoder = new FrameDecoder();
    expect(decoder.decode(frameOf(frame, { linkType }))).toBe(TCP);
    expect([decoder.segment.sourcePort, decoder.segment.seq, decoder.segment.length]).toEqual([40000, 1000, 3]);
    for (let end = 0; end < frame.length - v4.length; end++) {
      expect(decoder.decode(frameOf(frame.slice(0, end), { linkType }))).toBe(SKIPPED);
    }
  });
});

it.each(TUNNELS.map((example) => [example.name, example] as const))(
  'the identifier of %s is noted',
  (_, { frame, id }) => {
    const decoder = new FrameDecoder();
    decoder.decode(frameOf(frame));
    expect([decoder.segment.tunnelId, decoder.segment.tunnel > 0]).toEqual([id, true]);
    decoder.decode(frameOf(ethernetFrame(v4)));
    expect([decoder.segment.tunnelId, decoder.segment.tunnel]).toEqual([-1, 0]);
  },
);

it('the first two VLAN tags are noted, from the outside', () => {
  const decoder = new FrameDecoder();
  const vlansOf = (frame: Uint8Array) => {
    decoder.decode(frameOf(frame));
    return [decoder.segment.vlan, decoder.segment.innerVlan];
  };
  expect(vlansOf(ethernetFrame(v4, { vlan: [100, 200, 300] }))).toEqual([100, 200]);
  expect(vlansOf(ethernetFrame(v4, { vlan: 0xe007 }))).toEqual([7, -1]);
  const tagged = ethernetFrame(v4, { vlan: 8 });
  const outside = ipPacket('192.0.2.1', '192.0.2.2', 47, bytes([0, 0, 0x65, 0x58], tagged), {});
  expect(vlansOf(ethernetFrame(outside, { vlan: 9 }))).toEqual([9, 8]);
  expect(vlansOf(ethernetFrame(v4))).toEqual([-1, -1]);
});

it('tunnels in tunnels are followed up to a bound', () => {
  const nested = (depth: number): Uint8Array =>
    depth === 0 ? v4 : ipPacket('192.0.2.1', '192.0.2.2', 4, nested(depth - 1), {});
  const decoder = new FrameDecoder();
  expect(decoder.decode(frameOf(ethernetFrame(nested(8))))).toBe(TCP);
  expect(decoder.decode(frameOf(ethernetFrame(nested(9))))).toBe(SKIPPED);
  expect(decoder.skippedByReason()).toEqual({ tunnel: 1 });
});

it('the length inside a tunnel is that of the inner packet', () => {
  const inner = tcpFrame({ from: '10.0.0.1:1', to: '10.0.0.2:2', payload: 0 });
  const padded = bytes(inner, new Array(20).fill(0));
  const decoder = new FrameDecoder();
  const outside = ipPacket('192.0.2.1', '192.0.2.2', 47, bytes([0, 0, 0x65, 0x58], padded), {});
  expect(decoder.decode(frameOf(ethernetFrame(outside)))).toBe(TCP);
  expect(decoder.segment.length).toBe(0);
});

it('UDP that is no tunnel is not TCP, whatever its ports', () => {
  for (const port of [53, 4789, 8472, 6081, 2152, 1701, 3544, 37008]) {
    const datagram = bytes([0xc3, 0x50, port >>> 8, port & 0xff, 0, 48, 0, 0], new Array(40).fill(0xff));
    const decoder = new FrameDecoder();
    expect(
      decoder.decode(frameOf(ipPacket('10.0.0.1', '10.0.0.2', 17, datagram, {}), { linkType: LinkType.RAW })),
    ).toBe(SKIPPED);
  }
});
