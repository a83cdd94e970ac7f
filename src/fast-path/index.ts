import { resetFlows } from './deferral';
import { forgetFollowed } from './followed-keys';
import { watchNoPort } from './watched-ports';

export { setDecoded } from './decoded';
export { closedEnd, flowsInUse, openEnd, remove, segmentsNeeded, setPatience } from './deferral';
export { setFraming } from './framing';
export { setLink } from './headers';
export { countBegun, journalEnd, nextPlace, turnPage } from './journal';
export {
  appendOffered,
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
export { chunkPosition, flowsBegun, flowsClosed, foresee, frame, now, walk } from './walk';
export { watchPort } from './watched-ports';

/** Makes ready for another capture. */
export function reset(): void {
  resetFlows();
  forgetFollowed();
  watchNoPort();
}
