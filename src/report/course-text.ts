import type { Clock, Transition } from '../connection/model.js';
import type { Flow } from '../findings/finding.js';
import { putDigits } from './digits.js';
import { nearestUnit, unitBefore, unitBehind } from './timestamp.js';
import { TimestampField } from './timestamp-bytes.js';
import { utf8 } from './utf8-text.js';

/**
 * The JSON of courses of one kind (course-kinds.ts) as bytes: that of the last one, into which the times and frames of the next
 * are put.
 */
export class CourseText {
  readonly #bytes: Uint8Array;
  readonly #start: TimestampField;
  readonly #end: TimestampField;
  readonly #transitions: readonly TransitionFields[];

  /**
   * @param opening the JSON of what is before the transitions, of one of them
   * @param transitions theirs
   */
  constructor(opening: string, transitions: readonly string[]) {
    const begin = `${opening.slice(1, -1)},"timeline":[`;
    this.#bytes = utf8(`${begin}${transitions.join(',')}]`);
    this.#start = new TimestampField(this.#bytes, bytesTo(opening.slice(1), '"start":"'));
    this.#end = new TimestampField(this.#bytes, bytesTo(opening.slice(1), '"end":"'));
    let at = utf8(begin).length;
    this.#transitions = transitions.map((text) => {
      const fields = new TransitionFields(this.#bytes, at, text);
      at += utf8(text).length + ','.length;
      return fields;
    });
  }

  /** @returns what stands between the braces, until the next one is asked for */
  of({ start, end, timeline, clock, frameNames }: Flow): Uint8Array {
    const transitions = this.#transitions;
    this.#start.put(nearestUnit(start, clock), clock);
    this.#end.put(nearestUnit(end, clock), clock);
    for (let i = 0; i < timeline.length; i++) transitions[i].put(timeline[i], clock, frameNames);
    return this.#bytes;
  }
}

/** Where in the text those of a transition stand that change. */
class TransitionFields {
  readonly #bytes: Uint8Array;
  readonly #at: TimestampField;
  readonly #earliest: TimestampField;
  readonly #latest: TimestampField;
  readonly #frame: NumberPlace;
  readonly #proof: NumberPlace;

  /** @param text its JSON, which begins at `begin` in `bytes` */
  constructor(bytes: Uint8Array, begin: number, text: string) {
    const behind = (name: string): number => begin + bytesTo(text, name);
    this.#bytes = bytes;
    this.#at = new TimestampField(bytes, behind('"at":"'));
    this.#earliest = new TimestampField(bytes, behind('"earliest":"'));
    this.#latest = new TimestampField(bytes, behind('"latest":"'));
    this.#frame = numberPlace(bytes, behind('"frame":'));
    this.#proof = numberPlace(bytes, behind('"confirmedBy":'));
  }

  put(t: Transition, clock: Clock, frames: Flow['frameNames']): void {
    const bytes = this.#bytes;
    this.#at.put(nearestUnit(t.at, clock), clock);
    if (t.earliest !== null) this.#earliest.put(unitBefore(t.earliest, clock), clock);
    if (t.latest !== null) this.#latest.put(unitBehind(t.latest, clock), clock);
    putDigits(frames.nameOf(t.frame).frame, this.#frame.digits, bytes, this.#frame.at);
    if (t.confirmedBy === null) return;
    putDigits(frames.nameOf(t.confirmedBy).frame, this.#proof.digits, bytes, this.#proof.at);
  }
}

/**
 * Bytes up to where the value of a field begins, of the JSON of an object without others in it: within a word, a quote has a
 * backslash before it, so that what looks like the name of a field is one.
 */
const bytesTo = (json: string, name: string): number => utf8(json.slice(0, json.indexOf(name) + name.length)).length;

interface NumberPlace {
  readonly at: number;
  readonly digits: number;
}

/** That of the number which begins there. */
function numberPlace(bytes: Uint8Array, at: number): NumberPlace {
  let digits = 0;
  while (isDigit(bytes[at + digits])) digits++;
  return { at, digits };
}

const [ZERO, NINE] = [...'09'].map((character) => character.charCodeAt(0));
const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;
