import { CLOSED_PLACES, FIRST_CLOSED, MOST_CLOSED, PAGE_BYTES, PAGES_IN_USE } from './layout';
import { mostPacked, pack } from './packed-flow';
import { allocatePage, releasePage } from './pages';

/*
 * Flows that have closed, packed, in the order in which they did. In that order they leave, but for a few: so pages are given
 * back with the last one that stands there, and names of flows go round.
 */

const PLACES: usize = CLOSED_PLACES;
const PAGES: usize = PAGES_IN_USE;
const PAGE_LENGTH: usize = PAGE_BYTES;
const FIRST: u32 = FIRST_CLOSED;
const ROUND: u32 = MOST_CLOSED - 1;
/** As many pages as all of memory holds. */
const PAGES_ROUND: u32 = 0xffff;

export let closedInUse: u32 = 0;
/** Counted through all rounds: the oldest one that may be there, and the next one. */
let oldest: u32 = 0;
let next: u32 = 0;
/** The same of pages. */
let oldestPage: u32 = 0;
let nextPage: u32 = 0;
/** Of the page that is written to: where it goes on, and where it ends. */
let to: usize = 0;
let pageEnd: usize = 0;

/** There is none. */
export function resetClosed(): void {
  closedInUse = oldest = next = oldestPage = nextPage = 0;
  to = pageEnd = 0;
}

/** @returns the address of a packed flow; 0 where it has left */
export function packedAt(flow: u32): usize {
  return load<u32>(placeOf(flow));
}

/** Packs a flow whose ends have closed. @returns its name from now on; 0 where there is no room */
export function addClosed(record: usize): u32 {
  if (next - oldest === MOST_CLOSED) return 0;
  if (to + mostPacked(record) > pageEnd && !turnPage()) return 0;
  const flow = nameOf(next++);
  store<u32>(placeOf(flow), <u32>to);
  to = pack(record, to);
  closedInUse++;
  return flow;
}

/** A flow leaves. */
export function removeClosed(flow: u32): void {
  store<u32>(placeOf(flow), 0);
  closedInUse--;
  while (oldest !== next && packedAt(nameOf(oldest)) === 0) oldest++;
  while (nextPage - oldestPage > 1 && !isNeeded(load<u32>(nameOfPage(oldestPage))))
    releasePage(load<u32>(nameOfPage(oldestPage++)));
}

/** Where the oldest one stands among all that have closed, or one does that has left since. */
export function closedBegin(): u32 {
  return oldest;
}

/** Where the next one that closes will stand. */
export function closedEnd(): u32 {
  return next;
}

/** Whether the oldest flow stands in this page, which is the oldest one. */
function isNeeded(page: usize): bool {
  return oldest !== next && packedAt(nameOf(oldest)) - page < PAGE_LENGTH;
}

function turnPage(): bool {
  const page = allocatePage();
  if (page === 0) return false;
  store<u32>(nameOfPage(nextPage++), <u32>page);
  to = page;
  pageEnd = page + PAGE_LENGTH;
  return true;
}

/** @param closed where it stands among all that have closed */
function nameOf(closed: u32): u32 {
  return FIRST + (closed & ROUND);
}

function placeOf(flow: u32): usize {
  return PLACES + ((<usize>(flow - FIRST)) << 2);
}

function nameOfPage(page: u32): usize {
  return PAGES + ((<usize>(page & PAGES_ROUND)) << 2);
}
