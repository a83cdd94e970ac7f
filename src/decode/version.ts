import { SkipReason } from './result.js';

/** The index given where an IP packet of that version stands there, else a `SkipReason`. */
export function ofVersion(version: 4 | 6, view: DataView, packet: number, end: number): number {
  if (packet >= end) return SkipReason.truncated;
  return view.getUint8(packet) >>> 4 === version ? packet : SkipReason.malformed;
}

/** The index given where an IP packet of either version stands there, else a `SkipReason`. */
export function ofAnyVersion(view: DataView, packet: number, end: number): number {
  if (packet >= end) return SkipReason.truncated;
  const version = view.getUint8(packet) >>> 4;
  return version === 4 || version === 6 ? packet : SkipReason['not-ip'];
}
