import { resetFlows } from './deferral';
import { forgetFollowed } from './followed-keys';
import { watchNoPort } from './watched-ports';

export { closedBegin, closedEnd, dismiss, firstClosed, noteLeaving } from './closed-flows';
export { setDecoded } from './decoded';
export { bitsOf, flowsInUse, isInUse, lastOf, numberOf, remove, setPatience, tell, tellRecord } from './deferral';
export { setFraming } from './framing';
export { setLink } from './headers';
export {
  beginOffered,
  findOffered,
  flow,
  isFirst,
  isOfferedSign,
  noteFollowed,
  setIpv6Addresses,
  setSegment,
  takeOffered,
} from './offered';
export { bytesOfPages } from './pages';
export { recordsEnd } from './record';
export { chunkPosition, flowsBegun, flowsClosed, foresee, frame, now, walk } from './walk';
export { watchPort } from './watched-ports';

/** Makes ready for another capture. */
export function reset(): void {
  resetFlows();
  forgetFollowed();
  watchNoPort();
}
