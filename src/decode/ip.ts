import { isRightIpv4Checksum, isRightTcpChecksum } from './checksum.js';
import type { Decoding } from './decoding.js';
import { findQuotedPacket } from './icmp.js';
import { ICMP_ERROR, type Outcome, SkipReason } from './result.js';
import { Tunnel } from './segment.js';
import { decodeQuotedTcp, decodeTcp } from './tcp.js';
import { fromEtherIp, fromGre, fromMplsInIp, fromUdp } from './tunnel.js';

/** IANA's Assigned Internet Protocol Numbers. */
const Protocol = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  IPV4: 4,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  GRE: 47,
  ESP: 50,
  AUTHENTICATION: 51,
  ICMPV6: 58,
  DESTINATION_OPTIONS: 60,
  ETHER_IP: 97,
  MPLS_IN_IP: 137,
  SHIM6: 140,
} as const;

/** More than any stack sends; each header is at least eight bytes long. */
const MAX_EXTENSION_HEADERS = 16;
/** No network nests deeper; a damaged frame may seem to. */
const MAX_TUNNELS = 8;

const MORE_FRAGMENTS_V4 = 0x2000;
const FRAGMENT_OFFSET_V4 = 0x1fff;
const MORE_FRAGMENTS_V6 = 0x0001;
const FRAGMENT_OFFSET_V6 = 0xfff8;

/**
 * Decodes the IP packet at `offset` into the segment. Its captured bytes end at `end`, and on the wire it ends at `wireEnd`
 * or before: Ethernet pads short frames, so what counts is the length in the IP header.
 */
export function decodeIp(d: Decoding, view: DataView, offset: number, end: number, wireEnd: number): Outcome {
  if (offset >= end) return SkipReason.truncated;
  switch (view.getUint8(offset) >>> 4) {
    case 4:
      return decodeIpv4(d, view, offset, end, wireEnd);
    case 6:
      return decodeIpv6(d, view, offset, end, wireEnd);
    default:
      return SkipReason.malformed;
  }
}

/** RFC 791, section 3.1. */
export function decodeIpv4(d: Decoding, view: DataView, offset: number, end: number, wireEnd: number): Outcome {
  if (offset + 20 > end) return SkipReason.truncated;
  const headerLength = (view.getUint8(offset) & 0x0f) << 2;
  // Segmentation offload leaves the total length 0 in packets captured before the network card cut them up.
  const totalLength = view.getUint16(offset + 2) || wireEnd - offset;
  if (headerLength < 20 || totalLength < headerLength) return SkipReason.malformed;

  const { segment } = d;
  const identificationAndFragment = view.getUint32(offset + 4);
  const ttlAndProtocol = view.getUint16(offset + 8);
  segment.ipVersion = 4;
  segment.ttl = ttlAndProtocol >>> 8;
  segment.ipId = identificationAndFragment >>> 16;
  segment.source0 = segment.source1 = segment.source2 = 0;
  segment.source3 = view.getInt32(offset + 12);
  segment.destination0 = segment.destination1 = segment.destination2 = 0;
  segment.destination3 = view.getInt32(offset + 16);

  const protocol = ttlAndProtocol & 0xff;
  const payload = offset + headerLength;
  const packetEnd = offset + totalLength;
  if (d.verifyChecksums && !d.isQuoted && !hasRightChecksum(view, offset, payload, end)) {
    return SkipReason['bad-checksum'];
  }
  if ((identificationAndFragment & (MORE_FRAGMENTS_V4 | FRAGMENT_OFFSET_V4)) !== 0) {
    const first = (identificationAndFragment & FRAGMENT_OFFSET_V4) << 3;
    const more = (identificationAndFragment & MORE_FRAGMENTS_V4) !== 0;
    return decodeFragment(d, view, protocol, payload, end, packetEnd, segment.ipId, first, more);
  }
  return decodeTransport(d, view, protocol, payload, end, packetEnd);
}

/** A checksum of 0 was left to the network card. */
function hasRightChecksum(view: DataView, offset: number, payload: number, end: number): boolean {
  return payload > end || view.getUint16(offset + 10) === 0 || isRightIpv4Checksum(view, offset, payload);
}

/** RFC 8200, section 3. */
function decodeIpv6(d: Decoding, view: DataView, offset: number, end: number, wireEnd: number): Outcome {
  if (offset + 40 > end) return SkipReason.truncated;
  const { segment } = d;
  segment.ipVersion = 6;
  segment.ttl = view.getUint8(offset + 7);
  segment.ipId = -1;
  segment.source0 = view.getInt32(offset + 8);
  segment.source1 = view.getInt32(offset + 12);
  segment.source2 = view.getInt32(offset + 16);
  segment.source3 = view.getInt32(offset + 20);
  segment.destination0 = view.getInt32(offset + 24);
  segment.destination1 = view.getInt32(offset + 28);
  segment.destination2 = view.getInt32(offset + 32);
  segment.destination3 = view.getInt32(offset + 36);

  // A payload length of 0 is a jumbogram (RFC 2675) or segmentation offload: either way what was on the wire counts.
  const packetEnd = offset + 40 + view.getUint16(offset + 4);
  const isLengthKnown = packetEnd !== offset + 40;
  return decodeTransport(d, view, view.getUint8(offset + 6), offset + 40, end, isLengthKnown ? packetEnd : wireEnd);
}

/** Steps over extension headers (RFC 8200, section 4; the authentication header serves IPv4 too) to the transport header. */
function decodeTransport(
  d: Decoding,
  view: DataView,
  firstProtocol: number,
  payload: number,
  capturedEnd: number,
  packetEnd: number,
): Outcome {
  const end = Math.min(capturedEnd, packetEnd);
  const { segment } = d;
  let protocol = firstProtocol;
  let offset = payload;
  let isRouted = false;
  for (let headers = 0; headers < MAX_EXTENSION_HEADERS; headers++) {
    switch (protocol) {
      case Protocol.TCP: {
        if (d.isQuoted) return decodeQuotedTcp(view, offset, end, packetEnd - offset, segment);
        const outcome = decodeTcp(view, offset, end, packetEnd - offset, segment);
        // With a routing header, the checksum is of another destination than the one in sight.
        const isVerified = d.verifyChecksums && !isRouted && packetEnd <= capturedEnd && outcome > 0;
        return isVerified && !isRightTcpChecksum(view, offset, end, segment) ? SkipReason['bad-checksum'] : outcome;
      }
      case Protocol.ICMP:
      case Protocol.ICMPV6:
        return d.isQuoted ? SkipReason['not-tcp'] : decodeIcmp(d, view, protocol, offset, end, packetEnd);
      case Protocol.UDP:
        if (offset + 8 > end) return SkipReason['not-tcp'];
        return decodeInner(d, view, fromUdp(view, view.getUint32(offset), offset + 8, end, segment), end, packetEnd);
      case Protocol.IPV4:
      case Protocol.IPV6:
        segment.tunnel = Tunnel.IP;
        segment.tunnelId = -1;
        return decodeInner(d, view, offset, end, packetEnd);
      case Protocol.GRE:
        return decodeInner(d, view, fromGre(view, offset, end, segment), end, packetEnd);
      case Protocol.ETHER_IP:
        return decodeInner(d, view, fromEtherIp(view, offset, end, segment), end, packetEnd);
      case Protocol.MPLS_IN_IP:
        return decodeInner(d, view, fromMplsInIp(view, offset, end, segment), end, packetEnd);
      case Protocol.ROUTING:
      case Protocol.HOP_BY_HOP:
      case Protocol.DESTINATION_OPTIONS:
      case Protocol.SHIM6:
        if (offset + 8 > end) return SkipReason.truncated;
        isRouted ||= protocol === Protocol.ROUTING;
        protocol = view.getUint8(offset);
        offset += (view.getUint8(offset + 1) + 1) << 3;
        break;
      case Protocol.AUTHENTICATION:
        if (offset + 8 > end) return SkipReason.truncated;
        protocol = view.getUint8(offset);
        offset += (view.getUint8(offset + 1) + 2) << 2;
        break;
      case Protocol.FRAGMENT: {
        if (offset + 8 > end) return SkipReason.truncated;
        protocol = view.getUint8(offset);
        const fragment = view.getUint16(offset + 2);
        const identification = view.getUint32(offset + 4);
        offset += 8;
        const first = fragment & FRAGMENT_OFFSET_V6;
        const more = (fragment & MORE_FRAGMENTS_V6) !== 0;
        if (first === 0 && !more) break;
        return decodeFragment(d, view, protocol, offset, capturedEnd, packetEnd, identification, first, more);
      }
      case Protocol.ESP:
        return SkipReason.encrypted;
      default:
        return SkipReason['not-tcp'];
    }
  }
  return SkipReason.malformed;
}

/** The packet inside a tunnel, at `packet`, or the reason why there is none. */
function decodeInner(d: Decoding, view: DataView, packet: number, end: number, packetEnd: number): Outcome {
  if (packet < 0) return packet as SkipReason;
  if (++d.tunnels > MAX_TUNNELS) return SkipReason.tunnel;
  return decodeIp(d, view, packet, end, packetEnd);
}

/**
 * A fragment, whose payload starts at `payload`, and at `first` in its packet. The one that completes the packet stands
 * for all of it. Where one was not captured whole, as in an ICMP error, the first stands for itself: so does Wireshark.
 */
function decodeFragment(
  d: Decoding,
  view: DataView,
  protocol: number,
  payload: number,
  capturedEnd: number,
  packetEnd: number,
  identification: number,
  first: number,
  more: boolean,
): Outcome {
  if (d.isQuoted || packetEnd > capturedEnd) {
    return first === 0 ? decodeTransport(d, view, protocol, payload, capturedEnd, packetEnd) : SkipReason.fragment;
  }
  const key = fragmentKey(d, protocol, identification);
  const length = packetEnd - payload;
  const whole = d.reassembly.add(key, d.seconds, view, payload, first, length, more, d.fragments);
  if (whole === null) return SkipReason.fragment;
  return decodeTransport(d, whole.view, protocol, 0, whole.view.byteLength, whole.length);
}

function fragmentKey({ segment: s }: Decoding, protocol: number, identification: number): string {
  const source = `${s.source0},${s.source1},${s.source2},${s.source3}`;
  const destination = `${s.destination0},${s.destination1},${s.destination2},${s.destination3}`;
  return `${source},${destination},${identification},${s.ipVersion === 4 ? protocol : -1}`;
}

function decodeIcmp(
  d: Decoding,
  view: DataView,
  protocol: typeof Protocol.ICMP | typeof Protocol.ICMPV6,
  offset: number,
  end: number,
  packetEnd: number,
): Outcome {
  const version = protocol === Protocol.ICMP ? 4 : 6;
  const { segment } = d;
  if (segment.ipVersion !== version) return SkipReason['not-tcp'];
  const packet = findQuotedPacket(view, version, offset, end);
  if (packet < 0) return packet as SkipReason;
  d.isQuoted = true;
  const outcome = decodeIp(d, view, packet, end, packetEnd);
  if (outcome !== ICMP_ERROR) return outcome;
  segment.icmpType = view.getUint8(offset);
  segment.icmpCode = view.getUint8(offset + 1);
  return outcome;
}
