import type { Segment } from './segment.js';

/** The ones' complement sum of [start, end), folded to 16 bits (RFC 1071), on top of `sum`. */
function add(sum: number, view: DataView, start: number, end: number): number {
  let total = sum;
  let at = start;
  for (; at + 1 < end; at += 2) total += view.getUint16(at);
  if (at < end) total += view.getUint8(at) << 8;
  return fold(total);
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return folded;
}

/** Whether the IPv4 header in [start, end) has a right checksum. */
export function isRightIpv4Checksum(view: DataView, start: number, end: number): boolean {
  return add(0, view, start, end) === 0xffff;
}

const TCP = 6;
const CHECKSUM_OFFSET = 16;

/**
 * Whether the TCP segment in [start, end), all of it captured, has a right checksum, or the one that a host leaves to its
 * network card to complete: the sum of the pseudo-header alone (RFC 9293, section 3.1).
 */
export function isRightTcpChecksum(view: DataView, start: number, end: number, segment: Segment): boolean {
  const pseudoHeader = fold(
    [
      segment.source0,
      segment.source1,
      segment.source2,
      segment.source3,
      segment.destination0,
      segment.destination1,
      segment.destination2,
      segment.destination3,
    ].reduce((sum, word) => sum + (word >>> 16) + (word & 0xffff), TCP + end - start),
  );
  return add(pseudoHeader, view, start, end) === 0xffff || view.getUint16(start + CHECKSUM_OFFSET) === pseudoHeader;
}
