/**
 * The middle of an odd number of values, else the lower one of the two.
 * @param {readonly number[]} values one or more
 */
export function median(values) {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];
}
