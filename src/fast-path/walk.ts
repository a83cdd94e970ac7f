import { guess, pass, readyEnd, segmentAt } from './decoded';
import { begin, close, isSign, isUsualSyn, take } from './deferral';
import { closedBucketOf, findClosed, findOpen, keyAt } from './flow-index';
import { mayBeFollowed } from './followed-keys';
import { FIRST_GLANCE, glanceAtWords } from './glances';
import { glanceAtKept } from './kept-segments';
import { isKeyOf } from './key';
import {
  BITS,
  CHUNK,
  CLOSED,
  DIRECTION,
  FIRST_FRAME,
  FORESEEN_HOSTS,
  HELD_UP,
  LOW_A,
  MOST_NOTED_FLOWS,
  NOTED_FLOWS,
  NUMBER,
  PAUSED,
  SEG_NEXT,
  SEG_POSITION,
  SEG_TIME,
  TAKEN,
  UNSOUND,
  UPPER,
} from './layout';
import { addressOf, flowAt, time, word } from './record';
import { segmentEnd } from './segment';
import { isOfWatchedPort } from './watched-ports';

const FIRST_NOTED: usize = NOTED_FLOWS;
const FIRST_HOSTS: usize = FORESEEN_HOSTS;
/**
 * Flows that are copied together: so many that what they have in memory is waited for at once, and so few that the room of their
 * segments is used again while it is in the cache.
 */
const COPIED_TOGETHER: u32 = 32;

let position: u32 = 0;
let closed: u32 = 0;
/** Those of them that are copied. */
let copied: u32 = 0;
let begun: u32 = 0;
let frames: u32 = 0;
let newest: f64 = 0;
/** Of what was looked at: what is not used is not loaded. */
export let seen: u32 = 0;

/** Where the walk has stopped. */
export function chunkPosition(): u32 {
  return position;
}

/** The last frame that was taken. */
export function frame(): u32 {
  return frames;
}

/** Its time. */
export function now(): f64 {
  return newest;
}

/** How many flows have closed on the way, which `NOTED_FLOWS` names. */
export function flowsClosed(): u32 {
  return closed;
}

/** How many flows have begun on the way. */
export function flowsBegun(): u32 {
  return begun;
}

/**
 * Walks through records, and keeps the segments of deferred flows: those that there are, and those that begin with them.
 *
 * @param from where the first record begins in the chunk
 * @param to how far the chunk goes
 * @param last number of the frame before
 * @param before time of the newest frame before: none before that is taken
 * @param until no frame after that is taken
 * @param due the walk stops behind the first frame that is not before that
 * @param number of the flow that began last
 * @param tcpStream of the next one
 * @param room flows that may begin, at most
 * @returns why it stopped
 */
export function walk(
  from: u32,
  to: u32,
  last: u32,
  before: f64,
  until: f64,
  due: f64,
  number: u32,
  tcpStream: u32,
  room: u32,
): i32 {
  const limit: usize = CHUNK + to;
  position = from;
  frames = last;
  newest = before;
  closed = copied = begun = 0;
  let stop = TAKEN;
  while (stop === TAKEN) {
    const segment = segmentAt(position, limit);
    stop = segment === 0 ? HELD_UP : takeFrom(segment, until, due, number, tcpStream, room);
    if (closed - copied >= COPIED_TOGETHER) closeNoted();
  }
  closeNoted();
  return stop;
}

/** Takes segments that are ready. @returns TAKEN if that was all of them, else why the walk stops */
function takeFrom(first: usize, until: f64, due: f64, number: u32, tcpStream: u32, room: u32): i32 {
  const end = readyEnd;
  let segment = first;
  let guessed = guess;
  let at = position;
  let last = frames;
  let before = newest;
  let stop: i32 = TAKEN;
  while (stop === TAKEN && segment < end) {
    const now = time(segment, SEG_TIME);
    if (word(segment, SEG_POSITION) !== at || !(now >= before && now <= until) || isOfSign(segment)) {
      stop = HELD_UP;
      break;
    }
    const record = recordOf(segment, load<u32>(guessed));
    if (record !== 0) {
      const outcome = take(segment, record, last + 1);
      if (outcome === UNSOUND) {
        stop = HELD_UP;
        break;
      }
      if (outcome === CLOSED && noteClosed(record, now) === MOST_NOTED_FLOWS) stop = PAUSED;
    } else if (begun < room && isUsualSyn(segment) && !mayBeFollowed(segment) && findClosed(segment) < 0) {
      begun++;
      begin(segment, last + 1, number + begun, tcpStream + begun - 1);
    } else {
      stop = HELD_UP;
      break;
    }
    at = word(segment, SEG_NEXT);
    last++;
    before = now;
    if (now >= due) stop = PAUSED;
    segment = segmentEnd(segment);
    guessed += 4;
  }
  pass(segment, guessed);
  position = at;
  frames = last;
  newest = before;
  return stop;
}

/** Whether it shows that an application at a watched port is alive. */
function isOfSign(segment: usize): bool {
  return isOfWatchedPort(segment) && isSign(segment);
}

/** @returns the record of the segment's flow, if that is deferred and open; else 0 */
function recordOf(segment: usize, guessed: usize): usize {
  // Its flow may have left since; a new one may stand there.
  return isKeyOf(segment, guessed, UPPER) && word(guessed, BITS) !== 0 ? guessed : findOpen(segment);
}

/**
 * Looks at what the first flows that `NOTED_FLOWS` names stand in, and tells their addresses: they will leave now. Of what has
 * not been asked for for a minute, nothing is in the cache; to wait for all of it at once takes little longer than to wait for one.
 */
export function foresee(count: u32): void {
  for (let i: u32 = 0; i < count; i++) seen ^= glanceAtEnd(keyAt(noted(i)));
  glanceAtClosedIndex(0, count);
  for (let i: u32 = 0; i < count; i++)
    store<u64>(FIRST_HOSTS + ((<usize>i) << 3), load<u64>(keyAt(noted(i)), LOW_A << 2));
}

/** Looks at where flows that were noted stand in the index of closed ones, or will. */
function glanceAtClosedIndex(first: u32, end: u32): void {
  let to = FIRST_GLANCE;
  for (let i = first; i < end; i++) {
    store<u32>(to, <u32>closedBucketOf(noted(i)));
    to += 4;
  }
  glanceAtWords(to);
}

/** @returns words of the lines that what tells a closed flow's end is packed in, or of as many of another one */
function glanceAtEnd(at: usize): u32 {
  return load<u32>(at) ^ load<u32>(at, 64);
}

/** Those that were noted are copied together, for the same reason: what they have in memory is looked at before. */
function closeNoted(): void {
  for (let i = copied; i < closed; i++) seen ^= glanceAtRecord(addressOf(noted(i)));
  glanceAtClosedIndex(copied, closed);
  for (; copied < closed; copied++) store<u32>(placeOf(copied), close(addressOf(noted(copied))));
}

/** @returns words of all lines of a record, and of those with its segments */
function glanceAtRecord(record: usize): u32 {
  return word(record, DIRECTION) ^ word(record, NUMBER) ^ word(record, FIRST_FRAME) ^ glanceAtKept(record);
}

/** @returns how many were noted */
function noteClosed(record: usize, now: f64): u32 {
  const at = placeOf(closed++);
  store<u32>(at, flowAt(record));
  store<f64>(at, now, 8);
  return closed;
}

function noted(index: u32): u32 {
  return load<u32>(placeOf(index));
}

function placeOf(index: u32): usize {
  return FIRST_NOTED + ((<usize>index) << 4);
}
