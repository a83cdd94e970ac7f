/**
 * Bytes between the begin of an allocation and what is used of it. What is large begins 16 bytes behind a page's begin: where
 * that is copied to from the begin of another page, or read to from that of a file's page, AMD's Zen 3 and 4 take four times
 * as long and more (glibc bug 30994, "REP MOVSB performance suffers from page aliasing").
 */
const DISTANCE = 256;

/**
 * @returns memory for so many bytes that others are quickly copied to, wherever in their page these begin. What it holds until
 * then is not cleared.
 */
export function bufferApart(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(DISTANCE + length).buffer, DISTANCE);
}
