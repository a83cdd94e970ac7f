import {
  BITS,
  IPV6,
  LOW_A,
  LOW_B,
  MULTIPLIERS,
  PORTS,
  SEG_HASH,
  SEG_LOW_A,
  SEG_LOW_B,
  SEG_PORTS,
  SEG_UPPER,
  UPPER,
} from './layout';
import { setWord, word } from './record';
import { isIpv6 } from './segment';

/* Addresses and ports of a segment, in canonical order, so that both directions have one key. */

const WORDS_OF_UPPER: i32 = 6;
/** Odd, so that hashes that differ do so when they are mixed. */
const MIXER: u32 = 0x7feb352d;

const FIRST_MULTIPLIER: usize = MULTIPLIERS;
/** Those of a key's lowest words, and ports; behind them, those of the others. */
const BY_LOW_A: i32 = 0;
const BY_LOW_B: i32 = 1;
const BY_PORTS: i32 = 2;
const BY_UPPER: i32 = 3;

function multiplier(word: i32): u64 {
  return load<u64>(FIRST_MULTIPLIER + ((<usize>word) << 3));
}

/** @param ports that of the source in the upper half @returns 0 where the source is the key's lower endpoint, else 1 */
export function takeIpv4Key(segment: usize, source: u32, destination: u32, ports: u32): u32 {
  // Which end has sent a segment cannot be foreseen: there is no branch, and nothing is done for the wrong one.
  const direction = <u32>(source > destination) | (<u32>(source === destination) & <u32>isSourcePortHigher(ports));
  writeLowest(segment, source, destination, ports, direction, 0);
  return direction;
}

/** The same, of addresses of four words, the highest first. */
export function takeIpv6Key(segment: usize, source: v128, destination: v128, ports: u32): u32 {
  const direction = <u32>isHigher(source, destination, ports);
  const swapped = v128.and(v128.xor(source, destination), i32x4.splat(0 - direction));
  const addressA = v128.xor(source, swapped);
  const addressB = v128.xor(destination, swapped);
  // Of each, what stands above the lowest word.
  v128.store(segment, addressA, SEG_UPPER << 2);
  v128.store(segment, addressB, (SEG_UPPER + 3) << 2);
  const upper = sumOfUpper(segment, SEG_UPPER);
  const sourceLow = <u32>i32x4.extract_lane(source, 3);
  writeLowest(segment, sourceLow, <u32>i32x4.extract_lane(destination, 3), ports, direction, upper);
  return direction;
}

function isHigher(source: v128, destination: v128, ports: u32): bool {
  const differing = i32x4.bitmask(i32x4.ne(source, destination));
  if (differing === 0) return isSourcePortHigher(ports);
  const higher = i32x4.bitmask(i32x4.gt_u(source, destination));
  return ((higher >> ctz(differing)) & 1) !== 0;
}

/** @param upper word of the record where it has what addresses of IPv6 have above the lowest */
export function isKeyOf(segment: usize, record: usize, upper: i32): bool {
  // In both, the addresses stand one behind the other.
  if (load<u64>(record, LOW_A << 2) !== load<u64>(segment, SEG_LOW_A << 2)) return false;
  if (word(record, PORTS) !== word(segment, SEG_PORTS)) return false;
  const isRecordIpv6 = (word(record, BITS) & IPV6) !== 0;
  if (isRecordIpv6 !== isIpv6(segment)) return false;
  return !isRecordIpv6 || isUpperOf(segment, record, upper);
}

function isUpperOf(segment: usize, record: usize, upper: i32): bool {
  for (let i = 0; i < WORDS_OF_UPPER; i++) if (word(record, upper + i) !== word(segment, SEG_UPPER + i)) return false;
  return true;
}

/** Gives it to a record of zeros, but for its `BITS`. */
export function writeKey(segment: usize, record: usize): void {
  setWord(record, LOW_A, word(segment, SEG_LOW_A));
  setWord(record, LOW_B, word(segment, SEG_LOW_B));
  setWord(record, PORTS, word(segment, SEG_PORTS));
  if (!isIpv6(segment)) return;
  for (let i = 0; i < WORDS_OF_UPPER; i++) setWord(record, UPPER + i, word(segment, SEG_UPPER + i));
}

/** @param upper as above */
export function hashOf(record: usize, upper: i32): u32 {
  const sum = (word(record, BITS) & IPV6) !== 0 ? sumOfUpper(record, upper) : 0;
  return hashOfLowest(sum, word(record, LOW_A), word(record, LOW_B), word(record, PORTS));
}

function writeLowest(segment: usize, source: u32, destination: u32, ports: u32, direction: u32, upper: u64): void {
  const swapped = (source ^ destination) & (0 - direction);
  const lowA = source ^ swapped;
  const lowB = destination ^ swapped;
  const canonical = rotl<u32>(ports, direction << 4);
  setWord(segment, SEG_LOW_A, lowA);
  setWord(segment, SEG_LOW_B, lowB);
  setWord(segment, SEG_PORTS, canonical);
  setWord(segment, SEG_HASH, hashOfLowest(upper, lowA, lowB, canonical));
}

function isSourcePortHigher(ports: u32): bool {
  return ports >> 16 > (ports & 0xffff);
}

/**
 * Multiply-shift of a vector (Dietzfelbinger 1996): no two keys have one hash more often than by chance, and no product waits for
 * another one. Keys one behind the other, such as ports of a host, have hashes at equal distances, which with some multipliers
 * leave most buckets of an index empty: so these are mixed.
 */
function hashOfLowest(upper: u64, lowA: u32, lowB: u32, ports: u32): u32 {
  const sum = lowA * multiplier(BY_LOW_A) + lowB * multiplier(BY_LOW_B) + ports * multiplier(BY_PORTS);
  const hash = <u32>((upper + sum) >> 32);
  const mixed = (hash ^ (hash >> 16)) * MIXER;
  return mixed ^ (mixed >> 15);
}

function sumOfUpper(at: usize, field: i32): u64 {
  let sum: u64 = 0;
  for (let i = 0; i < WORDS_OF_UPPER; i++) sum += word(at, field + i) * multiplier(BY_UPPER + i);
  return sum;
}
