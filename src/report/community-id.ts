import crypto, { createHash } from 'node:crypto';

import type { Endpoint } from '../connection/model.js';
import { ipv4WordOf, parseAddress } from '../decode/address.js';

const TCP = 6;

/**
 * Community ID, version 1, with seed 0: the name that Zeek, Suricata, Arkime and Elastic give a connection, too. The same for
 * both directions; later connections on the same addresses and ports share it.
 *
 * @see https://github.com/corelight/community-id-spec
 */
export function communityId(one: Endpoint, other: Endpoint): string {
  const word = ipv4WordOf(one.address);
  const otherWord = ipv4WordOf(other.address);
  if (word !== null && otherWord !== null) return ofIpv4(word, otherWord, one.port, other.port);
  const [words, otherWords] = [wordsOf(one), wordsOf(other)];
  const isLower = (compare(words, otherWords) || one.port - other.port) <= 0;
  const at = putWords(isLower ? words : otherWords, IPV6, 2);
  const end = putWords(isLower ? otherWords : words, IPV6, at);
  return isLower ? idOf(IPV6, end, one.port, other.port) : idOf(IPV6, end, other.port, one.port);
}

function ofIpv4(word: number, otherWord: number, port: number, otherPort: number): string {
  const isLower = ((word >>> 0) - (otherWord >>> 0) || port - otherPort) <= 0;
  IPV4.setInt32(2, isLower ? word : otherWord);
  IPV4.setInt32(6, isLower ? otherWord : word);
  return isLower ? idOf(IPV4, 10, port, otherPort) : idOf(IPV4, 10, otherPort, port);
}

/* What is hashed, written over each time: a seed of two zeroes, both addresses, protocol and padding, both ports. */
const IPV4 = new DataView(new ArrayBuffer(16));
const IPV6 = new DataView(new ArrayBuffer(40));

/** @param at where the addresses end */
function idOf(bytes: DataView, at: number, lowerPort: number, otherPort: number): string {
  bytes.setUint8(at, TCP);
  bytes.setUint16(at + 2, lowerPort);
  bytes.setUint16(at + 4, otherPort);
  return `1:${sha1(bytes)}`;
}

function putWords(words: readonly number[], bytes: DataView, at: number): number {
  for (let i = 0; i < words.length; i++) bytes.setInt32(at + 4 * i, words[i]);
  return at + 4 * words.length;
}

let known: ((bytes: DataView) => string) | null = null;

/** In base64. */
function sha1(bytes: DataView): string {
  known ??= hasher();
  return known(bytes);
}

/** Node.js has `hash` since 20.12: without an object of its own for each of 500,000 hashes, it takes less than half of the time. */
function hasher(): (bytes: DataView) => string {
  const { hash } = crypto;
  return hash === undefined
    ? (bytes) => createHash('sha1').update(bytes).digest('base64')
    : (bytes) => hash('sha1', bytes, 'base64');
}

/** The words of an address of IPv6, as they stand on the wire. */
function wordsOf({ address }: Endpoint): readonly number[] {
  const parsed = parseAddress(address);
  if (parsed?.ipVersion !== 6) throw new RangeError(`not an address of IPv6: ${address}`);
  return parsed.words;
}

/** By the first bytes that differ. */
function compare(words: readonly number[], others: readonly number[]): number {
  const index = words.findIndex((word, i) => word !== others[i]);
  return index < 0 ? 0 : (words[index] >>> 0) - (others[index] >>> 0);
}
