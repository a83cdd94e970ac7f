import { openCapture } from '../../src/capture/open.js';
import { type PcapRecord, writePcap } from '../support/pcap-writer.js';

/** A record of a capture that was read. */
export interface Recorded extends PcapRecord {
  readonly seconds: number;
  /** Nanoseconds. */
  readonly fraction: number;
  readonly originalLength: number;
}

/** All records of a capture that has one link type. */
export async function recordsOf(path: string): Promise<{ records: Recorded[]; linkType: number; nano: boolean }> {
  const source = await openCapture(path);
  const records: Recorded[] = [];
  while (await source.advance()) {
    while (source.next()) {
      const { bytes, offset, capturedLength, originalLength, seconds, nanoseconds } = source.frame;
      const data = bytes.slice(offset, offset + capturedLength);
      records.push({ data, originalLength, seconds, fraction: nanoseconds });
    }
  }
  await source.close();
  return { records, linkType: source.info.linkType, nano: source.info.timeDigits === 9 };
}

/** The bytes of a pcap file with these records. */
export function pcap(records: readonly Recorded[], linkType: number, nano: boolean): Uint8Array {
  const inUnits = records.map((record) => ({ ...record, fraction: record.fraction / (nano ? 1 : 1000) }));
  return writePcap(inUnits, { nano, linkType });
}
