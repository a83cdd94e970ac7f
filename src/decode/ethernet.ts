import { bottomOfStack, fromMpls } from './mpls.js';
import { fromPpp } from './ppp.js';
import { SkipReason } from './result.js';
import { type Segment, Tunnel } from './segment.js';
import { ofVersion } from './version.js';

/** Values of the Ethernet type field (IANA, IEEE 802 Numbers). */
export const EtherType = {
  IPV4: 0x0800,
  TRILL: 0x22f3,
  TRANSPARENT_BRIDGING: 0x6558,
  VLAN: 0x8100,
  IPV6: 0x86dd,
  PPP: 0x880b,
  MPLS_UNICAST: 0x8847,
  MPLS_MULTICAST: 0x8848,
  PPPOE_SESSION: 0x8864,
  PROVIDER_BRIDGE: 0x88a8,
  MACSEC: 0x88e5,
  CISCO_METADATA: 0x8909,
  PROVIDER_BACKBONE: 0x88e7,
  VN_TAG: 0x8926,
  BRIDGE_PORT_EXTENSION: 0x893f,
  SERVICE_HEADER: 0x894f,
  QINQ_OLD: 0x9100,
  QINQ_OLDER: 0x9200,
} as const;

/** Up to here the field is a length, and LLC follows (IEEE 802.3, clause 3.2.6). */
const LARGEST_LENGTH = 1500;
/** No network nests deeper; a damaged frame may seem to. */
const MAX_NESTED_HEADERS = 16;

/** Index of the IP packet in the Ethernet frame at `frame`, or a `SkipReason`. */
export function fromEthernet(view: DataView, frame: number, end: number, segment: Segment): number {
  return fromTypeField(view, frame + 12, frame + 14, end, segment);
}

/** The same where an Ethernet type stands at `typeField`, and what it names at `payload`. */
export function fromTypeField(
  view: DataView,
  typeField: number,
  payload: number,
  end: number,
  segment: Segment,
): number {
  return payload > end ? SkipReason.truncated : fromEtherType(view, view.getUint16(typeField), payload, end, segment);
}

/** The same where a header of LLC (IEEE 802.2) stands at `offset`. */
export function fromLlc(view: DataView, offset: number, end: number, segment: Segment): number {
  return fromEtherType(view, 0, offset, end, segment);
}

/** The same where what the Ethernet type names is at `payload`. */
export function fromEtherType(
  view: DataView,
  outerType: number,
  payload: number,
  end: number,
  segment: Segment,
): number {
  let etherType = outerType;
  let offset = payload;
  for (let headers = 0; headers < MAX_NESTED_HEADERS; headers++) {
    switch (etherType) {
      case EtherType.IPV4:
        // As Wireshark does, take the packet's word for its version rather than the frame's.
        return isVersion6(view, offset, end) ? offset : ofVersion(4, view, offset, end);
      case EtherType.IPV6:
        return ofVersion(6, view, offset, end);
      case EtherType.VLAN:
      case EtherType.PROVIDER_BRIDGE:
      case EtherType.QINQ_OLD:
      case EtherType.QINQ_OLDER:
        if (offset + 4 > end) return SkipReason.truncated;
        noteVlan(segment, view.getUint16(offset) & 0xfff);
        etherType = view.getUint16(offset + 2);
        offset += 4;
        break;
      case EtherType.VN_TAG:
        if (offset + 6 > end) return SkipReason.truncated;
        etherType = view.getUint16(offset + 4);
        offset += 6;
        break;
      case EtherType.BRIDGE_PORT_EXTENSION:
        if (offset + 8 > end) return SkipReason.truncated;
        etherType = view.getUint16(offset + 6);
        offset += 8;
        break;
      case EtherType.PROVIDER_BACKBONE:
        // The tag, then the customer's addresses and type (IEEE 802.1ah).
        if (offset + 18 > end) return SkipReason.truncated;
        segment.tunnel = Tunnel.PROVIDER_BACKBONE;
        segment.tunnelId = view.getUint32(offset) & 0xff_ffff;
        etherType = view.getUint16(offset + 16);
        offset += 18;
        break;
      case EtherType.TRANSPARENT_BRIDGING:
        if (offset + 14 > end) return SkipReason.truncated;
        etherType = view.getUint16(offset + 12);
        offset += 14;
        break;
      case EtherType.MPLS_UNICAST:
      case EtherType.MPLS_MULTICAST: {
        const packet = fromMpls(view, offset, end);
        if (packet !== SkipReason['not-ip']) return packet;
        const frame = pseudowireFrame(view, bottomOfStack(view, offset, end), end);
        if (frame < 0) return frame;
        etherType = view.getUint16(frame + 12);
        offset = frame + 14;
        break;
      }
      case EtherType.TRILL: {
        // RFC 6325, section 3: options, then an Ethernet frame.
        if (offset + 6 > end) return SkipReason.truncated;
        const options = ((view.getUint16(offset) >>> 6) & 0x1f) << 2;
        const frame = offset + 6 + options;
        if (frame + 14 > end) return SkipReason.truncated;
        etherType = view.getUint16(frame + 12);
        offset = frame + 14;
        break;
      }
      case EtherType.SERVICE_HEADER: {
        // RFC 8300, section 2.2.
        if (offset + 8 > end) return SkipReason.truncated;
        const next = SERVICE_PROTOCOLS[view.getUint8(offset + 3)];
        if (next === undefined) return SkipReason['not-ip'];
        offset += (view.getUint8(offset + 1) & 0x3f) << 2;
        etherType = next;
        break;
      }
      case EtherType.CISCO_METADATA:
        if (offset + 8 > end) return SkipReason.truncated;
        etherType = view.getUint16(offset + 6);
        offset += 8;
        break;
      case EtherType.PPPOE_SESSION:
        return fromPppoe(view, offset, end, segment);
      case EtherType.PPP:
        return fromPpp(view, offset, end);
      case EtherType.MACSEC: {
        // What is only authenticated can be read (IEEE 802.1AE, clause 9.5).
        if (offset + 6 > end) return SkipReason.truncated;
        const tag = view.getUint8(offset);
        if ((tag & 0x0c) !== 0) return SkipReason.encrypted;
        const length = (tag & 0x20) !== 0 ? 14 : 6;
        if (offset + length + 2 > end) return SkipReason.truncated;
        etherType = view.getUint16(offset + length);
        offset += length + 2;
        break;
      }
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

/** What a network service header says is behind it. */
const SERVICE_PROTOCOLS: readonly (number | undefined)[] = [
  undefined,
  EtherType.IPV4,
  EtherType.IPV6,
  EtherType.TRANSPARENT_BRIDGING,
  undefined,
  EtherType.MPLS_UNICAST,
];

/** Types that make four bytes in front of a frame a pseudowire's control word, rather than part of its addresses. */
const TELLING_TYPES: ReadonlySet<number> = new Set([
  EtherType.IPV4,
  EtherType.IPV6,
  EtherType.VLAN,
  EtherType.PROVIDER_BRIDGE,
  EtherType.MPLS_UNICAST,
  EtherType.PPPOE_SESSION,
]);

/** The Ethernet frame under a label stack (RFC 4448), with a control word or without: only the type behind it tells. */
function pseudowireFrame(view: DataView, payload: number, end: number): number {
  const startsWithZero = view.getUint8(payload) >>> 4 === 0;
  for (const frame of startsWithZero ? [payload + 4, payload] : [payload]) {
    if (frame + 14 <= end && TELLING_TYPES.has(view.getUint16(frame + 12))) return frame;
  }
  return SkipReason['not-ip'];
}

function isVersion6(view: DataView, packet: number, end: number): boolean {
  return packet < end && view.getUint8(packet) >>> 4 === 6;
}

/** A PPPoE header (RFC 2516, section 4) and the PPP frame of its session. */
export function fromPppoe(view: DataView, offset: number, end: number, segment: Segment): number {
  if (offset + 6 > end) return SkipReason.truncated;
  segment.tunnel = Tunnel.PPPOE;
  segment.tunnelId = view.getUint16(offset + 2);
  return fromPpp(view, offset + 6, end);
}

function noteVlan(segment: Segment, identifier: number): void {
  if (segment.vlan < 0) segment.vlan = identifier;
  else if (segment.innerVlan < 0) segment.innerVlan = identifier;
}

/** LLC with the SAP of IP on both sides, unnumbered information. */
function isIpLlc(view: DataView, offset: number): boolean {
  return view.getUint16(offset) === 0x0606 && view.getUint8(offset + 2) === 0x03;
}

/** LLC/SNAP with the organization code that means EtherTypes: of RFC 1042, or of bridge tunnels (IEEE 802.1H). */
function isSnap(view: DataView, offset: number): boolean {
  if (view.getUint32(offset) !== 0xaaaa0300) return false;
  const organization = view.getUint16(offset + 4);
  return organization === 0 || organization === 0x00f8;
}
