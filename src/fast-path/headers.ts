import { Frame } from './framing';
import { decodeOptions } from './options';
import { Segment } from './segment';

/*
 * The headers of most frames: those of a link layer with an EtherType, VLAN tags, IPv4 without options or IPv6 without extension
 * headers, and TCP. Everything else is left to decode/, which knows all that may be there.
 */

const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const TCP_HEADER: usize = 20;
const VLAN_TAG: usize = 4;
/** EtherTypes (802.1Q and 802.1ad the first two), and "more fragments" with the fragment's offset, as they lie in memory. */
const ETHERTYPE_VLAN: u32 = 0x0081;
const ETHERTYPE_PROVIDER_BRIDGE: u32 = 0xa888;
const ETHERTYPE_IPV4: u32 = 0x0008;
const ETHERTYPE_IPV6: u32 = 0xdd86;
const FRAGMENT: u32 = 0xff3f;
const VERSION_4_WITHOUT_OPTIONS: u32 = 0x45;
const TCP: u32 = 6;

/** Where in a frame the EtherType stands, and how long the link layer's header is. */
let typeAt: usize = 12;
let linkHeader: usize = 14;

export function setLink(offsetOfType: u32, headerLength: u32): void {
  typeAt = offsetOfType;
  linkHeader = headerLength;
}

/** Takes the segment in the frame under the cursor. @returns false where it is not of the usual kind */
export function decode(): bool {
  const end = Frame.data + Frame.captured;
  let ip = Frame.data + linkHeader;
  if (ip + IPV4_HEADER + TCP_HEADER > end || Frame.original < Frame.captured) return false;
  let type = <u32>load<u16>(Frame.data + typeAt);
  while (type === ETHERTYPE_VLAN || type === ETHERTYPE_PROVIDER_BRIDGE) {
    type = <u32>load<u16>(ip, 2);
    ip += VLAN_TAG;
    if (ip + IPV4_HEADER + TCP_HEADER > end) return false;
  }
  if (type === ETHERTYPE_IPV4) return decodeIpv4(ip, end);
  return type === ETHERTYPE_IPV6 && decodeIpv6(ip, end);
}

/** RFC 791, section 3.1. */
function decodeIpv4(ip: usize, end: usize): bool {
  if (load<u8>(ip) !== VERSION_4_WITHOUT_OPTIONS) return false;
  if ((load<u16>(ip, 6) & FRAGMENT) !== 0 || load<u8>(ip, 9) !== TCP) return false;
  const length = <u32>bswap<u16>(load<u16>(ip, 2));
  if (length < <u32>(IPV4_HEADER + TCP_HEADER)) return false;
  Segment.isIpv6 = false;
  Segment.ipId = <u32>bswap<u16>(load<u16>(ip, 4));
  Segment.source3 = bswap<u32>(load<u32>(ip, 12));
  Segment.destination3 = bswap<u32>(load<u32>(ip, 16));
  return decodeTcp(ip + IPV4_HEADER, end, length - <u32>IPV4_HEADER);
}

/** RFC 8200, section 3. */
function decodeIpv6(ip: usize, end: usize): bool {
  if (load<u8>(ip) >> 4 !== 6 || load<u8>(ip, 6) !== TCP || ip + IPV6_HEADER + TCP_HEADER > end) return false;
  const length = <u32>bswap<u16>(load<u16>(ip, 4));
  if (length < <u32>TCP_HEADER) return false;
  Segment.isIpv6 = true;
  Segment.ipId = 0;
  Segment.source0 = bswap<u32>(load<u32>(ip, 8));
  Segment.source1 = bswap<u32>(load<u32>(ip, 12));
  Segment.source2 = bswap<u32>(load<u32>(ip, 16));
  Segment.source3 = bswap<u32>(load<u32>(ip, 20));
  Segment.destination0 = bswap<u32>(load<u32>(ip, 24));
  Segment.destination1 = bswap<u32>(load<u32>(ip, 28));
  Segment.destination2 = bswap<u32>(load<u32>(ip, 32));
  Segment.destination3 = bswap<u32>(load<u32>(ip, 36));
  return decodeTcp(ip + IPV6_HEADER, end, length);
}

/** RFC 9293, section 3.1. @param length of header and payload, which was captured up to `end` */
function decodeTcp(tcp: usize, end: usize, length: u32): bool {
  const offsetFlagsWindow = bswap<u32>(load<u32>(tcp, 12));
  const header = (<usize>(offsetFlagsWindow >> 28)) << 2;
  if (header < TCP_HEADER || <u32>header > length || tcp + header > end) return false;
  Segment.ports = bswap<u32>(load<u32>(tcp));
  Segment.seq = bswap<u32>(load<u32>(tcp, 4));
  Segment.ack = bswap<u32>(load<u32>(tcp, 8));
  Segment.flags = (offsetFlagsWindow >> 16) & 0x1ff;
  Segment.window = offsetFlagsWindow & 0xffff;
  Segment.length = length - <u32>header;
  return decodeOptions(tcp + TCP_HEADER, tcp + header);
}
