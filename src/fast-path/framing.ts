/* Records of pcap files, and packet blocks of pcapng files, in little-endian order. */

const PCAP_HEADER: usize = 16;
const BLOCK_HEADER: usize = 28;
/** Type, and length at either end. */
const LEAST_BLOCK: usize = 12;
const BLOCK_TRAILER: usize = 4;
/** draft-ietf-opsawg-pcapng, section 4.3. */
const ENHANCED_PACKET: u32 = 6;
/** What libpcap and Wireshark hold to be the longest sane record. */
const MOST_CAPTURED: u32 = 262144;
/** The last second of the year 9999: what is later cannot be written as a date. */
const LAST_SECOND: u64 = 253402300799;
const SECOND: f64 = 1e9;

/** The frame under the cursor. */
export class Frame {
  static data: usize = 0;
  static captured: u32 = 0;
  static original: u32 = 0;
  /** Nanoseconds from the epoch on. */
  static time: f64 = 0;
  /** Where the next record begins. */
  static next: usize = 0;
}

/** Nanoseconds that a unit of times counts, and units of a second. */
let unit: f64 = 1e3;
let unitsPerSecond: u64 = 1000000;
/** Whole seconds that times count from. */
let epochSeconds: f64 = 0;
/** Interfaces that packet blocks may name; 0 where there are records of pcap. */
let interfaces: u32 = 0;

export function setFraming(nanosecondsOfUnit: f64, epoch: f64, blockInterfaces: u32): void {
  unit = nanosecondsOfUnit;
  unitsPerSecond = <u64>(SECOND / nanosecondsOfUnit);
  epochSeconds = epoch;
  interfaces = blockInterfaces;
}

/** Puts the cursor on the frame of the record at `at`. @returns false where it does not end before `limit`, or is not of the usual kind */
export function readFrame(at: usize, limit: usize): bool {
  return interfaces === 0 ? readRecord(at, limit) : readBlock(at, limit);
}

/** @returns where the record at `at`, of whatever kind, ends; 0 where that is not before `limit`, or its length is not sane */
export function recordEnd(at: usize, limit: usize): usize {
  const header: usize = interfaces === 0 ? PCAP_HEADER : LEAST_BLOCK;
  if (at + header > limit) return 0;
  // Some writers of blocks forget the padding.
  const length = interfaces === 0 ? PCAP_HEADER + load<u32>(at, 8) : (load<u32>(at, 4) + 3) & ~3;
  return length < header || length > limit - at ? 0 : at + length;
}

/** draft-ietf-opsawg-pcap, section 5. */
function readRecord(at: usize, limit: usize): bool {
  if (at + PCAP_HEADER > limit) return false;
  const captured = load<u32>(at, 8);
  const next = at + PCAP_HEADER + captured;
  const fraction = <u64>load<u32>(at, 4);
  if (captured > MOST_CAPTURED || next > limit || fraction >= unitsPerSecond) return false;
  Frame.data = at + PCAP_HEADER;
  Frame.captured = captured;
  Frame.original = load<u32>(at, 12);
  Frame.time = timeOf(<u64>load<u32>(at), fraction);
  Frame.next = next;
  return true;
}

function readBlock(at: usize, limit: usize): bool {
  if (at + BLOCK_HEADER + BLOCK_TRAILER > limit || load<u32>(at) !== ENHANCED_PACKET) return false;
  const length = load<u32>(at, 4);
  const captured = load<u32>(at, 20);
  const next = at + length;
  if (captured > MOST_CAPTURED || length < <u32>(BLOCK_HEADER + BLOCK_TRAILER) + captured) return false;
  if ((length & 3) !== 0 || length > <u32>(limit - at) || load<u32>(next - BLOCK_TRAILER) !== length) return false;
  const units = ((<u64>load<u32>(at, 12)) << 32) | load<u32>(at, 16);
  const seconds = units / unitsPerSecond;
  if (load<u32>(at, 8) >= interfaces || seconds > LAST_SECOND) return false;
  Frame.data = at + BLOCK_HEADER;
  Frame.captured = captured;
  Frame.original = load<u32>(at, 24);
  Frame.time = timeOf(seconds, units - seconds * unitsPerSecond);
  Frame.next = next;
  return true;
}

function timeOf(seconds: u64, fraction: u64): f64 {
  return (<f64>seconds - epochSeconds) * SECOND + <f64>fraction * unit;
}
