/** Microseconds that the wheel holds: waits beyond them go round more than once. */
const TICKS = 1 << 22;
const NONE = -1;

/**
 * Whose turn it is: a timing wheel of one bucket per microsecond, so that a step costs the same however many take part.
 * Everyone has one appointment at a time.
 */
export class Timeline {
  /** Microseconds since the beginning. */
  now = 0;

  #buckets = new Int32Array(TICKS).fill(NONE);
  /** Whose turn it still is in this microsecond. */
  #due = NONE;
  #following;
  #times;
  #appointments = 0;

  /** @param {number} members how many take part, numbered from 0 */
  constructor(members) {
    this.#following = new Int32Array(members);
    this.#times = new Float64Array(members);
  }

  /**
   * @param {number} member
   * @param {number} wait microseconds, 1 or more
   */
  schedule(member, wait) {
    this.#appointments++;
    this.#times[member] = this.now + wait;
    this.#put(member);
  }

  /** Whose turn is next, with `now` set to when; -1 when nobody waits any more. */
  next() {
    while (this.#appointments > 0) {
      while (this.#due !== NONE) {
        const member = this.#due;
        this.#due = this.#following[member];
        if (this.#times[member] === this.now) {
          this.#appointments--;
          return member;
        }
        this.#put(member);
      }
      this.#turn();
    }
    return NONE;
  }

  /** Goes on to the next microsecond with an appointment, this round's or a later one's. */
  #turn() {
    const buckets = this.#buckets;
    let now = this.now + 1;
    while (buckets[now % TICKS] === NONE) now++;
    this.now = now;
    this.#due = buckets[now % TICKS];
    buckets[now % TICKS] = NONE;
  }

  /** @param {number} member */
  #put(member) {
    const bucket = this.#times[member] % TICKS;
    this.#following[member] = this.#buckets[bucket];
    this.#buckets[bucket] = member;
  }
}
