import { SQUEEZE_LENGTHS, SQUEEZES, STRETCHES } from './layout';

/*
 * Words, most of them small, in as few bytes as they need: 4, 2, 1 or 0. Before each four of them stands a byte that tells
 * which (Lemire, Kurz and Rupp 2018, "Stream VByte"), as it is quickly found out: its lower half has the lower bit of the kind of
 * each word, its upper half the upper one. Four words are moved to their bytes at once.
 */

/** What four words take at most. */
export const MOST_SQUEEZED: usize = 17;
const KINDS_OF_FOUR: u32 = 256;
/** An index of bytes that stands for a zero. */
const NOTHING: u8 = 0x80;

const FIRST_SQUEEZE: usize = SQUEEZES;
const FIRST_STRETCH: usize = STRETCHES;
const FIRST_LENGTH: usize = SQUEEZE_LENGTHS;

/** Where the last four words that were stretched end. */
export let stretchedTo: usize = 0;

/** Writes the tables. */
function prepare(): void {
  for (let kinds: u32 = 0; kinds < KINDS_OF_FOUR; kinds++) {
    const squeeze = squeezeOf(kinds);
    const stretch = stretchOf(kinds);
    memory.fill(squeeze, NOTHING, 16);
    memory.fill(stretch, NOTHING, 16);
    let length: u32 = 0;
    for (let lane: u32 = 0; lane < 4; lane++) {
      const bytes = bytesOf(((kinds >> lane) & 1) | ((kinds >> (lane + 3)) & 2));
      for (let i: u32 = 0; i < bytes; i++) {
        store<u8>(stretch + 4 * lane + i, <u8>length);
        store<u8>(squeeze + length++, <u8>(4 * lane + i));
      }
    }
    store<u8>(FIRST_LENGTH + kinds, <u8>length);
  }
}

prepare();

/** @returns where they end; behind that, as far as four words may take, memory is overwritten, too */
export function squeeze(words: v128, to: usize): usize {
  const nothing = i32x4.splat(0);
  const none = i32x4.bitmask(i32x4.eq(words, nothing));
  const oneAtMost = i32x4.bitmask(i32x4.eq(i32x4.shr_u(words, 8), nothing));
  const twoAtMost = i32x4.bitmask(i32x4.eq(i32x4.shr_u(words, 16), nothing));
  const kinds = (none ^ oneAtMost ^ twoAtMost) | (oneAtMost << 4);
  store<u8>(to, <u8>kinds);
  v128.store(to + 1, i8x16.swizzle(words, v128.load(squeezeOf(kinds))));
  return to + 1 + load<u8>(FIRST_LENGTH + kinds);
}

/** @returns four words that were squeezed; `stretchedTo` is where they end */
export function stretch(from: usize): v128 {
  const kinds = load<u8>(from);
  stretchedTo = from + 1 + load<u8>(FIRST_LENGTH + kinds);
  return i8x16.swizzle(v128.load(from + 1), v128.load(stretchOf(kinds)));
}

function squeezeOf(kinds: u32): usize {
  return FIRST_SQUEEZE + ((<usize>kinds) << 4);
}

function stretchOf(kinds: u32): usize {
  return FIRST_STRETCH + ((<usize>kinds) << 4);
}

function bytesOf(kind: u32): u32 {
  return <u32>4 >> kind;
}

/** Of each word, the small numbers near 0 are those that are small without a sign. */
export function zigzag(words: v128): v128 {
  return v128.xor(i32x4.shl(words, 1), i32x4.shr_s(words, 31));
}

export function unzigzag(words: v128): v128 {
  return v128.xor(i32x4.shr_u(words, 1), i32x4.neg(v128.and(words, i32x4.splat(1))));
}

export function four(first: u32, second: u32, third: u32, fourth: u32): v128 {
  let words = i32x4.splat(first);
  words = i32x4.replace_lane(words, 1, second);
  words = i32x4.replace_lane(words, 2, third);
  return i32x4.replace_lane(words, 3, fourth);
}
