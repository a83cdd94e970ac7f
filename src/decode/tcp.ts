import { ICMP_ERROR, type Outcome, SkipReason, TCP } from './result.js';
import type { Segment } from './segment.js';
import { decodeTcpOptions } from './tcp-options.js';

const MIN_HEADER_LENGTH = 20;
/** The ports: without them a segment belongs to no flow. */
const PORTS_LENGTH = 4;
const SEQUENCE_END = 8;
const ACKNOWLEDGMENT_END = 12;
const FLAGS_END = 14;
const WINDOW_END = 16;

/**
 * Decodes the TCP header (RFC 9293, section 3.1) at `offset` into `segment`. It was captured up to `end`; `length` is what
 * the IP packet has room for from `offset` on, header and payload.
 */
export function decodeTcp(view: DataView, offset: number, end: number, length: number, segment: Segment): Outcome {
  if (offset + MIN_HEADER_LENGTH > end) return decodeCutTcp(view, offset, end, length, segment);
  const ports = view.getUint32(offset);
  const offsetFlagsWindow = view.getUint32(offset + 12);
  segment.sourcePort = ports >>> 16;
  segment.destinationPort = ports & 0xffff;
  segment.seq = view.getInt32(offset + 4);
  segment.ack = view.getInt32(offset + 8);
  segment.flags = (offsetFlagsWindow >>> 16) & 0x1ff;
  segment.window = offsetFlagsWindow & 0xffff;

  const headerLength = (offsetFlagsWindow >>> 28) << 2;
  if (headerLength < MIN_HEADER_LENGTH) return SkipReason['tcp-malformed'];
  if (headerLength > length) return SkipReason['tcp-malformed'];
  segment.length = length - headerLength;
  if (headerLength > MIN_HEADER_LENGTH) {
    decodeTcpOptions(view, offset + MIN_HEADER_LENGTH, offset + headerLength, end, segment);
  }
  return TCP;
}

/** The same for a header of which less than the 20 fixed bytes were captured, or which the IP packet has no room for. */
function decodeCutTcp(view: DataView, offset: number, end: number, length: number, segment: Segment): Outcome {
  if (length < PORTS_LENGTH) return SkipReason.malformed;
  if (offset + PORTS_LENGTH > end) return SkipReason.truncated;
  const headerLength = decodeCaptured(view, offset, end, segment);
  if (length < MIN_HEADER_LENGTH) return SkipReason['tcp-malformed'];
  if (headerLength < 0) return SkipReason['tcp-truncated'];
  if (headerLength < MIN_HEADER_LENGTH) return SkipReason['tcp-malformed'];
  if (headerLength > length) return SkipReason['tcp-malformed'];
  segment.length = length - headerLength;
  segment.optionsComplete = headerLength === MIN_HEADER_LENGTH;
  return TCP;
}

/**
 * Decodes the TCP header that an ICMP error quotes: at least the ports, and mostly no more than the eight bytes that
 * RFC 792 asks for. `length` is what the quoted IP header says that the packet had room for; the payload's length stays 0
 * where the quote does not hold the header's own length.
 */
export function decodeQuotedTcp(
  view: DataView,
  offset: number,
  end: number,
  length: number,
  segment: Segment,
): Outcome {
  if (offset + PORTS_LENGTH > end) return SkipReason.truncated;
  const headerLength = decodeCaptured(view, offset, end, segment);
  segment.quotedSeq = offset + SEQUENCE_END <= end;
  segment.optionsComplete = headerLength >= MIN_HEADER_LENGTH;
  if (!segment.optionsComplete) return ICMP_ERROR;
  segment.length = Math.max(0, length - headerLength);
  if (headerLength > MIN_HEADER_LENGTH) {
    decodeTcpOptions(view, offset + MIN_HEADER_LENGTH, offset + headerLength, end, segment);
  }
  return ICMP_ERROR;
}

/** Takes the fixed fields as far as they were captured. Returns the header's length in bytes by its own word, or -1. */
function decodeCaptured(view: DataView, offset: number, end: number, segment: Segment): number {
  segment.sourcePort = view.getUint16(offset);
  segment.destinationPort = view.getUint16(offset + 2);
  segment.seq = segment.ack = segment.flags = segment.window = 0;
  if (offset + SEQUENCE_END > end) return -1;
  segment.seq = view.getInt32(offset + 4);
  if (offset + ACKNOWLEDGMENT_END > end) return -1;
  segment.ack = view.getInt32(offset + 8);
  if (offset + FLAGS_END > end) return -1;
  const offsetAndFlags = view.getUint16(offset + 12);
  segment.flags = offsetAndFlags & 0x1ff;
  if (offset + WINDOW_END <= end) segment.window = view.getUint16(offset + 14);
  return (offsetAndFlags >>> 12) << 2;
}
