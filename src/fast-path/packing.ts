import { nameOf, placeOf, placeOfFresh, placeOfFreshEnd, placeOfPacked } from './closed-places';
import { beginPage, resetCounts, VALUES_AT } from './coded-values';
import { PACKED_ELSEWHERE, PACKING, PAGE_BYTES } from './layout';
import { mostPacked, pack } from './packed-flow';

/*
 * Flows that have closed are packed by the page, in their order: on the thread that they close on, or on another one, which has
 * less to do. What both need to know stands in memory. A flow that has been packed is exchanged for its copy at once, unless
 * it has left meanwhile, and memory is allocated and given back by the thread that flows close on: nobody waits for anybody.
 */

const PAGE_LENGTH: usize = PAGE_BYTES;

const ELSEWHERE: usize = PACKED_ELSEWHERE;
/** Pages that flows were copied to: how many of them are full, and how many of these have been packed. */
const FILLED: usize = PACKING + 4;
const EMPTIED: usize = PACKING + 8;
/** A page that is next to be packed in; 0 where none was given. */
const GIVEN: usize = PACKING + 12;
/** Pages that were begun to be packed in. */
const BEGUN: usize = PACKING + 16;
/** Where the next flow will be packed, where that page ends, and which flow that is. */
const TO: usize = PACKING + 20;
const END: usize = PACKING + 24;
const NEXT: usize = PACKING + 28;
const BYTES: usize = 32;

/** Nothing is to be packed. */
export function resetPacking(): void {
  memory.fill(ELSEWHERE, 0, BYTES);
  resetCounts();
}

export function isPackedElsewhere(): bool {
  return load<u32>(ELSEWHERE) !== 0;
}

/** One more page is full. */
export function notePageFilled(): void {
  atomic.store<u32>(FILLED, load<u32>(FILLED) + 1);
}

export function pagesFilled(): u32 {
  return load<u32>(FILLED);
}

/** How many of them may be used again. */
export function pagesEmptied(): u32 {
  return atomic.load<u32>(EMPTIED);
}

export function pagesBegun(): u32 {
  return atomic.load<u32>(BEGUN);
}

export function needsPage(): bool {
  return atomic.load<u32>(GIVEN) === 0;
}

/** Gives a page to pack in, where one is needed. */
export function givePage(page: usize): void {
  atomic.store<u32>(GIVEN, <u32>page);
}

/** Packs the flows of the oldest page that is full. @returns false where there is none, or another page is needed for it */
export function packPage(): bool {
  const page = load<u32>(EMPTIED);
  if (page === atomic.load<u32>(FILLED)) return false;
  const first: usize = load<u32>(placeOfFresh(page));
  const end = load<u32>(placeOfFreshEnd(page));
  for (let closed = load<u32>(NEXT); closed !== end; store<u32>(NEXT, ++closed)) {
    const place = placeOf(nameOf(closed));
    const copied: usize = atomic.load<u32>(place);
    // It may have left, or be followed in full.
    if (copied - first < PAGE_LENGTH && !packAt(place, copied)) return false;
  }
  atomic.store<u32>(EMPTIED, page + 1);
  return true;
}

/** @returns false where another page is needed for it */
function packAt(place: usize, copied: usize): bool {
  let to: usize = load<u32>(TO);
  if (to + mostPacked(copied) > <usize>load<u32>(END)) {
    if (!turnPage()) return false;
    to = load<u32>(TO);
  }
  const end = pack(copied, to);
  const isThere = atomic.cmpxchg<u32>(place, <u32>copied, <u32>to) === <u32>copied;
  if (isThere) store<u32>(TO, <u32>end);
  return true;
}

function turnPage(): bool {
  const page: usize = atomic.xchg<u32>(GIVEN, 0);
  if (page === 0) return false;
  beginPage(page);
  const begun = load<u32>(BEGUN);
  store<u32>(placeOfPacked(begun), <u32>page);
  store<u32>(TO, <u32>(page + VALUES_AT));
  store<u32>(END, <u32>(page + PAGE_LENGTH));
  atomic.store<u32>(BEGUN, begun + 1);
  return true;
}
