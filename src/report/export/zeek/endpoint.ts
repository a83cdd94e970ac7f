import { Reassembly } from './reassembly.js';

/** Zeek's states of an endpoint (TCP_Endpoint.h). */
export type EndpointState =
  | 'INACTIVE'
  | 'SYN_SENT'
  /** SYN+ACK seen, and no SYN. */
  | 'SYN_ACK_SENT'
  /** Segments seen, and no SYN. */
  | 'PARTIAL'
  | 'ESTABLISHED'
  | 'CLOSED'
  | 'RESET';

/** A letter that is written at the counts 1, 10, 100, ... */
export class ScaledCount {
  #count = 0;
  #threshold = 1;

  /** @returns whether this one is written */
  next(): boolean {
    if (++this.#count !== this.#threshold) return false;
    this.#threshold *= 10;
    return true;
  }
}

/** `a - b` modulo 2^32, signed. */
export const seqDelta = (a: number, b: number): number => (a - b) | 0;

/** One end of a connection as Zeek's TCP_Endpoint keeps it. Sequence numbers are unsigned and raw unless said otherwise. */
export class ZeekEndpoint {
  state: EndpointState = 'INACTIVE';
  previous: EndpointState = 'INACTIVE';
  startSeq = 0;
  lastSeq = 0;
  ackSeq = 0;
  seqWraps = 0;
  ackWraps = 0;
  fins = 0;
  /** Relative: one past its FIN. */
  finSeq = 0;
  didClose = false;
  didEof = false;
  packets = 0;
  ipBytes = 0;
  readonly stream = new Reassembly();

  /** Letters that it has in the history, of those that are written once. */
  readonly letters = new Set<string>();
  lastSyn = 0;
  lastFin = 0;
  lastRst = 0;
  readonly retransmissions = new ScaledCount();
  readonly zeroWindows = new ScaledCount();
  readonly gaps = new ScaledCount();

  setState(state: EndpointState): void {
    if (state === this.state) return;
    this.previous = this.state;
    this.state = state;
  }

  initSeq(start: number, last: number): void {
    this.startSeq = start >>> 0;
    this.ackSeq = start >>> 0;
    this.lastSeq = last >>> 0;
  }

  updateLastSeq(seq: number): void {
    if (seq < this.lastSeq) this.seqWraps++;
    this.lastSeq = seq;
  }

  updateAckSeq(seq: number): void {
    if (seq < this.ackSeq) this.ackWraps++;
    this.ackSeq = seq;
  }

  /** Relative to the start; negative for a number below it. `last` and `wraps` are those of the numbers that it belongs to. */
  relative(seq: number, last: number, wraps: number): number {
    let turns = wraps;
    const delta = seqDelta(seq, last);
    if (delta < 0 && wraps > 0 && seq > last) turns--;
    else if (delta > 0 && seq < last) turns++;
    return turns === 0 ? seqDelta(seq, this.startSeq) : turns * 2 ** 32 + seq - this.startSeq;
  }

  /** Acknowledged so far, relative. */
  get relativeAck(): number {
    return this.ackWraps * 2 ** 32 + this.ackSeq - this.startSeq;
  }

  /** One past the last number it sent, relative. */
  get relativeLast(): number {
    return this.seqWraps * 2 ** 32 + this.lastSeq - this.startSeq;
  }

  /** Payload bytes by its sequence numbers. */
  size(peer: ZeekEndpoint): number {
    const nothingAcked = this.relativeAck === 0 || this.relativeAck === 1;
    if (this.previous === 'SYN_SENT' && this.state === 'RESET' && peer.state === 'INACTIVE' && !nothingAcked) return 0;
    let size = Math.max(this.relativeLast, this.relativeAck);
    if (size !== 0) size--;
    if (this.fins > 0 && size !== 0) size--;
    return size;
  }

  get isClean(): boolean {
    return this.state === 'ESTABLISHED' || (this.state === 'CLOSED' && this.previous === 'ESTABLISHED');
  }
}
