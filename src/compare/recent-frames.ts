import type { Time } from '../connection/model.js';
import { MILLISECOND, SECOND } from '../connection/time.js';
import { FIN, RST, type Segment, SYN } from '../decode/segment.js';

const SLOTS = 1 << 15;
/** A frame with the same IP identification and all else is the same one: a sender's own repetition has another. */
const IDENTIFIED: Time = SECOND;
/** With the same timestamp only what the sender repeated within its clock's tick; without either, nothing that TCP repeats. */
const STAMPED: Time = 5 * MILLISECOND;
const BARE: Time = MILLISECOND;

/** The frames that passed a tap last, to know a copy: made by the network, or by how the capture was taken. */
export class RecentFrames {
  readonly #hash = new Int32Array(SLOTS);
  readonly #time = new Float64Array(SLOTS).fill(Number.NEGATIVE_INFINITY);

  /** Whether the same frame of the same `stream` has passed shortly before; remembers it otherwise. */
  isCopy(s: Segment, stream: number, time: Time): boolean {
    const occupies = s.length > 0 || (s.flags & (SYN | FIN)) !== 0;
    const within = s.ipId > 0 ? IDENTIFIED : !occupies || (s.flags & RST) !== 0 ? 0 : s.hasTimestamps ? STAMPED : BARE;
    if (within === 0) return false;
    let hash = Math.imul(s.seq ^ stream, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15) ^ s.ack, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ s.tsVal, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 16) ^ ((s.ipId << 16) | s.length), 0x27d4eb2f);
    hash = Math.imul(hash ^ (hash >>> 15) ^ ((s.window << 9) | s.flags), 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 14) ^ s.tsEcr ^ s.sack[0], 0x85ebca6b);
    hash ^= hash >>> 16;
    const slot = hash & (SLOTS - 1);
    const found = this.#hash[slot] === hash && Math.abs(time - this.#time[slot]) < within;
    if (!found) {
      this.#hash[slot] = hash;
      this.#time[slot] = time;
    }
    return found;
  }
}
