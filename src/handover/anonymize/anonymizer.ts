import type { Frame } from '../../capture/frame.js';
import { LinkType } from '../../decode/link-type.js';
import type { FrameToWrite } from '../capture-writer.js';
import { layoutOf, type PacketLayout, Protocol } from '../packet-layout.js';
import { checksum, pseudoHeaderSum } from './checksum.js';
import { PrefixPreserving } from './prefix-preserving.js';
import { copyOptions } from './tcp-options.js';

/** More stand before the IP header only where another frame is inside, with addresses of its own. */
const MOST_LINK_BYTES = 44;

/**
 * Where link headers hold addresses, as [first byte, one past the last]; others of the decoded link types hold none. Frames
 * of a link type that is not listed are not written at all.
 */
const LINK_ADDRESSES: ReadonlyMap<number, readonly [number, number]> = new Map([
  [LinkType.ETHERNET, [0, 12]],
  [LinkType.LINUX_SLL, [6, 14]],
  [LinkType.LINUX_SLL2, [12, 20]],
  ...[
    LinkType.NULL,
    LinkType.LOOP,
    LinkType.RAW,
    LinkType.RAW_DLT,
    LinkType.RAW_DLT_OPENBSD,
    LinkType.IPV4,
    LinkType.IPV6,
    LinkType.PPP,
    LinkType.PPP_HDLC,
    LinkType.PPP_ETHER,
    LinkType.PPP_WITH_DIR,
    LinkType.C_HDLC,
  ].map((type): [number, [number, number]] => [type, [0, 0]]),
]);

const NOTHING = new Uint8Array(0);
const DESTINATION_UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const PACKET_TOO_BIG = 2;

/**
 * Frames that may be shared. Only what is known is copied, into zeros: addresses are mapped (see prefix-preserving.ts), link
 * addresses, IP options and cookies are not copied, nor is the payload, whose place the original length still shows. Times,
 * ports, sequence numbers, IP identifications, TTLs and TCP timestamps stay: the post-mortem rests on them.
 */
export class Anonymizer {
  readonly #addresses: PrefixPreserving;

  constructor(key: Uint8Array) {
    this.#addresses = new PrefixPreserving(key);
  }

  rewrite(frame: Frame): FrameToWrite {
    const { originalLength, seconds, nanoseconds, linkType } = frame;
    const linkAddresses = LINK_ADDRESSES.get(linkType);
    const layout = linkAddresses === undefined ? null : layoutOf(frame);
    if (linkAddresses === undefined || layout === null || layout.ip - frame.offset > MOST_LINK_BYTES) {
      return { bytes: NOTHING, offset: 0, capturedLength: 0, originalLength, seconds, nanoseconds, linkType };
    }
    const from = frame.bytes.subarray(frame.offset, layout.end);
    const bytes = new Uint8Array(from.length);
    const shifted = shift(layout, frame.offset);
    bytes.set(from.subarray(0, shifted.ip));
    bytes.fill(0, ...linkAddresses);
    this.#packet(from, bytes, shifted);
    return { bytes, offset: 0, capturedLength: bytes.length, originalLength, seconds, nanoseconds, linkType };
  }

  #packet(from: Uint8Array, to: Uint8Array, layout: PacketLayout): void {
    const addresses = layout.version === 4 ? this.#ipv4(from, to, layout) : this.#ipv6(from, to, layout);
    if (layout.protocol === Protocol.TCP) copyTcp(from, to, layout, addresses);
    else this.#icmp(from, to, layout, addresses);
  }

  /** @returns the addresses as they are now */
  #ipv4(from: Uint8Array, to: Uint8Array, { ip, extensions, transport }: PacketLayout): Uint8Array {
    to.set(from.subarray(ip, ip + 12), ip);
    this.#map(from, to, ip + 12, 4);
    this.#map(from, to, ip + 16, 4);
    const headerEnd = extensions[0]?.offset ?? transport;
    // Options are addresses, mostly (record route, source route): no-operations in their place.
    to.fill(1, ip + 20, headerEnd);
    put16(to, ip + 10, 0);
    put16(to, ip + 10, checksum(to, ip, headerEnd));
    copyExtensions(from, to, extensions);
    return to.subarray(ip + 12, ip + 20);
  }

  #ipv6(from: Uint8Array, to: Uint8Array, { ip, extensions }: PacketLayout): Uint8Array {
    to.set(from.subarray(ip, ip + 8), ip);
    // The flow label (RFC 6437) marks a connection across captures.
    to[ip + 1] &= 0xf0;
    to.fill(0, ip + 2, ip + 4);
    this.#map(from, to, ip + 8, 16);
    this.#map(from, to, ip + 24, 16);
    copyExtensions(from, to, extensions);
    return to.subarray(ip + 8, ip + 40);
  }

  /** Of the four bytes after the checksum only an MTU is kept: a redirect has an address there. */
  #icmp(from: Uint8Array, to: Uint8Array, layout: PacketLayout, addresses: Uint8Array): void {
    const { transport: at, protocol, quoted, transportLength } = layout;
    const isV6 = protocol === Protocol.ICMPV6;
    to.set(from.subarray(at, at + 2), at);
    if (isV6 && from[at] === PACKET_TOO_BIG) to.set(from.subarray(at + 4, at + 8), at + 4);
    if (!isV6 && from[at] === DESTINATION_UNREACHABLE && from[at + 1] === FRAGMENTATION_NEEDED) {
      to.set(from.subarray(at + 6, at + 8), at + 6);
    }
    if (quoted !== null) this.#packet(from, to, quoted);
    put16(to, at + 2, checksum(to, at, to.length, isV6 ? pseudoHeaderSum(addresses, protocol, transportLength) : 0));
  }

  #map(from: Uint8Array, to: Uint8Array, at: number, length: number): void {
    to.set(this.#addresses.map(from.subarray(at, at + length)), at);
  }
}

/** The checksum is that of a payload of zeros: that of the real one would tell something of it. */
function copyTcp(from: Uint8Array, to: Uint8Array, layout: PacketLayout, addresses: Uint8Array): void {
  const { transport: at, end, transportLength } = layout;
  const fixedEnd = Math.min(at + 20, end);
  to.set(from.subarray(at, fixedEnd), at);
  if (end > at + 20) copyOptions(from, to, at + 20, end);
  if (end < at + 18) {
    to.fill(0, Math.min(at + 16, end), end);
    return;
  }
  put16(to, at + 16, 0);
  put16(to, at + 16, checksum(to, at, end, pseudoHeaderSum(addresses, Protocol.TCP, transportLength)));
}

/** Type and length of each; a fragment header whole. The rest is options and addresses: one PadN option (RFC 8200, section 4.2) in their place. */
function copyExtensions(from: Uint8Array, to: Uint8Array, extensions: PacketLayout['extensions']): void {
  for (const { type, offset, length } of extensions) {
    to.set(from.subarray(offset, offset + (type === Protocol.FRAGMENT ? length : 2)), offset);
    if (type === Protocol.HOP_BY_HOP || type === Protocol.DESTINATION_OPTIONS) {
      to[offset + 2] = 1;
      to[offset + 3] = Math.min(length - 4, 0xff);
    }
  }
}

/** The same layout, counted from the frame's first byte. */
function shift(layout: PacketLayout, by: number): PacketLayout {
  return {
    ...layout,
    ip: layout.ip - by,
    transport: layout.transport - by,
    end: layout.end - by,
    extensions: layout.extensions.map((extension) => ({ ...extension, offset: extension.offset - by })),
    quoted: layout.quoted && shift(layout.quoted, by),
  };
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
}
