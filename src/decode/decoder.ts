import type { Frame } from '../capture/frame.js';
import { Decoding } from './decoding.js';
import { decodeIp, decodeIpv4 } from './ip.js';
import { findIpPacket } from './link-layer.js';
import { LinkType } from './link-type.js';
import { type FragmentCounts, Reassembly } from './reassembly.js';
import { type DecodeResult, ICMP_ERROR, type Outcome, SKIPPED, SkipReason, TCP, TCP_UNUSABLE } from './result.js';
import { type Segment, Tunnel } from './segment.js';

export { type DecodeResult, ICMP_ERROR, SKIPPED, SkipReason, TCP, TCP_UNUSABLE } from './result.js';

/** Ethernet II and an IPv4 header without options: EtherType, version and header length in three bytes. */
const PLAIN_IPV4 = 0x080045;
const ETHERNET_HEADER_LENGTH = 14;
/** As much as TCP can have in flight (RFC 7323, section 2.2): only a damaged record says more. */
const MAX_WIRE_LENGTH = 2 ** 30;

export interface DecoderOptions {
  /** Passes over packets whose IPv4 or TCP checksum is wrong; false by default. */
  readonly verifyChecksums?: boolean;
  /** Where fragments wait for each other: shared by the decoders of captures that are one stream. */
  readonly reassembly?: Reassembly;
}

/** Frames in, TCP segments out, one at a time and without an object per frame. Never throws, whatever the bytes. */
export class FrameDecoder {
  /** The cursor; overwritten by each `decode()`, and without meaning where that returned `SKIPPED`. */
  readonly segment: Segment;
  readonly #decoding: Decoding;
  /** Frames by reason: that of reason r at ~r. */
  readonly #skipped = new Float64Array(Object.keys(SkipReason).length);

  constructor({ verifyChecksums = false, reassembly = new Reassembly() }: DecoderOptions = {}) {
    this.#decoding = new Decoding(reassembly, verifyChecksums);
    this.segment = this.#decoding.segment;
  }

  /** Decodes the frame under a source's cursor into `segment`. Reads only its captured bytes. */
  decode(frame: Frame): DecodeResult {
    const decoding = this.#decoding;
    clearOptional(decoding.segment);
    decoding.isQuoted = false;
    decoding.tunnels = 0;
    decoding.seconds = frame.seconds;
    const outcome = decodeFrame(frame, decoding);
    if (outcome === TCP || outcome === ICMP_ERROR) return outcome;
    this.#skipped[~outcome]++;
    return isUnusableTcp(outcome) ? TCP_UNUSABLE : SKIPPED;
  }

  /** What became of packets in fragments. */
  get fragments(): Readonly<FragmentCounts> {
    return this.#decoding.fragments;
  }

  /** How many frames had a result other than `TCP` or `ICMP_ERROR`, by the name of the reason; reasons that did not occur are left out. */
  skippedByReason(): Record<string, number> {
    const counts = Object.entries(SkipReason).map(([name, reason]) => [name, this.#skipped[~reason]] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }
}

function isUnusableTcp(reason: SkipReason): boolean {
  return (
    reason === SkipReason['tcp-truncated'] ||
    reason === SkipReason['tcp-malformed'] ||
    reason === SkipReason['bad-checksum']
  );
}

function decodeFrame(frame: Frame, decoding: Decoding): Outcome {
  const { view, offset, capturedLength, originalLength } = frame;
  const end = offset + capturedLength;
  const wireEnd = offset + Math.max(capturedLength, Math.min(originalLength, MAX_WIRE_LENGTH));
  if (
    frame.linkType === LinkType.ETHERNET &&
    capturedLength >= ETHERNET_HEADER_LENGTH + 20 &&
    view.getUint32(offset + 12) >>> 8 === PLAIN_IPV4
  ) {
    return decodeIpv4(decoding, view, offset + ETHERNET_HEADER_LENGTH, end, wireEnd);
  }
  const packet = findIpPacket(view, frame.linkType, offset, end, decoding.segment);
  return packet < 0 ? (packet as SkipReason) : decodeIp(decoding, view, packet, end, wireEnd);
}

/** Sets what a header may be silent about to what that means. The fixed fields are set by those who read the headers. */
function clearOptional(segment: Segment): void {
  segment.length = 0;
  segment.optionsComplete = true;
  segment.mss = -1;
  segment.windowScale = -1;
  segment.sackPermitted = false;
  segment.hasTimestamps = false;
  segment.tsVal = 0;
  segment.tsEcr = 0;
  if (segment.sackCount > 0) segment.sack.fill(0);
  segment.sackCount = 0;
  segment.fastOpen = false;
  segment.vlan = -1;
  segment.innerVlan = -1;
  segment.tunnel = Tunnel.NONE;
  segment.tunnelId = -1;
  segment.icmpType = -1;
  segment.icmpCode = -1;
  segment.quotedSeq = false;
}
