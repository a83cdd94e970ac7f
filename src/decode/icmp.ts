import { SkipReason } from './result.js';

const HEADER_LENGTH = 8;

/**
 * Index in `view` of the packet that an ICMP (RFC 792) or ICMPv6 (RFC 4443) error message quotes, or a `SkipReason`.
 * The message's captured bytes are [offset, end).
 */
export function findQuotedPacket(view: DataView, version: 4 | 6, offset: number, end: number): number {
  if (offset >= end) return SkipReason.truncated;
  if (!isError(version, view.getUint8(offset))) return SkipReason['not-tcp'];
  const packet = offset + HEADER_LENGTH;
  if (packet >= end) return SkipReason.truncated;
  return view.getUint8(packet) >>> 4 === version ? packet : SkipReason.malformed;
}

function isError(version: 4 | 6, type: number): boolean {
  return version === 4 ? isIcmpError(type) : type >= 1 && type <= 4;
}

/** Destination unreachable, source quench, redirect, time exceeded, parameter problem (RFC 1122, section 3.2.2). */
function isIcmpError(type: number): boolean {
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}
