import { Segment } from './segment';

/** Two times NOP, then Timestamps of length 10 (RFC 7323, appendix A), as they lie in memory. */
const ALIGNED_TIMESTAMPS: u32 = 0x0a080101;
const ALIGNED_TIMESTAMPS_LENGTH: usize = 12;

/* IANA's TCP Option Kind Numbers. */
const END: u32 = 0;
const NO_OPERATION: u32 = 1;
const MSS: u32 = 2;
const WINDOW_SCALE: u32 = 3;
const SACK_PERMITTED: u32 = 4;
const TIMESTAMPS: u32 = 8;

/** No byte says that. */
const NO_LENGTH: u32 = 256;

/** RFC 7323, section 2.3: a larger shift is read as 14. */
const MOST_WINDOW_SCALE: i32 = 14;

/**
 * Decodes the TCP options in [from, to).
 * @returns false where one is of another kind, or of another length than its RFC gives
 */
export function decodeOptions(from: usize, to: usize): bool {
  Segment.windowScale = -1;
  if (to - from === ALIGNED_TIMESTAMPS_LENGTH && load<u32>(from) === ALIGNED_TIMESTAMPS) {
    takeTimestamps(from + 2);
    return true;
  }
  Segment.hasTimestamps = false;
  Segment.tsVal = 0;
  Segment.tsEcr = 0;
  let at = from;
  while (at < to) {
    const kind = <u32>load<u8>(at);
    if (kind === END) return true;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = at + 2 > to ? 0 : <u32>load<u8>(at, 1);
    if (length !== lengthOf(kind) || at + length > to) return false;
    if (kind === WINDOW_SCALE) Segment.windowScale = min<i32>(<i32>load<u8>(at, 2), MOST_WINDOW_SCALE);
    else if (kind === TIMESTAMPS) takeTimestamps(at);
    at += length;
  }
  return true;
}

/** The length that an option of this kind has. */
function lengthOf(kind: u32): u32 {
  if (kind === MSS) return 4;
  if (kind === WINDOW_SCALE) return 3;
  if (kind === SACK_PERMITTED) return 2;
  return kind === TIMESTAMPS ? 10 : NO_LENGTH;
}

function takeTimestamps(option: usize): void {
  Segment.hasTimestamps = true;
  Segment.tsVal = bswap<u32>(load<u32>(option, 2));
  Segment.tsEcr = bswap<u32>(load<u32>(option, 6));
}
