import type { Clock, Transition } from '../connection/model.js';
import type { Flow } from '../findings/finding.js';
import { toJson } from './escape.js';
import { nearestUnit, unitBefore, unitBehind } from './timestamp.js';
import { putTimestamp, timestampLength } from './timestamp-bytes.js';
import { type Utf8Text, utf8 } from './utf8-text.js';

/**
 * Writes a transition as flow-json.ts has it, of a flow of one capture. They are most of the text, and of few kinds: of each kind
 * the text is kept, and only times and frames are put into it.
 */
export function writeTransition(t: Transition, clock: Clock, frames: Flow['frameNames'], to: Utf8Text): void {
  const template = templateOf(t, clock);
  const begin = to.length;
  to.piece(template.head);
  putTimestamp(nearestUnit(t.at, clock), clock, to.memory, begin + template.at);
  if (t.earliest !== null) putTimestamp(unitBefore(t.earliest, clock), clock, to.memory, begin + template.earliest);
  if (t.latest !== null) putTimestamp(unitBehind(t.latest, clock), clock, to.memory, begin + template.latest);
  to.number(frames.nameOf(t.frame).frame).piece(template.reason);
  if (t.confirmedBy !== null) to.number(frames.nameOf(t.confirmedBy).frame);
  to.piece(template.end);
  if (t.revoked.length > 0) to.text(t.revoked.map((frame) => frames.nameOf(frame).frame).join(','));
  to.piece(END);
}

const END = utf8(']}');

/** The text of transitions that differ in nothing but times and frames. */
class Template {
  /** Up to the frame, with room for the times. */
  readonly head: Uint8Array;
  /** Where in that the times stand. */
  readonly at: number;
  readonly earliest: number;
  readonly latest: number;
  /** From the frame to the one that confirms it, and from there to those that were revoked. */
  readonly reason: Uint8Array;
  readonly end: Uint8Array;

  constructor(
    readonly of: Transition,
    readonly digits: Clock['digits'],
  ) {
    const from = of.from === null ? 'null' : `"${of.from}"`;
    const time = '-'.repeat(timestampLength(digits));
    const toAt = `{"endpoint":"${of.endpoint}","from":${from},"to":"${of.to}","at":"`;
    const toEarliest = `${toAt}${time}","earliest":${of.earliest === null ? 'null' : '"'}`;
    const toLatest = `${toEarliest}${of.earliest === null ? '' : `${time}"`},"latest":${of.latest === null ? 'null' : '"'}`;
    this.head = utf8(`${toLatest}${of.latest === null ? '' : `${time}"`},"frame":`);
    [this.at, this.earliest, this.latest] = [toAt.length, toEarliest.length, toLatest.length];
    this.reason = utf8(`,"basis":"${of.basis}","reason":${toJson(of.reason)},"confirmedBy":`);
    this.end = utf8(`${of.confirmedBy === null ? 'null' : ''},"revoked":[`);
  }

  fits(t: Transition, { digits }: Clock): boolean {
    const { of } = this;
    return (
      t.to === of.to &&
      t.from === of.from &&
      t.endpoint === of.endpoint &&
      t.basis === of.basis &&
      (t.earliest === null) === (of.earliest === null) &&
      (t.latest === null) === (of.latest === null) &&
      (t.confirmedBy === null) === (of.confirmedBy === null) &&
      this.digits === digits
    );
  }
}

/** By their reasons, which may name numbers: of those there are any number. */
const templates = new Map<string, Template[]>();
const MOST_REASONS = 1000;

function templateOf(t: Transition, clock: Clock): Template {
  const known = templates.get(t.reason);
  if (known !== undefined) for (const template of known) if (template.fits(t, clock)) return template;
  const template = new Template(t, clock.digits);
  if (known !== undefined) known.push(template);
  else if (templates.size < MOST_REASONS) templates.set(t.reason, [template]);
  return template;
}
