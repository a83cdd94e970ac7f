import type { Segment } from './segment.js';

/** IANA's TCP Option Kind Numbers. */
const Kind = {
  END: 0,
  NO_OPERATION: 1,
  MSS: 2,
  WINDOW_SCALE: 3,
  SACK_PERMITTED: 4,
  SACK: 5,
  TIMESTAMPS: 8,
  FAST_OPEN: 34,
  EXPERIMENT_1: 253,
  EXPERIMENT_2: 254,
} as const;

/** Two times NOP, then Timestamps of length 10: the layout that RFC 7323, appendix A, recommends. */
const ALIGNED_TIMESTAMPS = 0x0101080a;
/** RFC 7413, section 4.1.1, and RFC 6994. */
const FAST_OPEN_MAGIC = 0xf989;
/** RFC 7323, section 2.3: a larger shift is read as 14. */
const MAX_WINDOW_SCALE = 14;
const MAX_SACK_BLOCKS = 4;

/**
 * Decodes the options in [offset, headerEnd) into `segment`, as far as they were captured: up to `end`.
 * An option of an impossible length ends them quietly, as it does in Linux.
 */
export function decodeTcpOptions(
  view: DataView,
  offset: number,
  headerEnd: number,
  end: number,
  segment: Segment,
): void {
  segment.optionsComplete = headerEnd <= end;
  const captured = Math.min(headerEnd, end);
  if (captured - offset < 12 || view.getUint32(offset) !== ALIGNED_TIMESTAMPS) {
    decodeEach(view, offset, captured, segment);
    return;
  }
  segment.hasTimestamps = true;
  segment.tsVal = view.getInt32(offset + 4);
  segment.tsEcr = view.getInt32(offset + 8);
  if (captured - offset > 12) decodeEach(view, offset + 12, captured, segment);
}

function decodeEach(view: DataView, first: number, captured: number, segment: Segment): void {
  let offset = first;
  while (offset < captured) {
    const kind = view.getUint8(offset);
    if (kind === Kind.END) return;
    if (kind === Kind.NO_OPERATION) {
      offset += 1;
      continue;
    }
    if (offset + 2 > captured) return;
    const length = view.getUint8(offset + 1);
    if (length < 2 || offset + length > captured) return;
    decodeOption(view, kind, offset, length, segment);
    offset += length;
  }
}

/** An option of a known kind but another length than its RFC gives is passed over. */
function decodeOption(view: DataView, kind: number, offset: number, length: number, segment: Segment): void {
  switch (kind) {
    case Kind.MSS:
      if (length === 4) segment.mss = view.getUint16(offset + 2);
      break;
    case Kind.WINDOW_SCALE:
      if (length === 3) segment.windowScale = Math.min(view.getUint8(offset + 2), MAX_WINDOW_SCALE);
      break;
    case Kind.SACK_PERMITTED:
      if (length === 2) segment.sackPermitted = true;
      break;
    case Kind.SACK:
      decodeSack(view, offset, length, segment);
      break;
    case Kind.TIMESTAMPS:
      if (length !== 10) break;
      segment.hasTimestamps = true;
      segment.tsVal = view.getInt32(offset + 2);
      segment.tsEcr = view.getInt32(offset + 6);
      break;
    case Kind.FAST_OPEN:
      segment.fastOpen = true;
      break;
    case Kind.EXPERIMENT_1:
    case Kind.EXPERIMENT_2:
      if (length >= 4 && view.getUint16(offset + 2) === FAST_OPEN_MAGIC) segment.fastOpen = true;
      break;
  }
}

/** RFC 2018, section 3. */
function decodeSack(view: DataView, offset: number, length: number, segment: Segment): void {
  const edges = (length - 2) >>> 2;
  const blocks = edges >>> 1;
  if (blocks === 0 || blocks > MAX_SACK_BLOCKS || length !== 2 + blocks * 8) return;
  for (let edge = 0; edge < edges; edge++) segment.sack[edge] = view.getUint32(offset + 2 + edge * 4);
  segment.sackCount = blocks;
}
