import { EtherType } from '../../decode/ethernet.js';
import { LinkType } from '../../decode/link-type.js';

/** A header that is not known here, or that ends beyond the IP packet it should lead to: whatever is added to it, it stays. */
export const UNKNOWN = Number.NEGATIVE_INFINITY;

const VLAN_TAGS: ReadonlySet<number> = new Set([
  EtherType.VLAN,
  EtherType.PROVIDER_BRIDGE,
  EtherType.QINQ_OLD,
  EtherType.QINQ_OLDER,
]);
const LARGEST_LENGTH = 1500;
const MAX_NESTED_HEADERS = 16;

/**
 * Copies what stands before an IP packet, header by header, as far as it tells how to read the rest and names nobody: types,
 * lengths, tags, labels. Link addresses, options and identifiers of interfaces are left zero. Each method gives the index
 * behind its header, or `UNKNOWN`: then the frame is not to be written at all, whatever was copied so far.
 */
export class HeaderCopy {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  /** Index of the IP packet that the headers lead to. */
  readonly packet: number;

  /** @param to as long as `from`, zero up to `packet`: the same index means the same byte */
  constructor(from: Uint8Array, to: Uint8Array, packet: number) {
    this.from = from;
    this.to = to;
    this.packet = packet;
  }

  linkLayer(linkType: number, at: number): number {
    switch (linkType) {
      case LinkType.ETHERNET:
        return this.ethernet(at);
      case LinkType.LINUX_SLL:
        this.keep(at, 6);
        return this.#typed(at + 14);
      case LinkType.LINUX_SLL2:
        this.keep(at, 12);
        return this.etherType(this.word(at), at + 20);
      case LinkType.NULL:
      case LinkType.LOOP:
        return this.word(at) === 0xff03 ? this.ppp(at) : this.keep(at, 4);
      case LinkType.RAW:
      case LinkType.RAW_DLT:
      case LinkType.RAW_DLT_OPENBSD:
      case LinkType.IPV4:
      case LinkType.IPV6:
        return at;
      case LinkType.PPP:
        return this.ppp(at);
      case LinkType.PPP_HDLC:
        return this.byte(at) === 0x0f || this.byte(at) === 0x8f ? this.#ciscoHdlc(at) : this.ppp(at);
      case LinkType.PPP_ETHER:
        return this.#pppoe(at);
      case LinkType.PPP_WITH_DIR:
        return this.ppp(this.keep(at, 1));
      case LinkType.C_HDLC:
        return this.#ciscoHdlc(at);
      default:
        return UNKNOWN;
    }
  }

  /** Two link addresses, which are not copied, and a type. */
  ethernet(at: number): number {
    return this.#typed(at + 12);
  }

  /** What an Ethernet type says is at `at`. */
  etherType(outerType: number, outer: number): number {
    let type = outerType;
    let at = outer;
    for (let headers = 0; headers < MAX_NESTED_HEADERS && at >= 0; headers++) {
      if (type === EtherType.IPV4 || type === EtherType.IPV6) return at;
      if (VLAN_TAGS.has(type)) {
        type = this.word(at + 2);
        at = this.keep(at, 4);
      } else if (type <= LARGEST_LENGTH) {
        if (this.word(at) === 0x0606) return this.keep(at, 3);
        type = this.word(at + 6);
        at = this.word(at) === 0xaaaa ? this.keep(at, 8) : UNKNOWN;
      } else {
        const typeField = this.#inner(type, at);
        if (typeField < 0) return this.#last(type, at);
        type = this.word(typeField);
        at = this.keep(typeField, 2);
      }
    }
    return UNKNOWN;
  }

  /** PPP with or without address and control, and with or without a compressed protocol field (RFC 1661). */
  ppp(at: number): number {
    const protocol = this.word(at) === 0xff03 ? this.keep(at, 2) : at;
    const isCompressed = (this.byte(protocol) & 1) === 1;
    const behind = this.keep(protocol, isCompressed ? 1 : 2);
    const isMpls = !isCompressed && (this.word(protocol) === 0x0281 || this.word(protocol) === 0x0283);
    return isMpls ? this.#labels(behind) : behind;
  }

  /** A label stack, and the Ethernet frame under it where there is one: the packet's place tells. */
  mpls(at: number): number {
    const bottom = this.#labels(at);
    if (bottom < 0 || bottom === this.packet) return bottom;
    // With a control word (RFC 4448, section 4.6), or without.
    for (const frame of [bottom + 4, bottom]) {
      const reached = this.ethernet(frame);
      if (reached === this.packet) return reached;
      this.to.fill(0, bottom, this.packet);
    }
    return UNKNOWN;
  }

  /** Copies some bytes of a header. @returns the index behind them */
  keep(at: number, length: number): number {
    if (at < 0 || at + length > this.packet) return UNKNOWN;
    for (let i = at; i < at + length; i++) this.to[i] = this.from[i];
    return at + length;
  }

  /** Passes over bytes of a header. @returns the index behind them */
  skip(at: number, length: number): number {
    return at < 0 || at + length > this.packet ? UNKNOWN : at + length;
  }

  /** Of the original; -1 beyond the headers. */
  byte(at: number): number {
    return at < 0 || at >= this.packet ? -1 : this.from[at];
  }

  /** Two bytes of the original; -1 beyond the headers. */
  word(at: number): number {
    return at < 0 || at + 2 > this.packet ? -1 : (this.from[at] << 8) | this.from[at + 1];
  }

  #typed(typeField: number): number {
    return this.etherType(this.word(typeField), this.keep(typeField, 2));
  }

  #ciscoHdlc(at: number): number {
    this.keep(at, 2);
    return this.#typed(at + 2);
  }

  /** Headers after which an Ethernet type stands: where that is; else `UNKNOWN`. */
  #inner(type: number, at: number): number {
    switch (type) {
      case EtherType.VN_TAG:
        return this.skip(at, 4);
      case EtherType.BRIDGE_PORT_EXTENSION:
        return this.skip(at, 6);
      case EtherType.PROVIDER_BACKBONE:
        return this.skip(this.keep(at, 4), 12);
      case EtherType.TRANSPARENT_BRIDGING:
        return this.skip(at, 12);
      default:
        return UNKNOWN;
    }
  }

  /** Headers that lead to the packet by themselves. */
  #last(type: number, at: number): number {
    switch (type) {
      case EtherType.MPLS_UNICAST:
      case EtherType.MPLS_MULTICAST:
        return this.mpls(at);
      case EtherType.PPPOE_SESSION:
        return this.#pppoe(at);
      case EtherType.PPP:
        return this.ppp(at);
      default:
        return UNKNOWN;
    }
  }

  #pppoe(at: number): number {
    return this.ppp(this.keep(at, 6));
  }

  #labels(stack: number): number {
    let at = stack;
    while (at >= 0) {
      const isBottom = (this.byte(at + 2) & 1) === 1;
      at = this.keep(at, 4);
      if (isBottom) return at;
    }
    return UNKNOWN;
  }
}
