import { Protocol } from '../packet-layout.js';
import { type HeaderCopy, UNKNOWN } from './header-copy.js';

/*
 * Each function copies the header of a tunnel at `at`, and the link headers inside, as far as they tell how to read the rest:
 * identifiers of tunnels among that, but no checksum, option, cookie, nonce or address. It gives the index of the packet
 * inside, or `UNKNOWN`.
 */

const UDP_HEADER = 8;
const GRE = {
  CHECKSUM: 0x8000,
  ROUTING: 0x4000,
  KEY: 0x2000,
  SEQUENCE: 0x1000,
  ACKNOWLEDGMENT: 0x0080,
  VERSION: 7,
} as const;
const ERSPAN_1_AND_2 = 0x88be;
const ERSPAN_3 = 0x22eb;
const WCCP = 0x883e;

export function copyTunnel(copy: HeaderCopy, protocol: number, at: number): number {
  switch (protocol) {
    case Protocol.IPV4:
    case Protocol.IPV6:
      return at;
    case Protocol.UDP:
      return udp(copy, at);
    case Protocol.GRE:
      return gre(copy, at);
    case Protocol.ETHER_IP:
      return copy.ethernet(copy.keep(at, 2));
    case Protocol.MPLS_IN_IP:
      return copy.mpls(at);
    default:
      return UNKNOWN;
  }
}

/** Whether a GRE header at `at` has a checksum (RFC 2784, section 2.1). */
export const hasGreChecksum = (from: Uint8Array, at: number): boolean => (from[at] & 0x80) !== 0;

function gre(copy: HeaderCopy, start: number): number {
  const flags = copy.word(start);
  const protocol = copy.word(start + 2);
  if (flags < 0 || (flags & GRE.ROUTING) !== 0) return UNKNOWN;
  const isPptp = (flags & GRE.VERSION) === 1;
  let at = copy.keep(start, 4);
  if ((flags & GRE.CHECKSUM) !== 0) at = copy.skip(at, 4);
  if ((flags & GRE.KEY) !== 0) at = copy.keep(at, 4);
  if ((flags & GRE.SEQUENCE) !== 0) at = copy.keep(at, 4);
  if (isPptp && (flags & GRE.ACKNOWLEDGMENT) !== 0) at = copy.keep(at, 4);
  switch (protocol) {
    case ERSPAN_1_AND_2:
      return copy.ethernet((flags & GRE.SEQUENCE) === 0 ? at : copy.skip(copy.keep(at, 4), 4));
    case ERSPAN_3: {
      const hasSubheader = (copy.byte(at + 11) & 1) === 1;
      const header = copy.keep(copy.skip(copy.keep(at, 4), 4), 4);
      return copy.ethernet(hasSubheader ? copy.skip(header, 8) : header);
    }
    case WCCP:
      return at === copy.packet ? at : copy.skip(at, 4);
    default:
      return copy.etherType(protocol, at);
  }
}

function udp(copy: HeaderCopy, at: number): number {
  const ports = [copy.word(at + 2), copy.word(at)];
  const payload = copy.skip(copy.keep(at, 6), 2);
  // Which of the ports is the tunnel's shows in where it leads.
  for (const port of ports) {
    const reached = onPort(copy, port, payload);
    if (reached === copy.packet) return reached;
    copy.to.fill(0, at + UDP_HEADER, copy.packet);
  }
  return UNKNOWN;
}

function onPort(copy: HeaderCopy, port: number, at: number): number {
  switch (port) {
    case 4789:
    case 8472:
      return copy.ethernet(vxlan(copy, at));
    case 4790: {
      const isGeneric = (copy.byte(at) & 0x0c) === 0x0c;
      const behind = vxlan(copy, at);
      return isGeneric && copy.byte(at + 3) !== 3 ? behind : copy.ethernet(behind);
    }
    case 6081:
      return copy.etherType(copy.word(at + 2), copy.skip(copy.keep(at, 8), (copy.byte(at) & 0x3f) << 2));
    case 2152:
      return gtpU(copy, at);
    case 1701:
      return l2tp(copy, at);
    case 3544:
      return teredo(copy, at);
    case 4341:
      return lisp(copy, at);
    case 5072:
      return ayiya(copy, at);
    case 6635:
      return copy.mpls(at);
    case 37008:
      return tzsp(copy, at);
    default:
      return UNKNOWN;
  }
}

/** RFC 7348, section 5; of the reserved bytes, only what VXLAN-GPE says is inside. */
function vxlan(copy: HeaderCopy, at: number): number {
  copy.keep(at, 1);
  copy.keep(at + 3, 4);
  return copy.skip(at, 8);
}

/** 3GPP TS 29.281, section 5: of extension headers, length and type. */
function gtpU(copy: HeaderCopy, start: number): number {
  const flags = copy.byte(start);
  let at = copy.keep(start, 8);
  if ((flags & 0x07) === 0) return at;
  at = copy.keep(at, 4);
  let next = (flags & 0x04) === 0 ? 0 : copy.byte(at - 1);
  while (next > 0 && at >= 0) {
    const length = copy.byte(at) << 2;
    if (length <= 0) return UNKNOWN;
    copy.keep(at, 1);
    at = copy.keep(copy.skip(at, length - 1), 1);
    next = copy.byte(at - 1);
  }
  return at;
}

/** RFC 2661, section 3.1. */
function l2tp(copy: HeaderCopy, start: number): number {
  const flags = copy.word(start);
  let at = copy.keep(start, (flags & 0x4000) === 0 ? 6 : 8);
  if ((flags & 0x0800) !== 0) at = copy.keep(at, 4);
  if ((flags & 0x0200) !== 0) at = copy.skip(copy.keep(at, 2), copy.word(at));
  return copy.ppp(at);
}

/** RFC 4380, section 5.1.1: authentication and origin are left zero. */
function teredo(copy: HeaderCopy, start: number): number {
  let at = start;
  if (at < copy.packet && copy.word(at) === 0x0001) {
    const more = copy.byte(at + 2) + copy.byte(at + 3);
    at = copy.skip(copy.keep(at, 4), 9 + more);
  }
  if (at >= 0 && at < copy.packet && copy.word(at) === 0x0000) at = copy.skip(at, 8);
  return at;
}

/** RFC 9300, section 5: flags, and the instance where they say that there is one. */
function lisp(copy: HeaderCopy, at: number): number {
  copy.keep(at, 1);
  if ((copy.byte(at) & 0x08) !== 0) copy.keep(at + 4, 4);
  return copy.skip(at, 8);
}

/** draft-massar-v6ops-ayiya, section 3.1. */
function ayiya(copy: HeaderCopy, at: number): number {
  const identity = 1 << (copy.byte(at) >>> 4);
  const signature = (copy.byte(at + 1) >>> 4) << 2;
  return copy.skip(copy.keep(at, 4), 4 + identity + signature);
}

const TZSP_ETHERNET = 1;
const TZSP_PADDING = 0;
const TZSP_END = 1;

/** Of the tags, kind and length. */
function tzsp(copy: HeaderCopy, start: number): number {
  if (copy.word(start + 2) !== TZSP_ETHERNET) return UNKNOWN;
  let at = copy.keep(start, 4);
  while (at >= 0) {
    const tag = copy.byte(at);
    at = copy.keep(at, 1);
    if (tag === TZSP_END) return copy.ethernet(at);
    if (tag !== TZSP_PADDING) at = copy.skip(copy.keep(at, 1), copy.byte(at));
  }
  return UNKNOWN;
}
