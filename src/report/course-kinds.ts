import type { Clock, Transition } from '../connection/model.js';
import type { TcpState } from '../connection/state.js';
import type { Flow } from '../findings/finding.js';
import { courseJson, transitionJson } from './course-json.js';
import { CourseText } from './course-text.js';
import { toJson } from './escape.js';
import { isSameClock } from './timestamp-bytes.js';

/** Transitions that are remembered at most; then, kinds are learned anew. */
const MOST_KNOWN = 4000;
/** Frames above are not put into a text that is kept. */
const MOST_FRAME = 0x7fffffff;

/** Courses of captures with one clock: the kinds that were seen of them. */
let known = { clock: null as Clock | null, openings: [] as Opening[], transitions: 0 };

/**
 * The text that is kept of courses like the flow's, which has one capture, to be filled with the flow's times and frames; null
 * where none is.
 */
export function courseTextOf(flow: Flow): CourseText | null {
  const { timeline, clock, frameNames } = flow;
  if (known.clock === null || !isSameClock(clock, known.clock) || known.transitions > MOST_KNOWN)
    known = { clock, openings: [], transitions: 0 };
  let { kind } = openingOf(flow);
  for (let i = 0; i < timeline.length; i++) {
    const t = timeline[i];
    const frame = frameNames.nameOf(t.frame).frame;
    const proof = t.confirmedBy === null ? 0 : frameNames.nameOf(t.confirmedBy).frame;
    if (t.revoked.length > 0 || frame > MOST_FRAME || proof > MOST_FRAME) return null;
    kind = kind.next(t, frame, proof) ?? kind.add(t, frame, proof, flow);
  }
  return kind.text;
}

function openingOf(flow: Flow): Opening {
  for (const opening of known.openings) if (opening.isOf(flow)) return opening;
  const opening = new Opening(flow);
  known.openings.push(opening);
  return opening;
}

/** What a course has before its transitions. */
class Opening {
  readonly #roles: Flow['roles'];
  readonly #tap: Flow['tap'];
  readonly #states: readonly [TcpState, TcpState];
  readonly kind: Kind;

  constructor(flow: Flow) {
    const { timeline, ...before } = courseJson(flow);
    this.#roles = flow.roles;
    this.#tap = flow.tap;
    this.#states = [flow.clientState, flow.serverState];
    this.kind = new Kind(toJson(before), []);
  }

  isOf({ roles, tap, clientState, serverState }: Flow): boolean {
    const [client, server] = this.#states;
    return roles === this.#roles && tap === this.#tap && clientState === client && serverState === server;
  }
}

/** Courses that are alike up to some transition, but for times and frames, which have as many digits. */
class Kind {
  readonly #opening: string;
  readonly #transitions: readonly string[];
  readonly #next: Step[] = [];
  #text: CourseText | null = null;

  /**
   * @param opening the JSON of what is before the transitions, of one of them
   * @param transitions theirs
   */
  constructor(opening: string, transitions: readonly string[]) {
    this.#opening = opening;
    this.#transitions = transitions;
  }

  /** Those that go on with such a transition; undefined where there was none so far. */
  next(t: Transition, frame: number, proof: number): Kind | undefined {
    for (const step of this.#next) if (step.isOf(t, frame, proof)) return step.to;
    return undefined;
  }

  add(t: Transition, frame: number, proof: number, flow: Flow): Kind {
    const kind = new Kind(this.#opening, [...this.#transitions, toJson(transitionJson(t, flow))]);
    this.#next.push(new Step(t, frame, proof, kind));
    known.transitions++;
    return kind;
  }

  /** Of those that end here. */
  get text(): CourseText {
    this.#text ??= new CourseText(this.#opening, this.#transitions);
    return this.#text;
  }
}

/** From a kind to those of it that go on with such a transition. */
class Step {
  readonly #of: Transition;
  readonly #frame: NumberLength;
  readonly #proof: NumberLength;

  constructor(
    of: Transition,
    frame: number,
    proof: number,
    readonly to: Kind,
  ) {
    this.#of = of;
    this.#frame = new NumberLength(frame);
    this.#proof = new NumberLength(proof);
  }

  isOf(t: Transition, frame: number, proof: number): boolean {
    const of = this.#of;
    return (
      t.to === of.to &&
      t.from === of.from &&
      t.endpoint === of.endpoint &&
      t.basis === of.basis &&
      t.reason === of.reason &&
      (t.earliest === null) === (of.earliest === null) &&
      (t.latest === null) === (of.latest === null) &&
      (t.confirmedBy === null) === (of.confirmedBy === null) &&
      this.#frame.isOf(frame) &&
      this.#proof.isOf(proof)
    );
  }
}

/** How many decimal digits a number has. */
class NumberLength {
  readonly #least: number;
  readonly #limit: number;

  constructor(example: number) {
    this.#limit = 10 ** String(example).length;
    this.#least = example < 10 ? 0 : this.#limit / 10;
  }

  isOf(number: number): boolean {
    return number >= this.#least && number < this.#limit;
  }
}
