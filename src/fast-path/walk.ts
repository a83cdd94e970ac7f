import { isAhead, takeDecoded } from './decoded';
import { begin, close, flow, glanceAt, glanceAtIndex, isFirst, isSign, take } from './deferral';
import { mayBeFollowed } from './followed-keys';
import { Frame, readFrame } from './framing';
import { decode } from './headers';
import { takeKey } from './key';
import { CHUNK, CLOSED, CLOSED_FLOWS, HELD_UP, MOST_CLOSED_FLOWS, PAUSED, TAKEN, UNKNOWN } from './layout';
import { Segment } from './segment';
import { isOfWatchedPort } from './watched-ports';

const FIRST_CLOSED: usize = CLOSED_FLOWS;

let position: u32 = 0;
let closed: u32 = 0;
let begun: u32 = 0;
/** Of what was looked at: what is not used is not loaded. */
export let seen: u32 = 0;

/** Where the walk has stopped. */
export function chunkPosition(): u32 {
  return position;
}

/** The last frame that was taken. */
export function frame(): u32 {
  return Segment.frame;
}

/** Its time. */
export function now(): f64 {
  return Segment.time;
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
 * @param newest time of the newest frame before: none before that is taken
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
  newest: f64,
  until: f64,
  due: f64,
  number: u32,
  tcpStream: u32,
  room: u32,
): i32 {
  const limit: usize = CHUNK + to;
  let at: usize = CHUNK + from;
  let frames = last;
  let before = newest;
  let stop: i32 = HELD_UP;
  closed = begun = 0;
  Segment.isUnusual = false;
  while (next(at, limit)) {
    const time = Frame.time;
    if (!(time >= before && time <= until) || (isOfWatchedPort() && isSign())) break;
    Segment.time = time;
    Segment.frame = frames + 1;
    const outcome = take();
    if (outcome === CLOSED) {
      noteClosed(time);
    } else if (outcome === UNKNOWN && begun < room && isFirst() && !mayBeFollowed()) {
      begin(number + begun + 1, tcpStream + begun);
      begun++;
    } else if (outcome !== TAKEN) {
      break;
    }
    at = Frame.next;
    frames++;
    before = time;
    if (time >= due || closed === MOST_CLOSED_FLOWS) {
      stop = PAUSED;
      break;
    }
  }
  closeNoted();
  position = <u32>(at - CHUNK);
  Segment.frame = frames;
  Segment.time = before;
  return stop;
}

/** Puts the segment of the next record under the cursor. @returns false where there is none, or not of the usual kind */
function next(at: usize, limit: usize): bool {
  if (isAhead()) return takeDecoded(at);
  if (!readFrame(at, limit) || !decode()) return false;
  takeKey();
  return true;
}

/**
 * Looks at what the first flows that `CLOSED_FLOWS` names stand in: they will leave now. Of what has not been asked for for a
 * minute, nothing is in the cache; to wait for all of it at once takes little longer than to wait for one.
 */
export function foresee(count: u32): void {
  for (let i: u32 = 0; i < count; i++) seen ^= glanceAt(noted(i));
  foreseeIndex(count);
}

function foreseeIndex(count: u32): void {
  for (let i: u32 = 0; i < count; i++) seen ^= glanceAtIndex(noted(i));
}

/** Those that were noted move to the closed ones together, for the same reason. */
function closeNoted(): void {
  foreseeIndex(closed);
  for (let i: u32 = 0; i < closed; i++) store<u32>(placeOf(i), close(noted(i)));
}

function noteClosed(time: f64): void {
  const at = placeOf(closed++);
  store<u32>(at, flow());
  store<f64>(at, time, 8);
}

function noted(index: u32): u32 {
  return load<u32>(placeOf(index));
}

function placeOf(index: u32): usize {
  return FIRST_CLOSED + ((<usize>index) << 4);
}
