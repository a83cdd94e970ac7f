import { CLOSED_PLACES, FIRST_CLOSED, FRESH_PAGES, MOST_CLOSED, PACKED_PAGES } from './layout';

/*
 * Where flows that have closed stand, and pages of them. Both are counted through, in the order in which they closed or were
 * begun, and their places go round.
 */

const PLACES: usize = CLOSED_PLACES;
const PACKED: usize = PACKED_PAGES;
const FRESH: usize = FRESH_PAGES;
const FIRST: u32 = FIRST_CLOSED;
const ROUND: u32 = MOST_CLOSED - 1;
/** As many pages as all of memory holds. */
const PAGES_ROUND: u32 = 0xffff;

/** The name of a flow. @param closed how many have closed before it */
export function nameOf(closed: u32): u32 {
  return FIRST + (closed & ROUND);
}

/** Where the address of a flow stands. */
export function placeOf(flow: u32): usize {
  return PLACES + ((<usize>(flow - FIRST)) << 2);
}

/** Where the address of a page stands that flows are packed in. */
export function placeOfPacked(page: u32): usize {
  return PACKED + ((<usize>(page & PAGES_ROUND)) << 2);
}

/** Where the address of a page stands that flows were copied to. */
export function placeOfFresh(page: u32): usize {
  return FRESH + ((<usize>(page & PAGES_ROUND)) << 3);
}

/** Where stands, once the page is full, which one of all that have closed is the first that is not there any more. */
export function placeOfFreshEnd(page: u32): usize {
  return placeOfFresh(page) + 4;
}
