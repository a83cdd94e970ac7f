/** A binary heap: the least item first. */
export class Heap<T> {
  readonly #items: T[] = [];

  /** @param order negative where the first argument comes before the second */
  constructor(private readonly order: (a: T, b: T) => number) {}

  /** The least item, which stays; null where there is none. */
  peek(): T | null {
    return this.#items[0] ?? null;
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.order(items[parent], item) <= 0) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  /** Takes the least item; null where there is none. */
  pop(): T | null {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (last === undefined) return null;
    if (items.length === 0) return last;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && this.order(items[child + 1], items[child]) < 0) child++;
      if (this.order(last, items[child]) <= 0) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return least;
  }
}
