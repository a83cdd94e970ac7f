import { Key } from './key';
import { FOLLOWED_KEYS, FOLLOWED_KEYS_BYTES } from './layout';

/* A filter of keys: flows that are followed in full stand elsewhere, and most segments that begin a flow are of none of them. */

const FIRST: usize = FOLLOWED_KEYS;
const BIT_MASK: u32 = (FOLLOWED_KEYS_BYTES << 3) - 1;

/** Until a flow is followed in full, the filter is not asked: its bytes are seldom in the cache. */
let isEmpty: bool = true;

/** The key of the segment under the cursor is that of a flow that is followed in full. */
export function noteFollowed(): void {
  isEmpty = false;
  store<u8>(byteOf(), load<u8>(byteOf()) | <u8>bitOf());
}

/** @returns false where no flow of that key is or was followed in full */
export function mayBeFollowed(): bool {
  return !isEmpty && (load<u8>(byteOf()) & bitOf()) !== 0;
}

export function forgetFollowed(): void {
  isEmpty = true;
  memory.fill(FIRST, 0, FOLLOWED_KEYS_BYTES);
}

function byteOf(): usize {
  return FIRST + ((Key.hash & BIT_MASK) >> 3);
}

function bitOf(): u32 {
  const one: u32 = 1;
  return one << (Key.hash & 7);
}
