import { createHash, randomBytes } from 'node:crypto';
import { HandoverError } from '../error.js';
import { KEY_LENGTH } from './prefix-preserving.js';

/** Shorter ones can be tried out. */
const MIN_SECRET_LENGTH = 16;

/** A key that nobody will know: addresses are mapped alike within one capture only. */
export const randomKey = (): Uint8Array => randomBytes(KEY_LENGTH);

/**
 * The key that a secret stands for: 64 hexadecimal digits are the key itself, as other Crypto-PAn tools take it; any other
 * text is hashed.
 * @throws HandoverError `key` for one that is too short
 */
export function keyOf(secret: string): Uint8Array {
  const text = secret.trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (text.length < MIN_SECRET_LENGTH) {
    throw new HandoverError(
      'key',
      `a secret of at least ${MIN_SECRET_LENGTH} characters for the addresses' key`,
      `${text.length}`,
    );
  }
  return createHash('sha256').update(text).digest();
}
