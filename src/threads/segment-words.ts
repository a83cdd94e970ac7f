import type { Segment } from '../decode/segment.js';

/** Words of a segment; times are doubles. Behind them stands what few segments have: see `BIT`. */
const W = {
  time: 0,
  newest: 2,
  frame: 4,
  bits: 5,
  ports: 6,
  seq: 7,
  ack: 8,
  length: 9,
  /** IPv4 identification in the upper half. */
  window: 10,
  tsVal: 11,
  tsEcr: 12,
  /** 1 + MSS, 1 + window scale from bit 17 on, TTL from bit 21 on. */
  offers: 13,
  source3: 14,
  destination3: 15,
} as const;
const WORDS = 16;

/** Above the nine TCP flags. */
const BIT = {
  timestamps: 1 << 9,
  fastOpen: 1 << 10,
  sackPermitted: 1 << 11,
  optionsComplete: 1 << 12,
  /** Six words follow: of source and destination, what is above the lowest. */
  ipv6: 1 << 13,
  /** Six words follow: tags and tunnel, whose identifier is a double. */
  tagged: 1 << 14,
  /** An ICMP error: its type and code follow, in two words. */
  icmp: 1 << 15,
  quotedSeq: 1 << 16,
} as const;
/** How many SACK blocks follow, two words each. */
const SACK_SHIFT = 17;
const FLAGS = 0x1ff;

/** The most words that a segment takes. */
export const MOST_WORDS = WORDS + 6 + 6 + 2 + 8;

/** Segments one behind the other, as words that can be handed to another thread: everything that the decoder said of them. */
export class SegmentWords {
  /** Words that there are. */
  readonly length: number;
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  /** Of the segment under `read`. */
  newest = 0;

  constructor(readonly buffer: ArrayBuffer) {
    this.#i32 = new Int32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.length = this.#i32.length;
  }

  /** Writes a segment at word `at`. @returns where the next one goes */
  write(at: number, s: Segment, newest: number): number {
    const i32 = this.#i32;
    const isTagged = s.vlan !== -1 || s.tunnel !== 0;
    const isQuote = s.icmpType !== -1;
    this.#f64[(at + W.time) >> 1] = s.time;
    this.#f64[(at + W.newest) >> 1] = newest;
    i32[at + W.frame] = s.frame;
    i32[at + W.bits] =
      s.flags |
      (s.hasTimestamps ? BIT.timestamps : 0) |
      (s.fastOpen ? BIT.fastOpen : 0) |
      (s.sackPermitted ? BIT.sackPermitted : 0) |
      (s.optionsComplete ? BIT.optionsComplete : 0) |
      (s.ipVersion === 6 ? BIT.ipv6 : 0) |
      (isTagged ? BIT.tagged : 0) |
      (isQuote ? BIT.icmp : 0) |
      (s.quotedSeq ? BIT.quotedSeq : 0) |
      (s.sackCount << SACK_SHIFT);
    i32[at + W.ports] = (s.sourcePort << 16) | s.destinationPort;
    i32[at + W.seq] = s.seq;
    i32[at + W.ack] = s.ack;
    i32[at + W.length] = s.length;
    i32[at + W.window] = s.window | (s.ipId << 16);
    i32[at + W.tsVal] = s.tsVal;
    i32[at + W.tsEcr] = s.tsEcr;
    i32[at + W.offers] = (s.mss + 1) | ((s.windowScale + 1) << 17) | (s.ttl << 21);
    i32[at + W.source3] = s.source3;
    i32[at + W.destination3] = s.destination3;
    let to = at + WORDS;
    if (s.ipVersion === 6) {
      i32[to] = s.source0;
      i32[to + 1] = s.source1;
      i32[to + 2] = s.source2;
      i32[to + 3] = s.destination0;
      i32[to + 4] = s.destination1;
      i32[to + 5] = s.destination2;
      to += 6;
    }
    if (isTagged) {
      i32[to] = s.vlan;
      i32[to + 1] = s.innerVlan;
      i32[to + 2] = s.tunnel;
      this.#f64[(to + 4) >> 1] = s.tunnelId;
      to += 6;
    }
    if (isQuote) {
      i32[to] = s.icmpType;
      i32[to + 1] = s.icmpCode;
      to += 2;
    }
    for (let edge = 0; edge < 2 * s.sackCount; edge++) i32[to++] = s.sack[edge];
    return to;
  }

  /** Overwrites `s` by the segment at word `at`. @returns where the next one stands */
  read(at: number, s: Segment): number {
    const i32 = this.#i32;
    const bits = i32[at + W.bits];
    const window = i32[at + W.window];
    const offers = i32[at + W.offers];
    s.time = this.#f64[(at + W.time) >> 1];
    this.newest = this.#f64[(at + W.newest) >> 1];
    s.frame = i32[at + W.frame] >>> 0;
    s.flags = bits & FLAGS;
    s.hasTimestamps = (bits & BIT.timestamps) !== 0;
    s.fastOpen = (bits & BIT.fastOpen) !== 0;
    s.sackPermitted = (bits & BIT.sackPermitted) !== 0;
    s.optionsComplete = (bits & BIT.optionsComplete) !== 0;
    s.quotedSeq = (bits & BIT.quotedSeq) !== 0;
    s.sourcePort = i32[at + W.ports] >>> 16;
    s.destinationPort = i32[at + W.ports] & 0xffff;
    s.seq = i32[at + W.seq];
    s.ack = i32[at + W.ack];
    s.length = i32[at + W.length];
    s.window = window & 0xffff;
    s.tsVal = i32[at + W.tsVal];
    s.tsEcr = i32[at + W.tsEcr];
    s.mss = (offers & 0x1ffff) - 1;
    s.windowScale = ((offers >> 17) & 0xf) - 1;
    s.ttl = (offers >> 21) & 0xff;
    s.source3 = i32[at + W.source3];
    s.destination3 = i32[at + W.destination3];
    let from = at + WORDS;
    if ((bits & BIT.ipv6) === 0) {
      s.ipVersion = 4;
      s.ipId = window >>> 16;
      s.source0 = s.source1 = s.source2 = s.destination0 = s.destination1 = s.destination2 = 0;
    } else {
      s.ipVersion = 6;
      s.ipId = -1;
      s.source0 = i32[from];
      s.source1 = i32[from + 1];
      s.source2 = i32[from + 2];
      s.destination0 = i32[from + 3];
      s.destination1 = i32[from + 4];
      s.destination2 = i32[from + 5];
      from += 6;
    }
    const isTagged = (bits & BIT.tagged) !== 0;
    s.vlan = isTagged ? i32[from] : -1;
    s.innerVlan = isTagged ? i32[from + 1] : -1;
    s.tunnel = isTagged ? i32[from + 2] : 0;
    s.tunnelId = isTagged ? this.#f64[(from + 4) >> 1] : -1;
    if (isTagged) from += 6;
    const isQuote = (bits & BIT.icmp) !== 0;
    s.icmpType = isQuote ? i32[from] : -1;
    s.icmpCode = isQuote ? i32[from + 1] : -1;
    if (isQuote) from += 2;
    return this.#readSack(from, bits >>> SACK_SHIFT, s);
  }

  #readSack(at: number, blocks: number, s: Segment): number {
    if (s.sackCount > 0) s.sack.fill(0);
    s.sackCount = blocks;
    for (let edge = 0; edge < 2 * blocks; edge++) s.sack[edge] = this.#i32[at + edge];
    return at + 2 * blocks;
  }
}
