import { describe, expect, it } from 'vitest';
import { FrameDecoder, ICMP_ERROR, SKIPPED } from '../../src/decode/decoder.js';
import { frameOf, icmpErrorFrame, ipPacket, tcpPacket } from '../support/frames.js';

const quoted4 = tcpPacket({
  from: '10.0.0.1:40000',
  to: '10.0.0.2:80',
  flags: 'S',
  seq: 4000000000,
  window: 512,
  ttl: 9,
  ipId: 77,
  options: { mss: 1400, sackPermitted: true, timestamps: [5, 6], windowScale: 7 },
  payload: 10,
});
const quoted6 = tcpPacket({ from: '[2001:db8::1]:40000', to: '[2001:db8::2]:443', flags: 'PA', seq: 12, payload: 30 });

function decode(type: number, code: number, quoted: Uint8Array, version: 4 | 6 = 4) {
  const [from, to] = version === 4 ? ['192.0.2.1', '10.0.0.1'] : ['2001:db8::ff', '2001:db8::1'];
  const decoder = new FrameDecoder();
  const result = decoder.decode(frameOf(icmpErrorFrame({ from, to, type, code, quoted })));
  return { result, segment: decoder.segment, reasons: Object.keys(decoder.skippedByReason()) };
}

describe('an ICMP error that quotes TCP', () => {
  it('gives the quoted segment, from who sent it', () => {
    const { result, segment } = decode(3, 1, quoted4);
    expect(result).toBe(ICMP_ERROR);
    expect(segment).toMatchObject({
      ipVersion: 4,
      icmpType: 3,
      icmpCode: 1,
      source3: 0x0a000001,
      destination3: 0x0a000002,
      sourcePort: 40000,
      destinationPort: 80,
      quotedSeq: true,
      seq: 4000000000 | 0,
      flags: 2,
      window: 512,
      length: 10,
      ttl: 9,
      ipId: 77,
      mss: 1400,
      windowScale: 7,
      sackPermitted: true,
      tsVal: 5,
      optionsComplete: true,
    });
  });

  it('holds what the eight bytes of RFC 792 hold', () => {
    const { result, segment } = decode(3, 3, quoted4.slice(0, 28));
    expect(result).toBe(ICMP_ERROR);
    expect(segment).toMatchObject({
      sourcePort: 40000,
      quotedSeq: true,
      seq: 4000000000 | 0,
      ack: 0,
      flags: 0,
      window: 0,
    });
    expect(segment).toMatchObject({ length: 0, mss: -1, optionsComplete: false });
  });

  it.each([
    [24, false],
    [27, false],
    [28, true],
  ])('of %i quoted bytes: a sequence number is %s', (length, quotedSeq) => {
    const { result, segment } = decode(11, 0, quoted4.slice(0, length));
    expect([result, segment.sourcePort, segment.quotedSeq]).toEqual([ICMP_ERROR, 40000, quotedSeq]);
  });

  it('has no payload where the quoted IP length has no room for any', () => {
    const quoted = tcpPacket({ from: '10.0.0.1:40000', to: '10.0.0.2:80', dataOffset: 8, ipLength: 40, payload: 12 });
    expect(decode(3, 1, quoted)).toMatchObject({ result: ICMP_ERROR, segment: { length: 0, seq: 0 } });
  });

  it.each([3, 4, 5, 11, 12])('may have type %i', (type) => {
    const { result, segment } = decode(type, 2, quoted4);
    expect([result, segment.icmpType, segment.icmpCode]).toEqual([ICMP_ERROR, type, 2]);
  });

  it.each([1, 2, 3, 4])('may have ICMPv6 type %i', (type) => {
    const { result, segment } = decode(type, 4, quoted6, 6);
    expect(result).toBe(ICMP_ERROR);
    expect(segment).toMatchObject({ ipVersion: 6, icmpType: type, icmpCode: 4, source3: 1, destinationPort: 443 });
    expect(segment).toMatchObject({ seq: 12, flags: 0x18, length: 30, quotedSeq: true });
  });

  it('leaves no trace in the next segment', () => {
    const decoder = new FrameDecoder();
    decoder.decode(frameOf(icmpErrorFrame({ from: '192.0.2.1', to: '10.0.0.1', type: 3, code: 1, quoted: quoted4 })));
    decoder.decode(frameOf(quoted6, { linkType: 101 }));
    expect(decoder.segment).toMatchObject({ icmpType: -1, icmpCode: -1, quotedSeq: false, mss: -1, ipId: -1 });
  });
});

describe('other ICMP messages', () => {
  it.each([0, 8, 13])('of type %i are not about TCP', (type) => {
    expect(decode(type, 0, quoted4)).toMatchObject({ result: SKIPPED, reasons: ['not-tcp'] });
  });

  it.each([5, 128, 135])('of ICMPv6 type %i are not about TCP', (type) => {
    expect(decode(type, 0, quoted6, 6)).toMatchObject({ result: SKIPPED, reasons: ['not-tcp'] });
  });

  it.each<[string, string, Uint8Array]>([
    ['UDP', 'not-tcp', ipPacket('10.0.0.1', '10.0.0.2', 17, new Uint8Array(8), {})],
    ['another ICMP error', 'not-tcp', ipPacket('10.0.0.1', '10.0.0.2', 1, Uint8Array.of(3, 1, 0, 0, 0, 0, 0, 0), {})],
    ['a later fragment', 'fragment', ipPacket('10.0.0.1', '10.0.0.2', 6, new Uint8Array(8), { fragment: 5 })],
    ['IPv6', 'malformed', quoted6],
    ['nothing', 'truncated', new Uint8Array(0)],
    ['an IP header cut short', 'truncated', quoted4.slice(0, 19)],
    ['three bytes of TCP', 'truncated', quoted4.slice(0, 23)],
  ])('that quote %s are counted as %s', (_, reason, quoted) => {
    expect(decode(3, 1, quoted)).toMatchObject({ result: SKIPPED, reasons: [reason] });
  });
});
