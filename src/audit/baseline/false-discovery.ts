/**
 * Benjamini and Hochberg's adjusted p-values: calling all tests with an adjusted p of at most q changes accepts a share q of
 * false alarms among them.
 */
export function adjust(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[b] - values[a]);
  const adjusted = new Array<number>(values.length);
  let least = 1;
  order.forEach((index, place) => {
    least = Math.min(least, (values[index] * values.length) / (values.length - place));
    adjusted[index] = least;
  });
  return adjusted;
}
