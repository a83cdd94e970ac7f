import fc from 'fast-check';
import type { ByteSource } from '../../src/capture/bytes.js';
import type { Frame } from '../../src/capture/frame.js';
import { PCAP_HEADER_LENGTH } from '../../src/capture/pcap-header.js';
import type { PacketSource } from '../../src/capture/source.js';
import type { PcapRecord } from '../support/pcap-writer.js';

/** A frame that outlives the cursor. */
export interface FrameCopy {
  number: number;
  seconds: number;
  nanoseconds: number;
  originalLength: number;
  linkType: number;
  /** Captured bytes, read through `bytes`. */
  data: number[];
}

export function copyOf(frame: Frame): FrameCopy {
  const { number, seconds, nanoseconds, originalLength, linkType, offset, capturedLength } = frame;
  const data = Array.from({ length: capturedLength }, (_, index) => frame.view.getUint8(offset + index));
  const sameThroughBytes = data.every((byte, index) => frame.bytes[offset + index] === byte);
  if (!sameThroughBytes) throw new Error('view and bytes of the frame differ');
  return { number, seconds, nanoseconds, originalLength, linkType, data };
}

/** Reads a source to its end and closes it. */
export async function drain(source: PacketSource): Promise<FrameCopy[]> {
  const frames: FrameCopy[] = [];
  while (await source.advance()) while (source.next()) frames.push(copyOf(source.frame));
  await source.close();
  return frames;
}

/** The frames that a well-formed capture of these records holds. */
export function expectedFrames(records: readonly PcapRecord[], unitsPerSecond = 1e6): FrameCopy[] {
  return records.map(({ data, seconds = 0, fraction = 0, originalLength = data.length }, index) => ({
    number: index + 1,
    seconds: seconds + Math.floor(fraction / unitsPerSecond),
    nanoseconds: (fraction % unitsPerSecond) * (1e9 / unitsPerSecond),
    originalLength,
    linkType: 1,
    data: [...data],
  }));
}

/** Cuts bytes at these offsets; whatever is outside of them is ignored. */
export function cutAt(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const inside = offsets.filter((offset) => offset > 0 && offset < bytes.length);
  const edges = [...new Set([0, ...inside, bytes.length])].sort((a, b) => a - b);
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

/** Cuts what follows the global header at these offsets of the whole capture. */
export function bodyChunks(capture: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const body = capture.subarray(PCAP_HEADER_LENGTH);
  const cuts = offsets.map((offset) => offset - PCAP_HEADER_LENGTH);
  return body.length === 0 ? [] : cutAt(body, cuts);
}

/** A byte source that lends every chunk in one reused buffer, and spoils what it lent before. */
export function lendingSource(chunks: readonly Uint8Array[]): ByteSource {
  const buffer = new Uint8Array(Math.max(0, ...chunks.map((chunk) => chunk.length)));
  let next = 0;
  return {
    bytesRead: 0,
    size: null,
    async read() {
      buffer.fill(0xee);
      const chunk = chunks[next++];
      if (chunk === undefined) return null;
      buffer.set(chunk);
      return buffer.subarray(0, chunk.length);
    },
    async close() {},
  };
}

/** Any records of a microsecond capture, fractions out of range among them. */
export const anyRecords: fc.Arbitrary<PcapRecord[]> = fc.array(
  fc.record({
    data: fc.uint8Array({ maxLength: 40 }),
    seconds: fc.integer({ min: 0, max: 0xffff_ffff }),
    fraction: fc.oneof(fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 0xffff_ffff })),
    originalLength: fc.integer({ min: 0, max: 0xffff_ffff }),
  }),
  { maxLength: 8 },
);
