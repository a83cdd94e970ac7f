import { findQuotedPacket } from './icmp.js';
import { ICMP_ERROR, type Outcome, SkipReason } from './result.js';
import type { Segment } from './segment.js';
import { decodeQuotedTcp, decodeTcp } from './tcp.js';

/** IANA's Assigned Internet Protocol Numbers. */
const Protocol = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  IPV4: 4,
  TCP: 6,
  IPV6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  GRE: 47,
  ESP: 50,
  AUTHENTICATION: 51,
  ICMPV6: 58,
  DESTINATION_OPTIONS: 60,
  SHIM6: 140,
} as const;

/** More than any stack sends; each header is at least eight bytes long. */
const MAX_EXTENSION_HEADERS = 16;

const MORE_FRAGMENTS_V4 = 0x2000;
const FRAGMENT_OFFSET_V4 = 0x1fff;
const MORE_FRAGMENTS_V6 = 0x0001;
const FRAGMENT_OFFSET_V6 = 0xfff8;

/**
 * Decodes the IP packet at `offset` into `segment`. Its captured bytes end at `end`, and on the wire it ends at `wireEnd`
 * or before: Ethernet pads short frames, so what counts is the length in the IP header.
 * `quoted`: the packet stands in an ICMP error, where it may be cut anywhere and is not looked into for another error.
 */
export function decodeIp(
  view: DataView,
  offset: number,
  end: number,
  wireEnd: number,
  segment: Segment,
  quoted: boolean,
): Outcome {
  if (offset >= end) return SkipReason.truncated;
  switch (view.getUint8(offset) >>> 4) {
    case 4:
      return decodeIpv4(view, offset, end, wireEnd, segment, quoted);
    case 6:
      return decodeIpv6(view, offset, end, wireEnd, segment, quoted);
    default:
      return SkipReason.malformed;
  }
}

/** RFC 791, section 3.1. */
export function decodeIpv4(
  view: DataView,
  offset: number,
  end: number,
  wireEnd: number,
  segment: Segment,
  quoted: boolean,
): Outcome {
  if (offset + 20 > end) return SkipReason.truncated;
  const headerLength = (view.getUint8(offset) & 0x0f) << 2;
  // Segmentation offload leaves the total length 0 in packets captured before the network card cut them up.
  const totalLength = view.getUint16(offset + 2) || wireEnd - offset;
  if (headerLength < 20 || totalLength < headerLength) return SkipReason.malformed;

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
  if ((identificationAndFragment & FRAGMENT_OFFSET_V4) !== 0) return laterFragment(protocol);
  const cut = (identificationAndFragment & MORE_FRAGMENTS_V4) !== 0;
  const payload = offset + headerLength;
  return decodeTransport(view, protocol, payload, end, offset + totalLength, segment, cut, quoted);
}

/** RFC 8200, section 3. */
function decodeIpv6(
  view: DataView,
  offset: number,
  end: number,
  wireEnd: number,
  segment: Segment,
  quoted: boolean,
): Outcome {
  if (offset + 40 > end) return SkipReason.truncated;
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
  return decodeTransport(
    view,
    view.getUint8(offset + 6),
    offset + 40,
    end,
    packetEnd === offset + 40 ? wireEnd : packetEnd,
    segment,
    false,
    quoted,
  );
}

/** Steps over extension headers (RFC 8200, section 4; the authentication header serves IPv4 too) to the transport header. */
function decodeTransport(
  view: DataView,
  firstProtocol: number,
  payload: number,
  capturedEnd: number,
  packetEnd: number,
  segment: Segment,
  firstIsCut: boolean,
  quoted: boolean,
): Outcome {
  const end = Math.min(capturedEnd, packetEnd);
  let protocol = firstProtocol;
  let offset = payload;
  let isCut = firstIsCut;
  for (let headers = 0; headers < MAX_EXTENSION_HEADERS; headers++) {
    switch (protocol) {
      case Protocol.TCP:
        return quoted
          ? decodeQuotedTcp(view, offset, end, packetEnd - offset, segment)
          : decodeTcp(view, offset, end, packetEnd - offset, segment, isCut);
      case Protocol.ICMP:
      case Protocol.ICMPV6:
        return quoted ? SkipReason['not-tcp'] : decodeIcmp(view, protocol, offset, end, packetEnd, segment);
      case Protocol.HOP_BY_HOP:
      case Protocol.ROUTING:
      case Protocol.DESTINATION_OPTIONS:
      case Protocol.SHIM6:
        if (offset + 8 > end) return SkipReason.truncated;
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
        if ((fragment & FRAGMENT_OFFSET_V6) !== 0) return laterFragment(protocol);
        isCut = (fragment & MORE_FRAGMENTS_V6) !== 0;
        offset += 8;
        break;
      }
      case Protocol.ESP:
        return SkipReason.encrypted;
      case Protocol.IPV4:
      case Protocol.IPV6:
      case Protocol.GRE:
        return SkipReason.tunnel;
      default:
        return SkipReason['not-tcp'];
    }
  }
  return SkipReason.malformed;
}

function decodeIcmp(
  view: DataView,
  protocol: typeof Protocol.ICMP | typeof Protocol.ICMPV6,
  offset: number,
  end: number,
  packetEnd: number,
  segment: Segment,
): Outcome {
  const version = protocol === Protocol.ICMP ? 4 : 6;
  if (segment.ipVersion !== version) return SkipReason['not-tcp'];
  const packet = findQuotedPacket(view, version, offset, end);
  if (packet < 0) return packet as SkipReason;
  const outcome = decodeIp(view, packet, end, packetEnd, segment, true);
  if (outcome !== ICMP_ERROR) return outcome;
  segment.icmpType = view.getUint8(offset);
  segment.icmpCode = view.getUint8(offset + 1);
  return outcome;
}

function laterFragment(protocol: number): SkipReason {
  return protocol === Protocol.TCP ? SkipReason.fragment : SkipReason['not-tcp'];
}
