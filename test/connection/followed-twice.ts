import { expect } from 'vitest';
import { I, STRIDE } from '../../src/connection/flow-record.js';
import { type History, readHistory } from '../../src/connection/postmortem/history.js';
import { OrdinaryEnd } from '../../src/connection/postmortem/ordinary.js';
import { hostProfile } from '../../src/connection/profile.js';
import { SECOND } from '../../src/connection/time.js';
import { Tracker } from '../../src/connection/tracker.js';
import { FrameDecoder, ICMP_ERROR, TCP } from '../../src/decode/decoder.js';
import { openCapture } from '../../src/index.js';

/*
 * Deferral only saves work: with it and without, each flow ends at the same time, is told the same of by its record alone,
 * and has the same log once it was recalled.
 */

const LINUX = hostProfile('linux', undefined);

interface Ended {
  readonly ordinary: object | null;
  readonly history: History;
  /** Its log was complete without having been recalled. */
  readonly followed: boolean;
}

interface Given {
  readonly up: number;
}

async function follow(path: string, defers: boolean, maxFlows = 1000): Promise<(Ended | Given)[]> {
  const ends: (Ended | Given)[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  const tracker: Tracker = new Tracker({
    detail: 0,
    defers,
    linger: 70 * SECOND,
    maxFlows,
    onEnd: (flow) => ends.push(endOf(tracker, flow, newest)),
    onGiveUp: (flow) => ends.push({ up: tracker.table.i32[flow * STRIDE + I.number] }),
  });
  const decoder = new FrameDecoder();
  const source = await openCapture(path);
  let epoch = Number.NaN;
  while (await source.advance()) {
    while (source.next()) {
      const { frame } = source;
      if (Number.isNaN(epoch)) epoch = frame.seconds;
      const found = decoder.decode(frame);
      const { segment } = decoder;
      segment.time = (frame.seconds - epoch) * SECOND + frame.nanoseconds;
      segment.frame = frame.number;
      newest = Math.max(newest, segment.time);
      if (found === TCP) tracker.segment(segment);
      else if (found === ICMP_ERROR) tracker.icmpError(segment);
    }
  }
  await source.close();
  for (const _ of tracker.end());
  return ends;
}

function endOf(tracker: Tracker, flow: number, newest: number): Ended {
  const end = new OrdinaryEnd(tracker, { client: LINUX, server: LINUX }, SECOND, SECOND);
  const isOrdinary = end.read(flow, newest);
  const ordinary = isOrdinary
    ? { ...end, record: null, source: null, profiles: null, addresses: [end.address('client'), end.address('server')] }
    : null;
  const followed = tracker.table.i32[flow * STRIDE + I.logCount] >= 0;
  tracker.recall(flow);
  return { ordinary, history: readHistory(tracker, flow), followed };
}

const plain = (ends: readonly (Ended | Given)[]) =>
  ends.map((end) => ('up' in end ? end : { ordinary: end.ordinary, history: end.history }));

/** @returns how many flows were still deferred when they ended */
export async function expectSame(path: string, maxFlows?: number): Promise<number> {
  const deferred = await follow(path, true, maxFlows);
  const whole = await follow(path, false, maxFlows);
  expect(plain(deferred)).toEqual(plain(whole));
  return deferred.filter((end) => 'followed' in end && !end.followed).length;
}
