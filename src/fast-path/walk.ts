import { begin, flow, isFirst, isSign, offer } from './deferral';
import { mayBeFollowed } from './followed-keys';
import { Frame, readFrame } from './framing';
import { decode } from './headers';
import { CHUNK, CLOSED, CLOSED_FLOWS, HELD_UP, MOST_CLOSED_FLOWS, PAUSED, TAKEN, UNKNOWN } from './layout';
import { Segment } from './segment';
import { isOfWatchedPort } from './watched-ports';

const FIRST_CLOSED: usize = CLOSED_FLOWS;

let position: u32 = 0;
let closed: u32 = 0;
let begun: u32 = 0;

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
  while (readFrame(at, limit)) {
    const time = Frame.time;
    if (!(time >= before && time <= until) || !decode() || (isOfWatchedPort() && isSign())) break;
    Segment.time = time;
    Segment.frame = frames + 1;
    const outcome = offer();
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
  position = <u32>(at - CHUNK);
  Segment.frame = frames;
  Segment.time = before;
  return stop;
}

function noteClosed(time: f64): void {
  const at = FIRST_CLOSED + ((<usize>closed) << 4);
  store<u32>(at, flow());
  store<f64>(at, time, 8);
  closed++;
}
