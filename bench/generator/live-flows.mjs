/** How long Linux keeps a connection in TIME_WAIT. */
const TIME_WAIT = 60_000_000;

/** Counts the flows that are live: from a flow's first segment until TIME_WAIT's length after its last one. */
export class LiveFlows {
  /** The most that were live at one moment. */
  most = 0;

  #begun = 0;
  #ended = 0;
  /** Of those that have ended, how many are no longer live. */
  #gone = 0;
  /** When each ended, in that order. */
  #ends;

  /** @param {number} flows how many there will be in all */
  constructor(flows) {
    this.#ends = new Float64Array(flows);
  }

  /** @param {number} now microseconds, of the flow's first segment */
  begin(now) {
    while (this.#gone < this.#ended && this.#ends[this.#gone] + TIME_WAIT <= now) this.#gone++;
    this.#begun++;
    this.most = Math.max(this.most, this.#begun - this.#gone);
  }

  /** @param {number} now microseconds, of the flow's last segment */
  end(now) {
    this.#ends[this.#ended++] = now;
  }
}
