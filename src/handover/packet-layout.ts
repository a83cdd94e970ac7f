import type { Frame } from '../capture/frame.js';
import { findIpPacket } from '../decode/link-layer.js';
import { Segment } from '../decode/segment.js';
import { fromEtherIp, fromGre, fromMplsInIp, fromUdp } from '../decode/tunnel.js';

/** IANA's Assigned Internet Protocol Numbers. */
export const Protocol = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  IPV4: 4,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  GRE: 47,
  AUTHENTICATION: 51,
  ICMPV6: 58,
  DESTINATION_OPTIONS: 60,
  ETHER_IP: 97,
  MPLS_IN_IP: 137,
  SHIM6: 140,
} as const;

/** The decoder notes VLANs and tunnels here on its way to the IP packet; nobody reads them. */
const NOTED = new Segment();

const MAX_EXTENSION_HEADERS = 16;
/** As deep as the decoder looks. */
const MAX_TUNNELS = 8;
const MIN_TCP_HEADER = 20;
const UDP_HEADER = 8;
const ICMP_HEADER = 8;
const FRAGMENT_OFFSET_V4 = 0x1fff;
const FRAGMENT_OFFSET_V6 = 0xfff8;

/** A header between IPv6's fixed one (or IPv4's) and the transport header. */
export interface Extension {
  readonly type: number;
  readonly offset: number;
  readonly length: number;
}

const NO_EXTENSIONS: readonly Extension[] = [];

/** Where the headers of an IP packet stand: indices in the frame's `view`. */
export class PacketLayout {
  constructor(
    readonly version: 4 | 6,
    /** First byte of the IP header. */
    readonly ip: number,
    readonly extensions: readonly Extension[],
    /** TCP; ICMP or ICMPV6 of an error; or that of a tunnel. */
    readonly protocol: number,
    /** Where that protocol's header begins. */
    readonly transport: number,
    /** Bytes of the transport header and its payload on the wire. */
    readonly transportLength: number,
    /** One past the last header byte that was captured, those of an inner packet included. */
    readonly end: number,
    /** The packet that an ICMP error quotes, or that a tunnel carries; null for TCP. */
    readonly inner: PacketLayout | null,
  ) {}
}

/**
 * Layout of the frame's TCP segment, or of its ICMP error and the TCP segment that it quotes, through the tunnels that the
 * decoder looks into; null for anything else, fragments without a transport header among it.
 */
export function layoutOf(frame: Frame): PacketLayout | null {
  const end = frame.offset + frame.capturedLength;
  const ip = findIpPacket(frame.view, frame.linkType, frame.offset, end, NOTED);
  return ip < 0 ? null : packetAt(frame.view, ip, end, frame.offset + frame.originalLength, false, 0);
}

function packetAt(
  view: DataView,
  ip: number,
  end: number,
  wireEnd: number,
  quoted: boolean,
  tunnels: number,
): PacketLayout | null {
  if (ip >= end) return null;
  switch (view.getUint8(ip) >>> 4) {
    case 4: {
      if (ip + 20 > end) return null;
      const length = (view.getUint8(ip) & 0x0f) << 2;
      const total = view.getUint16(ip + 2) || wireEnd - ip;
      if (length < 20 || total < length || (view.getUint16(ip + 6) & FRAGMENT_OFFSET_V4) !== 0) return null;
      return transportAt(view, 4, ip, view.getUint8(ip + 9), ip + length, end, ip + total, quoted, tunnels);
    }
    case 6: {
      if (ip + 40 > end) return null;
      const packetEnd = view.getUint16(ip + 4) === 0 ? wireEnd : ip + 40 + view.getUint16(ip + 4);
      return transportAt(view, 6, ip, view.getUint8(ip + 6), ip + 40, end, packetEnd, quoted, tunnels);
    }
    default:
      return null;
  }
}

/** The same walk as in decode/ip.ts, which keeps no trace of where it went. */
function transportAt(
  view: DataView,
  version: 4 | 6,
  ip: number,
  firstProtocol: number,
  payload: number,
  capturedEnd: number,
  packetEnd: number,
  isQuoted: boolean,
  tunnels: number,
): PacketLayout | null {
  const end = Math.min(capturedEnd, packetEnd);
  let extensions = NO_EXTENSIONS;
  let protocol = firstProtocol;
  let offset = payload;
  for (let headers = 0; headers < MAX_EXTENSION_HEADERS; headers++) {
    if (protocol === Protocol.TCP) {
      const headerEnd = Math.min(end, offset + tcpHeaderLength(view, offset, end));
      return new PacketLayout(version, ip, extensions, protocol, offset, packetEnd - offset, headerEnd, null);
    }
    if (protocol === Protocol.ICMP || protocol === Protocol.ICMPV6) {
      const inner = isQuoted ? null : packetAt(view, offset + ICMP_HEADER, end, packetEnd, true, tunnels);
      if (inner === null) return null;
      return new PacketLayout(version, ip, extensions, protocol, offset, packetEnd - offset, inner.end, inner);
    }
    const packet = tunnelledPacket(view, protocol, offset, end);
    if (packet >= 0) {
      if (tunnels === MAX_TUNNELS) return null;
      const inner = packetAt(view, packet, end, packetEnd, isQuoted, tunnels + 1);
      if (inner === null) return null;
      return new PacketLayout(version, ip, extensions, protocol, offset, packetEnd - offset, inner.end, inner);
    }
    const length = offset + 8 > end ? 0 : extensionLength(view, protocol, offset);
    if (length === 0) return null;
    if (protocol === Protocol.FRAGMENT && (view.getUint16(offset + 2) & FRAGMENT_OFFSET_V6) !== 0) return null;
    extensions = [...extensions, { type: protocol, offset, length }];
    protocol = view.getUint8(offset);
    offset += length;
  }
  return null;
}

/** Index of the IP packet in a tunnel whose header is at `offset`; negative where there is none. */
function tunnelledPacket(view: DataView, protocol: number, offset: number, end: number): number {
  switch (protocol) {
    case Protocol.IPV4:
    case Protocol.IPV6:
      return offset;
    case Protocol.UDP:
      if (offset + UDP_HEADER > end) return -1;
      return fromUdp(view, view.getUint32(offset), offset + UDP_HEADER, end, NOTED);
    case Protocol.GRE:
      return fromGre(view, offset, end, NOTED);
    case Protocol.ETHER_IP:
      return fromEtherIp(view, offset, end, NOTED);
    case Protocol.MPLS_IN_IP:
      return fromMplsInIp(view, offset, end, NOTED);
    default:
      return -1;
  }
}

/** Bytes of an extension header; 0 for what is none. */
function extensionLength(view: DataView, type: number, offset: number): number {
  switch (type) {
    case Protocol.HOP_BY_HOP:
    case Protocol.ROUTING:
    case Protocol.DESTINATION_OPTIONS:
    case Protocol.SHIM6:
      return (view.getUint8(offset + 1) + 1) << 3;
    case Protocol.AUTHENTICATION:
      return (view.getUint8(offset + 1) + 2) << 2;
    case Protocol.FRAGMENT:
      return 8;
    default:
      return 0;
  }
}

/** By its own word; where that was not captured, or cannot be, no more than the fixed part. */
function tcpHeaderLength(view: DataView, offset: number, end: number): number {
  if (offset + 13 > end) return MIN_TCP_HEADER;
  return Math.max(MIN_TCP_HEADER, (view.getUint8(offset + 12) >>> 4) << 2);
}

/** Total length of the frame's IP packet by its header; 0 where there is none. */
export function ipLengthOf({ view, linkType, offset, capturedLength, originalLength }: Frame): number {
  const end = offset + capturedLength;
  const ip = findIpPacket(view, linkType, offset, end, NOTED);
  if (ip < 0 || ip + 6 > end) return 0;
  const onTheWire = offset + originalLength - ip;
  if (view.getUint8(ip) >>> 4 === 4) return view.getUint16(ip + 2) || onTheWire;
  const payload = view.getUint16(ip + 4);
  return payload === 0 ? onTheWire : 40 + payload;
}
