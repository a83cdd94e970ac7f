import { SEG_BITS, SEG_FROM_B_SHIFT, SEG_IPV6, SEG_SCALE_SHIFT, SEG_TIMESTAMPS, SEG_WND, SEGMENT_LINE } from './layout';
import { word } from './record';

/* A TCP segment, in host order: named by the address of its line (see layout.ts), so that no part of it is copied to be read. */

/** Flag bits as they stand in the header (RFC 9293, section 3.1). */
export const FIN: u32 = 0x01;
export const SYN: u32 = 0x02;
export const RST: u32 = 0x04;
export const ACK: u32 = 0x10;

const FLAGS: u32 = 0x1ff;

export function flagsOf(segment: usize): u32 {
  return word(segment, SEG_BITS) & FLAGS;
}

/** 0 where the segment's source is the key's lower endpoint, else 1. */
export function directionOf(segment: usize): u32 {
  return (word(segment, SEG_BITS) >> SEG_FROM_B_SHIFT) & 1;
}

export function hasTimestamps(segment: usize): bool {
  return (word(segment, SEG_BITS) & SEG_TIMESTAMPS) !== 0;
}

export function isIpv6(segment: usize): bool {
  return (word(segment, SEG_BITS) & SEG_IPV6) !== 0;
}

/** 1 + the shift; 0 where there is none. */
export function scaleOf(segment: usize): u32 {
  return word(segment, SEG_BITS) >> SEG_SCALE_SHIFT;
}

export function windowOf(segment: usize): u32 {
  return word(segment, SEG_WND) & 0xffff;
}

/** Of the payload. */
export function lengthOf(segment: usize): u32 {
  return word(segment, SEG_WND) >> 16;
}

/** Where the next segment's line may begin. */
export function segmentEnd(segment: usize): usize {
  return segment + (isIpv6(segment) ? 2 * SEGMENT_LINE : SEGMENT_LINE);
}
