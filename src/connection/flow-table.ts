import type { Segment } from '../decode/segment.js';
import { FlowIndex } from './flow-index.js';
import { FlowKey } from './flow-key.js';
import { type FlowNetwork, FlowNetworks, type KeyPart } from './flow-network.js';
import { BIT, type FlowRecords, I, STRIDE } from './flow-record.js';
import { mix } from './mix.js';

/**
 * The flows alive, found by 4-tuple: records in one growing buffer, and two indices of them. Connections in TIME_WAIT are
 * many times those that are open, and hardly sent a segment: with an index of their own, that of the open ones stays in the
 * processor's cache.
 */
export class FlowTable implements FlowRecords {
  i32: Int32Array;
  f64: Float64Array;
  /** How many records are in use. */
  size = 0;
  /** That of the last segment that was looked for. */
  readonly key = new FlowKey();

  readonly #open = new FlowIndex();
  readonly #closed = new FlowIndex();
  #capacity: number;
  #unused = 0;
  #free: number[] = [];
  /** Null unless networks are part of the key. */
  readonly #networks: FlowNetworks | null;

  constructor(capacity = 64, parts: readonly KeyPart[] = []) {
    this.#capacity = capacity;
    this.#networks = parts.length === 0 ? null : new FlowNetworks(new Set(parts), capacity);
    const buffer = new ArrayBuffer(capacity * STRIDE * 4);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** @returns the record's index, or -1; the key's `direction` is set in either case. */
  find(s: Segment): number {
    this.key.take(s);
    if (this.#networks !== null) {
      this.#networks.take(s);
      this.key.hash = mix(this.key.hash ^ this.#networks.hash);
    }
    return this.findKey();
  }

  /** The same of the key as it stands. */
  findKey(): number {
    const flow = this.#findIn(this.#open.slots);
    return flow >= 0 ? flow : this.#findIn(this.#closed.slots);
  }

  /** Makes a record for the key as it stands; where one exists for it, the new one takes its place in the index. */
  insert(replaced: number): number {
    const { key } = this;
    const flow = this.#allocate();
    const at = flow * STRIDE;
    const i32 = this.i32;
    i32[at + I.lowA] = key.lowA;
    i32[at + I.lowB] = key.lowB;
    i32[at + I.ports] = key.ports;
    if (key.version !== 0) i32.set(key.upper, at + I.upperA);
    this.#networks?.put(flow);
    if (replaced < 0) this.#open.add(flow, key.hash);
    else if (!this.#isRetired(replaced)) this.#open.replace(replaced, flow, key.hash);
    else {
      this.#closed.remove(replaced, key.hash);
      this.#open.add(flow, key.hash);
    }
    return flow;
  }

  /**
   * Makes a record that is in no index. Networks are no part of its key.
   *
   * @param words hold its key: `lowA`, `lowB` and `ports` from `at` on, what IPv6 addresses have above that from `upper` on,
   * which is -1 with IPv4
   */
  insertAlone(words: Int32Array, at: number, upper: number): number {
    const flow = this.#allocate();
    const to = flow * STRIDE;
    const i32 = this.i32;
    for (let word = 0; word < 3; word++) i32[to + I.lowA + word] = words[at + word];
    if (upper >= 0) for (let word = 0; word < 6; word++) i32[to + I.upperA + word] = words[upper + word];
    return flow;
  }

  /** Makes zeros of a record, but for its key. */
  clear(flow: number): void {
    const at = flow * STRIDE;
    const i32 = this.i32;
    const key = [i32[at + I.lowA], i32[at + I.lowB], i32[at + I.ports]];
    const upper = i32.slice(at + I.upperA, at + I.upperA + 6);
    i32.fill(0, at, at + STRIDE);
    i32.set(key, at + I.lowA);
    i32.set(upper, at + I.upperA);
  }

  /** Frees a record; `indexed` is false for one that is in no index, as an incarnation that another one has replaced there. */
  remove(flow: number, indexed: boolean): void {
    const index = this.#isRetired(flow) ? this.#closed : this.#open;
    if (indexed) index.remove(flow, this.#hashOf(flow));
    this.i32[flow * STRIDE + I.number] = 0;
    this.#free.push(flow);
    this.size--;
  }

  /** Both ends of the flow are done: few segments will still ask for it. It must not have been replaced in the index. */
  retire(flow: number): void {
    const hash = this.#hashOf(flow);
    this.#open.remove(flow, hash);
    this.#closed.add(flow, hash);
    this.i32[flow * STRIDE + I.bits] |= BIT.ending;
  }

  /** The records in use, incarnations that were replaced included. */
  *records(): Generator<number> {
    for (let flow = 0; flow < this.#unused; flow++) if (this.i32[flow * STRIDE + I.number] !== 0) yield flow;
  }

  /** The network that a flow was seen in; null where that is no part of the key. */
  networkOf(flow: number): FlowNetwork | null {
    return this.#networks?.of(flow) ?? null;
  }

  #isRetired(flow: number): boolean {
    return (this.i32[flow * STRIDE + I.bits] & BIT.ending) !== 0;
  }

  #findIn(slots: Int32Array): number {
    const { hash } = this.key;
    const mask = slots.length - 2;
    for (let slot = FlowIndex.home(hash, slots); slots[slot + 1] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot] === hash && this.#holdsKey(slots[slot + 1] - 1)) return slots[slot + 1] - 1;
    }
    return -1;
  }

  #holdsKey(flow: number): boolean {
    const at = flow * STRIDE;
    return this.key.isOf(this.i32, at, at + I.upperA) && (this.#networks === null || this.#networks.holds(flow));
  }

  #hashOf(flow: number): number {
    const at = flow * STRIDE;
    const hash = this.key.hashOf(this.i32, at, at + I.upperA);
    return this.#networks === null ? hash : mix(hash ^ this.#networks.hashOf(flow));
  }

  /** @returns a record of zeros */
  #allocate(): number {
    this.size++;
    const free = this.#free.pop();
    if (free !== undefined) {
      this.i32.fill(0, free * STRIDE, (free + 1) * STRIDE);
      return free;
    }
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
    this.#networks?.grow(this.#capacity);
  }
}
