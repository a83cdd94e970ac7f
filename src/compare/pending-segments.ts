import type { Time } from '../connection/model.js';
import { ACK, FIN, RST, SYN } from '../decode/segment.js';

/** Words of an entry; `time` is a double. */
const WORDS = 16;
export const P = {
  next: 0,
  previous: 1,
  /** Record of the flow at its tap, and the flow's number there. */
  record: 2,
  number: 3,
  frame: 4,
  /** In the numbers of the first tap. */
  seq: 5,
  ack: 6,
  length: 7,
  /** Flags of decode/segment.ts, and PENDING's bits. */
  bits: 8,
  tsVal: 9,
  tsEcr: 10,
  /** IPv4 identification; 0 for none. */
  ipId: 11,
  /** Bytes that were found in segments cut otherwise; of a SYN its maximum segment size. */
  covered: 12,
  /** As in the header, and of a SYN the options in the bits above. */
  window: 13,
  time: 14,
} as const;

/** Flags that no path changes. */
export const CORE = SYN | FIN | RST | ACK;

/** Bits above the flags. */
export const PENDING = {
  flags: 0x1ff,
  timestamps: 1 << 10,
} as const;

/** Segments that passed one tap and were not found at the other one yet: entries of fixed size, in doubly linked lists. */
export class PendingSegments {
  i32 = new Int32Array(1024 * WORDS);
  f64 = new Float64Array(this.i32.buffer);
  #unused = 0;
  #free = -1;

  /** @returns the first word of an entry. */
  allocate(): number {
    const free = this.#free;
    if (free >= 0) {
      this.#free = this.i32[free + P.next];
      return free;
    }
    if (this.#unused === this.i32.length) {
      const i32 = new Int32Array(this.i32.length * 2);
      i32.set(this.i32);
      this.i32 = i32;
      this.f64 = new Float64Array(i32.buffer);
    }
    this.#unused += WORDS;
    return this.#unused - WORDS;
  }

  release(entry: number): void {
    this.i32[entry + P.next] = this.#free;
    this.#free = entry;
  }

  time(entry: number): Time {
    return this.f64[(entry + P.time) >> 1];
  }

  setTime(entry: number, time: Time): void {
    this.f64[(entry + P.time) >> 1] = time;
  }
}
