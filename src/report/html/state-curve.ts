import type { Clock, Time } from '../../connection/model.js';
import { type Side, TCP_STATES, type TcpState } from '../../connection/state.js';
import type { Flow } from '../../findings/finding.js';
import { isSocket } from '../states.js';
import type { StateCurveData } from './embedded.js';

/** Samples of a curve: more than a screen has pixels for, so that a stretch of it can be zoomed into. */
const MOST_SAMPLES = 2048;
const FINEST: Time = 1e5;
const SOCKET_STATES = TCP_STATES.filter(isSocket);
const SIDES: readonly Side[] = ['client', 'server'];
const CELLS = SIDES.length * SOCKET_STATES.length;

/**
 * Sockets per state over time, for captures whose length is not known beforehand: whenever the samples become too many,
 * every other one is dropped. Flows may come in any order, since what is kept per sample is what changes until it.
 */
export class StateCurve {
  readonly #most: number;
  #every = FINEST;
  #changes = new Map<number, Int32Array>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(most = MOST_SAMPLES) {
    this.#most = most;
  }

  /** `clock` is the one that the curve counts on. */
  add(flow: Flow, clock: Clock): void {
    const shift = (flow.clock.epochSeconds - clock.epochSeconds) * 1e9;
    this.#extend(flow.start + shift);
    this.#extend(Math.max(flow.end, flow.followedUntil) + shift);
    for (const [index, side] of SIDES.entries()) {
      let cell = -1;
      for (const { endpoint, at, to } of flow.timeline) {
        if (endpoint !== side) continue;
        const state = SOCKET_STATES.indexOf(to);
        const next = state < 0 ? -1 : index * SOCKET_STATES.length + state;
        this.#change(at + shift, cell, next);
        cell = next;
      }
    }
  }

  data(): StateCurveData {
    if (this.#first > this.#last)
      return { from: 0, every: this.#every, samples: 0, counts: { client: {}, server: {} } };
    const from = Math.floor(this.#first / this.#every);
    const samples = Math.ceil(this.#last / this.#every) - from + 1;
    const running = new Int32Array(CELLS);
    for (const [sample, changes] of this.#changes) if (sample < from) add(running, changes);
    const series = Array.from({ length: CELLS }, () => new Array<number>(samples).fill(0));
    for (let i = 0; i < samples; i++) {
      const changes = this.#changes.get(from + i);
      if (changes !== undefined) add(running, changes);
      for (let cell = 0; cell < CELLS; cell++) series[cell][i] = running[cell];
    }
    return {
      from: from * this.#every,
      every: this.#every,
      samples,
      counts: {
        client: named(series.slice(0, SOCKET_STATES.length)),
        server: named(series.slice(SOCKET_STATES.length)),
      },
    };
  }

  /** A change counts from the first sample on that is not before it. */
  #change(at: Time, from: number, to: number): void {
    if (from === to) return;
    const sample = Math.ceil(at / this.#every);
    let changes = this.#changes.get(sample);
    if (changes === undefined) {
      changes = new Int32Array(CELLS);
      this.#changes.set(sample, changes);
    }
    if (from >= 0) changes[from]--;
    if (to >= 0) changes[to]++;
    if (this.#changes.size > 2 * this.#most) this.#coarsen();
  }

  #extend(time: Time): void {
    this.#first = Math.min(this.#first, time);
    this.#last = Math.max(this.#last, time);
    while ((this.#last - this.#first) / this.#every > this.#most - 2) this.#coarsen();
  }

  #coarsen(): void {
    this.#every *= 2;
    const coarse = new Map<number, Int32Array>();
    for (const [sample, changes] of this.#changes) {
      const merged = coarse.get(Math.ceil(sample / 2));
      if (merged === undefined) coarse.set(Math.ceil(sample / 2), changes);
      else add(merged, changes);
    }
    this.#changes = coarse;
  }
}

function add(sum: Int32Array, changes: Int32Array): void {
  for (let cell = 0; cell < CELLS; cell++) sum[cell] += changes[cell];
}

function named(series: readonly number[][]): Partial<Record<TcpState, readonly number[]>> {
  const named: Partial<Record<TcpState, readonly number[]>> = {};
  series.forEach((counts, state) => {
    if (counts.some((count) => count > 0)) named[SOCKET_STATES[state]] = counts;
  });
  return named;
}
