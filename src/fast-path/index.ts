import { resetFlows } from './deferral';
import { forgetFollowed } from './followed-keys';
import { setSeed } from './key';
import { watchNoPort } from './watched-ports';

export { begin, find, flow, isFirst, offer, remove, segmentsNeeded } from './deferral';
export { noteFollowed } from './followed-keys';
export { setFraming } from './framing';
export { setLink } from './headers';
export { append, journalEnd, nextPlace, turnPage } from './journal';
export { setSegment, setUpperAddresses } from './offered';
export { recordsEnd, recordsInUse } from './record';
export { chunkPosition, flowsBegun, flowsClosed, frame, now, setLinger, walk } from './walk';
export { watchPort } from './watched-ports';

/** Makes ready for another capture. */
export function reset(seed: u32): void {
  setSeed(seed);
  resetFlows();
  forgetFollowed();
  watchNoPort();
}
