import type { Random } from './random.js';

/** Where a length or a count is written, these are the values that break readers. */
const TELLING = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const MOST_MUTATIONS = 8;
const LONGEST_STRETCH = 300;
/** Half of all damage hits the headers at the beginning. */
const BEGINNING = 96;

type Mutation = (bytes: Buffer, at: number, random: Random, other: Uint8Array) => Buffer;

/** These leave the length as it is: most records can still be told from each other. */
const GENTLE: readonly Mutation[] = [
  (bytes, at, random) => {
    bytes[at] ^= 1 << random.below(8);
    return bytes;
  },
  (bytes, at, random) => {
    bytes[at] = random.below(256);
    return bytes;
  },
  (bytes, at, random) => {
    const width = random.pick([1, 2, 4].filter((length) => at + length <= bytes.length));
    const value = random.pick(TELLING) % 2 ** (8 * width);
    if (random.below(2) === 0) bytes.writeUIntLE(value, at, width);
    else bytes.writeUIntBE(value, at, width);
    return bytes;
  },
];

const ROUGH: readonly Mutation[] = [
  ...GENTLE,
  (bytes, at, random) => {
    const length = 1 + random.below(LONGEST_STRETCH);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  },
  (bytes, at, random) => {
    const stretch = bytes.subarray(at, at + 1 + random.below(LONGEST_STRETCH));
    return Buffer.concat([bytes.subarray(0, at), stretch, bytes.subarray(at)]);
  },
  (bytes, at, random) => {
    const noise = Buffer.from(Array.from({ length: 1 + random.below(40) }, () => random.below(256)));
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
  (bytes, at, random, other) => {
    const from = random.below(other.length);
    const stretch = other.subarray(from, from + 1 + random.below(LONGEST_STRETCH));
    return Buffer.concat([bytes.subarray(0, at), stretch, bytes.subarray(at)]);
  },
  (bytes, at) => bytes.subarray(0, at),
];

/**
 * The same bytes with one to eight damages: in half of the cases of any kind, in the others of those that leave the most
 * to be read. `other` is another capture, of which a piece may get in.
 */
export function mutate(original: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = Buffer.from(original);
  const isRough = random.below(2) === 0;
  for (let left = 1 + random.below(MOST_MUTATIONS); left > 0 && bytes.length > 0; left--) {
    const isAtBeginning = isRough && random.below(2) === 0;
    const at = random.below(isAtBeginning ? Math.min(BEGINNING, bytes.length) : bytes.length);
    bytes = Buffer.from(random.pick(isRough ? ROUGH : GENTLE)(bytes, at, random, other));
  }
  return bytes;
}
