import { randomInt } from 'node:crypto';
import type { Segment } from '../decode/segment.js';
import { FlowIndex } from './flow-index.js';
import { type FlowNetwork, FlowNetworks, type KeyPart } from './flow-network.js';
import { BIT, I, STRIDE } from './flow-record.js';

/**
 * The flows alive, found by 4-tuple: records in one growing buffer, and two indices of them. Connections in TIME_WAIT are
 * many times those that are open, and hardly sent a segment: with an index of their own, that of the open ones stays in the
 * processor's cache.
 *
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

  readonly #open = new FlowIndex();
  readonly #closed = new FlowIndex();
  #capacity: number;
  #unused = 0;
  #free: number[] = [];
  readonly #seed = randomInt(0x7fffffff) | 1;
  /** The key of the last `find`, in the order of the record. */
  #lowA = 0;
  #lowB = 0;
  #ports = 0;
  #hash = 0;
  /** Its other words; all 0 with IPv4. */
  readonly #upper = new Int32Array(6);
  #version = 0;
  /** Null unless networks are part of the key. */
  readonly #networks: FlowNetworks | null;

  constructor(capacity = 64, key: readonly KeyPart[] = []) {
    this.#capacity = capacity;
    this.#networks = key.length === 0 ? null : new FlowNetworks(new Set(key), capacity);
    const buffer = new ArrayBuffer(capacity * STRIDE * 4);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** @returns the record's index, or -1; `direction` is set in either case. */
  find(s: Segment): number {
    const source = s.source3;
    const destination = s.destination3;
    const { sourcePort, destinationPort } = s;
    let hash = this.#seed;
    if (s.ipVersion === 6) {
      this.#version = BIT.ipv6;
      this.direction = this.#takeUpper(s);
      for (let word = 0; word < 6; word++) hash = mix(hash ^ this.#upper[word]);
    } else {
      this.#version = 0;
      const isLower = source === destination ? sourcePort <= destinationPort : source >>> 0 < destination >>> 0;
      this.direction = isLower ? 0 : 1;
    }
    if (this.direction === 0) {
      this.#lowA = source;
      this.#lowB = destination;
      this.#ports = (sourcePort << 16) | destinationPort;
    } else {
      this.#lowA = destination;
      this.#lowB = source;
      this.#ports = (destinationPort << 16) | sourcePort;
    }
    hash = mix(mix(mix(hash ^ this.#lowA) ^ this.#lowB) ^ this.#ports);
    if (this.#networks !== null) {
      this.#networks.take(s);
      hash = mix(hash ^ this.#networks.hash);
    }
    this.#hash = hash;
    const flow = this.#findIn(this.#open.slots, hash);
    return flow >= 0 ? flow : this.#findIn(this.#closed.slots, hash);
  }

  /** Makes a record for the segment of the last `find`; where one exists for its key, the new one takes its place in the index. */
  insert(replaced: number): number {
    const flow = this.#allocate();
    const at = flow * STRIDE;
    const i32 = this.i32;
    i32.fill(0, at, at + STRIDE);
    i32[at + I.lowA] = this.#lowA;
    i32[at + I.lowB] = this.#lowB;
    i32[at + I.ports] = this.#ports;
    if (this.#version !== 0) i32.set(this.#upper, at + I.upperA);
    this.#networks?.put(flow);
    if (replaced < 0) this.#open.add(flow, this.#hash);
    else if ((i32[replaced * STRIDE + I.bits] & BIT.ending) === 0) this.#open.replace(replaced, flow, this.#hash);
    else {
      this.#closed.remove(replaced, this.#hash);
      this.#open.add(flow, this.#hash);
    }
    this.size++;
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

  /** Frees a record; `indexed` is false for an incarnation that another one has replaced in the index. */
  remove(flow: number, indexed: boolean): void {
    const at = flow * STRIDE;
    const index = (this.i32[at + I.bits] & BIT.ending) === 0 ? this.#open : this.#closed;
    if (indexed) index.remove(flow, this.#hashOf(flow));
    this.i32[at + I.number] = 0;
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

  /** Takes all but the low words of an IPv6 key. @returns the segment's direction */
  #takeUpper(s: Segment): number {
    const order =
      compare(s.source0, s.destination0) ||
      compare(s.source1, s.destination1) ||
      compare(s.source2, s.destination2) ||
      compare(s.source3, s.destination3) ||
      s.sourcePort - s.destinationPort;
    const upper = this.#upper;
    const source = order <= 0 ? 0 : 3;
    const destination = 3 - source;
    upper[source] = s.source0;
    upper[source + 1] = s.source1;
    upper[source + 2] = s.source2;
    upper[destination] = s.destination0;
    upper[destination + 1] = s.destination1;
    upper[destination + 2] = s.destination2;
    return order <= 0 ? 0 : 1;
  }

  #findIn(slots: Int32Array, hash: number): number {
    const mask = slots.length - 2;
    for (let slot = FlowIndex.home(hash, slots); slots[slot + 1] !== 0; slot = (slot + 2) & mask) {
      if (slots[slot] === hash && this.#holdsKey(slots[slot + 1] - 1)) return slots[slot + 1] - 1;
    }
    return -1;
  }

  #holdsKey(flow: number): boolean {
    const i32 = this.i32;
    const at = flow * STRIDE;
    if (
      i32[at + I.lowA] !== this.#lowA ||
      i32[at + I.lowB] !== this.#lowB ||
      i32[at + I.ports] !== this.#ports ||
      (i32[at + I.bits] & BIT.ipv6) !== this.#version
    )
      return false;
    if (this.#networks !== null && !this.#networks.holds(flow)) return false;
    if (this.#version === 0) return true;
    for (let word = 0; word < 6; word++) if (i32[at + I.upperA + word] !== this.#upper[word]) return false;
    return true;
  }

  #hashOf(flow: number): number {
    const i32 = this.i32;
    const at = flow * STRIDE;
    let hash = this.#seed;
    if ((i32[at + I.bits] & BIT.ipv6) !== 0)
      for (let word = 0; word < 6; word++) hash = mix(hash ^ i32[at + I.upperA + word]);
    hash = mix(mix(mix(hash ^ i32[at + I.lowA]) ^ i32[at + I.lowB]) ^ i32[at + I.ports]);
    return this.#networks === null ? hash : mix(hash ^ this.#networks.hashOf(flow));
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
    this.#networks?.grow(this.#capacity);
  }
}

const compare = (a: number, b: number): number => (a >>> 0) - (b >>> 0);

function mix(value: number): number {
  const product = Math.imul(value, 0x9e3779b1);
  return product ^ (product >>> 15);
}
