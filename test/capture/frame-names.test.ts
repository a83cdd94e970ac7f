import { expect, it } from 'vitest';
import { FrameNames } from '../../src/capture/frame-names.js';

it('a capture on its own keeps its numbers', () => {
  const names = new FrameNames(['a']);
  names.begin(1, 0, 1);
  names.begin(500, 0, 500);
  expect([1, 499, 500, 1e6].map((frame) => names.nameOf(frame))).toEqual(
    [1, 499, 500, 1e6].map((frame) => ({ capture: 'a', frame })),
  );
});

it('frames of captures that take turns are told apart', () => {
  const names = new FrameNames(['a', 'b']);
  // a1 a2 b1 a3 b2 b3
  names.begin(1, 0, 1);
  names.begin(3, 1, 1);
  names.begin(4, 0, 3);
  names.begin(5, 1, 2);
  const told = [1, 2, 3, 4, 5, 6].map((frame) => names.nameOf(frame));
  expect(told.map(({ capture, frame }) => `${capture}${frame}`)).toEqual(['a1', 'a2', 'b1', 'a3', 'b2', 'b3']);
});

it('the oldest turns are forgotten beyond a bound', () => {
  const names = new FrameNames(['a', 'b'], 4);
  for (let number = 1; number <= 5; number++) names.begin(number, number % 2, Math.ceil(number / 2));
  expect(names.nameOf(2)).toEqual({ capture: null, frame: 2 });
  expect(names.nameOf(5)).toEqual({ capture: 'b', frame: 3 });
});
