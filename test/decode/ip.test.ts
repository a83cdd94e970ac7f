import { describe, expect, it } from 'vitest';
import { FrameDecoder, SKIPPED, TCP, TCP_UNUSABLE } from '../../src/decode/decoder.js';
import { bytes, ethernetFrame, frameOf, ipPacket, type TcpFrameFields, tcpFrame } from '../support/frames.js';

const A4 = '10.0.0.1:40000';
const B4 = '10.0.0.2:80';
const A6 = '[2001:db8::1]:40000';
const B6 = '[2001:db8::2]:80';

function decode(frame: Uint8Array, originalLength = frame.length) {
  const decoder = new FrameDecoder();
  const result = decoder.decode(frameOf(frame, { originalLength }));
  return { result, segment: decoder.segment, reasons: Object.keys(decoder.skippedByReason()) };
}

const v4 = (fields: Partial<TcpFrameFields>) => tcpFrame({ from: A4, to: B4, ...fields });
const v6 = (fields: Partial<TcpFrameFields>) => tcpFrame({ from: A6, to: B6, ...fields });

describe('the payload length', () => {
  it('leaves out the padding of Ethernet', () => {
    const { result, segment } = decode(bytes(v4({ payload: 2 }), [0, 0, 0, 0]));
    expect([result, segment.length]).toEqual([TCP, 2]);
  });

  it('leaves out IPv4 options', () => {
    const { result, segment } = decode(v4({ payload: 5, ipOptions: [0x94, 4, 0, 0] }));
    expect([result, segment.length, segment.sourcePort]).toEqual([TCP, 5, 40000]);
  });

  it('is that of the IP header where the capture was cut', () => {
    const whole = v4({ payload: 1000 });
    const { result, segment } = decode(whole.slice(0, 60), whole.length);
    expect([result, segment.length, segment.optionsComplete]).toEqual([TCP, 1000, true]);
  });

  it.each([
    ['IPv4', v4({ payload: 3000, ipLength: 0 })],
    ['IPv6', v6({ payload: 3000, ipLength: 0 })],
  ])('is that of the frame on the wire where segmentation offload left the length of %s 0', (_, frame) => {
    expect(decode(frame).segment.length).toBe(3000);
    expect(decode(frame.slice(0, 96), frame.length).segment.length).toBe(3000);
  });

  it('is that of the jumbo payload option (RFC 2675)', () => {
    const jumbo = [6, 0, 0xc2, 4, 0, 1, 0x11, 0x84];
    const { result, segment } = decode(v6({ payload: 70008, ipLength: 0, extensions: { first: 0, bytes: jumbo } }));
    expect([result, segment.length]).toEqual([TCP, 70008]);
  });

  it('stays within what TCP can have in flight, whatever the record says', () => {
    expect(decode(v4({ ipLength: 0 }), 0xffffffff).segment.length).toBeLessThanOrEqual(2 ** 30);
  });
});

describe('addresses, ttl and identification', () => {
  it('of IPv4', () => {
    const { segment } = decode(tcpFrame({ from: '192.168.0.1:1', to: '10.0.0.2:2', ttl: 57, ipId: 0xabcd }));
    expect(segment).toMatchObject({
      ipVersion: 4,
      source0: 0,
      source1: 0,
      source2: 0,
      source3: 0xc0a80001 | 0,
      destination3: 0x0a000002,
      ttl: 57,
      ipId: 0xabcd,
    });
  });

  it('of IPv6', () => {
    const { segment } = decode(tcpFrame({ from: '[fe80::1:2:3:4]:1', to: '[2001:db8:1:2:3:4:5:6]:2', ttl: 3 }));
    expect(segment).toMatchObject({
      ipVersion: 6,
      source0: 0xfe800000 | 0,
      source1: 0,
      source2: 0x00010002,
      source3: 0x00030004,
      destination0: 0x20010db8,
      destination1: 0x00010002,
      destination2: 0x00030004,
      destination3: 0x00050006,
      ttl: 3,
      ipId: -1,
    });
  });
});

it('an atomic fragment is a whole packet (RFC 6946)', () => {
  const atomic = { first: 44, bytes: [6, 0, 0, 0, 0, 0, 0, 9] };
  expect(decode(v6({ payload: 7, extensions: atomic }))).toMatchObject({ result: TCP, segment: { length: 7 } });
});

describe('extension headers', () => {
  const next = (protocol: number, units = 0) => [protocol, units, 1, 4, 0, 0, 0, 0, ...new Array(8 * units).fill(0)];
  it.each([
    ['hop-by-hop', 0, next(6)],
    ['routing', 43, next(6, 2)],
    ['destination options', 60, next(6, 1)],
    ['shim6', 140, next(6)],
    ['authentication', 51, [6, 4, 0, 0, ...new Array(20).fill(0)]],
    ['several', 0, [...next(60), ...next(43, 1), ...next(44), 60, 0, 0, 0, 0, 0, 0, 1, ...next(6)]],
  ])('%s are stepped over', (_, first, header) => {
    const { result, segment } = decode(v6({ seq: 77, payload: 9, extensions: { first, bytes: header } }));
    expect([result, segment.seq, segment.length]).toEqual([TCP, 77, 9]);
  });

  it('end at a bound', () => {
    const endless = { first: 0, bytes: new Array(100).fill(next(0)).flat() };
    expect(decode(v6({ extensions: endless })).reasons).toEqual(['malformed']);
  });

  it('that run past the capture are truncated', () => {
    expect(decode(v6({ extensions: { first: 0, bytes: next(43, 200) } }).slice(0, 100)).reasons).toEqual(['truncated']);
    expect(decode(v6({ extensions: { first: 0, bytes: next(6) } }).slice(0, 61)).reasons).toEqual(['truncated']);
  });

  it('the authentication header serves IPv4', () => {
    const tcp = v4({ seq: 5, payload: 1 }).slice(34);
    const packet = ipPacket('10.0.0.1', '10.0.0.2', 51, bytes([6, 4, 0, 0], new Array(20).fill(0), tcp), {});
    expect(decode(ethernetFrame(packet))).toMatchObject({ result: TCP, segment: { seq: 5, length: 1 } });
  });
});

describe('packets that are not TCP are counted as', () => {
  const packet = (protocol: number, first: readonly number[] = []) =>
    ethernetFrame(ipPacket('10.0.0.1', '10.0.0.2', protocol, bytes(first, new Uint8Array(40)), {}));
  const packet6 = (protocol: number) => ethernetFrame(ipPacket('::1', '::2', protocol, new Uint8Array(40), {}));
  it.each([
    ['not-tcp', 'UDP', packet(17)],
    ['not-tcp', 'SCTP', packet6(132)],
    ['not-tcp', 'no next header', packet6(59)],
    ['not-tcp', 'ICMP in IPv6', packet6(1)],
    ['not-tcp', 'ICMPv6 in IPv4', packet(58)],
    ['tunnel', 'GRE with a routing field', packet(47, [0x40, 0, 8, 0])],
    ['encrypted', 'ESP', packet6(50)],
    ['truncated', 'an IPv4 header cut short', v4({}).slice(0, 33)],
    ['truncated', 'an IPv6 header cut short', v6({}).slice(0, 53)],
    ['truncated', 'TCP cut before the end of its ports', v4({}).slice(0, 37)],
    ['malformed', 'a total length below the header', v4({ ipLength: 19 })],
    ['malformed', 'a total length without room for the ports', v4({ ipLength: 23 })],
    ['malformed', 'an IPv4 header length of 16', bytes(v4({}).slice(0, 14), [0x44], v4({}).slice(15))],
  ])('%s: %s', (reason, _, frame) => {
    const { result, reasons } = decode(frame);
    expect([result, reasons]).toEqual([SKIPPED, [reason]]);
  });
});

it('an IP packet without room for the TCP header is TCP that cannot be used', () => {
  for (const ipLength of [24, 33, 39]) {
    const { result, reasons } = decode(v4({ ipLength }));
    expect([result, reasons]).toEqual([TCP_UNUSABLE, ['tcp-malformed']]);
  }
});
