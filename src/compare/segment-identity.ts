import { ACK, FIN, RST, type Segment, SYN } from '../decode/segment.js';

const CONTROL = SYN | FIN | RST;

/**
 * A number for what stays the same of a segment on its way, address translation included; 0 for what many segments have in
 * common. Segments that rewriting middleboxes have changed are not recognised.
 */
export function identityOf(s: Segment): number {
  if (s.length === 0 && (s.flags & CONTROL) === 0 && !s.hasTimestamps) return 0;
  let hash = Math.imul(s.seq ^ 0x9e3779b1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ ((s.flags & ACK) !== 0 ? s.ack : 0), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13) ^ s.tsVal, 0x27d4eb2f);
  const low = (hash ^ (hash >>> 16)) >>> 0;
  return low * 0x100000 + (((s.length << 4) ^ (s.flags & CONTROL) ^ s.tsEcr) & 0xfffff);
}
