import { FOLLOWED_KEYS, FOLLOWED_KEYS_BYTES, SEG_HASH } from './layout';
import { word } from './record';

/* A filter of keys: flows that are followed in full stand elsewhere, and most segments that begin a flow are of none of them. */

const FIRST: usize = FOLLOWED_KEYS;
const BIT_MASK: u32 = (FOLLOWED_KEYS_BYTES << 3) - 1;

/** Until a flow is followed in full, the filter is not asked: its bytes are seldom in the cache. */
let isEmpty: bool = true;

/** A flow that has the key of this segment is followed in full. */
export function noteFollowedKey(segment: usize): void {
  isEmpty = false;
  const hash = word(segment, SEG_HASH);
  store<u8>(byteOf(hash), load<u8>(byteOf(hash)) | <u8>bitOf(hash));
}

/** @returns false where no flow that has the key of this segment is or was followed in full */
export function mayBeFollowed(segment: usize): bool {
  if (isEmpty) return false;
  const hash = word(segment, SEG_HASH);
  return (load<u8>(byteOf(hash)) & bitOf(hash)) !== 0;
}

export function forgetFollowed(): void {
  isEmpty = true;
  memory.fill(FIRST, 0, FOLLOWED_KEYS_BYTES);
}

function byteOf(hash: u32): usize {
  return FIRST + ((hash & BIT_MASK) >> 3);
}

function bitOf(hash: u32): u32 {
  const one: u32 = 1;
  return one << (hash & 7);
}
