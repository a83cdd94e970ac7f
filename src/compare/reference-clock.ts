import type { Time } from '../connection/model.js';
import { SECOND } from '../connection/time.js';
import { ClockCorridor, valueAt } from './clock-corridor.js';
import type { FlowClock, TapIndex } from './compared-flow.js';

/** Segments within this stretch bound the clocks' difference by the tightest one of either direction. */
const STRETCH: Time = SECOND / 20;

/** The first tap's clock, and what the second one's differs from it. Times are each tap's own until they went through here. */
export class ReferenceClock {
  readonly #corridor = new ClockCorridor();
  readonly #coarse: Time;
  #stretch: Time = Number.NEGATIVE_INFINITY;
  #forward = Number.POSITIVE_INFINITY;
  #forwardAt: Time = 0;
  #backward = Number.NEGATIVE_INFINITY;
  #backwardAt: Time = 0;

  /** @param coarse the second clock's lead, roughly */
  constructor(coarse: Time) {
    this.#coarse = coarse;
  }

  /** Whether segments have passed in both directions. */
  get known(): boolean {
    return this.#corridor.line !== null;
  }

  /** What the second clock is ahead at a time of the first one's. */
  difference(time: Time): Time {
    const line = this.#corridor.line;
    return line === null ? this.#coarse : valueAt(line, time);
  }

  toReference(tap: TapIndex, time: Time): Time {
    if (tap === 0) return time;
    return time - this.difference(time - this.difference(time));
  }

  forward(time: Time, difference: Time): void {
    if (time >= this.#stretch) this.#next(time);
    if (difference >= this.#forward) return;
    this.#forward = difference;
    this.#forwardAt = time;
  }

  backward(time: Time, difference: Time): void {
    if (time >= this.#stretch) this.#next(time);
    if (difference <= this.#backward) return;
    this.#backward = difference;
    this.#backwardAt = time;
  }

  /** Takes into account all that was told so far. */
  fit(): void {
    this.#next(this.#stretch);
    this.#corridor.fit();
  }

  /**
   * What the server's side's clock is ahead at a time of the reference clock, in the units that people read.
   * @param epochs seconds between the two taps' epochs; @param firstIsClient the first tap is the client's side
   */
  at(time: Time, epochs: number, firstIsClient: boolean): FlowClock | null {
    const line = this.#corridor.line;
    if (line === null) return null;
    const sign = firstIsClient ? 1 : -1;
    return {
      offset: sign * (epochs + valueAt(line, time) / SECOND),
      drift: sign * line.drift * 1e6,
      driftUncertainty: this.#corridor.driftUncertainty * 1e6,
      uncertainty: this.#corridor.uncertaintyAt(time) / SECOND,
    };
  }

  #next(time: Time): void {
    if (this.#forward < Number.POSITIVE_INFINITY) this.#corridor.forward(this.#forwardAt, this.#forward);
    if (this.#backward > Number.NEGATIVE_INFINITY) this.#corridor.backward(this.#backwardAt, this.#backward);
    this.#forward = Number.POSITIVE_INFINITY;
    this.#backward = Number.NEGATIVE_INFINITY;
    this.#stretch = time + STRETCH;
  }
}
