import { D, DIRECTION, I, STRIDE } from './connection/flow-record.js';
import type { Tracker } from './connection/tracker.js';
import type { Segment } from './decode/segment.js';

/**
 * Tells which flow each frame is counted to. The tracker decides that for itself, incarnation by incarnation, and says it to
 * no one: it shows in which of its records counts the frame.
 */
export class Membership {
  /** Of the last frame: direction in its flow, 0 where its source is the lower endpoint of the flow's key. */
  direction = 0;
  /**
   * Of the last frame: number of the flow before, on the same addresses and ports, where the frame is evidence in it (the
   * SYN that ended it, and the SYN+ACK that took the SYN in); else 0.
   */
  evidenceIn = 0;
  readonly #tracker: Tracker;

  constructor(tracker: Tracker) {
    this.#tracker = tracker;
  }

  /** Hands a segment to the tracker. @returns the number of its flow */
  segment(segment: Segment): number {
    const table = this.#tracker.table;
    const current = table.find(segment);
    const currentNumber = current < 0 ? 0 : table.i32[current * STRIDE + I.number];
    const previous = current < 0 ? -1 : table.i32[current * STRIDE + I.previous];
    const previousNumber = previous < 0 ? 0 : table.i32[previous * STRIDE + I.number];
    const counted = previous < 0 ? 0 : this.#counted(previous);
    const logged = previous < 0 ? 0 : table.i32[previous * STRIDE + I.logCount];
    this.#tracker.segment(segment);
    const number = table.i32[table.find(segment) * STRIDE + I.number];
    this.direction = table.key.direction;
    this.evidenceIn = number !== currentNumber ? currentNumber : 0;
    if (previous >= 0 && table.i32[previous * STRIDE + I.number] === previousNumber) {
      if (this.#counted(previous) !== counted) return previousNumber;
      if (table.i32[previous * STRIDE + I.logCount] !== logged) this.evidenceIn = previousNumber;
    }
    return number;
  }

  /** Hands an ICMP error to the tracker. @returns the number of the flow that it is about, or 0 */
  icmpError(segment: Segment): number {
    const table = this.#tracker.table;
    const current = table.find(segment);
    this.direction = table.key.direction;
    this.evidenceIn = 0;
    const previous = current < 0 ? -1 : table.i32[current * STRIDE + I.previous];
    const logged = previous < 0 ? 0 : table.i32[previous * STRIDE + I.logCount];
    this.#tracker.icmpError(segment);
    if (current < 0 || !segment.quotedSeq) return 0;
    const isPrevious = previous >= 0 && table.i32[previous * STRIDE + I.logCount] !== logged;
    return table.i32[(isPrevious ? previous : current) * STRIDE + I.number];
  }

  /** Frames counted to a flow, copies among them. */
  #counted(record: number): number {
    const { i32 } = this.#tracker.table;
    const at = record * STRIDE;
    return i32[at + D.packets] + i32[at + D.packets + DIRECTION] + i32[at + I.copies];
  }
}
