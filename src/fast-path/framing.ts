import { SEG_NEXT, SEG_POSITION, SEG_TIME } from './layout';
import { setTime, setWord } from './record';

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

/** Nanoseconds that a unit of times counts, and units of a second. */
let unit: f64 = 1e3;
let unitsPerSecond: u32 = 1000000;
/** Whole seconds that times count from. */
let epochSeconds: f64 = 0;
/** Interfaces that packet blocks may name; 0 where there are records of pcap. */
let interfaces: u32 = 0;
/** Bytes of a record before its frame. */
let header: usize = PCAP_HEADER;

export function setFraming(nanosecondsOfUnit: f64, epoch: f64, blockInterfaces: u32): void {
  unit = nanosecondsOfUnit;
  unitsPerSecond = <u32>(SECOND / nanosecondsOfUnit);
  epochSeconds = epoch;
  interfaces = blockInterfaces;
  header = interfaces === 0 ? PCAP_HEADER : BLOCK_HEADER;
}

/** Where the frame of the record at `at` begins. */
export function frameOf(at: usize): usize {
  return at + header;
}

/**
 * Reads the header of a record into a segment's line.
 *
 * @param begin of the chunk
 * @returns where its frame ends; 0 where the record does not end before `limit`, or is not of the usual kind
 */
export function readFrame(segment: usize, begin: usize, at: usize, limit: usize): usize {
  return interfaces === 0 ? readRecord(segment, begin, at, limit) : readBlock(segment, begin, at, limit);
}

/** @returns where the record at `at`, of whatever kind, ends; 0 where that is not before `limit`, or its length is not sane */
export function recordEnd(at: usize, limit: usize): usize {
  const least: usize = interfaces === 0 ? PCAP_HEADER : LEAST_BLOCK;
  if (at + least > limit) return 0;
  // Some writers of blocks forget the padding.
  const length = interfaces === 0 ? PCAP_HEADER + load<u32>(at, 8) : (load<u32>(at, 4) + 3) & ~3;
  return length < least || length > limit - at ? 0 : at + length;
}

/** draft-ietf-opsawg-pcap, section 5. */
function readRecord(segment: usize, begin: usize, at: usize, limit: usize): usize {
  // Memory goes on behind the chunk: where the header is not whole, the end is behind the limit all the same.
  const captured = load<u32>(at, 8);
  const end = at + PCAP_HEADER + captured;
  const fraction = load<u32>(at, 4);
  if (captured > MOST_CAPTURED) return 0;
  if (end > limit) return 0;
  if (load<u32>(at, 12) < captured) return 0;
  if (fraction >= unitsPerSecond) return 0;
  setTime(segment, SEG_TIME, timeOf(<f64>load<u32>(at), fraction));
  setWord(segment, SEG_POSITION, <u32>(at - begin));
  setWord(segment, SEG_NEXT, <u32>(end - begin));
  return end;
}

function readBlock(segment: usize, begin: usize, at: usize, limit: usize): usize {
  if (at + BLOCK_HEADER + BLOCK_TRAILER > limit || load<u32>(at) !== ENHANCED_PACKET) return 0;
  const length = load<u32>(at, 4);
  const captured = load<u32>(at, 20);
  const next = at + length;
  if (captured > MOST_CAPTURED || load<u32>(at, 24) < captured) return 0;
  if (length < <u32>(BLOCK_HEADER + BLOCK_TRAILER) + captured) return 0;
  if ((length & 3) !== 0 || length > <u32>(limit - at) || load<u32>(next - BLOCK_TRAILER) !== length) return 0;
  const units = ((<u64>load<u32>(at, 12)) << 32) | load<u32>(at, 16);
  const seconds = units / unitsPerSecond;
  if (load<u32>(at, 8) >= interfaces || seconds > LAST_SECOND) return 0;
  setTime(segment, SEG_TIME, timeOf(<f64>seconds, <u32>(units - seconds * unitsPerSecond)));
  setWord(segment, SEG_POSITION, <u32>(at - begin));
  setWord(segment, SEG_NEXT, <u32>(next - begin));
  return at + BLOCK_HEADER + captured;
}

function timeOf(seconds: f64, fraction: u32): f64 {
  return (seconds - epochSeconds) * SECOND + <f64>fraction * unit;
}
