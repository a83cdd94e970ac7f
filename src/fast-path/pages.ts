import { FREE_PAGES, MORE_MEMORY, PAGE_BYTES } from './layout';

/* Pages of memory, for whoever holds much at one time and little at another. */

/** Memory grows by 4 MB, in units of 64 kB. */
const GROWTH: i32 = 64;
const MEMORY_UNIT_SHIFT: usize = 16;
const FIRST: usize = MORE_MEMORY;
const FREE: usize = FREE_PAGES;

/** Those that were never in use begin here. */
let unused: usize = FIRST;
/** How many before them are free, which `FREE_PAGES` names. */
let free: u32 = 0;

/** No page is in use. */
export function resetPages(): void {
  unused = FIRST;
  free = 0;
}

/** Bytes of all pages that were in use. */
export function bytesOfPages(): u32 {
  return <u32>(unused - FIRST);
}

/** @returns the address of one; 0 where there is no more memory */
export function allocatePage(): usize {
  if (free !== 0) return load<u32>(nameOfFree(--free));
  if (<u64>unused + PAGE_BYTES > (<u64>memory.size()) << MEMORY_UNIT_SHIFT && memory.grow(GROWTH) < 0) return 0;
  const page = unused;
  unused += PAGE_BYTES;
  return page;
}

export function releasePage(page: usize): void {
  store<u32>(nameOfFree(free++), <u32>page);
}

function nameOfFree(index: u32): usize {
  return FREE + ((<usize>index) << 2);
}
