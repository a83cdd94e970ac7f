import { FREE_PAGES, MORE_MEMORY, PAGE_BYTES } from './layout';

/* Pages of memory, for whoever holds much at one time and little at another. */

/** Memory grows by 4 MB, in units of 64 kB. */
const GROWTH: i32 = 64;
const MEMORY_UNIT_SHIFT: i64 = 16;
const UNIT_MASK: i64 = 0xffff;
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
  const page = spareMemory(PAGE_BYTES);
  if (page !== 0) unused += PAGE_BYTES;
  return page;
}

/** @returns the address of memory for something that is not needed any more when the next page is allocated; 0 where there is none */
export function spareMemory(bytes: u32): usize {
  const missing = <i64>unused + bytes - ((<i64>memory.size()) << MEMORY_UNIT_SHIFT);
  const units = <i32>((missing + UNIT_MASK) >> MEMORY_UNIT_SHIFT);
  return missing > 0 && memory.grow(max(units, GROWTH)) < 0 ? 0 : unused;
}

export function releasePage(page: usize): void {
  store<u32>(nameOfFree(free++), <u32>page);
}

function nameOfFree(index: u32): usize {
  return FREE + ((<usize>index) << 2);
}
