import { pass, readyEnd, segmentAt } from './decoded';
import { begin, close, glanceAt, glanceAtAll, glanceAtIndex, isSign, isUsualSyn, take } from './deferral';
import { findRecord } from './flow-index';
import { mayBeFollowed } from './followed-keys';
import { isKeyOf } from './key';
import {
  BITS,
  CHUNK,
  CLOSED,
  CLOSED_FLOWS,
  FORESEEN_HOSTS,
  HELD_UP,
  LOW_A,
  MOST_CLOSED_FLOWS,
  PAUSED,
  SEG_NEXT,
  SEG_POSITION,
  SEG_RECORD,
  SEG_TIME,
  TAKEN,
  UNSOUND,
} from './layout';
import { addressOf, flowAt, time, word } from './record';
import { segmentEnd } from './segment';
import { isOfWatchedPort } from './watched-ports';

const FIRST_CLOSED: usize = CLOSED_FLOWS;
const FIRST_HOSTS: usize = FORESEEN_HOSTS;

let position: u32 = 0;
let closed: u32 = 0;
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

/** How many flows have closed on the way, which `CLOSED_FLOWS` names. */
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
  closed = begun = 0;
  let stop = TAKEN;
  while (stop === TAKEN) {
    const segment = segmentAt(position, limit);
    stop = segment === 0 ? HELD_UP : takeFrom(segment, until, due, number, tcpStream, room);
  }
  closeNoted();
  return stop;
}

/** Takes segments that are ready. @returns TAKEN if that was all of them, else why the walk stops */
function takeFrom(first: usize, until: f64, due: f64, number: u32, tcpStream: u32, room: u32): i32 {
  const end = readyEnd;
  let segment = first;
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
    const record = recordOf(segment);
    if (record !== 0) {
      const outcome = take(segment, record, last + 1);
      if (outcome === UNSOUND) {
        stop = HELD_UP;
        break;
      }
      if (outcome === CLOSED && noteClosed(record, now) === MOST_CLOSED_FLOWS) stop = PAUSED;
    } else if (begun < room && isUsualSyn(segment) && !mayBeFollowed(segment)) {
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
  }
  pass(segment);
  position = at;
  frames = last;
  newest = before;
  return stop;
}

/** Whether it shows that an application at a watched port is alive. */
function isOfSign(segment: usize): bool {
  return isOfWatchedPort(segment) && isSign(segment);
}

/** @returns the record of the segment's flow, if that is deferred; else 0 */
function recordOf(segment: usize): usize {
  const guessed = <usize>word(segment, SEG_RECORD);
  // Its flow may have left since; a new one may stand there.
  return isKeyOf(segment, guessed) && word(guessed, BITS) !== 0 ? guessed : findRecord(segment);
}

/**
 * Looks at what the first flows that `CLOSED_FLOWS` names stand in, and tells their addresses: they will leave now. Of what has
 * not been asked for for a minute, nothing is in the cache; to wait for all of it at once takes little longer than to wait for one.
 */
export function foresee(count: u32): void {
  for (let i: u32 = 0; i < count; i++) seen ^= glanceAt(addressOf(noted(i)));
  foreseeIndex(count);
  for (let i: u32 = 0; i < count; i++)
    store<u64>(FIRST_HOSTS + ((<usize>i) << 3), load<u64>(addressOf(noted(i)), LOW_A << 2));
}

function foreseeIndex(count: u32): void {
  for (let i: u32 = 0; i < count; i++) seen ^= glanceAtIndex(addressOf(noted(i)));
}

/** Those that were noted move to the closed ones together, for the same reason. */
function closeNoted(): void {
  for (let i: u32 = 0; i < closed; i++) seen ^= glanceAtAll(addressOf(noted(i)));
  foreseeIndex(closed);
  for (let i: u32 = 0; i < closed; i++) store<u32>(placeOf(i), flowAt(close(addressOf(noted(i)))));
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
  return FIRST_CLOSED + ((<usize>index) << 4);
}
