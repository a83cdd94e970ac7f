import { NO_PACKET } from '../capture/frame.js';
import { fromEthernet, fromLlc, fromPppoe, fromTypeField } from './ethernet.js';
import { LinkType } from './link-type.js';
import { fromPpp } from './ppp.js';
import { SkipReason } from './result.js';
import type { Segment } from './segment.js';
import { ofAnyVersion, ofVersion } from './version.js';
import { fromPrismOrAvs, fromRadiotap, fromWireless } from './wireless.js';

/**
 * Index in `view` of the IP packet that a frame carries, or a `SkipReason`; VLAN tags and tunnels on the way are noted in
 * `segment`. The frame's captured bytes are [offset, end). Whether a packet is there, and of which IP version, is for the
 * next layer to check in the case of link types that do not say.
 */
export function findIpPacket(view: DataView, linkType: number, offset: number, end: number, segment: Segment): number {
  switch (linkType) {
    case LinkType.ETHERNET:
      return fromEthernet(view, offset, end, segment);
    case LinkType.LINUX_SLL:
      return fromTypeField(view, offset + 14, offset + 16, end, segment);
    case LinkType.LINUX_SLL2:
      return fromTypeField(view, offset, offset + 20, end, segment);
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
    case LinkType.PPP_PPPD:
      // The direction takes the place of the address.
      return fromPpp(view, offset + 2, end);
    case LinkType.PPP_HDLC:
      return fromPppHdlc(view, offset, end, segment);
    case LinkType.PPP_ETHER:
      return fromPppoe(view, offset, end, segment);
    case LinkType.PPP_WITH_DIR:
      return fromPpp(view, offset + 1, end);
    case LinkType.C_HDLC:
      return fromTypeField(view, offset + 2, offset + 4, end, segment);
    case LinkType.FRAME_RELAY:
      return fromFrameRelay(view, offset, end, segment);
    case LinkType.IEEE802_11:
      return fromWireless(view, offset, end, false, segment);
    case LinkType.IEEE802_11_RADIOTAP:
      return fromRadiotap(view, offset, end, segment);
    case LinkType.IEEE802_11_PRISM:
    case LinkType.IEEE802_11_AVS:
      return fromPrismOrAvs(view, offset, end, segment);
    case LinkType.PPI:
      return fromPpi(view, offset, end, segment);
    case LinkType.TOKEN_RING:
      return fromTokenRing(view, offset, end, segment);
    case LinkType.FDDI:
      return fromLlc(view, offset + 13, end, segment);
    case LinkType.IP_OVER_FC:
      return fromLlc(view, offset + 16, end, segment);
    case LinkType.ATM_RFC1483:
      return fromLlc(view, offset, end, segment);
    case LinkType.SUNATM:
      return fromLlc(view, offset + 4, end, segment);
    case LinkType.APPLE_IP_OVER_IEEE1394:
      return fromTypeField(view, offset + 16, offset + 18, end, segment);
    case LinkType.IPOIB:
      return fromTypeField(view, offset + 40, offset + 44, end, segment);
    case LinkType.ARCNET_LINUX:
      return fromArcnet(view, offset, end);
    case LinkType.ENC:
      return ofAnyVersion(view, offset + 12, end);
    case LinkType.PFLOG:
      return fromPfLog(view, offset, end);
    case LinkType.NFLOG:
      return fromNfLog(view, offset, end);
    case LinkType.PKTAP:
      return fromPktap(view, offset, end, segment);
    case LinkType.ERF:
      return fromErf(view, offset, end, segment);
    case LinkType.JUNIPER_ETHERNET:
      return fromJuniperEthernet(view, offset, end, segment);
    default:
      return linkType === NO_PACKET ? SkipReason['not-a-packet'] : SkipReason['unknown-link-type'];
  }
}

/** The address family in four bytes: network order, or for LINKTYPE_NULL that of the capturing machine. */
function fromLoopback(view: DataView, offset: number, end: number): number {
  if (offset + 4 > end) return SkipReason.truncated;
  const value = view.getUint32(offset);
  // Some systems write PPP under this link type.
  if (value >>> 16 === 0xff03) return fromPpp(view, offset, end);
  const family = value > 0xffff ? view.getUint32(offset, true) : value;
  return ofFamily(family, view, offset + 4, end);
}

function ofFamily(family: number, view: DataView, packet: number, end: number): number {
  switch (family) {
    case 2:
      return ofVersion(4, view, packet, end);
    // AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS.
    case 10:
    case 23:
    case 24:
    case 28:
    case 30:
      return ofVersion(6, view, packet, end);
    default:
      return SkipReason['not-ip'];
  }
}

/** PPP framing on a serial line, or Cisco's (RFC 1547, section 4.3.1), which differ in the first byte. */
function fromPppHdlc(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset >= end) return SkipReason.truncated;
  const address = view.getUint8(offset);
  const isCisco = address === 0x0f || address === 0x8f;
  return isCisco ? fromTypeField(view, offset + 2, offset + 4, end, segment) : fromPpp(view, offset, end);
}

/** Network layer protocol identifiers (ISO/IEC TR 9577). */
const Nlpid = { SNAP: 0x80, IPV6: 0x8e, IPV4: 0xcc } as const;

/** An address of two to four bytes, then RFC 2427, or Cisco's own encapsulation with an EtherType. */
function fromFrameRelay(view: DataView, frame: number, end: number, segment: Segment): number {
  let offset = frame;
  do {
    if (offset >= end || offset - frame === 4) return SkipReason.truncated;
  } while ((view.getUint8(offset++) & 1) === 0);
  if (offset + 2 > end) return SkipReason.truncated;
  if (view.getUint8(offset) !== 0x03) return fromTypeField(view, offset, offset + 2, end, segment);
  // A byte of padding makes the SNAP header even.
  const nlpid = view.getUint8(offset + 1) === 0 ? offset + 2 : offset + 1;
  if (nlpid >= end) return SkipReason.truncated;
  switch (view.getUint8(nlpid)) {
    case Nlpid.IPV4:
      return ofVersion(4, view, nlpid + 1, end);
    case Nlpid.IPV6:
      return ofVersion(6, view, nlpid + 1, end);
    case Nlpid.SNAP:
      return fromTypeField(view, nlpid + 4, nlpid + 6, end, segment);
    default:
      return SkipReason['not-ip'];
  }
}

/** Per-Packet Information: says of each packet what its link type is. */
function fromPpi(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 8 > end) return SkipReason.truncated;
  const payload = offset + view.getUint16(offset + 2, true);
  const linkType = view.getUint32(offset + 4, true);
  if (payload < offset + 8 || payload > end) return SkipReason.truncated;
  return linkType === LinkType.PPI ? SkipReason.malformed : findIpPacket(view, linkType, payload, end, segment);
}

/** What macOS puts in front of packets that it captures on several interfaces. */
function fromPktap(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 12 > end) return SkipReason.truncated;
  const payload = offset + view.getUint32(offset, true);
  const linkType = view.getUint32(offset + 8, true);
  if (payload < offset + 12 || payload > end) return SkipReason.truncated;
  return linkType === LinkType.PKTAP ? SkipReason.malformed : findIpPacket(view, linkType, payload, end, segment);
}

/** IEEE 802.5: a source route is there where the source address says so. */
function fromTokenRing(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 16 > end) return SkipReason.truncated;
  const isRouted = (view.getUint8(offset + 8) & 0x80) !== 0;
  const routeLength = isRouted ? view.getUint8(offset + 14) & 0x1f : 0;
  return fromLlc(view, offset + 14 + routeLength, end, segment);
}

/** As Linux gives it: addresses, an offset, the protocol (RFC 1201, with a flag and a sequence number; RFC 1051, bare). */
function fromArcnet(view: DataView, offset: number, end: number): number {
  if (offset + 5 > end) return SkipReason.truncated;
  switch (view.getUint8(offset + 4)) {
    case 0xd4: {
      // An exception frame repeats its header behind the flag.
      if (offset + 8 > end) return SkipReason.truncated;
      return ofVersion(4, view, view.getUint8(offset + 5) === 0xff ? offset + 12 : offset + 8, end);
    }
    case 0xf0:
      return ofVersion(4, view, offset + 5, end);
    case 0xc4:
      return ofVersion(6, view, offset + 8, end);
    default:
      return SkipReason['not-ip'];
  }
}

/** OpenBSD's firewall log: its header says how long it is, short of its padding, and of which family the packet is. */
function fromPfLog(view: DataView, offset: number, end: number): number {
  if (offset + 2 > end) return SkipReason.truncated;
  const length = (view.getUint8(offset) + 3) & ~3;
  return ofFamily(view.getUint8(offset + 1), view, offset + length, end);
}

const NFLOG_PAYLOAD = 9;

/** Linux's firewall log: a header of four bytes, then attributes, of which one is the packet. */
function fromNfLog(view: DataView, offset: number, end: number): number {
  for (let attribute = offset + 4; attribute + 4 <= end; ) {
    const length = view.getUint16(attribute, true);
    if (length < 4) return SkipReason.malformed;
    if ((view.getUint16(attribute + 2, true) & 0x7fff) === NFLOG_PAYLOAD) return ofAnyVersion(view, attribute + 4, end);
    attribute += (length + 3) & ~3;
  }
  return SkipReason.truncated;
}

/** Types of Endace's records that are Ethernet, plain or with colours and hashes; and IP. */
const ERF_ETHERNET: readonly number[] = [2, 11, 16, 20];
const ERF_IP: readonly number[] = [22, 23];

/** Endace's extensible record format: a header of 16 bytes, extensions of eight while the first bit says so. */
function fromErf(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 16 > end) return SkipReason.truncated;
  const type = view.getUint8(offset + 8);
  let payload = offset + 16;
  for (let more = type >>> 7; more === 1; payload += 8) {
    if (payload + 8 > end) return SkipReason.truncated;
    more = view.getUint8(payload) >>> 7;
  }
  if (ERF_ETHERNET.includes(type & 0x7f)) return fromEthernet(view, payload + 2, end, segment);
  return ERF_IP.includes(type & 0x7f) ? ofAnyVersion(view, payload, end) : SkipReason['not-ip'];
}

/** `MGC` and flags: an extension, whose length comes first, and whether there is no Ethernet header. */
const JUNIPER_MAGIC = 0x4d4743;
const JUNIPER_EXTENSION = 0x80;
const JUNIPER_NO_ETHERNET = 0x02;

function fromJuniperEthernet(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 6 > end) return SkipReason.truncated;
  const magicAndFlags = view.getUint32(offset);
  if (magicAndFlags >>> 8 !== JUNIPER_MAGIC) return SkipReason.malformed;
  const isExtended = (magicAndFlags & JUNIPER_EXTENSION) !== 0;
  const payload = isExtended ? offset + 6 + view.getUint16(offset + 4) : offset + 4;
  if ((magicAndFlags & JUNIPER_NO_ETHERNET) === 0) return fromEthernet(view, payload, end, segment);
  // The protocol family in four bytes, of which the first tells.
  if (payload + 4 > end) return SkipReason.truncated;
  return ofFamily(view.getUint8(payload), view, payload + 4, end);
}
