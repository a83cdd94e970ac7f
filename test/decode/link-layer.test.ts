import { describe, expect, it } from 'vitest';
import { FrameDecoder, SKIPPED, TCP } from '../../src/decode/decoder.js';
import { LinkType } from '../../src/decode/link-type.js';
import { bytes, ethernetFrame, frameOf, tcpPacket } from '../support/frames.js';

const v4 = tcpPacket({ from: '10.0.0.1:40000', to: '10.0.0.2:80', seq: 1000, payload: 'abc' });
const v6 = tcpPacket({ from: '[2001:db8::1]:40000', to: '[2001:db8::2]:80', seq: 1000, payload: 'abc' });
const macs = new Array<number>(12).fill(2);

function ethernet(...parts: ArrayLike<number>[]): Uint8Array {
  return bytes(macs, ...parts);
}

function skipReasons(linkType: number, frame: Uint8Array): Record<string, number> {
  const decoder = new FrameDecoder();
  expect(decoder.decode(frameOf(frame, { linkType }))).toBe(SKIPPED);
  return decoder.skippedByReason();
}

const snap = [0xaa, 0xaa, 3, 0, 0, 0];
const { ETHERNET, NULL, LOOP, LINUX_SLL, LINUX_SLL2, PPP, PPP_HDLC, PPP_ETHER, PPP_WITH_DIR, C_HDLC } = LinkType;

describe('a TCP segment is found in', () => {
  it.each<[string, number, Uint8Array]>([
    ['Ethernet II, IPv4', ETHERNET, ethernetFrame(v4)],
    ['Ethernet II, IPv6', ETHERNET, ethernetFrame(v6)],
    ['802.1Q', ETHERNET, ethernetFrame(v4, { vlan: 7 })],
    ['802.1ad', ETHERNET, ethernetFrame(v6, { vlan: [7, 8] })],
    ['the older QinQ types', ETHERNET, ethernet([0x91, 0, 0, 1, 0x92, 0, 0, 2, 8, 0], v4)],
    ['802.3 with LLC and SNAP', ETHERNET, ethernet([0, 8 + v4.length], snap, [8, 0], v4)],
    ['802.3 with the SAP of IP', ETHERNET, ethernet([0, 3 + v4.length, 6, 6, 3], v4)],
    ['802.1Q, LLC and SNAP', ETHERNET, ethernet([0x81, 0, 0, 1, 0, 8 + v6.length], snap, [0x86, 0xdd], v6)],
    ['MPLS, one label', ETHERNET, ethernet([0x88, 0x47, 0, 0, 0x11, 64], v4)],
    ['MPLS, two labels', ETHERNET, ethernet([0x88, 0x48, 0, 0, 0x10, 64, 0, 0, 0x21, 64], v6)],
    ['PPPoE', ETHERNET, ethernet([0x88, 0x64, 0x11, 0, 0, 1, 0, v4.length + 2, 0, 0x21], v4)],
    ['PPPoE, protocol field compressed', ETHERNET, ethernet([0x88, 0x64, 0x11, 0, 0, 1, 0, v6.length + 1, 0x57], v6)],
    ['a loopback of a little-endian Linux', NULL, bytes([2, 0, 0, 0], v4)],
    ['a loopback of a big-endian host', NULL, bytes([0, 0, 0, 2], v4)],
    ['a loopback of OpenBSD', LOOP, bytes([0, 0, 0, 24], v6)],
    ...[10, 23, 24, 28, 30].flatMap((family): [string, number, Uint8Array][] => [
      [`a loopback with AF_INET6 ${family}, little-endian`, NULL, bytes([family, 0, 0, 0], v6)],
      [`a loopback with AF_INET6 ${family}, big-endian`, NULL, bytes([0, 0, 0, family], v6)],
    ]),
    ['Linux cooked v1', LINUX_SLL, bytes(new Array(14).fill(0), [8, 0], v4)],
    ['Linux cooked v1 with a VLAN tag', LINUX_SLL, bytes(new Array(14).fill(0), [0x81, 0, 0, 9, 8, 0], v4)],
    ['Linux cooked v2', LINUX_SLL2, bytes([0x86, 0xdd], new Array(18).fill(0), v6)],
    ['raw IP', LinkType.RAW, v4],
    ['raw IP, version 6', LinkType.RAW, v6],
    ['raw IP by its DLT_', LinkType.RAW_DLT, v4],
    ['raw IP by the DLT_ of OpenBSD', LinkType.RAW_DLT_OPENBSD, v6],
    ['LINKTYPE_IPV4', LinkType.IPV4, v4],
    ['LINKTYPE_IPV6', LinkType.IPV6, v6],
    ['PPP', PPP, bytes([0, 0x21], v4)],
    ['PPP with address and control', PPP, bytes([0xff, 3, 0, 0x57], v6)],
    ['PPP, MPLS', PPP, bytes([0xff, 3, 2, 0x81, 0, 0, 0x11, 64], v4)],
    ['PPP in HDLC framing', PPP_HDLC, bytes([0xff, 3, 0, 0x21], v4)],
    ["PPP in Cisco's HDLC framing", PPP_HDLC, bytes([0x0f, 0, 8, 0], v4)],
    ['PPPoE without Ethernet', PPP_ETHER, bytes([0x11, 0, 0, 1, 0, v4.length + 2, 0, 0x21], v4)],
    ['PPP with direction', PPP_WITH_DIR, bytes([1, 0xff, 3, 0, 0x21], v4)],
    ['Cisco HDLC', C_HDLC, bytes([0x8f, 0, 0x86, 0xdd], v6)],
  ])('%s', (_, linkType, frame) => {
    const decoder = new FrameDecoder();
    expect(decoder.decode(frameOf(frame, { linkType }))).toBe(TCP);
    expect([decoder.segment.sourcePort, decoder.segment.seq, decoder.segment.length]).toEqual([40000, 1000, 3]);

    for (let cut = 0; cut < frame.length - v4.length; cut++) {
      expect(decoder.decode(frameOf(frame.slice(0, cut), { linkType }))).toBe(SKIPPED);
    }
  });
});

describe('frames without TCP are counted as', () => {
  it.each<[string, string, number, Uint8Array]>([
    ['not-ip', 'ARP', ETHERNET, ethernet([8, 6], new Array(28).fill(0))],
    ['not-ip', 'spanning tree, in LLC', ETHERNET, ethernet([0, 38, 0x42, 0x42, 3], new Array(35).fill(0))],
    ['not-ip', 'a SNAP of another organization', ETHERNET, ethernet([0, 50, 0xaa, 0xaa, 3, 0, 0, 12, 8, 0], v4)],
    ['not-ip', 'an Ethernet pseudowire in MPLS', ETHERNET, ethernet([0x88, 0x47, 0, 0, 0x11, 64, 0, 0, 0, 0], v4)],
    ['not-ip', 'PPP LCP', PPP, bytes([0xff, 3, 0xc0, 0x21], v4)],
    ['not-ip', 'a loopback of AF_APPLETALK', NULL, bytes([16, 0, 0, 0], v4)],
    ['encrypted', 'MACsec', ETHERNET, ethernet([0x88, 0xe5, 0x0c], new Array(39).fill(0))],
    ['malformed', 'IPv4 where the EtherType says IPv6', ETHERNET, ethernet([0x86, 0xdd], v4)],
    ['malformed', 'IPv4 where the EtherType says IPv6', ETHERNET, ethernet([0x86, 0xdd], v4)],
    ['malformed', 'IPv4 where the link type says IPv6', LinkType.IPV6, v4],
    ['malformed', 'IP of version 5', LinkType.RAW, bytes([0x55], v4.slice(1))],
    ['malformed', 'VLAN tags without end', ETHERNET, ethernet(new Array(40).fill([0x81, 0, 0, 1]).flat(), [8, 0], v4)],
    ['truncated', 'an Ethernet header cut short', ETHERNET, ethernetFrame(v4).slice(0, 13)],
    ['truncated', 'a VLAN tag cut short', ETHERNET, ethernetFrame(v4, { vlan: 1 }).slice(0, 17)],
    ['truncated', 'a label stack without bottom', ETHERNET, ethernet([0x88, 0x47, 0, 0, 0x10, 64, 0, 0, 0x10, 64])],
    ['unknown-link-type', 'Bluetooth', 187, v4],
    ['not-a-packet', 'a custom block of pcapng', -1, v4],
    ['encrypted', 'a protected frame of 802.11', LinkType.IEEE802_11, bytes([8, 0x42], new Array(30).fill(0), v4)],
    ['not-ip', 'a beacon', LinkType.IEEE802_11, bytes([0x80, 0], new Array(40).fill(0))],
    ['not-ip', '802.11 without data', LinkType.IEEE802_11, bytes([0x48, 1], new Array(40).fill(0))],
    ['fragment', 'a fragment of 802.11', LinkType.IEEE802_11, bytes([8, 0x06], new Array(30).fill(0), v4)],
    ['malformed', 'PPI in PPI', LinkType.PPI, bytes([0, 0, 8, 0, 192, 0, 0, 0], new Array(40).fill(0))],
  ])('%s: %s', (reason, _, linkType, frame) => {
    expect(skipReasons(linkType, frame)).toEqual({ [reason]: 1 });
  });

  it('adds up over frames', () => {
    const decoder = new FrameDecoder();
    for (const frame of [ethernet([8, 6]), ethernetFrame(v4), ethernet([8, 6]), ethernet([8])]) {
      decoder.decode(frameOf(frame));
    }
    expect(decoder.skippedByReason()).toEqual({ 'not-ip': 2, truncated: 1 });
  });
});
