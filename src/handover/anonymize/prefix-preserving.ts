import { type Cipher, createCipheriv } from 'node:crypto';

const BLOCK = 16;
export const KEY_LENGTH = 32;
/** Addresses whose images are remembered; a capture with more computes some of them again. */
const REMEMBERED = 1 << 16;

/**
 * Maps addresses so that two that share their first n bits, and no more, have images that share their first n bits, and no
 * more: networks stay networks. One to one, and the same in every capture with the same key.
 *
 * @see Xu, Fan, Ammar, Moon: Prefix-Preserving IP Address Anonymization (Crypto-PAn), ICNP 2002
 */
export class PrefixPreserving {
  readonly #cipher: Cipher;
  readonly #pad: Uint8Array;
  readonly #images = new Map<number | string, Uint8Array>();

  /** @param key 32 bytes: those of AES-128, then those that the pad is made of */
  constructor(key: Uint8Array) {
    if (key.length !== KEY_LENGTH) throw new RangeError(`a key has ${KEY_LENGTH} bytes`);
    this.#cipher = createCipheriv('aes-128-ecb', key.subarray(0, BLOCK), null).setAutoPadding(false);
    this.#pad = this.#cipher.update(key.subarray(BLOCK));
  }

  /** Image of an address of 4 or 16 bytes. The result is not to be changed. */
  map(address: Uint8Array): Uint8Array {
    const name = nameOf(address);
    const known = this.#images.get(name);
    if (known !== undefined) return known;
    const image = this.#compute(address);
    if (this.#images.size >= REMEMBERED) this.#images.clear();
    this.#images.set(name, image);
    return image;
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

/** A number for IPv4: cheaper to look up. */
function nameOf(address: Uint8Array): number | string {
  if (address.length !== 4) return Buffer.from(address).toString('latin1');
  return (address[0] << 24) | (address[1] << 16) | (address[2] << 8) | address[3];
}
