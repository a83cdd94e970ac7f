import { BIT, F, I, STRIDE, STRIDE_F64 } from '../connection/flow-record.js';
import type { Time } from '../connection/model.js';
import { type History, readHistory } from '../connection/postmortem/history.js';
import type { Tracker } from '../connection/tracker.js';
import type { TapIndex } from './compared-flow.js';
import { S, SD } from './flow-sides.js';
import { D, L, LINK } from './links.js';
import type { Matcher } from './matcher.js';
import type { ReferenceClock } from './reference-clock.js';

/** One direction's counts at one tap; differences are of a segment's times at the second and at the first tap. */
export interface DirectionCount {
  readonly delivered: number;
  readonly copies: number;
  readonly reordered: number;
  readonly altered: number;
  readonly least: Time;
  readonly most: Time;
  readonly sum: Time;
}

/** What one tap knew of a flow when it was over. */
export interface EndedFlow {
  readonly tap: TapIndex;
  readonly number: number;
  readonly partnerNumber: number;
  readonly history: History;
  /** Direction of the link in which the client sends. */
  readonly clientDirection: 0 | 1;
  /** The direction of the link that passes the first tap first; -1 where nothing tells. */
  readonly forward: 0 | 1 | -1;
  readonly counts: readonly [DirectionCount, DirectionCount];
  /** Per direction of the link: the latest time at the first tap of a segment found at both. */
  readonly lastFound: readonly [Time, Time];
  /** Time of the tap's newest frame when the flow was over. */
  readonly followedUntil: Time;
}

/** Reads a flow whose end the tracker tells of. */
export function readEnded(
  tap: TapIndex,
  record: number,
  tracker: Tracker,
  matcher: Matcher,
  followedUntil: Time,
): EndedFlow {
  const sides = matcher.sides[tap];
  const at = sides.at(record);
  const at64 = sides.at64(record);
  const { i32, f64 } = sides;
  const linkBits = matcher.links.i32[matcher.links.at(i32[at + S.link]) + L.bits];
  const latest = matcher.links.at64(i32[at + S.link]) + D.latestFirst;
  const count = (d: number): DirectionCount => ({
    delivered: i32[at + S.delivered + d],
    copies: i32[at + S.copies + d],
    reordered: i32[at + S.reordered + d],
    altered: i32[at + S.altered + d],
    least: f64[at64 + SD.least + d],
    most: f64[at64 + SD.most + d],
    sum: f64[at64 + SD.sum + d],
  });
  const openedByB = (tracker.table.i32[record * STRIDE + I.bits] & BIT.openedByB) !== 0 ? 1 : 0;
  const clientDirection = openedByB ^ ((linkBits >> tap) & 1);
  return {
    tap,
    number: i32[at + S.number],
    partnerNumber: i32[at + S.partnerNumber],
    history: readHistory(tracker, record),
    clientDirection: clientDirection === 1 ? 1 : 0,
    forward: (linkBits & LINK.forward0) !== 0 ? 0 : (linkBits & LINK.forward1) !== 0 ? 1 : -1,
    counts: [count(0), count(1)],
    lastFound: [matcher.links.f64[latest], matcher.links.f64[latest + 1]],
    followedUntil,
  };
}

/**
 * Lets both taps name the same end as the client: where only one saw who opened, the other takes its word; in a simultaneous
 * open, where each tap saw the SYN of its own side first, the earlier one counts.
 */
export function agreeOnRoles(
  matcher: Matcher,
  trackers: readonly [Tracker, Tracker],
  clock: ReferenceClock,
  tap: TapIndex,
  record: number,
): void {
  const sides = matcher.sides[tap];
  const at = sides.at(record);
  const partner = sides.i32[at + S.partner];
  const number = sides.i32[at + S.partnerNumber];
  const other: TapIndex = tap === 0 ? 1 : 0;
  if (number === 0 || matcher.sides[other].numberOf(partner) !== number) return;
  const records = tap === 0 ? [record, partner] : [partner, record];
  const tables = trackers.map((tracker) => tracker.table);
  const bits = tables.map(({ i32 }, t) => i32[records[t] * STRIDE + I.bits]);
  const flipped = matcher.links.i32[matcher.links.at(sides.i32[at + S.link]) + L.bits];
  const openers = bits.map((b, t) => ((b & BIT.openedByB) !== 0 ? 1 : 0) ^ ((flipped >> t) & 1));
  if (openers[0] === openers[1]) return;
  const known = bits.map((b) => (b & BIT.rolesKnown) !== 0);
  const starts = tables.map(({ f64 }, t) => clock.toReference(t === 0 ? 0 : 1, f64[records[t] * STRIDE_F64 + F.start]));
  const right = known[0] !== known[1] ? known.indexOf(true) : starts[0] <= starts[1] ? 0 : 1;
  const wrong = 1 - right;
  tables[wrong].i32[records[wrong] * STRIDE + I.bits] ^= BIT.openedByB;
}
