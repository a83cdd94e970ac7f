import { fromLlc } from './ethernet.js';
import { SkipReason } from './result.js';
import type { Segment } from './segment.js';

/** Bits of the first two bytes of an IEEE 802.11 header, as they stand on the wire. */
const TYPE = 0x0c;
const TYPE_DATA = 0x08;
const NO_DATA = 0x40;
const QOS = 0x80;
const TO_DS_AND_FROM_DS = 0x03;
const MORE_FRAGMENTS = 0x04;
const PROTECTED = 0x40;
const HT_CONTROL = 0x80;
/** Of the QoS field: an A-MSDU follows. */
const AGGREGATED = 0x80;

const HEADER_LENGTH = 24;
/** Addresses and length in front of each MSDU of an A-MSDU. */
const SUBFRAME_HEADER_LENGTH = 14;

/**
 * Index of the IP packet in the IEEE 802.11 frame at `frame`, or a `SkipReason`. Of an A-MSDU the first MSDU is taken.
 * `isPadded`: the header is filled up to a multiple of four bytes.
 */
export function fromWireless(view: DataView, frame: number, end: number, isPadded: boolean, segment: Segment): number {
  if (frame + 2 > end) return SkipReason.truncated;
  const [control, flags] = [view.getUint8(frame), view.getUint8(frame + 1)];
  if ((control & TYPE) !== TYPE_DATA || (control & NO_DATA) !== 0) return SkipReason['not-ip'];
  if ((flags & PROTECTED) !== 0) return SkipReason.encrypted;
  const isQos = (control & QOS) !== 0;
  let length = HEADER_LENGTH;
  if ((flags & TO_DS_AND_FROM_DS) === TO_DS_AND_FROM_DS) length += 6;
  const qosField = frame + length;
  if (isQos) length += 2;
  if (isQos && (flags & HT_CONTROL) !== 0) length += 4;
  if (isPadded) length = (length + 3) & ~3;
  const body = frame + length;
  if (body > end) return SkipReason.truncated;
  const isFragment = (flags & MORE_FRAGMENTS) !== 0 || (view.getUint8(frame + 22) & 0x0f) !== 0;
  if (isFragment) return SkipReason.fragment;
  const isAggregated = isQos && (view.getUint8(qosField) & AGGREGATED) !== 0;
  return fromLlc(view, isAggregated ? body + SUBFRAME_HEADER_LENGTH : body, end, segment);
}

/** Bits of radiotap's presence words and flags (https://www.radiotap.org/fields/defined). */
const PRESENT_TSFT = 0x01;
const PRESENT_FLAGS = 0x02;
const PRESENT_MORE = 0x8000_0000;
const FLAG_PADDED = 0x20;

/** The same behind a radiotap header. */
export function fromRadiotap(view: DataView, header: number, end: number, segment: Segment): number {
  if (header + 8 > end) return SkipReason.truncated;
  const frame = header + view.getUint16(header + 2, true);
  if (frame > end) return SkipReason.truncated;
  return fromWireless(view, frame, end, isPadded(view, header, frame), segment);
}

function isPadded(view: DataView, header: number, frame: number): boolean {
  const present = view.getUint32(header + 4, true);
  if ((present & PRESENT_FLAGS) === 0) return false;
  let fields = header + 8;
  for (let word = header + 4; (view.getUint32(word, true) & PRESENT_MORE) !== 0; fields += 4) {
    word += 4;
    if (word + 4 > frame) return false;
  }
  // The time, where it is there, is aligned to its own length, counted from the header's start.
  if ((present & PRESENT_TSFT) !== 0) fields = header + ((fields - header + 7) & ~7) + 8;
  return fields < frame && (view.getUint8(fields) & FLAG_PADDED) !== 0;
}

const AVS_MAGIC = 0x80211001;
const AVS_MAGIC_MASK = 0xffff_f000;

/** The same behind a Prism or an AVS header: captures said to have one may have the other. */
export function fromPrismOrAvs(view: DataView, header: number, end: number, segment: Segment): number {
  if (header + 8 > end) return SkipReason.truncated;
  const isAvs = (view.getUint32(header) & AVS_MAGIC_MASK) >>> 0 === (AVS_MAGIC & AVS_MAGIC_MASK) >>> 0;
  // Prism's header is in the byte order of the host that captured.
  const isLittleEndian = !isAvs && view.getUint32(header, true) <= 0xffff;
  const length = view.getUint32(header + 4, isLittleEndian);
  if (length < 8 || header + length > end) return SkipReason.truncated;
  return fromWireless(view, header + length, end, false, segment);
}
