import { hashOf, isKeyOf, Key } from './key';
import { CLOSED_INDEX, OPEN_INDEX } from './layout';
import { addressOf, flowAt } from './record';

const SLOT_SHIFT: usize = 3;
const FEWEST_SLOTS: u32 = 1024;

/**
 * From the hash of a key to the records that may have it, as connection/flow-index.ts does it for flows that are followed
 * in full: the hash in a slot's lower word, 1 + the record in its upper one.
 */
class FlowIndex {
  /** A power of two of slots. */
  private slots: u32 = FEWEST_SLOTS;
  private size: u32 = 0;

  constructor(private readonly base: usize) {}

  reset(): void {
    memory.fill(this.base, 0, (<usize>this.slots) << SLOT_SHIFT);
    this.slots = FEWEST_SLOTS;
    this.size = 0;
  }

  /** @returns the address of the record that has the key; 0 for none */
  find(): usize {
    const mask = this.slots - 1;
    const hash = Key.hash;
    let slot = hash & mask;
    while (true) {
      const entry = this.entry(slot);
      if (entry >> 32 === 0) return 0;
      if (<u32>entry === hash && isKeyOf(recordOf(entry))) return recordOf(entry);
      slot = (slot + 1) & mask;
    }
  }

  add(record: usize, hash: u32): void {
    if ((this.size + 1) << 1 > this.slots) this.grow();
    this.size++;
    this.put(((<u64>(flowAt(record) + 1)) << 32) | hash);
  }

  remove(record: usize, hash: u32): void {
    const mask = this.slots - 1;
    let slot = hash & mask;
    while (recordOf(this.entry(slot)) !== record) slot = (slot + 1) & mask;
    this.clear(slot);
    this.size--;
  }

  private entry(slot: u32): u64 {
    return load<u64>(this.base + ((<usize>slot) << SLOT_SHIFT));
  }

  private setEntry(slot: u32, entry: u64): void {
    store<u64>(this.base + ((<usize>slot) << SLOT_SHIFT), entry);
  }

  private put(entry: u64): void {
    const mask = this.slots - 1;
    let slot = <u32>entry & mask;
    while (this.entry(slot) >> 32 !== 0) slot = (slot + 1) & mask;
    this.setEntry(slot, entry);
  }

  /** Puts all entries into twice as many slots, by way of a copy that stands behind these. */
  private grow(): void {
    const old = this.slots;
    const bytes = (<usize>old) << SLOT_SHIFT;
    const copy = this.base + 2 * bytes;
    memory.copy(copy, this.base, bytes);
    memory.fill(this.base, 0, 2 * bytes);
    this.slots = 2 * old;
    for (let at = copy; at < copy + bytes; at += 1 << SLOT_SHIFT) {
      const entry = load<u64>(at);
      if (entry >> 32 !== 0) this.put(entry);
    }
  }

  /** Linear probing without tombstones: later entries of the cluster move back into the hole (Knuth 6.4, algorithm R). */
  private clear(emptied: u32): void {
    const mask = this.slots - 1;
    let hole = emptied;
    for (let slot = (hole + 1) & mask; this.entry(slot) >> 32 !== 0; slot = (slot + 1) & mask) {
      const entry = this.entry(slot);
      const home = <u32>entry & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        this.setEntry(hole, entry);
        hole = slot;
      }
    }
    this.setEntry(hole, 0);
  }
}

function recordOf(entry: u64): usize {
  return addressOf(<u32>(entry >> 32) - 1);
}

/**
 * Connections in TIME_WAIT are many times those that are open, and hardly sent a segment: with an index of their own, that
 * of the open ones stays in the processor's cache.
 */
const openFlows = new FlowIndex(OPEN_INDEX);
const closedFlows = new FlowIndex(CLOSED_INDEX);

export function resetIndex(): void {
  openFlows.reset();
  closedFlows.reset();
}

/** @returns the address of the record that has the key; 0 for none */
export function findRecord(): usize {
  const record = openFlows.find();
  return record !== 0 ? record : closedFlows.find();
}

/** A record of the key, for which there was none. */
export function addOpen(record: usize): void {
  openFlows.add(record, Key.hash);
}

/** Both ends of the flow have closed, and another record has its place: few segments will still ask for it. */
export function moveToClosed(open: usize, record: usize): void {
  const hash = hashOf(record);
  openFlows.remove(open, hash);
  closedFlows.add(record, hash);
}

export function removeFromIndex(record: usize, isClosed: bool): void {
  if (isClosed) closedFlows.remove(record, hashOf(record));
  else openFlows.remove(record, hashOf(record));
}
