import { CLOSED_PLACES, FIRST_CLOSED, MOST_CLOSED, NOTED_FLOWS, PAGE_BYTES, PAGES_IN_USE } from './layout';
import { lastOfPacked, mostPacked, pack } from './packed-flow';
import { allocatePage, releasePage } from './pages';

/*
 * Flows that have closed, packed, in the order in which they did. In that order they leave, but for a few: so this is the queue
 * that they wait in, pages are given back with the last one that stands there, and names of flows go round.
 */

const PLACES: usize = CLOSED_PLACES;
const NOTED: usize = NOTED_FLOWS;
const PAGES: usize = PAGES_IN_USE;
const PAGE_LENGTH: usize = PAGE_BYTES;
const FIRST: u32 = FIRST_CLOSED;
const ROUND: u32 = MOST_CLOSED - 1;
/** As many pages as all of memory holds. */
const PAGES_ROUND: u32 = 0xffff;

/** In place of an address: the flow is followed in full, and keeps its place in the queue. */
const MARK: u32 = 1;

export let closedInUse: u32 = 0;
/** Counted through all rounds: the first one that keeps its place, the first one that is packed, and the next one that closes. */
let oldest: u32 = 0;
let oldestPacked: u32 = 0;
let next: u32 = 0;
/** The same of pages. */
let oldestPage: u32 = 0;
let nextPage: u32 = 0;
/** Of the page that is written to: where it goes on, and where it ends. */
let to: usize = 0;
let pageEnd: usize = 0;

/** There is none. */
export function resetClosed(): void {
  closedInUse = oldest = oldestPacked = next = oldestPage = nextPage = 0;
  to = pageEnd = 0;
}

/** @returns the address of a packed flow */
export function packedAt(flow: u32): usize {
  return load<u32>(placeOf(flow));
}

/** Whether it is there. */
export function isClosed(flow: u32): bool {
  return load<u32>(placeOf(flow)) > MARK;
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

/** A flow leaves. @param keepsPlace it is followed in full: its place is `dismissed` later */
export function removeClosed(flow: u32, keepsPlace: bool): void {
  store<u32>(placeOf(flow), keepsPlace ? MARK : 0);
  closedInUse--;
  advance();
  while (oldestPacked !== next && !isClosed(nameOf(oldestPacked))) oldestPacked++;
  while (nextPage - oldestPage > 1 && !isNeeded(load<u32>(nameOfPage(oldestPage))))
    releasePage(load<u32>(nameOfPage(oldestPage++)));
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
    if (now < lastOfPacked(packedAt(flow)) + linger) break;
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

/** Whether the oldest packed flow stands in this page, which is the oldest one. */
function isNeeded(page: usize): bool {
  return oldestPacked !== next && packedAt(nameOf(oldestPacked)) - page < PAGE_LENGTH;
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
