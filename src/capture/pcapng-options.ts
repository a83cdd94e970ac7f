/** Codes of the options that are read (draft-ietf-opsawg-pcapng, sections 3.5, 4.2 and 4.6). */
export const Option = {
  END: 0,
  IF_NAME: 2,
  IF_TSRESOL: 9,
  IF_TSOFFSET: 14,
  ISB_IFRECV: 4,
  ISB_IFDROP: 5,
  ISB_OSDROP: 7,
} as const;

/**
 * Calls `take` with the code, index and length of each option in [start, end) of `view`. An option that does not fit ends
 * them quietly.
 */
export function eachOption(
  view: DataView,
  start: number,
  end: number,
  littleEndian: boolean,
  take: (code: number, at: number, length: number) => void,
): void {
  let at = start;
  while (at + 4 <= end) {
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    at += 4;
    if (code === Option.END || at + length > end) return;
    take(code, at, length);
    at += (length + 3) & ~3;
  }
}
