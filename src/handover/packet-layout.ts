import type { Frame } from '../capture/frame.js';
import { findIpPacket } from '../decode/link-layer.js';
import { Segment } from '../decode/segment.js';

/** IANA's Assigned Internet Protocol Numbers. */
export const Protocol = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  TCP: 6,
  ROUTING: 43,
  FRAGMENT: 44,
  AUTHENTICATION: 51,
  ICMPV6: 58,
  DESTINATION_OPTIONS: 60,
  SHIM6: 140,
} as const;

/** The decoder notes VLANs here on its way to the IP packet; nobody reads them. */
const NOTED = new Segment();

const MAX_EXTENSION_HEADERS = 16;
const MIN_TCP_HEADER = 20;
const ICMP_HEADER = 8;

/** A header between IPv6's fixed one (or IPv4's) and the transport header. */
export interface Extension {
  readonly type: number;
  readonly offset: number;
  readonly length: number;
}

/** Where the headers of an IP packet stand: indices in the frame's `view`. */
export interface PacketLayout {
  readonly version: 4 | 6;
  /** First byte of the IP header. */
  readonly ip: number;
  readonly extensions: readonly Extension[];
  readonly protocol: typeof Protocol.TCP | typeof Protocol.ICMP | typeof Protocol.ICMPV6;
  readonly transport: number;
  /** One past the last header byte that was captured, that of a quoted packet included. */
  readonly end: number;
  /** Bytes of the transport header and its payload on the wire. */
  readonly transportLength: number;
  /** The packet that an ICMP error quotes. */
  readonly quoted: PacketLayout | null;
}

/** Layout of the frame's TCP segment, or of its ICMP error and the TCP segment that it quotes; null for anything else. */
export function layoutOf(frame: Frame): PacketLayout | null {
  const end = frame.offset + frame.capturedLength;
  const ip = findIpPacket(frame.view, frame.linkType, frame.offset, end, NOTED);
  return ip < 0 ? null : packetAt(frame.view, ip, end, frame.offset + frame.originalLength, false);
}

function packetAt(view: DataView, ip: number, end: number, wireEnd: number, quoted: boolean): PacketLayout | null {
  if (ip >= end) return null;
  switch (view.getUint8(ip) >>> 4) {
    case 4: {
      if (ip + 20 > end) return null;
      const length = (view.getUint8(ip) & 0x0f) << 2;
      if (length < 20) return null;
      const total = view.getUint16(ip + 2) || wireEnd - ip;
      return transportAt(view, 4, ip, view.getUint8(ip + 9), ip + length, end, ip + total, quoted);
    }
    case 6: {
      if (ip + 40 > end) return null;
      const packetEnd = view.getUint16(ip + 4) === 0 ? wireEnd : ip + 40 + view.getUint16(ip + 4);
      return transportAt(view, 6, ip, view.getUint8(ip + 6), ip + 40, end, packetEnd, quoted);
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
): PacketLayout | null {
  const end = Math.min(capturedEnd, packetEnd);
  const extensions: Extension[] = [];
  let protocol = firstProtocol;
  let offset = payload;
  for (let headers = 0; headers < MAX_EXTENSION_HEADERS; headers++) {
    const base = { version, ip, extensions, transport: offset, transportLength: packetEnd - offset } as const;
    if (protocol === Protocol.TCP) {
      return { ...base, protocol, end: Math.min(end, offset + tcpHeaderLength(view, offset, end)), quoted: null };
    }
    if (protocol === Protocol.ICMP || protocol === Protocol.ICMPV6) {
      const quoted = isQuoted ? null : packetAt(view, offset + ICMP_HEADER, end, packetEnd, true);
      return quoted && { ...base, protocol, end: quoted.end, quoted };
    }
    const length = offset + 8 > end ? 0 : extensionLength(view, protocol, offset);
    if (length === 0) return null;
    extensions.push({ type: protocol, offset, length });
    protocol = view.getUint8(offset);
    offset += length;
  }
  return null;
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
