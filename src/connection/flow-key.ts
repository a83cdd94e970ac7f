import type { Segment } from '../decode/segment.js';
import { BIT, I } from './flow-record.js';
import { mix } from './mix.js';

/**
 * Addresses and ports of a segment, in canonical order (lower endpoint first), so that both directions have one key. Its hash
 * is seeded, since keys come from strangers.
 */
export class FlowKey {
  /** 0 where the segment's source is the key's lower endpoint, else 1. */
  direction = 0;
  /** The lowest words of the addresses: with IPv4, all there is. */
  lowA = 0;
  lowB = 0;
  /** Port of A in the upper half, of B in the lower. */
  ports = 0;
  /** `BIT.ipv6` or 0. */
  version = 0;
  /** Three words each: what IPv6 addresses have above the lowest. Of no meaning with IPv4. */
  readonly upper = new Int32Array(6);
  hash = 0;
  readonly #seed = Math.floor(Math.random() * 2 ** 31) | 1;

  take(s: Segment): void {
    const source = s.source3;
    const destination = s.destination3;
    const { sourcePort, destinationPort } = s;
    let hash = this.#seed;
    if (s.ipVersion === 6) {
      this.version = BIT.ipv6;
      this.direction = this.#takeUpper(s);
      for (let word = 0; word < 6; word++) hash = mix(hash ^ this.upper[word]);
    } else {
      this.version = 0;
      const isLower = source === destination ? sourcePort <= destinationPort : source >>> 0 < destination >>> 0;
      this.direction = isLower ? 0 : 1;
    }
    if (this.direction === 0) {
      this.lowA = source;
      this.lowB = destination;
      this.ports = (sourcePort << 16) | destinationPort;
    } else {
      this.lowA = destination;
      this.lowB = source;
      this.ports = (destinationPort << 16) | sourcePort;
    }
    this.hash = mix(mix(mix(hash ^ this.lowA) ^ this.lowB) ^ this.ports);
  }

  /** Of a record that begins with `lowA`, `lowB`, `ports` and its bits; `upper` is the first word of what it has of IPv6. */
  hashOf(i32: Int32Array, at: number, upper: number): number {
    let hash = this.#seed;
    if ((i32[at + I.bits] & BIT.ipv6) !== 0) for (let word = 0; word < 6; word++) hash = mix(hash ^ i32[upper + word]);
    return mix(mix(mix(hash ^ i32[at + I.lowA]) ^ i32[at + I.lowB]) ^ i32[at + I.ports]);
  }

  /** Whether such a record has this key. */
  isOf(i32: Int32Array, at: number, upper: number): boolean {
    if (
      i32[at + I.lowA] !== this.lowA ||
      i32[at + I.lowB] !== this.lowB ||
      i32[at + I.ports] !== this.ports ||
      (i32[at + I.bits] & BIT.ipv6) !== this.version
    )
      return false;
    if (this.version === 0) return true;
    for (let word = 0; word < 6; word++) if (i32[upper + word] !== this.upper[word]) return false;
    return true;
  }

  /** Takes all but the low words of an IPv6 key. @returns the segment's direction */
  #takeUpper(s: Segment): number {
    const order =
      compare(s.source0, s.destination0) ||
      compare(s.source1, s.destination1) ||
      compare(s.source2, s.destination2) ||
      compare(s.source3, s.destination3) ||
      s.sourcePort - s.destinationPort;
    const { upper } = this;
    const source = order <= 0 ? 0 : 3;
    const destination = 3 - source;
    upper[source] = s.source0;
    upper[source + 1] = s.source1;
    upper[source + 2] = s.source2;
    upper[destination] = s.destination0;
    upper[destination + 1] = s.destination1;
    upper[destination + 2] = s.destination2;
    return order <= 0 ? 0 : 1;
  }
}

const compare = (a: number, b: number): number => (a >>> 0) - (b >>> 0);
