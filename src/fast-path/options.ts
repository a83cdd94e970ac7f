import { hostOrder } from './byte-order';
import { SEG_SCALE_SHIFT, SEG_TIMESTAMPS, SEG_TS_ECR, SEG_TS_VAL } from './layout';
import { setWord } from './record';

/** Two times NOP, then Timestamps of length 10 (RFC 7323, appendix A), as they lie in memory. */
const ALIGNED_TIMESTAMPS: u32 = 0x0a080101;
const ALIGNED_TIMESTAMPS_LENGTH: usize = 12;

/** MSS, SACK-permitted and Timestamps, NOP and Window Scale: a SYN of Linux (tcp_options_write in net/ipv4/tcp_output.c). */
const LINUX_SYN_LENGTH: usize = 20;
const MSS_OF_4: u32 = 0x0402;
const SACK_PERMITTED_AND_TIMESTAMPS: u32 = 0x0a080204;
const ALIGNED_WINDOW_SCALE: u32 = 0x030301;

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
const MOST_WINDOW_SCALE: u32 = 14;

/** No bits of SEG_BITS. */
export const NOT_USUAL: u32 = 0xffffffff;

/**
 * Decodes the TCP options in [from, to).
 * @returns bits of SEG_BITS; NOT_USUAL where an option is of another kind, or of another length than its RFC gives
 */
export function decodeOptions(segment: usize, from: usize, to: usize): u32 {
  if (to - from === ALIGNED_TIMESTAMPS_LENGTH && load<u32>(from) === ALIGNED_TIMESTAMPS) {
    takeTimestamps(segment, from + 2);
    return SEG_TIMESTAMPS;
  }
  if (isLinuxSyn(from, to)) {
    takeTimestamps(segment, from + 6);
    return SEG_TIMESTAMPS | scaleBits(<u32>load<u8>(from, 19));
  }
  setWord(segment, SEG_TS_VAL, 0);
  setWord(segment, SEG_TS_ECR, 0);
  let bits: u32 = 0;
  let at = from;
  while (at < to) {
    const kind = <u32>load<u8>(at);
    if (kind === END) return bits;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = at + 2 > to ? 0 : <u32>load<u8>(at, 1);
    if (length !== lengthOfKind(kind) || at + length > to) return NOT_USUAL;
    if (kind === WINDOW_SCALE) {
      bits = (bits & SEG_TIMESTAMPS) | scaleBits(<u32>load<u8>(at, 2));
    } else if (kind === TIMESTAMPS) {
      takeTimestamps(segment, at);
      bits |= SEG_TIMESTAMPS;
    }
    at += length;
  }
  return bits;
}

/** To walk through these one by one, a branch for each, is what a SYN would take most of its time for. */
function isLinuxSyn(from: usize, to: usize): bool {
  if (to - from !== LINUX_SYN_LENGTH || <u32>load<u16>(from) !== MSS_OF_4) return false;
  if (load<u32>(from, 4) !== SACK_PERMITTED_AND_TIMESTAMPS) return false;
  return (load<u32>(from, 16) & 0xffffff) === ALIGNED_WINDOW_SCALE;
}

function scaleBits(shift: u32): u32 {
  return (min<u32>(shift, MOST_WINDOW_SCALE) + 1) << SEG_SCALE_SHIFT;
}

/** The length that an option of this kind has. */
function lengthOfKind(kind: u32): u32 {
  if (kind === MSS) return 4;
  if (kind === WINDOW_SCALE) return 3;
  if (kind === SACK_PERMITTED) return 2;
  return kind === TIMESTAMPS ? 10 : NO_LENGTH;
}

function takeTimestamps(segment: usize, option: usize): void {
  const both = hostOrder(v128.load64_zero(option, 2));
  // They stand one behind the other.
  v128.store64_lane(segment, both, 0, SEG_TS_VAL << 2);
}
