/** RFC 1071: the one's complement of the one's complement sum over these bytes and what was summed before. */
export function checksum(bytes: Uint8Array, start: number, end: number, before = 0): number {
  let sum = before;
  let at = start;
  for (; at + 1 < end; at += 2) sum += (bytes[at] << 8) | bytes[at + 1];
  if (at < end) sum += bytes[at] << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** What the pseudo-header (RFC 9293, section 3.1; RFC 8200, section 8.1) with the addresses in [start, end) adds to that sum. */
export function pseudoHeaderSum(
  bytes: Uint8Array,
  start: number,
  end: number,
  protocol: number,
  length: number,
): number {
  let sum = protocol + (length >>> 16) + (length & 0xffff);
  for (let at = start; at < end; at += 2) sum += (bytes[at] << 8) | bytes[at + 1];
  return sum;
}
