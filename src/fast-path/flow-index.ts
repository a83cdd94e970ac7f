import { closedAt } from './closed-flows';
import { hashOf, isKeyOf } from './key';
import { BITS, CLOSED_INDEX, FIRST_CLOSED, OPEN_INDEX, SEG_HASH, UPPER } from './layout';
import { CLOSED_UPPER } from './packed-flow';
import { spareMemory } from './pages';
import { addressOf, flowAt, word } from './record';

/**
 * A bucket is a line of 64 bytes: fifteen entries, of the flow in the lower bits, of the hash in the upper ones, 0 for none; and
 * a word for how many others went past it, since it was full. So what leaves takes no other one along.
 */
const BUCKET_SHIFT: usize = 6;
const ENTRIES: u32 = 15;
const ALL_ENTRIES: u32 = (1 << ENTRIES) - 1;
const PASSED_AT: usize = 60;
/** So many entries of a bucket are used at most, on average: then others go past one bucket in eleven. */
const MOST_USED: u32 = 11;
const FEWEST_BUCKETS: u32 = 64;
/** Of an entry: bits of the flow, which is less than FIRST_CLOSED + MOST_CLOSED. */
const FLOW_BITS: u32 = 22;
const TAG: u32 = 0xffffffff << FLOW_BITS;

/** Of what was looked at: what is not used is not loaded. */
export let seen: u32 = 0;

/**
 * From the hash of a key to the flows that may have it. The entries of a bucket are compared all at once, for which of them
 * it is cannot be foreseen. An entry has ten bits of the hash, so that those of thousands of open flows stay in the cache:
 * with all of it, the index of 20,000 took four times as much.
 */
class FlowIndex {
  /** A power of two. */
  private buckets: u32 = FEWEST_BUCKETS;
  private size: u32 = 0;

  constructor(private readonly base: usize) {}

  reset(): void {
    memory.fill(this.base, 0, (<usize>this.buckets) << BUCKET_SHIFT);
    this.buckets = FEWEST_BUCKETS;
    this.size = 0;
  }

  /** @returns the flow that has the key of this segment; -1 for none */
  find(segment: usize): i32 {
    const hash = word(segment, SEG_HASH);
    let bucket = this.home(hash);
    // Where flows have come and gone, every bucket may have been passed.
    for (let left = this.buckets; left !== 0; left--) {
      for (let found = entriesWith(bucket, TAG, tagOf(hash)); found !== 0; found &= found - 1) {
        const flow = flowOf(load<u32>(entryAt(bucket, ctz(found))));
        if (hasKeyOf(flow, segment)) return flow;
      }
      if (passed(bucket) === 0) break;
      bucket = this.next(bucket);
    }
    return -1;
  }

  add(flow: u32, hash: u32): void {
    if (this.size + 1 > this.buckets * MOST_USED) this.grow();
    this.size++;
    this.put(tagOf(hash) | flow, hash);
  }

  remove(flow: u32, hash: u32): void {
    const sought = tagOf(hash) | flow;
    let bucket = this.home(hash);
    let found = entriesOf(bucket, sought);
    while (found === 0) {
      setPassed(bucket, passed(bucket) - 1);
      bucket = this.next(bucket);
      found = entriesOf(bucket, sought);
    }
    this.size--;
    store<u32>(entryAt(bucket, ctz(found)), 0);
  }

  /** @returns a flow whose hash has these bits, or any flow where the bucket names none: without a branch */
  guess(hash: u32): u32 {
    const bucket = this.home(hash);
    const any: u32 = 1 << (ENTRIES - 1);
    return flowOf(load<u32>(entryAt(bucket, ctz(entriesWith(bucket, TAG, tagOf(hash)) | any))));
  }

  /** @returns the address of the first bucket that a hash is looked for in */
  home(hash: u32): usize {
    return this.base + ((<usize>(hash & (this.buckets - 1))) << BUCKET_SHIFT);
  }

  private next(bucket: usize): usize {
    const following = bucket + (1 << BUCKET_SHIFT);
    return following === this.base + ((<usize>this.buckets) << BUCKET_SHIFT) ? this.base : following;
  }

  private put(entry: u32, hash: u32): void {
    let bucket = this.home(hash);
    let unused = entriesOf(bucket, 0) & ALL_ENTRIES;
    while (unused === 0) {
      setPassed(bucket, passed(bucket) + 1);
      bucket = this.next(bucket);
      unused = entriesOf(bucket, 0) & ALL_ENTRIES;
    }
    store<u32>(entryAt(bucket, ctz(unused)), entry);
  }

  /** Puts all entries into twice as many buckets, by way of a copy, which stands behind these where no other memory can be had. */
  private grow(): void {
    const bytes = (<usize>this.buckets) << BUCKET_SHIFT;
    const spare = spareMemory(<u32>bytes);
    const copy = spare === 0 ? this.base + 2 * bytes : spare;
    memory.copy(copy, this.base, bytes);
    memory.fill(this.base, 0, 2 * bytes);
    this.buckets *= 2;
    for (let bucket = copy; bucket < copy + bytes; bucket += 1 << BUCKET_SHIFT) {
      // None of these flows is in the cache: all are waited for at once.
      for (let i: u32 = 0; i < ENTRIES; i++) seen ^= word(keyAt(flowOf(load<u32>(entryAt(bucket, i)))), BITS);
      for (let i: u32 = 0; i < ENTRIES; i++) {
        const entry = load<u32>(entryAt(bucket, i));
        if (entry !== 0) this.put(entry, hashOfFlow(flowOf(entry)));
      }
    }
  }
}

/** The bits of a hash that an entry has, none of which is 0. */
function tagOf(hash: u32): u32 {
  return max<u32>(hash & TAG, 1 << FLOW_BITS);
}

function flowOf(entry: u32): u32 {
  return entry & ~TAG;
}

/** @returns where a flow has its key */
export function keyAt(flow: u32): usize {
  return flow < <u32>FIRST_CLOSED ? addressOf(flow) : closedAt(flow);
}

function upperOf(flow: u32): i32 {
  return flow < <u32>FIRST_CLOSED ? UPPER : CLOSED_UPPER;
}

function hasKeyOf(flow: u32, segment: usize): bool {
  return isKeyOf(segment, keyAt(flow), upperOf(flow));
}

function hashOfFlow(flow: u32): u32 {
  return hashOf(keyAt(flow), upperOf(flow));
}

function entryAt(bucket: usize, entry: u32): usize {
  return bucket + ((<usize>entry) << 2);
}

function passed(bucket: usize): u32 {
  return load<u32>(bucket, PASSED_AT);
}

function setPassed(bucket: usize, count: u32): void {
  store<u32>(bucket, count, PASSED_AT);
}

/** @returns a bit for each of sixteen words that is this one */
function entriesOf(bucket: usize, entry: u32): u32 {
  return entriesWith(bucket, 0xffffffff, entry);
}

/** @returns a bit for each of sixteen words that has these bits; the last one, which is no entry, has none of a hash */
function entriesWith(bucket: usize, mask: u32, bits: u32): u32 {
  const masks = i32x4.splat(mask);
  const sought = i32x4.splat(bits);
  const first = i32x4.eq(v128.and(v128.load(bucket), masks), sought);
  const second = i32x4.eq(v128.and(v128.load(bucket, 16), masks), sought);
  const third = i32x4.eq(v128.and(v128.load(bucket, 32), masks), sought);
  const fourth = i32x4.eq(v128.and(v128.load(bucket, 48), masks), sought);
  const lower = i16x8.narrow_i32x4_s(first, second);
  const upper = i16x8.narrow_i32x4_s(third, fourth);
  return i8x16.bitmask(i8x16.narrow_i16x8_s(lower, upper));
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

/** @returns the address of the open flow's record that has the key of this segment; 0 for none */
export function findOpen(segment: usize): usize {
  const flow = openFlows.find(segment);
  return flow < 0 ? 0 : addressOf(flow);
}

/** @returns the closed flow that has it; -1 for none */
export function findClosed(segment: usize): i32 {
  return closedFlows.find(segment);
}

/** @returns the address of the open flow's record that most likely is this segment's: whoever uses it asks for its key */
export function guessRecord(segment: usize): usize {
  return addressOf(openFlows.guess(word(segment, SEG_HASH)));
}

/** A record of the key of this segment, for which there was none. */
export function addOpen(record: usize, segment: usize): void {
  openFlows.add(flowAt(record), word(segment, SEG_HASH));
}

/** Both ends of the flow have closed, and it has another name: few segments will still ask for it. */
export function moveToClosed(record: usize, flow: u32): void {
  const hash = hashOf(record, UPPER);
  openFlows.remove(flowAt(record), hash);
  closedFlows.add(flow, hash);
}

export function removeFromIndex(flow: u32): void {
  if (flow < <u32>FIRST_CLOSED) openFlows.remove(flow, hashOfFlow(flow));
  else closedFlows.remove(flow, hashOfFlow(flow));
}

/** @returns the address of the bucket where an open flow of this segment stands in the index */
export function openBucketOf(segment: usize): usize {
  return openFlows.home(word(segment, SEG_HASH));
}

/** @returns a word of where a closed flow whose key has this hash stands in the index, or will: what was looked at is in the cache */
export function glanceAtClosed(hash: u32): u32 {
  return load<u32>(closedFlows.home(hash));
}

/** @returns the address of that place, of a flow that has closed or will */
export function closedBucketOf(flow: u32): usize {
  return closedFlows.home(hashOfFlow(flow));
}
