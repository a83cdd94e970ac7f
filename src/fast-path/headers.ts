import { hostOrder } from './byte-order';
import { frameOf, readFrame } from './framing';
import { takeIpv4Key, takeIpv6Key } from './key';
import { SEG_BITS, SEG_FROM_B_SHIFT, SEG_IP_ID, SEG_IPV6, SEG_WND } from './layout';
import { decodeOptions, NOT_USUAL } from './options';
import { setWord } from './record';

/*
 * The headers of most frames: those of a link layer with an EtherType, VLAN tags, IPv4 without options or IPv6 without extension
 * headers, and TCP. Everything else is left to decode/, which knows all that may be there.
 */

const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const TCP_HEADER: usize = 20;
const VLAN_TAG: usize = 4;
/** EtherTypes (802.1Q and 802.1ad the first two), as they lie in memory. */
const ETHERTYPE_VLAN: u32 = 0x0081;
const ETHERTYPE_PROVIDER_BRIDGE: u32 = 0xa888;
const ETHERTYPE_IPV4: u32 = 0x0008;
const ETHERTYPE_IPV6: u32 = 0xdd86;
/** "More fragments" with the fragment's offset, and two bytes behind them the protocol: of a whole TCP segment. */
const FRAGMENT_AND_PROTOCOL: u32 = 0xff00ff3f;
const WHOLE_TCP: u32 = 0x06000000;
const VERSION_4_WITHOUT_OPTIONS: u32 = 0x45;
const TCP: u32 = 6;
/** Of the first four words of a TCP header. */
const PORTS: u8 = 0;
const OFFSET_FLAGS_WINDOW: u8 = 3;

/** Where in a frame the EtherType stands, and how long the link layer's header is. */
let typeAt: usize = 12;
let linkHeader: usize = 14;

export function setLink(offsetOfType: u32, headerLength: u32): void {
  typeAt = offsetOfType;
  linkHeader = headerLength;
}

/**
 * Decodes the segment of the record at `at`.
 *
 * @param begin of the chunk
 * @returns false where the record does not end before `limit`, or its frame is not of the usual kind
 */
export function decode(segment: usize, begin: usize, at: usize, limit: usize): bool {
  const end = readFrame(segment, begin, at, limit);
  const frame = frameOf(at);
  const ip = frame + linkHeader;
  if (ip + IPV4_HEADER + TCP_HEADER > end) return false;
  const type = <u32>load<u16>(frame + typeAt);
  return type === ETHERTYPE_IPV4 ? decodeIpv4(segment, ip, end) : decodeOther(segment, type, ip, end);
}

/** With VLAN tags, or of IPv6. */
function decodeOther(segment: usize, outerType: u32, behindLink: usize, end: usize): bool {
  let type = outerType;
  let ip = behindLink;
  while (type === ETHERTYPE_VLAN || type === ETHERTYPE_PROVIDER_BRIDGE) {
    type = <u32>load<u16>(ip, 2);
    ip += VLAN_TAG;
    if (ip + IPV4_HEADER + TCP_HEADER > end) return false;
  }
  if (type === ETHERTYPE_IPV4) return decodeIpv4(segment, ip, end);
  return type === ETHERTYPE_IPV6 && decodeIpv6(segment, ip, end);
}

/** RFC 791, section 3.1. */
function decodeIpv4(segment: usize, ip: usize, end: usize): bool {
  if (load<u8>(ip) !== VERSION_4_WITHOUT_OPTIONS) return false;
  if ((load<u32>(ip, 6) & FRAGMENT_AND_PROTOCOL) !== WHOLE_TCP) return false;
  const length = <u32>bswap<u16>(load<u16>(ip, 2));
  const words = hostOrder(v128.load(ip, 4));
  const tcp = hostOrder(v128.load(ip, IPV4_HEADER));
  const ports = i32x4.extract_lane(tcp, PORTS);
  const direction = takeIpv4Key(segment, i32x4.extract_lane(words, 2), i32x4.extract_lane(words, 3), ports);
  setWord(segment, SEG_IP_ID, <u32>i32x4.extract_lane(words, 0) >> 16);
  return decodeTcp(segment, ip + IPV4_HEADER, tcp, end, length - <u32>IPV4_HEADER, direction << SEG_FROM_B_SHIFT);
}

/** RFC 8200, section 3. */
function decodeIpv6(segment: usize, ip: usize, end: usize): bool {
  if (load<u8>(ip) >> 4 !== 6 || load<u8>(ip, 6) !== TCP || ip + IPV6_HEADER + TCP_HEADER > end) return false;
  const length = <u32>bswap<u16>(load<u16>(ip, 4));
  const source = hostOrder(v128.load(ip, 8));
  const destination = hostOrder(v128.load(ip, 24));
  const tcp = hostOrder(v128.load(ip, IPV6_HEADER));
  const direction = takeIpv6Key(segment, source, destination, i32x4.extract_lane(tcp, PORTS));
  setWord(segment, SEG_IP_ID, 0);
  return decodeTcp(segment, ip + IPV6_HEADER, tcp, end, length, SEG_IPV6 | (direction << SEG_FROM_B_SHIFT));
}

/**
 * RFC 9293, section 3.1.
 *
 * @param words the first four of the header
 * @param length of header and payload, which was captured up to `end`; none where the IP header's is shorter than that
 * @param bits of SEG_BITS that the IP header tells
 */
function decodeTcp(segment: usize, tcp: usize, words: v128, end: usize, length: i32, bits: u32): bool {
  const offsetFlagsWindow = <u32>i32x4.extract_lane(words, OFFSET_FLAGS_WINDOW);
  const header = (<usize>(offsetFlagsWindow >> 28)) << 2;
  if (header < TCP_HEADER || <i32>header > length || tcp + header > end) return false;
  // Sequence number and acknowledgement stand where they are asked for, between words that are overwritten.
  v128.store(segment, words, SEG_WND << 2);
  const options = decodeOptions(segment, tcp + TCP_HEADER, tcp + header);
  setWord(segment, SEG_WND, (offsetFlagsWindow & 0xffff) | ((length - <u32>header) << 16));
  setWord(segment, SEG_BITS, ((offsetFlagsWindow >> 16) & 0x1ff) | bits | options);
  return options !== NOT_USUAL;
}
