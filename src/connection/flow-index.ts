/**
 * From the hash of a key to the records that may have it: open addressing with linear probing, at most half full. A slot is
 * two words, the hash and 1 + the record, so that no record is read in vain.
 */
export class FlowIndex {
  /** A power of two of words. */
  slots = new Int32Array(128);
  #size = 0;

  /** The first word of the slot at which a search begins; the next slot is two words on, modulo the length. */
  static home(hash: number, slots: Int32Array): number {
    return (hash << 1) & (slots.length - 2);
  }

  add(record: number, hash: number): void {
    if (4 * (this.#size + 1) > this.slots.length) this.#grow();
    this.#size++;
    this.#put(record, hash);
  }

  remove(record: number, hash: number): void {
    this.#clear(this.#slotOf(record, hash));
    this.#size--;
  }

  /** Another record takes the place of one of the same key. */
  replace(record: number, other: number, hash: number): void {
    this.slots[this.#slotOf(record, hash) + 1] = other + 1;
  }

  #put(record: number, hash: number): void {
    const { slots } = this;
    const mask = slots.length - 2;
    let slot = FlowIndex.home(hash, slots);
    while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
    slots[slot] = hash;
    slots[slot + 1] = record + 1;
  }

  #grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    for (let slot = 0; slot < old.length; slot += 2) if (old[slot + 1] !== 0) this.#put(old[slot + 1] - 1, old[slot]);
  }

  #slotOf(record: number, hash: number): number {
    const { slots } = this;
    const mask = slots.length - 2;
    let slot = FlowIndex.home(hash, slots);
    while (slots[slot + 1] !== record + 1) slot = (slot + 2) & mask;
    return slot;
  }

  /** Linear probing without tombstones: later entries of the cluster move back into the hole (Knuth 6.4, algorithm R). */
  #clear(emptied: number): void {
    const { slots } = this;
    const mask = slots.length - 2;
    let hole = emptied;
    for (let slot = (hole + 2) & mask; slots[slot + 1] !== 0; slot = (slot + 2) & mask) {
      const home = FlowIndex.home(slots[slot], slots);
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        slots[hole] = slots[slot];
        slots[hole + 1] = slots[slot + 1];
        hole = slot;
      }
    }
    slots[hole + 1] = 0;
  }
}
