import { glanceAtClosed, glanceAtOpen, guessRecord } from './flow-index';
import { decode } from './headers';
import { BATCH, CHUNK, DIRECTION, LOW_A, MOST_OF_BATCH, SEG_HASH, SEG_NEXT, SEG_POSITION, SEG_RECORD } from './layout';
import { setWord, word } from './record';
import { ACK, flagsOf, SYN, segmentEnd } from './segment';

/*
 * Segments of the chunk, decoded before they are taken: by the dozen, or all at once on another thread. To find one's flow
 * takes two places in memory, the second one known from the first, and with thousands of flows open neither is in the cache:
 * those of dozens of segments are asked for together, and then waited for.
 */

const CHUNK_BEGIN: usize = CHUNK;
const BATCH_BEGIN: usize = BATCH;

/** Segments that were not taken yet: from here to there. */
let at: usize = BATCH_BEGIN;
let end: usize = BATCH_BEGIN;
/** Those that `segmentAt` has made ready end here. Each says where its record stands: another one may be between. */
export let readyEnd: usize = BATCH_BEGIN;
/** Another thread has decoded all segments of the chunk. */
let isAhead: bool = false;
/** Of what was looked at: what is not used is not loaded. */
export let seen: u32 = 0;

/**
 * The chunk is another one.
 * @param from where the segments begin that another thread has decoded of it
 * @param bytes that they take; 0 where there are none
 */
export function setDecoded(from: u32, bytes: u32): void {
  isAhead = bytes !== 0;
  at = readyEnd = isAhead ? <usize>from : BATCH_BEGIN;
  end = at + bytes;
}

/**
 * Makes ready the segments from this position in the chunk on.
 * @returns the first one; 0 where there is none, or its record is not whole, or not of the usual kind
 */
export function segmentAt(position: u32, limit: usize): usize {
  while (at < end && word(at, SEG_POSITION) < position) at = segmentEnd(at);
  if (at === end && !isAhead) {
    at = BATCH_BEGIN;
    end = readyEnd = decodeFrom(CHUNK_BEGIN + position, limit);
    guessRecords();
  }
  if (at === end || word(at, SEG_POSITION) !== position) return 0;
  if (at >= readyEnd) {
    readyEnd = glanceFrom(at);
    guessRecords();
  }
  return at;
}

/** Those before this one were taken. */
export function pass(segment: usize): void {
  at = segment;
}

/** Decodes as many segments as are taken together. @returns where they end */
function decodeFrom(from: usize, limit: usize): usize {
  let glances: u32 = 0;
  let segment = BATCH_BEGIN;
  let record = from;
  for (let count = 0; count < MOST_OF_BATCH && decode(segment, CHUNK_BEGIN, record, limit); count++) {
    glances ^= glanceAtIndex(segment);
    record = CHUNK_BEGIN + word(segment, SEG_NEXT);
    segment = segmentEnd(segment);
  }
  seen ^= glances;
  return segment;
}

/** The same of segments that were decoded elsewhere. */
function glanceFrom(first: usize): usize {
  let glances: u32 = 0;
  let segment = first;
  for (let count = 0; count < MOST_OF_BATCH && segment < end; count++) {
    glances ^= glanceAtIndex(segment);
    segment = segmentEnd(segment);
  }
  seen ^= glances;
  return segment;
}

/** Only the first SYN of a connection is likely to be looked for among the closed flows, too. */
function glanceAtIndex(segment: usize): u32 {
  const open = glanceAtOpen(segment);
  return (flagsOf(segment) & (SYN | ACK)) !== SYN ? open : open ^ glanceAtClosed(word(segment, SEG_HASH));
}

/** Of those that are ready, once what their places in the index hold was asked for. */
function guessRecords(): void {
  let glances: u32 = 0;
  for (let segment = at; segment < readyEnd; segment = segmentEnd(segment))
    setWord(segment, SEG_RECORD, <u32>guessRecord(segment));
  for (let segment = at; segment < readyEnd; segment = segmentEnd(segment)) {
    const record = <usize>word(segment, SEG_RECORD);
    glances ^= word(record, LOW_A) ^ word(record, DIRECTION);
  }
  seen ^= glances;
}
