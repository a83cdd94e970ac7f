import { resetFlows } from './deferral';
import { forgetFollowed } from './followed-keys';
import { setSeed } from './key';
import { watchNoPort } from './watched-ports';

export { setDecoded } from './decoded';
export {
  begin,
  closedEnd,
  flow,
  flowsInUse,
  isFirst,
  openEnd,
  remove,
  segmentsNeeded,
  setPatience,
} from './deferral';
export { noteFollowed } from './followed-keys';
export { setFraming } from './framing';
export { setLink } from './headers';
export { append, journalEnd, nextPlace, turnPage } from './journal';
export { findOffered, isOfferedSign, setSegment, setUpperAddresses, takeOffered } from './offered';
export { chunkPosition, flowsBegun, flowsClosed, foresee, frame, now, walk } from './walk';
export { watchPort } from './watched-ports';

/** Makes ready for another capture. */
export function reset(seed: u32): void {
  setSeed(seed);
  resetFlows();
  forgetFollowed();
  watchNoPort();
}
