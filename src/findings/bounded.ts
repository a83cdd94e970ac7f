/** Keys that are followed at most. */
const MOST = 20_000;

/** Things made on first use, by key, in bounded memory: when there are too many, those with the fewest flows are forgotten. */
export class Bounded<K, V extends { readonly flows: number }> {
  readonly #all = new Map<K, V>();
  readonly #make: () => V;

  constructor(make: () => V) {
    this.#make = make;
  }

  known(key: K): V | undefined {
    return this.#all.get(key);
  }

  of(key: K): V {
    let found = this.#all.get(key);
    if (found === undefined) {
      if (this.#all.size >= MOST) this.#forget();
      found = this.#make();
      this.#all.set(key, found);
    }
    return found;
  }

  entries(): IterableIterator<[K, V]> {
    return this.#all.entries();
  }

  #forget(): void {
    const sizes = [...this.#all.values()].map((v) => v.flows).sort((a, b) => a - b);
    const median = sizes[sizes.length >> 1];
    for (const [key, value] of this.#all) if (value.flows <= median) this.#all.delete(key);
  }
}
