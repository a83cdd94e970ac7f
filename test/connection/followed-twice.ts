import { expect } from 'vitest';
import type { RecordSpan } from '../../src/capture/record-span.js';
import { DeferredCopies, isCopied, recordsOf } from '../../src/connection/deferred-copies.js';
import { I, STRIDE } from '../../src/connection/flow-record.js';
import type { Connection, Time } from '../../src/connection/model.js';
import { readDeferredHistory } from '../../src/connection/postmortem/deferred-history.js';
import { type History, readHistory } from '../../src/connection/postmortem/history.js';
import { OrdinaryEnd } from '../../src/connection/postmortem/ordinary.js';
import { type PostmortemContext, postmortem } from '../../src/connection/postmortem/postmortem.js';
import { soundConnection, withOwnSegments } from '../../src/connection/postmortem/sound-connection.js';
import { hostProfile } from '../../src/connection/profile.js';
import { SECOND } from '../../src/connection/time.js';
import { Tracker } from '../../src/connection/tracker.js';
import { type DecodeResult, ICMP_ERROR, TCP } from '../../src/decode/decoder.js';
import type { Segment } from '../../src/decode/segment.js';
import { DirectReading } from '../../src/reading.js';

/*
 * Deferral only saves work, and so does walking through records: with them and without, each flow ends at the same time, is
 * told the same of by its record alone, and has the same log once it was recalled. That of a sound one is the same if it is read
 * from a copy of its record, and its post-mortem by the shorter way.
 */

const LINUX = hostProfile('linux', undefined);
const PATIENCE = { handshake: SECOND, closeWait: SECOND, silence: 60 * SECOND };

interface Ended {
  readonly ordinary: object | null;
  readonly history: History;
  /** Its log was complete without having been recalled. */
  readonly followed: boolean;
}

interface Given {
  readonly up: number;
}

/** In full; deferred, each segment decoded; deferred, records walked through as far as that goes. */
type Way = 'in full' | 'decoded' | 'walked';

interface Followed {
  readonly ends: (Ended | Given)[];
  /** Frames that nobody decoded. */
  readonly walked: number;
}

async function follow(paths: readonly string[], way: Way, maxFlows = 1000): Promise<Followed> {
  const ends: (Ended | Given)[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  let walked = 0;
  // Of the deferred flow that ends, as its own record tells it, before it is shown in one of the table.
  let fromItsOwn: object | null = null;
  let fromCopy: Copied | null = null;
  const tracker: Tracker = new Tracker({
    detail: 0,
    ...(way !== 'in full' && { defers: PATIENCE }),
    linger: 70 * SECOND,
    maxFlows,
    onDeferredEnd: (flow, records, at) => {
      fromItsOwn = ordinaryEnd(tracker, (end) => end.readDeferred(flow, records, at, newest));
      fromCopy = fromItsOwn !== null && isCopied(records.i32, at) ? copied(tracker, flow, newest) : null;
      return false;
    },
    onEnd: (flow) => {
      const end = endOf(tracker, flow, newest);
      if (!end.followed) {
        expect(fromItsOwn).toEqual(end.ordinary);
        if (fromCopy !== null) expectSameLife(fromCopy, readHistory(tracker, flow), newest);
      }
      ends.push(end);
    },
    onGiveUp: (flow) => ends.push({ up: tracker.table.i32[flow * STRIDE + I.number] }),
  });
  const take = (found: DecodeResult, segment: Segment, time: Time): boolean => {
    newest = time;
    if (found === TCP) tracker.segment(segment);
    else if (found === ICMP_ERROR) tracker.icmpError(segment);
    if (found === TCP) endDone(time);
    return true;
  };
  const endDone = (by: Time): void => {
    while (tracker.isDue(by)) tracker.endDone(by);
  };
  const walk = (span: RecordSpan): boolean => {
    for (let mayGoOn = true; mayGoOn; ) {
      const before = span.frame;
      mayGoOn = tracker.walk(span);
      if (span.frame === before) break;
      walked += span.frame - before;
      newest = span.newest;
      endDone(newest);
    }
    return true;
  };
  const reading = new DirectReading(paths, {}, way === 'walked' ? { take, walk } : { take });
  for (let turn = await reading.next(); turn !== null; turn = await reading.next()) turn.read();
  await reading.close();
  for (const _ of tracker.end());
  tracker.close();
  return { ends, walked };
}

function endOf(tracker: Tracker, flow: number, newest: number): Ended {
  const followed = tracker.table.i32[flow * STRIDE + I.logCount] >= 0;
  const ordinary = ordinaryEnd(tracker, (end) => end.read(flow, newest));
  tracker.recall(flow);
  return { ordinary, history: readHistory(tracker, flow), followed };
}

function ordinaryEnd(tracker: Tracker, read: (end: OrdinaryEnd) => boolean): object | null {
  const end = new OrdinaryEnd(tracker, { client: LINUX, server: LINUX }, PATIENCE);
  if (!read(end)) return null;
  const addresses = [end.address('client'), end.address('server')];
  const { followedUntil, record, source, profiles, patience, ...told } = end;
  // Of a connection that is over, it may be asked any time later.
  return { ...told, addresses, followedUntil: end.closer === null ? followedUntil : null };
}

/** Of a sound flow, from copies. */
interface Copied {
  readonly history: History;
  readonly connection: Connection;
}

/** Copied after another one, so that it does not stand where copies begin. */
function copied(tracker: Tracker, flow: number, followedUntil: Time): Copied {
  const copies = new DeferredCopies();
  for (const index of [0, 1]) expect(tracker.copyDeferred(flow, copies)).toBe(index);
  const records = recordsOf(copies.buffer);
  const [, at] = copies.places;
  return {
    history: readDeferredHistory(records, at),
    connection: withOwnSegments(soundConnection(records, at, contextOf(followedUntil))),
  };
}

const contextOf = (followedUntil: Time): PostmortemContext => ({
  capture: 'a.pcap',
  clock: { epochSeconds: 0, digits: 9 },
  followedUntil,
  profiles: { client: LINUX, server: LINUX },
  distances: null,
});

function expectSameLife({ history, connection }: Copied, whole: History, followedUntil: Time): void {
  // What its listener has shown to others matters to a sound connection no more.
  expect(history).toEqual({ ...whole, listenerSigns: [] });
  const { segments, ...life } = connection;
  const { segments: wholeSegments, ...wholeLife } = postmortem(whole, contextOf(followedUntil)).connection;
  expect(life).toEqual(wholeLife);
  expect(connection.segments).toEqual(wholeSegments);
}

const plain = (ends: readonly (Ended | Given)[]) =>
  ends.map((end) => ('up' in end ? end : { ordinary: end.ordinary, history: end.history }));

/** How a capture was followed. */
export interface Told {
  /** Flows that were still deferred when they ended. */
  readonly deferred: number;
  /** Frames that nobody decoded. */
  readonly walked: number;
}

export async function followed(path: string | readonly string[], maxFlows?: number): Promise<Told> {
  const paths = typeof path === 'string' ? [path] : path;
  const decoded = await follow(paths, 'decoded', maxFlows);
  const walked = await follow(paths, 'walked', maxFlows);
  const whole = plain((await follow(paths, 'in full', maxFlows)).ends);
  expect(plain(decoded.ends)).toEqual(whole);
  expect(plain(walked.ends)).toEqual(whole);
  const deferred = ({ ends }: Followed) => ends.filter((end) => 'followed' in end && !end.followed).length;
  expect(deferred(walked)).toBe(deferred(decoded));
  return { deferred: deferred(walked), walked: walked.walked };
}

/** @returns how many flows were still deferred when they ended */
export async function expectSame(path: string, maxFlows?: number): Promise<number> {
  return (await followed(path, maxFlows)).deferred;
}
