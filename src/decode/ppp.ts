import { fromMpls } from './mpls.js';
import { SkipReason } from './result.js';
import { ofVersion } from './version.js';

/** PPP with or without address and control, and with or without a compressed protocol field (RFC 1661, sections 2 and 6.5). */
export function fromPpp(view: DataView, frame: number, end: number): number {
  if (frame + 2 > end) return SkipReason.truncated;
  const offset = view.getUint16(frame) === 0xff03 ? frame + 2 : frame;
  if (offset + 2 > end) return SkipReason.truncated;
  const first = view.getUint8(offset);
  const isCompressed = (first & 1) === 1;
  const payload = offset + (isCompressed ? 1 : 2);
  switch (isCompressed ? first : view.getUint16(offset)) {
    case 0x0021:
      return ofVersion(4, view, payload, end);
    case 0x0057:
      return ofVersion(6, view, payload, end);
    case 0x0281:
    case 0x0283:
      return fromMpls(view, payload, end);
    default:
      return SkipReason['not-ip'];
  }
}
