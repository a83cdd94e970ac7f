/** Spreads the bits of a word over all of it: a step of the hashes of keys. */
export function mix(value: number): number {
  const product = Math.imul(value, 0x9e3779b1);
  return product ^ (product >>> 15);
}
