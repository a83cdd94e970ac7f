import { Frame } from '../../capture/frame.js';
import { FrameDecoder, ICMP_ERROR, TCP } from '../../decode/decoder.js';
import type { Segment } from '../../decode/segment.js';
import type { FrameToWrite } from '../capture-writer.js';
import { layoutOf, type PacketLayout, Protocol } from '../packet-layout.js';
import { checksum, pseudoHeaderSum } from './checksum.js';
import { HeaderCopy } from './header-copy.js';
import { PrefixPreserving } from './prefix-preserving.js';
import { isSameSegment } from './same-segment.js';
import { copyOptions } from './tcp-options.js';
import { copyTunnel, hasGreChecksum } from './tunnel-copy.js';

const DESTINATION_UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
const PACKET_TOO_BIG = 2;

/**
 * Frames that may be shared. Only what is known is copied, into zeros: addresses are mapped (see prefix-preserving.ts), link
 * addresses, IP options and cookies are not copied, nor is the payload, whose place the original length still shows. Times,
 * ports, sequence numbers, IP identifications, TTLs and TCP timestamps stay: the post-mortem rests on them. A frame that
 * would not be decoded as before is left empty.
 */
export class Anonymizer {
  readonly #addresses: PrefixPreserving;
  readonly #decoder = new FrameDecoder();
  readonly #rewritten = new Frame();
  /** As long as the source's chunk: the same index means the same byte. */
  #to = new Uint8Array(0);
  #toView = new DataView(this.#to.buffer);

  constructor(key: Uint8Array) {
    this.#addresses = new PrefixPreserving(key);
  }

  /**
   * @param segment what the frame was decoded to
   * @returns one object, overwritten by each call
   */
  rewrite(frame: Frame, segment: Segment): FrameToWrite {
    const result = this.#rewritten;
    result.offset = frame.offset;
    result.capturedLength = 0;
    result.originalLength = frame.originalLength;
    result.seconds = frame.seconds;
    result.nanoseconds = frame.nanoseconds;
    result.linkType = frame.linkType;
    const layout = layoutOf(frame);
    if (layout === null) return result;
    if (this.#to.length < frame.bytes.length) {
      this.#to = new Uint8Array(frame.bytes.length);
      this.#toView = new DataView(this.#to.buffer);
    }
    this.#to.fill(0, frame.offset, layout.end);
    if (!this.#copy(frame, layout)) return result;
    result.bytes = this.#to;
    result.view = this.#toView;
    result.capturedLength = layout.end - frame.offset;
    const found = this.#decoder.decode(result);
    const isAsBefore = (found === TCP || found === ICMP_ERROR) && isSameSegment(this.#decoder.segment, segment);
    if (!isAsBefore) result.capturedLength = 0;
    return result;
  }

  /** @returns false where there is something that is not known */
  #copy({ bytes, offset, linkType }: Frame, layout: PacketLayout): boolean {
    const headers = new HeaderCopy(bytes, this.#to, layout.ip);
    return headers.linkLayer(linkType, offset) === layout.ip && this.#packet(bytes, layout, layout.end);
  }

  /** @param end of the frame's headers */
  #packet(from: Uint8Array, layout: PacketLayout, end: number): boolean {
    const { version, transport, transportLength, protocol, inner } = layout;
    const to = this.#to;
    if (version === 4) this.#ipv4(from, layout);
    else this.#ipv6(from, layout);
    const addresses = layout.ip + (version === 4 ? 12 : 8);
    const headerEnd = layout.ip + (version === 4 ? 20 : 40);
    if (inner === null) {
      copyTcp(from, to, transport, end, pseudoHeaderSum(to, addresses, headerEnd, protocol, transportLength));
      return true;
    }
    if (protocol === Protocol.ICMP || protocol === Protocol.ICMPV6) {
      if (!this.#packet(from, inner, end)) return false;
      const isV6 = protocol === Protocol.ICMPV6;
      const before = isV6 ? pseudoHeaderSum(to, addresses, headerEnd, protocol, transportLength) : 0;
      copyIcmp(from, to, transport, end, isV6, before);
      return true;
    }
    const copy = new HeaderCopy(from, to, inner.ip);
    if (copyTunnel(copy, protocol, transport) !== inner.ip || !this.#packet(from, inner, end)) return false;
    if (protocol === Protocol.UDP && copy.word(transport + 6) !== 0) {
      const length = copy.word(transport + 4) || transportLength;
      const sum = checksum(to, transport, end, pseudoHeaderSum(to, addresses, headerEnd, protocol, length));
      put16(to, transport + 6, sum || 0xffff);
    }
    if (protocol === Protocol.GRE && hasGreChecksum(from, transport)) {
      put16(to, transport + 4, checksum(to, transport, end));
    }
    return true;
  }

  #ipv4(from: Uint8Array, { ip, extensions, transport }: PacketLayout): void {
    const to = this.#to;
    copy(from, to, ip, ip + 12);
    this.#addresses.copy(from, to, ip + 12, 4);
    this.#addresses.copy(from, to, ip + 16, 4);
    const headerEnd = extensions.length === 0 ? transport : extensions[0].offset;
    // Options are addresses, mostly (record route, source route): no-operations in their place.
    to.fill(1, ip + 20, headerEnd);
    put16(to, ip + 10, 0);
    put16(to, ip + 10, checksum(to, ip, headerEnd));
    copyExtensions(from, to, extensions);
  }

  #ipv6(from: Uint8Array, { ip, extensions }: PacketLayout): void {
    const to = this.#to;
    copy(from, to, ip, ip + 8);
    // The flow label (RFC 6437) marks a connection across captures.
    to[ip + 1] &= 0xf0;
    to.fill(0, ip + 2, ip + 4);
    this.#addresses.copy(from, to, ip + 8, 16);
    this.#addresses.copy(from, to, ip + 24, 16);
    copyExtensions(from, to, extensions);
  }
}

/** The checksum is that of a payload of zeros: that of the real one would tell something of it. */
function copyTcp(from: Uint8Array, to: Uint8Array, at: number, end: number, pseudoHeader: number): void {
  copy(from, to, at, Math.min(at + 16, end));
  if (end < at + 18) return;
  copy(from, to, at + 18, Math.min(at + 20, end));
  if (end > at + 20) copyOptions(from, to, at + 20, end);
  put16(to, at + 16, checksum(to, at, end, pseudoHeader));
}

/** Of the four bytes after the checksum only an MTU is kept: a redirect has an address there. */
function copyIcmp(
  from: Uint8Array,
  to: Uint8Array,
  at: number,
  end: number,
  isV6: boolean,
  pseudoHeader: number,
): void {
  copy(from, to, at, at + 2);
  if (isV6 && from[at] === PACKET_TOO_BIG) copy(from, to, at + 4, at + 8);
  if (!isV6 && from[at] === DESTINATION_UNREACHABLE && from[at + 1] === FRAGMENTATION_NEEDED) {
    copy(from, to, at + 6, at + 8);
  }
  put16(to, at + 2, checksum(to, at, end, pseudoHeader));
}

/** Type and length of each; a fragment header whole. The rest is options and addresses: one PadN option (RFC 8200, section 4.2) in their place. */
function copyExtensions(from: Uint8Array, to: Uint8Array, extensions: PacketLayout['extensions']): void {
  for (const { type, offset, length } of extensions) {
    copy(from, to, offset, offset + (type === Protocol.FRAGMENT ? length : 2));
    if (type === Protocol.HOP_BY_HOP || type === Protocol.DESTINATION_OPTIONS) {
      to[offset + 2] = 1;
      to[offset + 3] = Math.min(length - 4, 0xff);
    }
  }
}

/** For the few bytes of a header cheaper than a view on them. */
function copy(from: Uint8Array, to: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) to[at] = from[at];
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
}
