/** Relative error of a quantile. */
const ERROR = 0.01;
const GAMMA = (1 + ERROR) / (1 - ERROR);
const LOG_GAMMA = Math.log(GAMMA);
/** Anything shorter, in seconds, counts as this. */
const LEAST = 1e-9;

/** Bucket numbers and their counts. */
export type SketchJson = readonly (readonly [bucket: number, count: number])[];

/**
 * Quantiles of positive values to 1 % of the value, in bounded memory, whatever the order in which parts are added: buckets
 * whose bounds grow by the same ratio (DDSketch, Masson, Rim and Lee, VLDB 2019).
 */
export class Sketch {
  #count = 0;
  readonly #buckets = new Map<number, number>();

  static of(json: SketchJson): Sketch {
    const sketch = new Sketch();
    sketch.merge(json);
    return sketch;
  }

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    this.#add(Math.ceil(Math.log(Math.max(value, LEAST)) / LOG_GAMMA), 1);
  }

  merge(other: SketchJson): void {
    for (const [bucket, count] of other) this.#add(bucket, count);
  }

  /** The value that the share `q` (0 to 1) of all values does not exceed; null where there is none. */
  quantile(q: number): number | null {
    if (this.#count === 0) return null;
    let rank = Math.max(1, Math.ceil(q * this.#count));
    for (const [bucket, count] of this.json()) {
      rank -= count;
      if (rank <= 0) return (2 * GAMMA ** bucket) / (GAMMA + 1);
    }
    return null;
  }

  json(): SketchJson {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }

  #add(bucket: number, count: number): void {
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count);
    this.#count += count;
  }
}
