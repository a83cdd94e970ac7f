/** RFC 1071: the one's complement of the one's complement sum over these bytes and what was summed before. */
export function checksum(bytes: Uint8Array, start: number, end: number, before = 0): number {
  let sum = before;
  for (let at = start; at < end; at += 2) sum += (bytes[at] << 8) | (at + 1 < end ? bytes[at + 1] : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** What the pseudo-header (RFC 9293, section 3.1; RFC 8200, section 8.1) adds to that sum. */
export function pseudoHeaderSum(addresses: Uint8Array, protocol: number, length: number): number {
  let sum = protocol + (length >>> 16) + (length & 0xffff);
  for (let at = 0; at < addresses.length; at += 2) sum += (addresses[at] << 8) | addresses[at + 1];
  return sum;
}
