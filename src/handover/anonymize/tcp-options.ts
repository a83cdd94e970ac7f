const END = 0;
const NO_OPERATION = 1;
const FAST_OPEN = 34;
const EXPERIMENTS: readonly number[] = [253, 254];
const FAST_OPEN_MAGIC = 0xf989;

/**
 * Options that name nobody, with the one length that each may have: maximum segment size, window scale, SACK permitted,
 * timestamps. SACK (5) has several.
 */
const KEPT: ReadonlyMap<number, number> = new Map([
  [2, 4],
  [3, 3],
  [4, 2],
  [8, 10],
]);
const SACK = 5;

/**
 * Copies the TCP options in [start, end) of `from` to the same place of `to`. What is not known to be harmless becomes
 * NO-OPERATIONs: MD5 and TCP-AO digests, addresses and keys of Multipath TCP, options nobody has heard of. A Fast Open option
 * stays, with zeros for its cookie.
 */
export function copyOptions(from: Uint8Array, to: Uint8Array, start: number, end: number): void {
  to.fill(NO_OPERATION, start, end);
  let at = start;
  while (at < end) {
    const kind = from[at];
    if (kind === END) {
      to.fill(END, at, end);
      return;
    }
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = at + 1 < end ? from[at + 1] : 0;
    if (length < 2 || at + length > end) return;
    const magic = length >= 4 && ((from[at + 2] << 8) | from[at + 3]) === FAST_OPEN_MAGIC;
    if (KEPT.get(kind) === length || (kind === SACK && length > 2 && (length - 2) % 8 === 0 && length <= 34)) {
      to.set(from.subarray(at, at + length), at);
    } else if (kind === FAST_OPEN || (EXPERIMENTS.includes(kind) && magic)) {
      to.fill(0, at, at + length);
      to.set(from.subarray(at, at + (kind === FAST_OPEN ? 2 : 4)), at);
    }
    at += length;
  }
}
