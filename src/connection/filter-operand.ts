import { type Address, parseAddress } from '../decode/address.js';
import type { Endpoint } from './model.js';

export type OperandType = 'host' | 'net' | 'port' | 'portrange';

export type EndTest = (end: Endpoint) => boolean;

/** What may follow each word, and what it says of an end of a connection; null if it is not of that type. */
export const OPERANDS: Readonly<
  Record<OperandType, { readonly expected: string; readonly read: (text: string) => EndTest | null }>
> = {
  host: { expected: 'an address', read: readHost },
  net: { expected: 'a network with its prefix, and no bit set beyond it', read: readNetwork },
  port: { expected: 'a port number', read: readPort },
  portrange: { expected: 'a range of ports such as 8000-8080', read: readPortRange },
};

function readHost(text: string): EndTest | null {
  const address = parseAddress(text);
  return address && inNetwork(address, 128);
}

/** With a prefix, or, as tcpdump has it, the first one to four numbers of an IPv4 network: `10`, `192.168`. */
function readNetwork(text: string): EndTest | null {
  const [base, prefix, ...more] = text.split('/');
  if (prefix === undefined) return readShortNetwork(text);
  const address = parseAddress(base);
  if (address === null || more.length > 0 || !/^\d{1,3}$/.test(prefix)) return null;
  const width = address.ipVersion === 4 ? 32 : 128;
  if (Number(prefix) > width) return null;
  const bits = 128 - width + Number(prefix);
  return address.words.every((word, index) => (word & ~mask(bits, index)) === 0) ? inNetwork(address, bits) : null;
}

function readShortNetwork(text: string): EndTest | null {
  const missing = 4 - text.split('.').length;
  if (text.includes(':') || missing < 0) return readHost(text);
  const address = parseAddress(text + '.0'.repeat(missing));
  return address && inNetwork(address, 128 - 8 * missing);
}

/** @param bits of the four words that count; an IPv4 address stands in the last 32 of 128 */
function inNetwork(network: Address, bits: number): EndTest {
  return (end) => {
    const address = parseAddress(end.address);
    return (
      address?.ipVersion === network.ipVersion &&
      address.words.every((word, index) => ((word ^ network.words[index]) & mask(bits, index)) === 0)
    );
  };
}

/** The part of a prefix of `bits` that falls into the word at `index`. */
function mask(bits: number, index: number): number {
  const inWord = Math.min(Math.max(bits - 32 * index, 0), 32);
  return inWord === 0 ? 0 : -1 << (32 - inWord);
}

function readPort(text: string): EndTest | null {
  const port = portNumber(text);
  return port === null ? null : (end) => end.port === port;
}

/** Either end may stand first; a single port is a range of one. */
function readPortRange(text: string): EndTest | null {
  const ports = text.split('-').map(portNumber);
  const known = ports.filter((port) => port !== null);
  if (known.length < ports.length || ports.length > 2) return null;
  return ({ port }) => port >= Math.min(...known) && port <= Math.max(...known);
}

function portNumber(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : null;
}
