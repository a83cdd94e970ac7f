import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TCP_STATES } from '../../../../src/connection/state.js';
import { FINDING_KINDS } from '../../../../src/findings/finding.js';
import { CLOSERS } from '../../../../src/report/html/embedded.js';
import { formatHash, INITIAL, parseHash, SORTS } from '../../../../src/report/html/page/view-state.js';

const maybe = <T extends string>(values: readonly T[]) => fc.option(fc.constantFrom(...values));

test('an address brings back what it was made of', () => {
  const range = fc.option(fc.tuple(fc.integer(), fc.nat()).map(([from, length]) => ({ from, to: from + length + 1 })));
  const states = fc.record({
    filter: fc.string({ unit: 'grapheme' }),
    longer: fc.string(),
    state: maybe(TCP_STATES),
    finding: maybe(FINDING_KINDS),
    closer: maybe(CLOSERS),
    sort: fc.constantFrom(...SORTS),
    descending: fc.boolean(),
    linear: fc.boolean(),
    unfolded: fc.boolean(),
  });
  const views = fc.constantFrom(
    { view: 'overview', flow: null } as const,
    { view: 'connections', flow: null } as const,
    { view: 'connection', flow: 41 } as const,
  );
  fc.assert(
    fc.property(states, range, views, (conditions, stretch, view) => {
      const state = { ...INITIAL, ...conditions, ...view, ...(stretch ?? {}) };
      expect(parseHash(formatHash(state))).toEqual(state);
    }),
  );
});

test('what cannot be understood counts as left out', () => {
  expect(parseHash('')).toEqual(INITIAL);
  expect(parseHash('#nowhere?state=ASLEEP&finding=gone&sort=-colour&from=9&to=2&closer=me')).toEqual({
    ...INITIAL,
    descending: true,
  });
  expect(parseHash('#connection').view).toBe('connections');
});
