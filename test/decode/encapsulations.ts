import { LinkType } from '../../src/decode/link-type.js';
import { bytes, ethernetFrame, ipPacket, tcpPacket } from '../support/frames.js';

/** The segment that every encapsulation here carries, in either version of IP: tshark counts each frame as `tcp`. */
export const v4 = tcpPacket({ from: '10.0.0.1:40000', to: '10.0.0.2:80', seq: 1000, payload: 'abc' });
export const v6 = tcpPacket({ from: '[2001:db8::1]:40000', to: '[2001:db8::2]:80', seq: 1000, payload: 'abc' });

export interface Encapsulation {
  readonly name: string;
  readonly linkType: number;
  readonly frame: Uint8Array;
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const u16 = (value: number): number[] => [value >>> 8, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];
const le16 = (value: number): number[] => u16(value).reverse();
const le32 = (value: number): number[] => u32(value).reverse();
const snap = (etherType: number): number[] => [0xaa, 0xaa, 3, 0, 0, 0, ...u16(etherType)];
const ethernet = (...parts: ArrayLike<number>[]): Uint8Array => bytes([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], ...parts);

/** An IEEE 802.11 data frame, from an access point unless `flags` say otherwise. */
function wireless({ control = 0x08, flags = 0x02, more = [] as number[], body = bytes(snap(0x0800), v4) } = {}) {
  const addresses = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3];
  return bytes([control, flags, 0, 0], addresses, [0x10, 0], more, body);
}

/** A frame with 26 bytes of QoS header, filled up to 28. */
const paddedQos = wireless({ control: 0x88, more: [0, 0, 0, 0] });

const radiotap = (...fields: number[]): number[] => [0, 0, ...le16(8 + fields.length - 4), ...fields];

const link = (name: string, linkType: number, ...parts: ArrayLike<number>[]): Encapsulation => ({
  name,
  linkType,
  frame: bytes(...parts),
});

/** Between addresses of a maker that Wireshark knows: so it tells a pseudowire's control word from an address. */
const pseudowired = bytes([0x00, 0x1b, 0x21, 0, 0, 2, 0x00, 0x1b, 0x21, 0, 0, 1, 8, 0], v4);

const { ETHERNET } = LinkType;

/** Link layers, beside those of link-layer.test.ts. */
export const LINK_LAYERS: readonly Encapsulation[] = [
  link('802.11', LinkType.IEEE802_11, wireless()),
  link('802.11 with QoS', LinkType.IEEE802_11, wireless({ control: 0x88, more: [0, 0] })),
  link('802.11 with QoS and HT control', LinkType.IEEE802_11, wireless({ control: 0x88, flags: 0x82, more: zeros(6) })),
  link('802.11 between access points', LinkType.IEEE802_11, wireless({ flags: 0x03, more: [2, 0, 0, 0, 0, 4] })),
  link(
    '802.11, the first of an A-MSDU',
    LinkType.IEEE802_11,
    wireless({
      control: 0x88,
      more: [0x80, 0],
      body: bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 3], u16(8 + v4.length), snap(0x0800), v4),
    }),
  ),
  link('radiotap', LinkType.IEEE802_11_RADIOTAP, radiotap(...le32(0)), wireless()),
  link('radiotap with flags', LinkType.IEEE802_11_RADIOTAP, radiotap(...le32(2), 0), wireless()),
  link('radiotap, padded', LinkType.IEEE802_11_RADIOTAP, radiotap(...le32(2), 0x20), paddedQos),
  link(
    'radiotap with a time, padded',
    LinkType.IEEE802_11_RADIOTAP,
    radiotap(...le32(3), ...zeros(8), 0x20),
    paddedQos,
  ),
  link(
    'radiotap of two presence words, padded',
    LinkType.IEEE802_11_RADIOTAP,
    radiotap(...le32(0x8000_0003), ...le32(0), ...zeros(4), ...zeros(8), 0x20),
    paddedQos,
  ),
  link('Prism', LinkType.IEEE802_11_PRISM, le32(0x44), le32(144), zeros(136), wireless()),
  link('AVS', LinkType.IEEE802_11_AVS, u32(0x80211001), u32(64), zeros(56), wireless()),
  link('AVS where Prism is said to be', LinkType.IEEE802_11_PRISM, u32(0x80211001), u32(64), zeros(56), wireless()),
  link('PPI around 802.11', LinkType.PPI, [0, 0, ...le16(8)], le32(105), wireless()),
  link('PPI around Ethernet', LinkType.PPI, [0, 0, ...le16(8)], le32(1), ethernetFrame(v4)),
  link('Token Ring', LinkType.TOKEN_RING, [0x10, 0x40], zeros(5), [1, 0x02], zeros(5), snap(0x0800), v4),
  link(
    'Token Ring with a source route',
    LinkType.TOKEN_RING,
    [0x10, 0x40],
    zeros(5),
    [1, 0x82],
    zeros(5),
    [0x06, 0x30, 0, 0x11, 0, 0x20],
    snap(0x0800),
    v4,
  ),
  link('FDDI', LinkType.FDDI, [0x50], zeros(12), snap(0x0800), v4),
  link('IP over Fibre Channel', LinkType.IP_OVER_FC, zeros(16), snap(0x0800), v4),
  link('ATM with LLC', LinkType.ATM_RFC1483, snap(0x0800), v4),
  link('SunATM', LinkType.SUNATM, [0x02, 0, 0, 32], snap(0x0800), v4),
  link('IP over FireWire', LinkType.APPLE_IP_OVER_IEEE1394, zeros(16), [8, 0], v4),
  link('IP over InfiniBand', LinkType.IPOIB, zeros(40), [8, 0, 0, 0], v4),
  link('ARCNET by RFC 1201', LinkType.ARCNET_LINUX, [1, 2, 0, 0, 0xd4, 0, 0, 1], v4),
  link('ARCNET by RFC 1051', LinkType.ARCNET_LINUX, [1, 2, 0, 0, 0xf0], v4),
  link('Frame Relay, NLPID of IPv4', LinkType.FRAME_RELAY, [0x18, 0x41, 0x03, 0xcc], v4),
  link('Frame Relay, NLPID of IPv6', LinkType.FRAME_RELAY, [0x18, 0x41, 0x03, 0x8e], v6),
  link('Frame Relay, SNAP', LinkType.FRAME_RELAY, [0x18, 0x41, 0x03, 0, 0x80, 0, 0, 0, 8, 0], v4),
  link("Frame Relay, Cisco's", LinkType.FRAME_RELAY, [0x18, 0x41, 8, 0], v4),
  link('PPP of pppd', LinkType.PPP_PPPD, [0, 3, 0, 0x21], v4),
  link("OpenBSD's enc", LinkType.ENC, le32(2), zeros(8), v4),
  link("OpenBSD's firewall log", LinkType.PFLOG, [61, 2, 0, 0], zeros(60), v4),
  link(
    "Linux's firewall log",
    LinkType.NFLOG,
    [2, 0, 0, 0],
    le16(8),
    le16(1),
    zeros(4),
    le16(4 + v4.length),
    le16(9),
    v4,
  ),
  link("macOS's PKTAP", LinkType.PKTAP, le32(108), le32(1), le32(1), zeros(96), ethernetFrame(v4)),
  link("Juniper's Ethernet", LinkType.JUNIPER_ETHERNET, [0x4d, 0x47, 0x43, 0x80, 0, 0], ethernetFrame(v4)),
  link(
    "Juniper's, with an extension",
    LinkType.JUNIPER_ETHERNET,
    [0x4d, 0x47, 0x43, 0x80, 0, 6],
    zeros(6),
    ethernetFrame(v4),
  ),
  link('VN-Tag', ETHERNET, ethernet([0x89, 0x26, 0, 0, 0, 1, 8, 0], v4)),
  link("Endace's Ethernet", LinkType.ERF, zeros(8), [2, 4, 0, 75, 0, 0, 0, 57, 0, 0], ethernetFrame(v4)),
  link(
    "Endace's, with extensions",
    LinkType.ERF,
    zeros(8),
    [0x82, 4, 0, 91, 0, 0, 0, 57],
    [0x80],
    zeros(15),
    [0, 0],
    ethernetFrame(v4),
  ),
  link('PPP under the link type of loopback', LinkType.NULL, [0xff, 3, 0, 0x21], v4),
  link('IPv6 under the EtherType of IPv4', ETHERNET, ethernet([8, 0], v6)),
  link('an Ethernet pseudowire', ETHERNET, ethernet([0x88, 0x47, 0, 0, 0x11, 64], pseudowired)),
  link(
    'an Ethernet pseudowire with a control word',
    ETHERNET,
    ethernet([0x88, 0x47, 0, 0, 0x11, 64], zeros(4), pseudowired),
  ),
  link('TRILL', ETHERNET, ethernet([0x22, 0xf3, 0, 0x3f, 0, 1, 0, 2], ethernetFrame(v4))),
  link('TRILL with options', ETHERNET, ethernet([0x22, 0xf3, 0, 0x7f, 0, 1, 0, 2], zeros(4), ethernetFrame(v4))),
  link('a network service header', ETHERNET, ethernet([0x89, 0x4f, 0x0f, 0xc2, 2, 1, 0, 0, 1, 0xff], v4)),
  link(
    'a network service header around Ethernet',
    ETHERNET,
    ethernet([0x89, 0x4f, 0x0f, 0xc2, 2, 3, 0, 0, 1, 0xff], ethernetFrame(v4)),
  ),
  link("Cisco's metadata", ETHERNET, ethernet([0x89, 0x09, 1, 1, 0, 1, 0, 2, 8, 0], v4)),
  link('802.1BR', ETHERNET, ethernet([0x89, 0x3f, 0, 0, 0, 1, 0, 0, 8, 0], v4)),
  link('MACsec that only authenticates', ETHERNET, ethernet([0x88, 0xe5, 0x00, 0, 0, 0, 0, 1, 8, 0], v4, zeros(16))),
];

/** An IP packet of another protocol in an Ethernet frame: the outside of a tunnel. */
function over(version: 4 | 6, protocol: number, ...parts: ArrayLike<number>[]): Uint8Array {
  const [from, to] = version === 4 ? ['192.0.2.1', '192.0.2.2'] : ['2001:db8:1::1', '2001:db8:1::2'];
  return ethernetFrame(ipPacket(from, to, protocol, bytes(...parts), {}));
}

function udp(port: number, ...parts: ArrayLike<number>[]): Uint8Array {
  const payload = bytes(...parts);
  return over(4, 17, u16(50_000), u16(port), u16(8 + payload.length), u16(0), payload);
}

const tunnel = (name: string, frame: Uint8Array): Encapsulation => ({ name, linkType: ETHERNET, frame });

/** Tunnels, with what `Segment.tunnelId` is to be. */
export const TUNNELS: readonly (Encapsulation & { readonly id: number })[] = [
  { id: -1, ...tunnel('IP in IP', over(4, 4, v4)) },
  { id: -1, ...tunnel('6in4', over(4, 41, v6)) },
  { id: -1, ...tunnel('4in6', over(6, 4, v4)) },
  { id: -1, ...tunnel('GRE', over(4, 47, [0, 0, 8, 0], v4)) },
  {
    id: 77,
    ...tunnel(
      'GRE with checksum, key and sequence number',
      over(4, 47, [0xb0, 0, 0x86, 0xdd], zeros(4), u32(77), u32(1), v6),
    ),
  },
  { id: -1, ...tunnel('GRE around Ethernet', over(6, 47, [0, 0, 0x65, 0x58], ethernetFrame(v4))) },
  { id: -1, ...tunnel('GRE around MPLS', over(4, 47, [0, 0, 0x88, 0x47, 0, 0, 0x11, 64], v4)) },
  {
    id: 9,
    ...tunnel(
      'PPTP',
      over(4, 47, [0x30, 0x81, 0x88, 0x0b], u16(v4.length + 4), u16(9), u32(1), u32(1), [0xff, 3, 0, 0x21], v4),
    ),
  },
  { id: -1, ...tunnel('ERSPAN type I', over(4, 47, [0, 0, 0x88, 0xbe], ethernetFrame(v4))) },
  {
    id: -1,
    ...tunnel(
      'ERSPAN type II',
      over(4, 47, [0x10, 0, 0x88, 0xbe], u32(1), [0x10, 1, 0, 1, 0, 0, 0, 0], ethernetFrame(v4)),
    ),
  },
  {
    id: -1,
    ...tunnel(
      'ERSPAN type III',
      over(4, 47, [0x10, 0, 0x22, 0xeb], u32(1), [0x20, 1, 0, 1], zeros(8), ethernetFrame(v4)),
    ),
  },
  { id: -1, ...tunnel('WCCP', over(4, 47, [0, 0, 0x88, 0x3e], v4)) },
  { id: -1, ...tunnel('WCCP, second version', over(4, 47, [0, 0, 0x88, 0x3e, 0, 0, 0, 0], v4)) },
  { id: -1, ...tunnel('EtherIP', over(4, 97, [0x30, 0], ethernetFrame(v4))) },
  { id: 4242, ...tunnel('VXLAN', udp(4789, [8, 0, 0, 0], u32(4242 << 8), ethernetFrame(v4))) },
  { id: 4242, ...tunnel("VXLAN on Linux's old port", udp(8472, [8, 0, 0, 0], u32(4242 << 8), ethernetFrame(v6))) },
  { id: 5, ...tunnel('VXLAN-GPE', udp(4790, [0x0c, 0, 0, 1], u32(5 << 8), v4)) },
  { id: 6, ...tunnel('Geneve around Ethernet', udp(6081, [0, 0, 0x65, 0x58], u32(6 << 8), ethernetFrame(v4))) },
  {
    id: 6,
    ...tunnel('Geneve with an option, around IPv4', udp(6081, [2, 0, 8, 0], u32(6 << 8), [1, 2, 3, 1, 0, 0, 0, 0], v4)),
  },
  { id: 7, ...tunnel('GTP-U', udp(2152, [0x30, 255], u16(v4.length), u32(7), v4)) },
  {
    id: 7,
    ...tunnel('GTP-U with a sequence number', udp(2152, [0x32, 255], u16(v4.length + 4), u32(7), [0, 1, 0, 0], v4)),
  },
  {
    id: 7,
    ...tunnel(
      'GTP-U with an extension header',
      udp(2152, [0x34, 255], u16(v4.length + 8), u32(7), [0, 0, 0, 0x85, 1, 0, 0, 0], v4),
    ),
  },
  { id: 0x10002, ...tunnel('L2TP', udp(1701, [0x40, 2], u16(v4.length + 12), u16(1), u16(2), [0xff, 3, 0, 0x21], v4)) },
  { id: -1, ...tunnel('Teredo', udp(3544, v6)) },
  { id: -1, ...tunnel('Teredo with an origin', udp(3544, [0, 0, 0x10, 0x20, 1, 2, 3, 4], v6)) },
  { id: -1, ...tunnel('MPLS in UDP', udp(6635, [0, 0, 0x11, 64], v4)) },
  { id: -1, ...tunnel('an Ethernet pseudowire in UDP', udp(6635, [0, 0, 0x11, 64], pseudowired)) },
  { id: -1, ...tunnel('MPLS in IP', over(4, 137, [0, 0, 0x11, 64], v4)) },
  { id: -1, ...tunnel('AYIYA', udp(5072, [0x44, 0x52, 1, 41], zeros(40), v6)) },
  { id: -1, ...tunnel('LISP', udp(4341, zeros(8), v4)) },
  { id: -1, ...tunnel('TZSP', udp(37008, [1, 0, 0, 1, 1], ethernetFrame(v4))) },
  { id: -1, ...tunnel('TZSP with a tag', udp(37008, [1, 0, 0, 1, 0x0a, 1, 0xc0, 1], ethernetFrame(v4))) },
  { id: 99, ...tunnel('a provider backbone', ethernet([0x88, 0xe7], u32(99), zeros(12), [8, 0], v4)) },
  { id: -1, ...tunnel('6in4 in GRE', over(4, 47, [0, 0, 8, 0], ipPacket('10.9.0.1', '10.9.0.2', 41, v6, {}))) },
];
