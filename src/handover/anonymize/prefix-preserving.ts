import { type Cipher, createCipheriv } from 'node:crypto';

const BLOCK = 16;
export const KEY_LENGTH = 32;
/** Addresses whose images are remembered, by their hash: of two with the same one the later is. */
const REMEMBERED = 1 << 15;
/** Words of 32 bits: length of the address in bytes, the address, its image. */
const ENTRY = 9;

/**
 * Maps addresses so that two that share their first n bits, and no more, have images that share their first n bits, and no
 * more: networks stay networks. One to one, and the same in every capture with the same key.
 *
 * @see Xu, Fan, Ammar, Moon: Prefix-Preserving IP Address Anonymization (Crypto-PAn), ICNP 2002
 */
export class PrefixPreserving {
  readonly #cipher: Cipher;
  readonly #pad: Uint8Array;
  readonly #remembered = new Int32Array(REMEMBERED * ENTRY);

  /** @param key 32 bytes: those of AES-128, then those that the pad is made of */
  constructor(key: Uint8Array) {
    if (key.length !== KEY_LENGTH) throw new RangeError(`a key has ${KEY_LENGTH} bytes`);
    this.#cipher = createCipheriv('aes-128-ecb', key.subarray(0, BLOCK), null).setAutoPadding(false);
    this.#pad = this.#cipher.update(key.subarray(BLOCK));
  }

  /** Image of an address of 4 or 16 bytes. */
  map(address: Uint8Array): Uint8Array {
    const image = new Uint8Array(address.length);
    this.copy(address, image, 0, address.length);
    return image;
  }

  /** Writes the image of the address of 4 or 16 bytes at `at` in `from` to the same place in `to`. */
  copy(from: Uint8Array, to: Uint8Array, at: number, length: number): void {
    const known = this.#remembered;
    const words = length >>> 2;
    let hash = length;
    for (let i = 0; i < words; i++) {
      hash = Math.imul(hash ^ word(from, at + 4 * i), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const entry = (hash & (REMEMBERED - 1)) * ENTRY;
    let isKnown = known[entry] === length;
    for (let i = 0; i < words; i++) isKnown &&= known[entry + 1 + i] === word(from, at + 4 * i);
    if (!isKnown) {
      const image = this.#compute(from.subarray(at, at + length));
      known[entry] = length;
      for (let i = 0; i < words; i++) {
        known[entry + 1 + i] = word(from, at + 4 * i);
        known[entry + 5 + i] = word(image, 4 * i);
      }
    }
    for (let i = 0; i < words; i++) putWord(to, at + 4 * i, known[entry + 5 + i]);
  }

  /** Whether bit n is turned depends on the n bits before it: the first bit of a block that begins with them. */
  #compute(address: Uint8Array): Uint8Array {
    const bits = address.length * 8;
    const blocks = new Uint8Array(bits * BLOCK);
    for (let bit = 0; bit < bits; bit++) {
      const block = blocks.subarray(bit * BLOCK, (bit + 1) * BLOCK);
      block.set(this.#pad);
      const whole = bit >>> 3;
      block.set(address.subarray(0, whole));
      const mask = 0xff00 >>> (bit & 7);
      if (whole < address.length) block[whole] = (address[whole] & mask) | (this.#pad[whole] & ~mask & 0xff);
    }
    const turned = this.#cipher.update(blocks);
    const image = Uint8Array.from(address);
    for (let bit = 0; bit < bits; bit++) image[bit >>> 3] ^= (turned[bit * BLOCK] & 0x80) >>> (bit & 7);
    return image;
  }
}

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];

function putWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
