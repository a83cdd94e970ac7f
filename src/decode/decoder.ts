import type { Frame } from '../capture/frame.js';
import { decodeIp, decodeIpv4 } from './ip.js';
import { findIpPacket } from './link-layer.js';
import { LinkType } from './link-type.js';
import { type DecodeResult, ICMP_ERROR, type Outcome, SKIPPED, SkipReason, TCP, TCP_UNUSABLE } from './result.js';
import { Segment } from './segment.js';

export { type DecodeResult, ICMP_ERROR, SKIPPED, SkipReason, TCP, TCP_UNUSABLE } from './result.js';

/** Ethernet II and an IPv4 header without options: EtherType, version and header length in three bytes. */
const PLAIN_IPV4 = 0x080045;
const ETHERNET_HEADER_LENGTH = 14;
/** As much as TCP can have in flight (RFC 7323, section 2.2): only a damaged record says more. */
const MAX_WIRE_LENGTH = 2 ** 30;

/** Frames in, TCP segments out, one at a time and without an object per frame. Never throws, whatever the bytes. */
export class FrameDecoder {
  /** The cursor; overwritten by each `decode()`, and without meaning where that returned `SKIPPED`. */
  readonly segment = new Segment();
  /** Frames by reason: that of reason r at ~r. */
  readonly #skipped = new Float64Array(Object.keys(SkipReason).length);

  /** Decodes the frame under a source's cursor into `segment`. Reads only its captured bytes. */
  decode(frame: Frame): DecodeResult {
    const { segment } = this;
    clearOptional(segment);
    const outcome = decodeFrame(frame, segment);
    if (outcome === TCP || outcome === ICMP_ERROR) return outcome;
    this.#skipped[~outcome]++;
    return outcome === SkipReason['tcp-truncated'] || outcome === SkipReason['tcp-malformed'] ? TCP_UNUSABLE : SKIPPED;
  }

  /** How many frames had a result other than `TCP` or `ICMP_ERROR`, by the name of the reason; reasons that did not occur are left out. */
  skippedByReason(): Record<string, number> {
    const counts = Object.entries(SkipReason).map(([name, reason]) => [name, this.#skipped[~reason]] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }
}

function decodeFrame(frame: Frame, segment: Segment): Outcome {
  const { view, offset, capturedLength, originalLength } = frame;
  const end = offset + capturedLength;
  const wireEnd = offset + Math.max(capturedLength, Math.min(originalLength, MAX_WIRE_LENGTH));
  if (
    frame.linkType === LinkType.ETHERNET &&
    capturedLength >= ETHERNET_HEADER_LENGTH + 20 &&
    view.getUint32(offset + 12) >>> 8 === PLAIN_IPV4
  ) {
    return decodeIpv4(view, offset + ETHERNET_HEADER_LENGTH, end, wireEnd, segment, false);
  }
  const packet = findIpPacket(view, frame.linkType, offset, end);
  return packet < 0 ? (packet as SkipReason) : decodeIp(view, packet, end, wireEnd, segment, false);
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
  segment.icmpType = -1;
  segment.icmpCode = -1;
  segment.quotedSeq = false;
}
