import { BITS, IPV6, LOW_A, LOW_B, PORTS, UPPER } from './layout';
import { setWord, word } from './record';
import { Segment } from './segment';

/** Addresses and ports of the segment under the cursor, in canonical order, so that both directions have one key. */
export class Key {
  /** 0 where the segment's source is the key's lower endpoint, else 1. */
  static direction: u32 = 0;
  static lowA: u32 = 0;
  static lowB: u32 = 0;
  static ports: u32 = 0;
  /** Of IPv6 only. */
  static upperA0: u32 = 0;
  static upperA1: u32 = 0;
  static upperA2: u32 = 0;
  static upperB0: u32 = 0;
  static upperB1: u32 = 0;
  static upperB2: u32 = 0;
  static hash: u32 = 0;
}

/** Of the hash: keys come from strangers. */
let seed: u32 = 1;

export function setSeed(value: u32): void {
  seed = value;
}

export function takeKey(): void {
  const isLower = isSourceLower();
  Key.direction = isLower ? 0 : 1;
  // Which end has sent a segment cannot be foreseen: without branches, nothing is done for the wrong one.
  const swapped: u32 = isLower ? 0 : 0xffffffff;
  const addresses = (Segment.source3 ^ Segment.destination3) & swapped;
  Key.lowA = Segment.source3 ^ addresses;
  Key.lowB = Segment.destination3 ^ addresses;
  Key.ports = rotl<u32>(Segment.ports, swapped & 16);
  let hash = seed;
  if (Segment.isIpv6) {
    Key.upperA0 = isLower ? Segment.source0 : Segment.destination0;
    Key.upperA1 = isLower ? Segment.source1 : Segment.destination1;
    Key.upperA2 = isLower ? Segment.source2 : Segment.destination2;
    Key.upperB0 = isLower ? Segment.destination0 : Segment.source0;
    Key.upperB1 = isLower ? Segment.destination1 : Segment.source1;
    Key.upperB2 = isLower ? Segment.destination2 : Segment.source2;
    hash = mix(mix(mix(hash ^ Key.upperA0) ^ Key.upperA1) ^ Key.upperA2);
    hash = mix(mix(mix(hash ^ Key.upperB0) ^ Key.upperB1) ^ Key.upperB2);
  }
  Key.hash = mix(mix(mix(hash ^ Key.lowA) ^ Key.lowB) ^ Key.ports);
}

export function isKeyOf(record: usize): bool {
  if (word(record, LOW_A) !== Key.lowA || word(record, LOW_B) !== Key.lowB || word(record, PORTS) !== Key.ports)
    return false;
  if (((word(record, BITS) & IPV6) !== 0) !== Segment.isIpv6) return false;
  if (!Segment.isIpv6) return true;
  return (
    word(record, UPPER) === Key.upperA0 &&
    word(record, UPPER + 1) === Key.upperA1 &&
    word(record, UPPER + 2) === Key.upperA2 &&
    word(record, UPPER + 3) === Key.upperB0 &&
    word(record, UPPER + 4) === Key.upperB1 &&
    word(record, UPPER + 5) === Key.upperB2
  );
}

/** Gives it to a record of zeros, but for its `BITS`. */
export function writeKey(record: usize): void {
  setWord(record, LOW_A, Key.lowA);
  setWord(record, LOW_B, Key.lowB);
  setWord(record, PORTS, Key.ports);
  if (!Segment.isIpv6) return;
  setWord(record, UPPER, Key.upperA0);
  setWord(record, UPPER + 1, Key.upperA1);
  setWord(record, UPPER + 2, Key.upperA2);
  setWord(record, UPPER + 3, Key.upperB0);
  setWord(record, UPPER + 4, Key.upperB1);
  setWord(record, UPPER + 5, Key.upperB2);
}

export function hashOf(record: usize): u32 {
  let hash = seed;
  if ((word(record, BITS) & IPV6) !== 0) for (let i = 0; i < 6; i++) hash = mix(hash ^ word(record, UPPER + i));
  return mix(mix(mix(hash ^ word(record, LOW_A)) ^ word(record, LOW_B)) ^ word(record, PORTS));
}

/** Addresses are compared from their highest word on, then ports. */
function isSourceLower(): bool {
  if (Segment.isIpv6) {
    if (Segment.source0 !== Segment.destination0) return Segment.source0 < Segment.destination0;
    if (Segment.source1 !== Segment.destination1) return Segment.source1 < Segment.destination1;
    if (Segment.source2 !== Segment.destination2) return Segment.source2 < Segment.destination2;
  }
  if (Segment.source3 === Segment.destination3) return Segment.ports >> 16 <= (Segment.ports & 0xffff);
  return Segment.source3 < Segment.destination3;
}

function mix(value: u32): u32 {
  const product = value * 0x9e3779b1;
  return product ^ (product >> 15);
}
