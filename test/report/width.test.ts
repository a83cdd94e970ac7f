import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayWidth, pack, truncate, truncateStart, wrap } from '../../src/report/width.js';

test.each([
  ['abc', 3],
  ['東京', 4],
  ['e\u0301', 1],
  ['──▶ ✗', 5],
  ['😀', 2],
])('%s takes its columns', (text, width) => expect(displayWidth(text)).toBe(width));

test('wrapped lines fit, and lose no word', () => {
  fc.assert(
    fc.property(fc.lorem({ maxCount: 40 }), fc.integer({ min: 2, max: 40 }), (text, width) => {
      const lines = wrap(text, width);
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }),
  );
});

test('cut text says so', () => {
  expect(truncate('東京タワー', 6)).toBe('東京…');
  expect(truncateStart('/var/log/dump.pcap', 10)).toBe('…dump.pcap');
  expect(pack(['aa', 'bb', 'cc'], '  ', 6)).toEqual(['aa  bb', 'cc']);
});
