import { GLANCES } from './layout';

/*
 * Looks at places in memory that will soon be asked for: those that are not in the cache are waited for together, as far as the
 * processor looks ahead, some 250 instructions. So where they are is found out first, and then they are looked at with as few as
 * can be.
 */

/** Where addresses of such places are written, a word each. */
export const FIRST_GLANCE: usize = GLANCES;

/** Of what was looked at: what is not used is not loaded. */
export let seen: u32 = 0;

/** Looks at the words at the addresses that end here, by fours: behind the last one stand old ones. */
export function glanceAtWords(to: usize): void {
  let words: u32 = 0;
  for (let i = FIRST_GLANCE; i < to; i += 16)
    words ^=
      load<u32>(load<u32>(i)) ^ load<u32>(load<u32>(i, 4)) ^ load<u32>(load<u32>(i, 8)) ^ load<u32>(load<u32>(i, 12));
  seen ^= words;
}
