import { NO_PACKET } from '../capture/frame.js';
import { LinkType } from './link-type.js';
import { SkipReason } from './result.js';

/** Values of the Ethernet type field (IANA, IEEE 802 Numbers). */
const EtherType = {
  IPV4: 0x0800,
  VLAN: 0x8100,
  IPV6: 0x86dd,
  MPLS_UNICAST: 0x8847,
  MPLS_MULTICAST: 0x8848,
  PPPOE_SESSION: 0x8864,
  PROVIDER_BRIDGE: 0x88a8,
  MACSEC: 0x88e5,
  QINQ_OLD: 0x9100,
  QINQ_OLDER: 0x9200,
} as const;

/** Up to here the field is a length, and LLC follows (IEEE 802.3, clause 3.2.6). */
const LARGEST_LENGTH = 1500;

/** No network nests deeper; a damaged frame may seem to. */
const MAX_NESTED_HEADERS = 16;

/**
 * Index in `view` of the IP packet that a frame carries, or a `SkipReason`. The frame's captured bytes are
 * [offset, end). Whether a packet is there, and of which IP version, is for the next layer to check in the case of
 * link types that do not say.
 */
export function findIpPacket(view: DataView, linkType: number, offset: number, end: number): number {
  switch (linkType) {
    case LinkType.ETHERNET:
      return fromTypeField(view, offset + 12, offset + 14, end);
    case LinkType.LINUX_SLL:
      return fromTypeField(view, offset + 14, offset + 16, end);
    case LinkType.LINUX_SLL2:
      return fromTypeField(view, offset, offset + 20, end);
    case LinkType.C_HDLC:
      return fromTypeField(view, offset + 2, offset + 4, end);
    case LinkType.NULL:
    case LinkType.LOOP:
      return fromLoopback(view, offset, end);
    case LinkType.RAW:
    case LinkType.RAW_DLT:
    case LinkType.RAW_DLT_OPENBSD:
      return offset;
    case LinkType.IPV4:
      return ofVersion(4, view, offset, end);
    case LinkType.IPV6:
      return ofVersion(6, view, offset, end);
    case LinkType.PPP:
      return fromPpp(view, offset, end);
    case LinkType.PPP_HDLC:
      return fromPppHdlc(view, offset, end);
    case LinkType.PPP_ETHER:
      return fromPpp(view, offset + 6, end);
    case LinkType.PPP_WITH_DIR:
      return fromPpp(view, offset + 1, end);
    default:
      return linkType === NO_PACKET ? SkipReason['not-a-packet'] : SkipReason['unknown-link-type'];
  }
}

function fromTypeField(view: DataView, typeField: number, payload: number, end: number): number {
  return payload > end ? SkipReason.truncated : fromEtherType(view, view.getUint16(typeField), payload, end);
}

function fromEtherType(view: DataView, outerType: number, payload: number, end: number): number {
  let etherType = outerType;
  let offset = payload;
  for (let headers = 0; headers < MAX_NESTED_HEADERS; headers++) {
    switch (etherType) {
      case EtherType.IPV4:
        return ofVersion(4, view, offset, end);
      case EtherType.IPV6:
        return ofVersion(6, view, offset, end);
      case EtherType.VLAN:
      case EtherType.PROVIDER_BRIDGE:
      case EtherType.QINQ_OLD:
      case EtherType.QINQ_OLDER:
        if (offset + 4 > end) return SkipReason.truncated;
        etherType = view.getUint16(offset + 2);
        offset += 4;
        break;
      case EtherType.MPLS_UNICAST:
      case EtherType.MPLS_MULTICAST:
        return fromMpls(view, offset, end);
      case EtherType.PPPOE_SESSION:
        return fromPpp(view, offset + 6, end);
      case EtherType.MACSEC:
        return SkipReason.encrypted;
      default:
        if (etherType > LARGEST_LENGTH) return SkipReason['not-ip'];
        if (offset + 3 > end) return SkipReason.truncated;
        if (isIpLlc(view, offset)) return ofVersion(4, view, offset + 3, end);
        if (offset + 8 > end) return SkipReason.truncated;
        if (!isSnap(view, offset)) return SkipReason['not-ip'];
        etherType = view.getUint16(offset + 6);
        offset += 8;
    }
  }
  return SkipReason.malformed;
}

/** LLC with the SAP of IP on both sides, unnumbered information. */
function isIpLlc(view: DataView, offset: number): boolean {
  return view.getUint16(offset) === 0x0606 && view.getUint8(offset + 2) === 0x03;
}

/** LLC/SNAP with the organization code that means EtherTypes (RFC 1042). */
function isSnap(view: DataView, offset: number): boolean {
  return view.getUint32(offset) === 0xaaaa0300 && view.getUint16(offset + 4) === 0;
}

/** The address family in four bytes: network order, or for LINKTYPE_NULL that of the capturing machine. */
function fromLoopback(view: DataView, offset: number, end: number): number {
  if (offset + 4 > end) return SkipReason.truncated;
  const value = view.getUint32(offset);
  const family = value > 0xffff ? view.getUint32(offset, true) : value;
  switch (family) {
    case 2:
      return ofVersion(4, view, offset + 4, end);
    // AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS.
    case 10:
    case 23:
    case 24:
    case 28:
    case 30:
      return ofVersion(6, view, offset + 4, end);
    default:
      return SkipReason['not-ip'];
  }
}

/** A label stack does not say what is under it, but IP's version nibble does (RFC 3032; RFC 4928, section 3). */
function fromMpls(view: DataView, stack: number, end: number): number {
  for (let offset = stack; offset + 4 <= end; offset += 4) {
    const bottomOfStack = (view.getUint8(offset + 2) & 1) === 1;
    if (!bottomOfStack) continue;
    const packet = offset + 4;
    if (packet >= end) return SkipReason.truncated;
    const version = view.getUint8(packet) >>> 4;
    return version === 4 || version === 6 ? packet : SkipReason['not-ip'];
  }
  return SkipReason.truncated;
}

/** PPP framing on a serial line, or Cisco's (RFC 1547, section 4.3.1), which differ in the first byte. */
function fromPppHdlc(view: DataView, offset: number, end: number): number {
  if (offset >= end) return SkipReason.truncated;
  const address = view.getUint8(offset);
  const isCisco = address === 0x0f || address === 0x8f;
  return isCisco ? fromTypeField(view, offset + 2, offset + 4, end) : fromPpp(view, offset, end);
}

/** PPP with or without address and control, and with or without a compressed protocol field (RFC 1661, sections 2 and 6.5). */
function fromPpp(view: DataView, frame: number, end: number): number {
  if (frame + 2 > end) return SkipReason.truncated;
  const offset = view.getUint16(frame) === 0xff03 ? frame + 2 : frame;
  if (offset + 2 > end) return SkipReason.truncated;
  const first = view.getUint8(offset);
  const isCompressed = (first & 1) === 1;
  const payload = offset + (isCompressed ? 1 : 2);
  switch (isCompressed ? first : view.getUint16(offset)) {
    case 0x0021:
      return ofVersion(4, view, payload, end);
    case 0x0057:
      return ofVersion(6, view, payload, end);
    case 0x0281:
    case 0x0283:
      return fromMpls(view, payload, end);
    default:
      return SkipReason['not-ip'];
  }
}

function ofVersion(version: 4 | 6, view: DataView, packet: number, end: number): number {
  if (packet >= end) return SkipReason.truncated;
  return view.getUint8(packet) >>> 4 === version ? packet : SkipReason.malformed;
}
