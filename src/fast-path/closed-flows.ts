import { nameOf, placeOf, placeOfFresh, placeOfFreshEnd, placeOfPacked } from './closed-places';
import { MOST_CLOSED, NOTED_FLOWS, PAGE_BYTES } from './layout';
import { copiedBytes, copyClosed, lastOfClosed } from './packed-flow';
import {
  givePage,
  isPackedElsewhere,
  needsPage,
  notePageFilled,
  packPage,
  pagesBegun,
  pagesEmptied,
  pagesFilled,
  resetPacking,
} from './packing';
import { allocatePage, releasePage } from './pages';

/*
 * Flows that have closed, in the order in which they did. In that order they leave, but for a few: so this is the queue
 * that they wait in, pages are given back with the last one that stands there, and names of flows go round.
 */

const NOTED: usize = NOTED_FLOWS;
const PAGE_LENGTH: usize = PAGE_BYTES;
/** What is copied begins where a line of memory does. */
const LINE: usize = 64;
/**
 * Where no other thread packs: pages that need not be. Once there are more, pages are packed as soon as they are full, while they
 * are in the cache; a short capture is not packed at all.
 */
const MOST_FRESH: u32 = 192;

/** In place of an address: the flow is followed in full, and keeps its place in the queue. */
const MARK: u32 = 1;

export let closedInUse: u32 = 0;
/** The first one that keeps its place, the first one that is there, and the next one that closes. */
let oldest: u32 = 0;
let oldestThere: u32 = 0;
let next: u32 = 0;
/** The first page that flows are packed in, and the first one that they were copied to. */
let oldestPacked: u32 = 0;
let oldestFresh: u32 = 0;
/** Of the page that is copied to: where it goes on, and where it ends. */
let to: usize = 0;
let pageEnd: usize = 0;
/** As MOST_FRESH, or 0. */
let mostFresh: u32 = MOST_FRESH;

/** There is none. */
export function resetClosed(): void {
  closedInUse = oldest = oldestThere = next = oldestPacked = oldestFresh = 0;
  to = pageEnd = 0;
  mostFresh = MOST_FRESH;
  resetPacking();
}

/** @returns the address of a flow, up to the next one that closes */
export function closedAt(flow: u32): usize {
  return atomic.load<u32>(placeOf(flow));
}

/** Whether it is there. */
export function isClosed(flow: u32): bool {
  return atomic.load<u32>(placeOf(flow)) > MARK;
}

/** Copies a flow whose ends have closed. @returns its name from now on; 0 where there is no room */
export function addClosed(record: usize): u32 {
  if (next - oldest === MOST_CLOSED) return 0;
  if (to + copiedBytes(record) > pageEnd && !turnPage()) return 0;
  const flow = nameOf(next++);
  store<u32>(placeOf(flow), <u32>to);
  to = (copyClosed(record, to) + (LINE - 1)) & ~(LINE - 1);
  closedInUse++;
  return flow;
}

/** A flow leaves. @param keepsPlace it is followed in full: its place is `dismissed` later */
export function removeClosed(flow: u32, keepsPlace: bool): void {
  // To store it in order with all else would wait for each store before. A flow that is exchanged for its copy meanwhile leaves, too.
  store<u32>(placeOf(flow), keepsPlace ? MARK : 0);
  closedInUse--;
  advance();
  // Asked for first: what is packed from now on stands in the last one of these, or behind it.
  const begun = pagesBegun();
  while (oldestThere !== next && !isClosed(nameOf(oldestThere))) oldestThere++;
  while (begun - oldestPacked > 1 && !isNeeded(load<u32>(placeOfPacked(oldestPacked))))
    releasePage(load<u32>(placeOfPacked(oldestPacked++)));
}

/** The place that a flow has kept is given up. */
export function dismiss(flow: u32): void {
  store<u32>(placeOf(flow), 0);
  advance();
}

function advance(): void {
  while (oldest !== next && load<u32>(placeOf(nameOf(oldest))) === 0) oldest++;
}

/** @returns the first one in the queue, which may be no more than a place that is kept; -1 where it is empty */
export function firstClosed(): i32 {
  return oldest === next ? -1 : nameOf(oldest);
}

/**
 * Names the first ones that leave by now: as many as have a place in `NOTED_FLOWS`, or fewer.
 *
 * @param linger how long after its last segment each does
 * @returns how many
 */
export function noteLeaving(now: f64, linger: f64, most: u32): u32 {
  let count: u32 = 0;
  for (let closed = oldest; closed !== next && count < most; closed++) {
    const flow = nameOf(closed);
    if (!isClosed(flow)) continue;
    if (now < lastOfClosed(closedAt(flow)) + linger) break;
    store<u32>(NOTED + ((<usize>count) << 4), flow);
    count++;
  }
  return count;
}

/** Where the first one stands among all that have closed. */
export function closedBegin(): u32 {
  return oldest;
}

/** Where the next one that closes will stand. */
export function closedEnd(): u32 {
  return next;
}

/** Whether the oldest flow stands in this page, which is the oldest one that flows are packed in. */
function isNeeded(page: usize): bool {
  return oldestThere !== next && closedAt(nameOf(oldestThere)) - page < PAGE_LENGTH;
}

/** Leaves the page that is full to be packed, and begins another one. */
function turnPage(): bool {
  if (pageEnd !== 0) {
    store<u32>(placeOfFreshEnd(pagesFilled()), next);
    notePageFilled();
    if (isPackedElsewhere()) giveMemory();
    else packHere();
  }
  const emptied = pagesEmptied();
  while (oldestFresh !== emptied) releasePage(load<u32>(placeOfFresh(oldestFresh++)));
  const page = allocatePage();
  to = page;
  pageEnd = page === 0 ? 0 : page + PAGE_LENGTH;
  store<u32>(placeOfFresh(pagesFilled()), <u32>page);
  return page !== 0;
}

/** Packs pages that are full, where they are too many, as far as there is memory for it. Those that all have left are empty. */
function packHere(): void {
  if (pagesFilled() - pagesEmptied() > mostFresh) mostFresh = 0;
  while (pagesEmptied() !== pagesFilled() && isToPack(pagesEmptied()) && giveMemory()) packPage();
}

function isToPack(page: u32): bool {
  return mostFresh === 0 || <i32>(oldestThere - load<u32>(placeOfFreshEnd(page))) >= 0;
}

function giveMemory(): bool {
  if (!needsPage()) return true;
  const page = allocatePage();
  if (page !== 0) givePage(page);
  return page !== 0;
}
