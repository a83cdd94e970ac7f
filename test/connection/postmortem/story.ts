import { expect } from 'vitest';
import type { Options } from '../../../src/index.js';
import { EXCHANGE, flowOf, HANDSHAKE, type Line, type Setting, scenario, type Tap } from '../../support/scenario.js';
import { causesOf, fatesOf } from './told.js';

/**
 * Which segment did what behind the tap, what proves it, and what was believed before (observing-tcp.md, bounds and the
 * crossing rule). Each story tells which segments were lost or ignored; what is told of it must not contradict that.
 */
export interface Story {
  readonly what: string;
  readonly tap: Tap;
  readonly setting?: Setting;
  readonly options?: Options;
  readonly lines: readonly Line[];
  /** See told.ts. */
  readonly told: readonly string[];
  readonly fates: string;
}

export const lost = { lost: true } as const;
export const ignored = { ignored: true } as const;

export const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
/** What is told of those seven frames, on any tap. */
export const OPENING = [
  'client SYN_SENT by 1 in [-, 1]',
  'server SYN_RECV by 1 in [1, 2], proved by 2',
  'client ESTABLISHED by 2 in [2, 3], proved by 3',
];
export const ESTABLISHED = [...OPENING, 'server ESTABLISHED by 3 in [3, 5], proved by 5'];

export async function expectTold({ tap, setting = {}, options = {}, lines, told, fates }: Story): Promise<void> {
  const flow = await flowOf(scenario(setting, lines), tap, { ...options, detail: 'full' });
  expect(causesOf(flow)).toEqual(told);
  expect(fatesOf(flow)).toBe(fates);
}
