import { hashOf, isKeyOf } from './key';
import { CLOSED_INDEX, OPEN_INDEX, SEG_HASH } from './layout';
import { addressOf, flowAt, word } from './record';

/** A bucket is a line of 64 bytes: hashes of eight keys, and behind them 1 + the record of each; 0 for none, those behind the others. */
const BUCKET_SHIFT: usize = 6;
const ENTRIES: u32 = 8;
const RECORDS_AT: usize = 32;
const LAST_RECORD_AT: usize = 60;
const FEWEST_BUCKETS: u32 = 128;

/**
 * From the hash of a key to the records that may have it. The entries of a bucket are compared all at once, for which of them
 * it is cannot be foreseen: with linear probing, an analysis of 12 million segments of 20,000 open flows took a twentieth longer.
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

  /** @returns the address of the record that has the key of this segment; 0 for none */
  find(segment: usize): usize {
    const hash = word(segment, SEG_HASH);
    let bucket = this.home(hash);
    while (true) {
      for (let found = entriesWith(bucket, hash); found !== 0; found &= found - 1) {
        const entry = load<u32>(recordAt(bucket, ctz(found)));
        if (entry !== 0 && isKeyOf(segment, addressOf(entry - 1))) return addressOf(entry - 1);
      }
      if (!isFull(bucket)) return 0;
      bucket = this.next(bucket);
    }
  }

  add(record: usize, hash: u32): void {
    // Five in eight are used at most: then one bucket in eight is full.
    if ((this.size + 1) << 3 > this.buckets * 5 * ENTRIES) this.grow();
    this.size++;
    this.put(flowAt(record) + 1, hash);
  }

  remove(record: usize, hash: u32): void {
    const sought = flowAt(record) + 1;
    let bucket = this.home(hash);
    let found = entriesOf(bucket, sought);
    while (found === 0) {
      bucket = this.next(bucket);
      found = entriesOf(bucket, sought);
    }
    this.size--;
    const wasFull = isFull(bucket);
    clear(bucket, ctz(found));
    if (wasFull) this.fill(bucket);
  }

  /** @returns the address of a record that has this hash, or of one that has not where its bucket names none: without a branch */
  guess(hash: u32): usize {
    const bucket = this.home(hash);
    const last: u32 = 1 << (ENTRIES - 1);
    const entry = load<u32>(recordAt(bucket, ctz(entriesWith(bucket, hash) | last)));
    return addressOf(entry - <u32>(entry !== 0));
  }

  /** @returns a word of the bucket of a hash */
  glance(hash: u32): u32 {
    return load<u32>(this.home(hash));
  }

  private home(hash: u32): usize {
    return this.base + ((<usize>(hash & (this.buckets - 1))) << BUCKET_SHIFT);
  }

  private next(bucket: usize): usize {
    const following = bucket + (1 << BUCKET_SHIFT);
    return following === this.base + ((<usize>this.buckets) << BUCKET_SHIFT) ? this.base : following;
  }

  private put(entry: u32, hash: u32): void {
    let bucket = this.home(hash);
    while (isFull(bucket)) bucket = this.next(bucket);
    set(bucket, ctz(entriesOf(bucket, 0)), entry, hash);
  }

  /** A bucket that was full has room: an entry that went past it because of that comes back (Knuth 6.4, algorithm R). */
  private fill(emptied: usize): void {
    let hole = emptied;
    let bucket = this.next(hole);
    while (true) {
      const wasFull = isFull(bucket);
      const entry = this.returning(bucket, hole);
      if (entry < ENTRIES) {
        const to = ctz(entriesOf(hole, 0));
        set(hole, to, load<u32>(recordAt(bucket, entry)), load<u32>(hashAt(bucket, entry)));
        clear(bucket, entry);
        hole = bucket;
      }
      if (!wasFull) return;
      bucket = this.next(bucket);
    }
  }

  /** @returns an entry that would stand in `hole` or before it if there were room; as many as there are for none */
  private returning(bucket: usize, hole: usize): u32 {
    const mask = ((<usize>this.buckets) << BUCKET_SHIFT) - 1;
    for (let entry: u32 = 0; entry < ENTRIES && load<u32>(recordAt(bucket, entry)) !== 0; entry++) {
      const home = this.home(load<u32>(hashAt(bucket, entry)));
      if (((bucket - home) & mask) >= ((bucket - hole) & mask)) return entry;
    }
    return ENTRIES;
  }

  /** Puts all entries into twice as many buckets, by way of a copy that stands behind these. */
  private grow(): void {
    const bytes = (<usize>this.buckets) << BUCKET_SHIFT;
    const copy = this.base + 2 * bytes;
    memory.copy(copy, this.base, bytes);
    memory.fill(this.base, 0, 2 * bytes);
    this.buckets *= 2;
    for (let bucket = copy; bucket < copy + bytes; bucket += 1 << BUCKET_SHIFT) {
      for (let entry: u32 = 0; entry < ENTRIES; entry++) {
        const record = load<u32>(recordAt(bucket, entry));
        if (record !== 0) this.put(record, load<u32>(hashAt(bucket, entry)));
      }
    }
  }
}

function hashAt(bucket: usize, entry: u32): usize {
  return bucket + ((<usize>entry) << 2);
}

function recordAt(bucket: usize, entry: u32): usize {
  return bucket + RECORDS_AT + ((<usize>entry) << 2);
}

function isFull(bucket: usize): bool {
  return load<u32>(bucket, LAST_RECORD_AT) !== 0;
}

/** @returns a bit for each entry of that hash, in use or not */
function entriesWith(bucket: usize, hash: u32): u32 {
  return wordsEqual(bucket, hash);
}

/** @returns a bit for each entry that names that record */
function entriesOf(bucket: usize, entry: u32): u32 {
  return wordsEqual(bucket + RECORDS_AT, entry);
}

/** @returns a bit for each of eight words that is this one */
function wordsEqual(at: usize, word: u32): u32 {
  const sought = i32x4.splat(word);
  const lower = i32x4.bitmask(i32x4.eq(v128.load(at), sought));
  const upper = i32x4.bitmask(i32x4.eq(v128.load(at, 16), sought));
  return lower | (upper << 4);
}

function set(bucket: usize, entry: u32, record: u32, hash: u32): void {
  store<u32>(hashAt(bucket, entry), hash);
  store<u32>(recordAt(bucket, entry), record);
}

/** Those behind it must move up: the last one does. */
function clear(bucket: usize, entry: u32): void {
  const unused = entriesOf(bucket, 0);
  const last = (unused === 0 ? ENTRIES : ctz(unused)) - 1;
  set(bucket, entry, load<u32>(recordAt(bucket, last)), load<u32>(hashAt(bucket, last)));
  set(bucket, last, 0, 0);
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

/** @returns the address of the record that has the key of this segment; 0 for none */
export function findRecord(segment: usize): usize {
  const record = openFlows.find(segment);
  return record !== 0 ? record : closedFlows.find(segment);
}

/** @returns the address of the open flow's record that most likely is this segment's: whoever uses it asks for its key */
export function guessRecord(segment: usize): usize {
  return openFlows.guess(word(segment, SEG_HASH));
}

/** A record of the key of this segment, for which there was none. */
export function addOpen(record: usize, segment: usize): void {
  openFlows.add(record, word(segment, SEG_HASH));
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

/** @returns a word of where an open flow of this segment stands in the index */
export function glanceAtOpen(segment: usize): u32 {
  return openFlows.glance(word(segment, SEG_HASH));
}

/** @returns a word of where a closed flow whose key has this hash stands in the index, or will: what was looked at is in the cache */
export function glanceAtClosed(hash: u32): u32 {
  return closedFlows.glance(hash);
}
