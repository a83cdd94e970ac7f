import { expect } from 'vitest';
import type { Flow, Side, TcpState } from '../../../src/index.js';
import { moment, pathOf } from '../../support/scenario.js';

/** A change of state as the story tells it, which knows what no tap sees. */
export type Change = readonly [
  to: TcpState,
  /** When the host made it: seconds since the story's start. */
  at: number,
  /** How wide the bounds may be, in seconds, where that is not by a round trip; Infinity where nothing can prove it. */
  width?: number,
];

export interface Precision {
  /** How far the best estimate may be off, in seconds: a millisecond is more than the tap's place leaves open. */
  readonly near?: number;
  /** Bounds of what one answered round trip tells. */
  readonly width?: number;
}

/** What a tap told of one end, held to what happened: the path, the bounds, and the best estimate within them. */
export function expectLife(
  flow: Flow,
  side: Side,
  from: TcpState,
  changes: readonly Change[],
  { near = 0.001, width = 0.0275 }: Precision = {},
): void {
  expect(pathOf(flow, side)).toBe([from, ...changes.map(([to]) => to)].join(' '));
  for (const [to, at, own = width] of changes) {
    const told = moment(flow, side, to);
    const what = `${to} of the ${side}: ${told.earliest} < ${told.at} < ${told.latest}, truth ${at}`;
    if (told.earliest !== null) expect(told.earliest, what).toBeLessThanOrEqual(at);
    if (own === Number.POSITIVE_INFINITY) {
      expect(told.latest, what).toBeNull();
    } else {
      expect(told.latest, what).not.toBeNull();
      expect(told.latest ?? 0, what).toBeGreaterThanOrEqual(at);
      if (told.earliest !== null) expect((told.latest ?? 0) - told.earliest, what).toBeLessThanOrEqual(own);
    }
    expect(Math.abs(told.at - at), what).toBeLessThanOrEqual(near);
    expect(told.at, what).toBeGreaterThanOrEqual(told.earliest ?? told.at);
    expect(told.at, what).toBeLessThanOrEqual(told.latest ?? told.at);
  }
}

/** HANDSHAKE at a round trip of 20 ms. */
export const CLIENT_OPENS: readonly Change[] = [
  ['SYN_SENT', 0],
  ['ESTABLISHED', 0.02003],
];
export const SERVER_OPENS: readonly Change[] = [
  ['SYN_RECV', 0.01],
  ['ESTABLISHED', 0.03006],
];
