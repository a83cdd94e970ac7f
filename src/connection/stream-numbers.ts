import { ACK, FIN, RST, type Segment, SYN } from '../decode/segment.js';
import { BIT, I } from './flow-record.js';
import type { FlowTable } from './flow-table.js';

/** The numbers that Wireshark gives to conversations: `tcp.stream`. Incarnations begin by other rules. */
export class StreamNumbers {
  readonly #table: FlowTable;
  /** The number of the stream that begins next. */
  following = 0;

  constructor(table: FlowTable) {
    this.#table = table;
  }

  /** The first segment of addresses and ports that were not seen before, or not for long. */
  begin(s: Segment, at: number, d: number): void {
    this.#table.i32[at + I.tcpStream] = this.following++;
    this.number(s, at, d);
  }

  /** A new incarnation goes on with the stream that `number` gave its SYN. */
  inherit(before: number, at: number): void {
    const i32 = this.#table.i32;
    i32[at + I.tcpStream] = this.following - 1;
    i32[at + I.bits] |= i32[before + I.bits] & (3 * BIT.streamBase);
    i32[at + I.streamBase] = i32[before + I.streamBase];
    i32[at + I.streamBase + 1] = i32[before + I.streamBase + 1];
  }

  /**
   * Keeps the numbers that Wireshark gives its conversations (packet-tcp.c): a SYN begins a new one where it carries
   * another initial sequence number, or where a FIN or RST has passed. Incarnations begin by other rules.
   */
  number(s: Segment, at: number, d: number): void {
    const i32 = this.#table.i32;
    const isSyn = (s.flags & (SYN | ACK | RST | FIN)) === SYN;
    let bits = i32[at + I.bits];
    if (isSyn && (bits & (BIT.streamBase << d)) !== 0) {
      if (i32[at + I.streamBase + d] !== s.seq || (bits & BIT.streamEnded) !== 0) {
        this.following++;
        bits &= ~((3 * BIT.streamBase) | BIT.streamEnded);
      }
    }
    if ((bits & (BIT.streamBase << d)) === 0) {
      bits |= BIT.streamBase << d;
      i32[at + I.streamBase + d] = (s.flags & SYN) !== 0 ? s.seq : s.seq - 1;
    }
    if ((s.flags & (FIN | RST)) !== 0) bits |= BIT.streamEnded;
    i32[at + I.bits] = bits;
  }
}
