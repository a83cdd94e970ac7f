import { Frame } from '../../src/capture/frame.js';
import { parseAddress } from '../../src/decode/address.js';

/** The options of a TCP header, in the order in which they are written. */
export interface TcpOptions {
  readonly mss?: number;
  readonly sackPermitted?: boolean;
  readonly timestamps?: readonly [value: number, echoReply: number];
  readonly windowScale?: number;
  readonly sack?: readonly (readonly [left: number, right: number])[];
  /** Cookie bytes; empty to ask for one. */
  readonly fastOpen?: readonly number[];
  /** Bytes to follow the others as they are. */
  readonly raw?: readonly number[];
}

export interface TcpFields {
  /** `10.0.0.1:40000` or `[2001:db8::1]:40000`. */
  readonly from: string;
  readonly to: string;
  /** Letters of FIN, SYN, RST, PSH, ACK, URG, ECE, CWR (`'SA'`), or the bits. Default `A`. */
  readonly flags?: string | number;
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  /** Bytes, text, or how many bytes. */
  readonly payload?: Uint8Array | string | number;
  readonly options?: TcpOptions;
  /** In 32-bit words, where it shall be a wrong one. */
  readonly dataOffset?: number;
}

export interface IpFields {
  /** Default 64. */
  readonly ttl?: number;
  /** Default 1; IPv4 only. */
  readonly ipId?: number;
  /** IPv4 total length or IPv6 payload length, where it shall be a wrong one. */
  readonly ipLength?: number;
  /** IPv4: flags and fragment offset as they stand in the header. */
  readonly fragment?: number;
  /** IPv4 options, a multiple of 4 bytes. */
  readonly ipOptions?: readonly number[];
  /** IPv6: extension headers, with the protocol number of the first. The last one's next-header byte must be the payload's protocol. */
  readonly extensions?: { readonly first: number; readonly bytes: readonly number[] };
}

export interface EthernetFields {
  /** VLAN identifiers, outermost first; every tag but the last is a provider tag (0x88a8). */
  readonly vlan?: number | readonly number[];
}

export type TcpFrameFields = TcpFields & IpFields & EthernetFields;

/** An Ethernet frame with one TCP segment; lengths and checksums are right unless told otherwise. */
export function tcpFrame(fields: TcpFrameFields): Uint8Array {
  return ethernetFrame(tcpPacket(fields), fields);
}

/** The same without Ethernet: an IP packet. */
export function tcpPacket(fields: TcpFields & IpFields): Uint8Array {
  return ipPacket(hostOf(fields.from), hostOf(fields.to), 6, tcpBytes(fields), fields);
}

/** An Ethernet frame with an ICMP (or ICMPv6) error about the packet `quoted`, between two addresses without ports. */
export function icmpErrorFrame(fields: {
  readonly from: string;
  readonly to: string;
  readonly type: number;
  readonly code: number;
  readonly quoted: Uint8Array;
}): Uint8Array {
  const message = bytes([fields.type, fields.code], u16(0), u32(0), fields.quoted);
  const protocol = fields.from.includes(':') ? 58 : 1;
  put16(message, 2, checksum(protocol === 1 ? message : withPseudoHeader(fields.from, fields.to, protocol, message)));
  return ethernetFrame(ipPacket(fields.from, fields.to, protocol, message, {}), {});
}

/** An IP packet with any payload. Its version is that of the addresses. */
export function ipPacket(
  from: string,
  to: string,
  protocol: number,
  payload: Uint8Array,
  { ttl = 64, ipId = 1, ipLength, fragment = 0, ipOptions = [], extensions }: IpFields,
): Uint8Array {
  if (from.includes(':')) {
    const rest = bytes(extensions?.bytes ?? [], payload);
    const header = [0x60, 0, 0, 0, ...u16(ipLength ?? rest.length), extensions?.first ?? protocol, ttl];
    return bytes(header, addressBytes(from), addressBytes(to), rest);
  }
  const headerLength = 20 + ipOptions.length;
  const header = bytes(
    [0x40 | (headerLength / 4), 0, ...u16(ipLength ?? headerLength + payload.length), ...u16(ipId), ...u16(fragment)],
    [ttl, protocol, 0, 0],
    addressBytes(from),
    addressBytes(to),
    ipOptions,
  );
  put16(header, 10, checksum(header));
  return bytes(header, payload);
}

/** An Ethernet frame around an IP packet, or around anything with its EtherType. */
export function ethernetFrame(
  payload: Uint8Array,
  { vlan = [], etherType }: EthernetFields & { readonly etherType?: number } = {},
): Uint8Array {
  const tags = typeof vlan === 'number' ? [vlan] : vlan;
  const tagBytes = tags.flatMap((tag, index) => [...u16(index === tags.length - 1 ? 0x8100 : 0x88a8), ...u16(tag)]);
  const type = etherType ?? (payload[0] >>> 4 === 6 ? 0x86dd : 0x0800);
  return bytes([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1], tagBytes, u16(type), payload);
}

/** A frame cursor on these bytes. `originalLength`: what was on the wire, where that was more. */
export function frameOf(
  frame: Uint8Array,
  {
    linkType = 1,
    originalLength = frame.length,
  }: { readonly linkType?: number; readonly originalLength?: number } = {},
): Frame {
  const cursor = new Frame();
  cursor.bytes = frame;
  cursor.view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  cursor.capturedLength = frame.length;
  cursor.originalLength = originalLength;
  cursor.linkType = linkType;
  cursor.number = 1;
  return cursor;
}

/** Joins bytes. */
export function bytes(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const FLAG_BITS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 };

function tcpBytes(fields: TcpFields): Uint8Array {
  const { from, to, flags = 'A', seq = 0, ack = 0, window = 64240, payload = 0 } = fields;
  const options = optionBytes(fields.options ?? {});
  const bits = typeof flags === 'number' ? flags : [...flags].reduce((sum, letter) => sum | flagBit(letter), 0);
  const dataOffset = fields.dataOffset ?? 5 + options.length / 4;
  const segment = bytes(
    [...u16(portOf(from)), ...u16(portOf(to)), ...u32(seq), ...u32(ack)],
    [...u16((dataOffset << 12) | bits), ...u16(window), 0, 0, 0, 0],
    options,
    payloadBytes(payload),
  );
  put16(segment, 16, checksum(withPseudoHeader(hostOf(from), hostOf(to), 6, segment)));
  return segment;
}

function flagBit(letter: string): number {
  const bit = FLAG_BITS[letter];
  if (bit === undefined) throw new Error(`no TCP flag ${letter}`);
  return bit;
}

function optionBytes({ mss, sackPermitted, timestamps, windowScale, sack, fastOpen, raw }: TcpOptions): number[] {
  const options: number[] = [];
  if (mss !== undefined) options.push(2, 4, ...u16(mss));
  if (sackPermitted) options.push(...(timestamps ? [] : [1, 1]), 4, 2);
  if (timestamps) options.push(...(sackPermitted ? [] : [1, 1]), 8, 10, ...timestamps.flatMap(u32));
  if (windowScale !== undefined) options.push(1, 3, 3, windowScale);
  if (sack) options.push(1, 1, 5, 2 + 8 * sack.length, ...sack.flat().flatMap(u32));
  if (fastOpen) options.push(34, 2 + fastOpen.length, ...fastOpen);
  if (raw) options.push(...raw);
  while (options.length % 4 !== 0) options.push(1);
  return options;
}

function payloadBytes(payload: Uint8Array | string | number): Uint8Array {
  if (typeof payload === 'number') return new Uint8Array(payload).fill(0x78);
  return typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
}

function withPseudoHeader(from: string, to: string, protocol: number, payload: Uint8Array): Uint8Array {
  return bytes(addressBytes(from), addressBytes(to), u32(payload.length), u32(protocol), payload);
}

/** RFC 1071. */
function checksum(data: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < data.length; index += 2) sum += (data[index] << 8) | (data[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function addressBytes(text: string): number[] {
  const address = parseAddress(text);
  if (address === null) throw new Error(`no address: ${text}`);
  return (address.ipVersion === 4 ? address.words.slice(3) : address.words).flatMap(u32);
}

function hostOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

function portOf(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
}

function u16(value: number): number[] {
  return [(value >>> 8) & 0xff, value & 0xff];
}

function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

function put16(target: Uint8Array, index: number, value: number): void {
  target.set(u16(value), index);
}
