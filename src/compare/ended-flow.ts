import { BIT, I, STRIDE } from '../connection/flow-record.js';
import type { Time } from '../connection/model.js';
import { type History, readHistory } from '../connection/postmortem/history.js';
import type { Tracker } from '../connection/tracker.js';
import type { TapIndex } from './compared-flow.js';
import { S, SD } from './flow-sides.js';
import { D, L, LINK } from './links.js';
import type { Matcher } from './matcher.js';

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

/** Where only one tap saw who opened, the other one takes its word. */
export function agreeOnRoles(
  matcher: Matcher,
  trackers: readonly [Tracker, Tracker],
  tap: TapIndex,
  record: number,
): void {
  const sides = matcher.sides[tap];
  const at = sides.at(record);
  const other = (1 - tap) as TapIndex;
  const partner = sides.i32[at + S.partner];
  const number = sides.i32[at + S.partnerNumber];
  if (number === 0 || matcher.sides[other].numberOf(partner) !== number) return;
  const own = trackers[tap].table.i32;
  const their = trackers[other].table.i32;
  const [bits, theirBits] = [own[record * STRIDE + I.bits], their[partner * STRIDE + I.bits]];
  const flip = matcher.links.i32[matcher.links.at(sides.i32[at + S.link]) + L.bits];
  const turned = ((flip >> tap) ^ (flip >> other)) & 1;
  const openerHere = (bits & BIT.openedByB) !== 0 ? 1 : 0;
  const openerThere = ((theirBits & BIT.openedByB) !== 0 ? 1 : 0) ^ turned;
  if (openerHere === openerThere) return;
  if ((bits & BIT.rolesKnown) === 0) own[record * STRIDE + I.bits] = bits ^ BIT.openedByB;
  else if ((theirBits & BIT.rolesKnown) === 0) their[partner * STRIDE + I.bits] = theirBits ^ BIT.openedByB;
  else if (tap === 1) own[record * STRIDE + I.bits] = bits ^ BIT.openedByB;
}
