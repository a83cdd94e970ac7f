import { randomInt } from 'node:crypto';
import type { Segment } from '../decode/segment.js';
import { BIT, I, STRIDE } from './flow-record.js';

/**
 * The flows alive, found by 4-tuple: open addressing over one Int32Array, records in one growing buffer.
 * The key is canonical (lower endpoint first), so both directions find one record. The hash is seeded per process, since
 * keys come from strangers.
 */
export class FlowTable {
  i32: Int32Array;
  f64: Float64Array;
  /** How many records are in use. */
  size = 0;
  /** Set by `find`: 0 where the segment's source is the key's lower endpoint, else 1. */
  direction = 0;

  #slots: Int32Array;
  #mask: number;
  #capacity: number;
  #unused = 0;
  #free: number[] = [];
  #hash = 0;
  readonly #seed = randomInt(0x7fffffff) | 1;
  readonly #key = new Int32Array(9);

  constructor(capacity = 1024) {
    this.#capacity = capacity;
    const buffer = new ArrayBuffer(capacity * STRIDE * 4);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.#slots = new Int32Array(capacity * 2);
    this.#mask = capacity * 2 - 1;
  }

  /** @returns the record's index, or -1; `direction` is set in either case. */
  find(segment: Segment): number {
    const key = this.#key;
    this.direction = this.#takeKey(segment);
    let hash = this.#seed;
    for (let i = 3; i < 9; i++) {
      hash = Math.imul(hash ^ key[i], 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    if (segment.ipVersion === 6) {
      for (let i = 0; i < 3; i++) {
        hash = Math.imul(hash ^ key[i], 0x85ebca6b);
        hash ^= hash >>> 13;
      }
    }
    this.#hash = hash;
    const version = segment.ipVersion === 6 ? BIT.ipv6 : 0;
    const i32 = this.i32;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = this.#slots[slot];
      if (entry === 0) return -1;
      const at = (entry - 1) * STRIDE;
      if (
        i32[at + 8] === key[8] &&
        i32[at + 3] === key[3] &&
        i32[at + 7] === key[7] &&
        i32[at] === key[0] &&
        i32[at + 1] === key[1] &&
        i32[at + 2] === key[2] &&
        i32[at + 4] === key[4] &&
        i32[at + 5] === key[5] &&
        i32[at + 6] === key[6] &&
        (i32[at + I.bits] & BIT.ipv6) === version
      ) {
        return entry - 1;
      }
    }
  }

  /** Makes a record for the segment of the last `find`; where one exists for its key, the new one takes its place in the index. */
  insert(replaced: number): number {
    const flow = this.#allocate();
    const at = flow * STRIDE;
    this.i32.fill(0, at, at + STRIDE);
    this.i32.set(this.#key, at);
    this.i32[at + I.hash] = this.#hash;
    if (replaced >= 0) {
      this.#slots[this.#slotOf(replaced)] = flow + 1;
    } else {
      let slot = this.#hash & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = flow + 1;
    }
    this.size++;
    return flow;
  }

  /** Frees a record; `indexed` is false for an incarnation that another one has replaced in the index. */
  remove(flow: number, indexed: boolean): void {
    if (indexed) this.#clearSlot(this.#slotOf(flow));
    this.i32[flow * STRIDE + I.number] = 0;
    this.#free.push(flow);
    this.size--;
  }

  /** The records in use, incarnations that were replaced included. */
  *records(): Generator<number> {
    for (let flow = 0; flow < this.#unused; flow++) if (this.i32[flow * STRIDE + I.number] !== 0) yield flow;
  }

  #takeKey(s: Segment): number {
    const key = this.#key;
    const order =
      compare(s.source0, s.destination0) ||
      compare(s.source1, s.destination1) ||
      compare(s.source2, s.destination2) ||
      compare(s.source3, s.destination3) ||
      s.sourcePort - s.destinationPort;
    if (order <= 0) {
      key[0] = s.source0;
      key[1] = s.source1;
      key[2] = s.source2;
      key[3] = s.source3;
      key[4] = s.destination0;
      key[5] = s.destination1;
      key[6] = s.destination2;
      key[7] = s.destination3;
      key[8] = (s.sourcePort << 16) | s.destinationPort;
      return 0;
    }
    key[0] = s.destination0;
    key[1] = s.destination1;
    key[2] = s.destination2;
    key[3] = s.destination3;
    key[4] = s.source0;
    key[5] = s.source1;
    key[6] = s.source2;
    key[7] = s.source3;
    key[8] = (s.destinationPort << 16) | s.sourcePort;
    return 1;
  }

  #allocate(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#unused === this.#capacity) this.#grow();
    return this.#unused++;
  }

  #grow(): void {
    this.#capacity *= 2;
    const buffer = new ArrayBuffer(this.#capacity * STRIDE * 4);
    const i32 = new Int32Array(buffer);
    i32.set(this.i32);
    this.i32 = i32;
    this.f64 = new Float64Array(buffer);
    const old = this.#slots;
    this.#slots = new Int32Array(this.#capacity * 2);
    this.#mask = this.#capacity * 2 - 1;
    for (const entry of old) {
      if (entry === 0) continue;
      let slot = i32[(entry - 1) * STRIDE + I.hash] & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = entry;
    }
  }

  #slotOf(flow: number): number {
    let slot = this.i32[flow * STRIDE + I.hash] & this.#mask;
    while (this.#slots[slot] !== flow + 1) slot = (slot + 1) & this.#mask;
    return slot;
  }

  /** Linear probing without tombstones: later entries of the cluster move back into the hole (Knuth 6.4, algorithm R). */
  #clearSlot(hole: number): void {
    const slots = this.#slots;
    for (let slot = (hole + 1) & this.#mask; slots[slot] !== 0; slot = (slot + 1) & this.#mask) {
      const home = this.i32[(slots[slot] - 1) * STRIDE + I.hash] & this.#mask;
      if (((slot - home) & this.#mask) >= ((slot - hole) & this.#mask)) {
        slots[hole] = slots[slot];
        hole = slot;
      }
    }
    slots[hole] = 0;
  }
}

const compare = (a: number, b: number): number => (a >>> 0) - (b >>> 0);
