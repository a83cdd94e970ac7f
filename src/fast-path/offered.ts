import { close, find, flow, isSign, take } from './deferral';
import { takeKey } from './key';
import { CLOSED } from './layout';
import { Segment } from './segment';

/* How a segment that decode/ has read comes under the cursor. */

export function setSegment(
  time: f64,
  frame: u32,
  source: u32,
  destination: u32,
  ports: u32,
  seq: u32,
  ack: u32,
  flags: u32,
  window: u32,
  length: u32,
  ipId: u32,
  windowScale: i32,
  hasTimestamps: bool,
  tsVal: u32,
  tsEcr: u32,
  isUnusual: bool,
): void {
  Segment.time = time;
  Segment.frame = frame;
  Segment.isIpv6 = false;
  Segment.source3 = source;
  Segment.destination3 = destination;
  Segment.ports = ports;
  Segment.seq = seq;
  Segment.ack = ack;
  Segment.flags = flags;
  Segment.window = window;
  Segment.length = length;
  Segment.ipId = ipId;
  Segment.windowScale = windowScale;
  Segment.hasTimestamps = hasTimestamps;
  Segment.tsVal = tsVal;
  Segment.tsEcr = tsEcr;
  Segment.isUnusual = isUnusual;
}

/** It is of IPv6: what its addresses have above the lowest words. */
export function setUpperAddresses(
  source0: u32,
  source1: u32,
  source2: u32,
  destination0: u32,
  destination1: u32,
  destination2: u32,
): void {
  Segment.isIpv6 = true;
  Segment.source0 = source0;
  Segment.source1 = source1;
  Segment.source2 = source2;
  Segment.destination0 = destination0;
  Segment.destination1 = destination1;
  Segment.destination2 = destination2;
}

/** As `find` of deferral.ts. */
export function findOffered(): bool {
  takeKey();
  return find();
}

/** As `take`. */
export function takeOffered(): i32 {
  takeKey();
  const outcome = take();
  if (outcome === CLOSED) close(flow());
  return outcome;
}

/** As `isSign`. */
export function isOfferedSign(): bool {
  takeKey();
  return isSign();
}
