import { ACK, FIN, type Segment, SYN } from '../decode/segment.js';
import { BIT, I, STRIDE } from './flow-record.js';
import type { FlowTable } from './flow-table.js';
import type { Time } from './model.js';
import { LOG } from './segment-log.js';

/** Listeners that are watched at most, and signs of life that are kept of each. */
const MOST_LISTENERS = 4096;
const MOST_SIGNS = 4096;

/**
 * A full accept queue is the listener's, not the flow's: ACKs to it stay dropped until its application runs accept(). When
 * that was, other connections of the same listener tell: by the first data or FIN that the application sends on any of them.
 * Watched only from a listener's first repeated SYN+ACK on.
 */
export class Listeners {
  readonly #table: FlowTable;
  readonly #onSuspect: (port: number) => void;
  readonly #signs = new Map<string, Time[]>();

  /** @param onSuspect called with the port of a listener that is watched from now on */
  constructor(table: FlowTable, onSuspect: (port: number) => void) {
    this.#table = table;
    this.#onSuspect = onSuspect;
  }

  /** Takes a segment of the flow whose record begins at `at`. A repeated SYN+ACK makes its listener suspect. */
  watch(s: Segment, at: number, d: number, marks: number): void {
    const repeated = (s.flags & SYN) !== 0 && (s.flags & ACK) !== 0 && (marks & LOG.retransmission) !== 0;
    if ((!repeated && this.#signs.size === 0) || d !== this.#serverOf(at)) return;
    if (repeated) this.#suspect(senderOf(s), s.sourcePort);
    else if (isOfApplication(s)) this.note(s);
  }

  /** Takes a sign of life of the listener that sent it. */
  note(s: Segment): void {
    const signs = this.#signs.get(senderOf(s));
    if (signs && signs.length < MOST_SIGNS) signs.push(s.time);
  }

  /** Whether a segment may be a sign of life of a suspect listener's application: its address and port sent it. */
  isSign(s: Segment): boolean {
    return this.#signs.size > 0 && isOfApplication(s) && this.#signs.has(senderOf(s));
  }

  /** Tap times at which the application behind the listener of direction `d` showed itself, in the order of the capture. */
  signsOf(flow: number, d: number): readonly Time[] {
    return this.#signs.size === 0 ? [] : (this.#signs.get(this.#listenerOf(flow * STRIDE, d)) ?? []);
  }

  #suspect(listener: string, port: number): void {
    if (this.#signs.has(listener) || this.#signs.size >= MOST_LISTENERS) return;
    this.#signs.set(listener, []);
    this.#onSuspect(port);
  }

  #serverOf(at: number): number {
    return (this.#table.i32[at + I.bits] & BIT.openedByB) !== 0 ? 0 : 1;
  }

  /** Address and port of one direction, as one text. */
  #listenerOf(at: number, d: number): string {
    const i32 = this.#table.i32;
    const upper = at + (d === 0 ? I.upperA : I.upperB);
    const low = i32[at + (d === 0 ? I.lowA : I.lowB)];
    const port = d === 0 ? i32[at + I.ports] >>> 16 : i32[at + I.ports] & 0xffff;
    return textOf(i32[upper], i32[upper + 1], i32[upper + 2], low, port);
  }
}

/** The same of the end that sent a segment. */
function senderOf(s: Segment): string {
  return s.ipVersion === 6
    ? textOf(s.source0, s.source1, s.source2, s.source3, s.sourcePort)
    : textOf(0, 0, 0, s.source3, s.sourcePort);
}

const textOf = (upper0: number, upper1: number, upper2: number, low: number, port: number): string =>
  `${upper0} ${upper1} ${upper2} ${low} ${port}`;

const isOfApplication = (s: Segment): boolean => s.length > 0 || (s.flags & FIN) !== 0;
