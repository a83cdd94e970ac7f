import { SkipReason } from './result.js';
import { ofAnyVersion } from './version.js';

/** A label stack does not say what is under it, but IP's version nibble does (RFC 3032; RFC 4928, section 3). */
export function fromMpls(view: DataView, stack: number, end: number): number {
  const payload = bottomOfStack(view, stack, end);
  return payload < 0 ? payload : ofAnyVersion(view, payload, end);
}

/** Index behind the last label of the stack, or a `SkipReason`. */
export function bottomOfStack(view: DataView, stack: number, end: number): number {
  for (let offset = stack; offset + 4 <= end; offset += 4) {
    if ((view.getUint8(offset + 2) & 1) === 1) return offset + 4;
  }
  return SkipReason.truncated;
}
