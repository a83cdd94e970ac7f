/**
 * Sequence numbers: arithmetic modulo 2^32 (RFC 9293, section 3.4).
 * Arguments may be signed or unsigned 32-bit numbers; comparisons hold for distances below 2^31.
 */

/** `a` comes before `b`. */
export const seqBefore = (a: number, b: number): boolean => ((a - b) | 0) < 0;

/** `a` comes after `b`. */
export const seqAfter = (a: number, b: number): boolean => ((a - b) | 0) > 0;

/** `a` lies in [left, right). */
export const seqWithin = (a: number, left: number, right: number): boolean => (a - left) >>> 0 < (right - left) >>> 0;
