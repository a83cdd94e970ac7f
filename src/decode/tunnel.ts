import { EtherType, fromEthernet, fromEtherType } from './ethernet.js';
import { fromPpp } from './ppp.js';
import { SkipReason } from './result.js';
import { type Segment, Tunnel } from './segment.js';
import { ofAnyVersion } from './version.js';
import { fromWireless } from './wireless.js';

/*
 * Each function gives the index of the IP packet inside a tunnel, whose header is at `offset` and of which the captured
 * bytes end at `end`, or a `SkipReason`; and notes in `segment` what tunnel it is. What stands on a tunnel's port and is
 * none is `not-tcp`, as other UDP is.
 */

/** Bits of the first 16 of a GRE header (RFC 2784, RFC 2890; RFC 2637 for version 1). */
const GRE_CHECKSUM = 0x8000;
const GRE_ROUTING = 0x4000;
const GRE_KEY = 0x2000;
const GRE_SEQUENCE = 0x1000;
const GRE_ACKNOWLEDGMENT = 0x0080;
const GRE_VERSION = 0x0007;

/** Values of the GRE protocol type that are no EtherTypes of their own. */
const ERSPAN_1_AND_2 = 0x88be;
const ERSPAN_3 = 0x22eb;
const WCCP = 0x883e;

export function fromGre(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 4 > end) return SkipReason.truncated;
  const flags = view.getUint16(offset);
  const protocol = view.getUint16(offset + 2);
  if ((flags & GRE_ROUTING) !== 0) return SkipReason.tunnel;
  const isPptp = (flags & GRE_VERSION) === 1;
  let payload = offset + 4;
  if ((flags & GRE_CHECKSUM) !== 0) payload += 4;
  const key = (flags & GRE_KEY) === 0 ? -1 : payload;
  if (key >= 0) payload += 4;
  if ((flags & GRE_SEQUENCE) !== 0) payload += 4;
  if (isPptp && (flags & GRE_ACKNOWLEDGMENT) !== 0) payload += 4;
  if (payload > end) return SkipReason.truncated;
  segment.tunnel = Tunnel.GRE;
  segment.tunnelId = key < 0 ? -1 : isPptp ? view.getUint16(key + 2) : view.getUint32(key);
  switch (protocol) {
    case EtherType.PPP:
      return fromPpp(view, payload, end);
    case ERSPAN_1_AND_2:
      // Type I has no header of its own, and no sequence number.
      return fromEthernet(view, (flags & GRE_SEQUENCE) === 0 ? payload : payload + 8, end, segment);
    case ERSPAN_3: {
      if (payload + 12 > end) return SkipReason.truncated;
      const hasSubheader = (view.getUint8(payload + 11) & 1) === 1;
      return fromEthernet(view, payload + (hasSubheader ? 20 : 12), end, segment);
    }
    case WCCP: {
      // Its second version puts four bytes in front of the packet.
      const packet = ofAnyVersion(view, payload, end);
      return packet === SkipReason['not-ip'] ? ofAnyVersion(view, payload + 4, end) : packet;
    }
    default:
      return fromEtherType(view, protocol, payload, end, segment);
  }
}

/** RFC 3378: a version in two bytes, then an Ethernet frame. */
export function fromEtherIp(view: DataView, offset: number, end: number, segment: Segment): number {
  note(segment, Tunnel.ETHER_IP, -1);
  return fromEthernet(view, offset + 2, end, segment);
}

/** RFC 4023, section 3. */
export function fromMplsInIp(view: DataView, offset: number, end: number, segment: Segment): number {
  note(segment, Tunnel.MPLS, -1);
  return fromEtherType(view, EtherType.MPLS_UNICAST, offset, end, segment);
}

/** The UDP datagram's payload is at `offset`; the ports tell what it is. */
export function fromUdp(view: DataView, ports: number, offset: number, end: number, segment: Segment): number {
  const found = fromUdpPort(ports & 0xffff, view, offset, end, segment);
  return found === SkipReason['not-tcp'] ? fromUdpPort(ports >>> 16, view, offset, end, segment) : found;
}

/** IANA's Service Name and Transport Protocol Port Number Registry; 8472 is what Linux took for VXLAN before it had a number. */
function fromUdpPort(port: number, view: DataView, offset: number, end: number, segment: Segment): number {
  switch (port) {
    case 4789:
    case 8472:
      return fromVxlan(view, offset, end, segment);
    case 4790:
      return fromVxlanGpe(view, offset, end, segment);
    case 6081:
      return fromGeneve(view, offset, end, segment);
    case 2152:
      return fromGtpU(view, offset, end, segment);
    case 1701:
      return fromL2tp(view, offset, end, segment);
    case 3544:
      return fromTeredo(view, offset, end, segment);
    case 4341:
      return fromLisp(view, offset, end, segment);
    case 6635:
      note(segment, Tunnel.MPLS, -1);
      return fromEtherType(view, EtherType.MPLS_UNICAST, offset, end, segment);
    case 5072:
      return fromAyiya(view, offset, end, segment);
    case 37008:
      return fromTzsp(view, offset, end, segment);
    default:
      return SkipReason['not-tcp'];
  }
}

/** RFC 7348, section 5. */
function fromVxlan(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 8 > end) return SkipReason.truncated;
  note(segment, Tunnel.VXLAN, view.getUint32(offset + 4) >>> 8);
  return fromEthernet(view, offset + 8, end, segment);
}

/** draft-ietf-nvo3-vxlan-gpe, section 3.1. */
function fromVxlanGpe(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 8 > end) return SkipReason.truncated;
  const flags = view.getUint8(offset);
  if ((flags & 0x0c) !== 0x0c) return fromVxlan(view, offset, end, segment);
  note(segment, Tunnel.VXLAN, view.getUint32(offset + 4) >>> 8);
  switch (view.getUint8(offset + 3)) {
    case 1:
    case 2:
      return ofAnyVersion(view, offset + 8, end);
    case 3:
      return fromEthernet(view, offset + 8, end, segment);
    default:
      return SkipReason['not-ip'];
  }
}

/** RFC 8926, section 3.4. */
function fromGeneve(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 8 > end) return SkipReason.truncated;
  const first = view.getUint8(offset);
  if (first >>> 6 !== 0) return SkipReason['not-tcp'];
  const payload = offset + 8 + ((first & 0x3f) << 2);
  if (payload > end) return SkipReason.truncated;
  note(segment, Tunnel.GENEVE, view.getUint32(offset + 4) >>> 8);
  return fromEtherType(view, view.getUint16(offset + 2), payload, end, segment);
}

/** 3GPP TS 29.281, section 5.1: user data (message type 255) of GTP version 1. */
function fromGtpU(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 8 > end) return SkipReason.truncated;
  const flags = view.getUint8(offset);
  if (flags >>> 4 !== 0x3 || view.getUint8(offset + 1) !== 255) return SkipReason['not-tcp'];
  note(segment, Tunnel.GTP_U, view.getUint32(offset + 4));
  if ((flags & 0x07) === 0) return ofAnyVersion(view, offset + 8, end);
  let payload = offset + 12;
  if (payload > end) return SkipReason.truncated;
  let next = (flags & 0x04) === 0 ? 0 : view.getUint8(payload - 1);
  while (next !== 0) {
    if (payload >= end) return SkipReason.truncated;
    const length = view.getUint8(payload) << 2;
    if (length === 0) return SkipReason.malformed;
    payload += length;
    if (payload > end) return SkipReason.truncated;
    next = view.getUint8(payload - 1);
  }
  return ofAnyVersion(view, payload, end);
}

/** Bits of the first 16 of an L2TP header (RFC 2661, section 3.1). */
const L2TP_CONTROL = 0x8000;
const L2TP_LENGTH = 0x4000;
const L2TP_SEQUENCE = 0x0800;
const L2TP_OFFSET = 0x0200;
const L2TP_VERSION = 0x000f;

function fromL2tp(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 6 > end) return SkipReason.truncated;
  const flags = view.getUint16(offset);
  if ((flags & L2TP_VERSION) !== 2 || (flags & L2TP_CONTROL) !== 0) return SkipReason['not-tcp'];
  const ids = offset + ((flags & L2TP_LENGTH) === 0 ? 2 : 4);
  let payload = ids + 4;
  if ((flags & L2TP_SEQUENCE) !== 0) payload += 4;
  if ((flags & L2TP_OFFSET) !== 0) {
    if (payload + 2 > end) return SkipReason.truncated;
    payload += 2 + view.getUint16(payload);
  }
  if (payload > end) return SkipReason.truncated;
  note(segment, Tunnel.L2TP, view.getUint32(ids));
  return fromPpp(view, payload, end);
}

/** RFC 4380, section 5.1.1: indications of authentication and origin may precede the IPv6 packet. */
function fromTeredo(view: DataView, offset: number, end: number, segment: Segment): number {
  let packet = offset;
  if (packet + 4 <= end && view.getUint16(packet) === 0x0001) {
    packet += 13 + view.getUint8(packet + 2) + view.getUint8(packet + 3);
  }
  if (packet + 2 <= end && view.getUint16(packet) === 0x0000) packet += 8;
  if (packet >= end) return SkipReason.truncated;
  if (view.getUint8(packet) >>> 4 !== 6) return SkipReason['not-tcp'];
  note(segment, Tunnel.TEREDO, -1);
  return packet;
}

/** draft-massar-v6ops-ayiya, section 3.1: identity and signature are as long as the first two nibbles say. */
function fromAyiya(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 8 > end) return SkipReason.truncated;
  const identity = 1 << (view.getUint8(offset) >>> 4);
  const signature = (view.getUint8(offset + 1) >>> 4) << 2;
  note(segment, Tunnel.AYIYA, -1);
  return ofAnyVersion(view, offset + 8 + identity + signature, end);
}

/** RFC 9300, section 5. */
function fromLisp(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 8 > end) return SkipReason.truncated;
  const hasInstance = (view.getUint8(offset) & 0x08) !== 0;
  note(segment, Tunnel.LISP, hasInstance ? view.getUint32(offset + 4) >>> 8 : -1);
  return ofAnyVersion(view, offset + 8, end);
}

/** Of TZSP: what a received packet is, and the tags without a length. */
const TZSP_ETHERNET = 1;
const TZSP_WIRELESS = 18;
const TZSP_PADDING = 0;
const TZSP_END = 1;

/** TaZmen Sniffer Protocol: what routers mirror to an analyser. */
function fromTzsp(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 4 > end) return SkipReason.truncated;
  // Version 1; a received packet, or one to transmit.
  if (view.getUint8(offset) !== 1 || view.getUint8(offset + 1) > 1) return SkipReason['not-tcp'];
  const encapsulation = view.getUint16(offset + 2);
  let frame = offset + 4;
  for (;;) {
    if (frame + 1 > end) return SkipReason.truncated;
    const tag = view.getUint8(frame++);
    if (tag === TZSP_END) break;
    if (tag === TZSP_PADDING) continue;
    if (frame + 1 > end) return SkipReason.truncated;
    frame += 1 + view.getUint8(frame);
  }
  note(segment, Tunnel.TZSP, -1);
  if (encapsulation === TZSP_ETHERNET) return fromEthernet(view, frame, end, segment);
  return encapsulation === TZSP_WIRELESS ? fromWireless(view, frame, end, false, segment) : SkipReason['not-ip'];
}

function note(segment: Segment, tunnel: Tunnel, identifier: number): void {
  segment.tunnel = tunnel;
  segment.tunnelId = identifier;
}
