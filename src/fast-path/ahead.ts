import { recordEnd } from './framing';
import { decode } from './headers';
import { MOST_DECODED_BYTES, PIECE_BYTES, PIECES, SEGMENT_LINE } from './layout';
import { segmentEnd } from './segment';

/* What a thread that reads a capture for another one does with it: see threads/. */

export { setFraming } from './framing';
export { setLink } from './headers';
export { packPage } from './packing';

const FIRST: usize = PIECES;
const PIECE_LENGTH: usize = PIECE_BYTES;
const DECODED_LENGTH: usize = MOST_DECODED_BYTES;
/** What a segment takes at most. */
const LONGEST: usize = 2 * SEGMENT_LINE;

let decoded: usize = 0;

/** Bytes of the segments that `decodePiece` has written. */
export function decodedBytes(): u32 {
  return <u32>decoded;
}

/**
 * Writes the segments of records that begin at a piece's begin: those that the fast path takes.
 *
 * @param length of what was read of the piece
 * @returns where the first record begins that is not whole, not sane, or for whose segment there is no room
 */
export function decodePiece(piece: u32, length: u32): u32 {
  const begin = FIRST + <usize>piece * (PIECE_LENGTH + DECODED_LENGTH);
  const end = begin + length;
  const first = begin + PIECE_LENGTH;
  const last = first + DECODED_LENGTH - LONGEST;
  let to = first;
  let at = begin;
  while (to <= last) {
    const next = recordEnd(at, end);
    if (next === 0) break;
    if (decode(to, begin, at, end)) to = segmentEnd(to);
    at = next;
  }
  decoded = to - first;
  return <u32>(at - begin);
}
