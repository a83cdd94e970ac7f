import { createHash } from 'node:crypto';
import type { Endpoint } from '../connection/model.js';
import { parseAddress } from '../decode/address.js';

/** Two bytes. */
const SEED = Buffer.of(0, 0);
/** TCP, and a byte of padding. */
const PROTOCOL = Buffer.of(6, 0);

/**
 * Community ID, version 1, with seed 0: the name that Zeek, Suricata, Arkime and Elastic give a connection, too. The same for
 * both directions; later connections on the same addresses and ports share it.
 *
 * @see https://github.com/corelight/community-id-spec
 */
export function communityId(one: Endpoint, other: Endpoint): string {
  const [lower, higher] = [wireOf(one), wireOf(other)].sort(Buffer.compare);
  const addresses = [lower.subarray(0, -2), higher.subarray(0, -2)];
  const ports = [lower.subarray(-2), higher.subarray(-2)];
  const bytes = Buffer.concat([SEED, ...addresses, PROTOCOL, ...ports]);
  return `1:${createHash('sha1').update(bytes).digest('base64')}`;
}

/** Address and port as they stand on the wire, which is also how endpoints are ordered. */
function wireOf({ address, port }: Endpoint): Buffer {
  const parsed = parseAddress(address);
  if (parsed === null) throw new RangeError(`not an address: ${address}`);
  const words = parsed.ipVersion === 4 ? parsed.words.slice(3) : parsed.words;
  const bytes = Buffer.alloc(words.length * 4 + 2);
  words.forEach((word, index) => {
    bytes.writeInt32BE(word, index * 4);
  });
  bytes.writeUInt16BE(port, words.length * 4);
  return bytes;
}
