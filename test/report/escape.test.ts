import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvCell, escapeText, shellWord, toJson } from '../../src/report/escape.js';

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
);

describe('escapeText', () => {
  test.each([
    ['\x1b[2J', '\\x1b[2J'],
    ['a\nb\tc\x7f', 'a\\x0ab\\x09c\\x7f'],
    ['\x9b31m', '\\x9b31m'],
    ['evil\u202egpj.exe', 'evil\\u202egpj.exe'],
    ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
    ['Zürich 東京', 'Zürich 東京'],
  ])('%j', (text, shown) => expect(escapeText(text)).toBe(shown));

  test('leaves nothing that a terminal obeys', () => {
    fc.assert(fc.property(anyText, (text) => !UNSAFE.test(escapeText(text))));
  });
});

test('JSON is safe to look at, and parses to what it was', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const json = toJson({ text });
      expect(json).not.toMatch(UNSAFE);
      expect(JSON.parse(json)).toEqual({ text });
    }),
  );
  expect(toJson({ a: 1 }, 2)).toBe('{\n  "a": 1\n}');
});

test.each([
  ['=cmd()', "'=cmd()"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@x', "'@x"],
  ['a,b', '"a,b"'],
  ['a"b', '"a""b"'],
  ['a\r\nb', 'a\\x0d\\x0ab'],
  [-1, '-1'],
])('a CSV cell of %j', (value, cell) => expect(csvCell(value)).toBe(cell));

test.each([
  ['dump.pcap', 'dump.pcap'],
  ['my dump.pcap', "'my dump.pcap'"],
  ["it's.pcap", "'it'\\''s.pcap'"],
  ['$(reboot)', "'$(reboot)'"],
  ['a\nb', "$'a\\x0ab'"],
  ['', "''"],
])('a shell word of %j', (text, word) => expect(shellWord(text)).toBe(word));
