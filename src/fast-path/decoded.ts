import { glanceAtClosed, guessRecord, openBucketOf } from './flow-index';
import { FIRST_GLANCE, glanceAtWords } from './glances';
import { decode } from './headers';
import {
  BATCH,
  CHUNK,
  DIRECTION,
  GUESSES,
  LOW_A,
  MOST_OF_BATCH,
  SEG_HASH,
  SEG_NEXT,
  SEG_POSITION,
  SYNS,
} from './layout';
import { word } from './record';
import { ACK, flagsOf, SYN, segmentEnd } from './segment';

/*
 * Segments of the chunk, decoded before they are taken: by the dozen, or all at once on another thread. To find one's flow
 * takes two places in memory, the second one known from the first, and with thousands of flows open neither is in the cache:
 * those of dozens of segments are asked for together, and then waited for.
 */

const CHUNK_BEGIN: usize = CHUNK;
const BATCH_BEGIN: usize = BATCH;
const FIRST_SYN: usize = SYNS;
const FIRST_GUESS: usize = GUESSES;

/** Segments that were not taken yet: from here to there. */
let at: usize = BATCH_BEGIN;
let end: usize = BATCH_BEGIN;
/** Those that `segmentAt` has made ready end here. */
export let readyEnd: usize = BATCH_BEGIN;
/**
 * Where the address of the record stands that the first of them most likely belongs to; those of the others follow. They are not
 * written to the segments: what another thread has decoded is in another processor's cache.
 */
export let guess: usize = FIRST_GUESS;
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
  while (at < end && word(at, SEG_POSITION) < position) pass(segmentEnd(at), guess + 4);
  if (at === end && !isAhead) {
    at = readyEnd = BATCH_BEGIN;
    end = decodeFrom(CHUNK_BEGIN + position, limit);
  }
  if (at === end || word(at, SEG_POSITION) !== position) return 0;
  if (at >= readyEnd) makeReady();
  return at;
}

/** Those before this one were taken. @param guessed where its guess stands */
export function pass(segment: usize, guessed: usize): void {
  at = segment;
  guess = guessed;
}

/** Decodes as many segments as are taken together. @returns where they end */
function decodeFrom(from: usize, limit: usize): usize {
  let segment = BATCH_BEGIN;
  let record = from;
  for (let count = 0; count < MOST_OF_BATCH && decode(segment, CHUNK_BEGIN, record, limit); count++) {
    record = CHUNK_BEGIN + word(segment, SEG_NEXT);
    segment = segmentEnd(segment);
  }
  return segment;
}

/**
 * Asks for what the next segments will be taken with: one after the other, so that all of one kind is waited for at once.
 */
function makeReady(): void {
  let glances = FIRST_GLANCE;
  let synsEnd = FIRST_SYN;
  let segment = at;
  for (let count = 0; count < MOST_OF_BATCH && segment < end; count++) {
    store<u32>(glances, <u32>openBucketOf(segment));
    glances += 4;
    // Without a branch: which segment is a SYN cannot be foreseen.
    store<u32>(synsEnd, <u32>segment);
    synsEnd += (<usize>isFirstSyn(segment)) << 2;
    segment = segmentEnd(segment);
  }
  readyEnd = segment;
  glanceAtWords(glances);
  for (let syn = FIRST_SYN; syn < synsEnd; syn += 4) seen ^= glanceAtClosed(word(load<u32>(syn), SEG_HASH));
  guess = FIRST_GUESS;
  let guesses = guess;
  for (segment = at; segment < readyEnd; segment = segmentEnd(segment)) {
    store<u32>(guesses, <u32>guessRecord(segment));
    guesses += 4;
  }
  glanceAtRecords(guesses);
}

/** Looks at the records at these addresses, by fours, too. */
function glanceAtRecords(to: usize): void {
  let words: u32 = 0;
  for (let i = FIRST_GUESS; i < to; i += 16)
    words ^=
      glanceAt(load<u32>(i)) ^ glanceAt(load<u32>(i, 4)) ^ glanceAt(load<u32>(i, 8)) ^ glanceAt(load<u32>(i, 12));
  seen ^= words;
}

/** @returns words of both lines that ordinary segments touch */
function glanceAt(record: usize): u32 {
  return word(record, LOW_A) ^ word(record, DIRECTION);
}

/** Only such a one is likely to be looked for among the closed flows, too. */
function isFirstSyn(segment: usize): bool {
  return (flagsOf(segment) & (SYN | ACK)) === SYN;
}
