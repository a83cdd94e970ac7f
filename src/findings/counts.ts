/** Counts a few different things, which are compared one after the other: of three, that takes a third of what a `Map` does. */
export class Counts<K> {
  readonly #keys: K[] = [];
  readonly #counts: number[] = [];

  add(key: K): void {
    const keys = this.#keys;
    for (let index = 0; index < keys.length; index++) {
      if (keys[index] !== key) continue;
      this.#counts[index]++;
      return;
    }
    keys.push(key);
    this.#counts.push(1);
  }

  *[Symbol.iterator](): Generator<readonly [K, number]> {
    for (const [index, key] of this.#keys.entries()) yield [key, this.#counts[index]];
  }
}
