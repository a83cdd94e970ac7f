import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../../src/decode/address.js';

function reformat(text: string): string {
  const address = parseAddress(text);
  if (address === null) throw new Error(`not parsed: ${text}`);
  return formatAddress(address.ipVersion, ...address.words);
}

describe('formatAddress', () => {
  it('writes IPv4 dotted', () => {
    expect(formatAddress(4, 0, 0, 0, 0x0a000001)).toBe('10.0.0.1');
    expect(formatAddress(4, 0, 0, 0, -1)).toBe('255.255.255.255');
    expect(formatAddress(4, 0, 0, 0, 0xc0a80102 | 0)).toBe('192.168.1.2');
  });

  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1', 'the first of equal runs (section 4.2.3)'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1', 'the longest run (section 4.2.3)'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1', 'not a single group (section 4.2.2)'],
    ['2001:0DB8:00AA::BB', '2001:db8:aa::bb', 'lower case, no leading zeros (sections 4.1, 4.3)'],
    ['0:0:0:0:0:0:0:0', '::', 'the unspecified address'],
    ['0:0:0:0:0:0:0:1', '::1', 'loopback'],
    ['fe80:0:0:0:0:0:0:0', 'fe80::', 'a run at the end'],
    ['::ffff:102:304', '::ffff:1.2.3.4', 'IPv4-mapped (section 5)'],
    ['::ffff:255.255.255.255', '::ffff:255.255.255.255', 'IPv4-mapped, all bits'],
    ['::1.2.3.4', '::102:304', 'the deprecated IPv4-compatible form has no dots of its own'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221', 'a dotted tail elsewhere'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'all bits'],
  ])('writes %s as %s: %s of RFC 5952', (text, expected) => {
    expect(reformat(text)).toBe(expected);
  });
});

describe('parseAddress', () => {
  it('gives signed words in host order', () => {
    expect(parseAddress('192.168.1.2')).toEqual({ ipVersion: 4, words: [0, 0, 0, 0xc0a80102 | 0] });
    expect(parseAddress('2001:db8::8000:1')).toEqual({ ipVersion: 6, words: [0x20010db8, 0, 0, 0x80000001 | 0] });
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2.3.-4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    ':1::',
    '::1:',
    '1.2.3.4::',
    '::1.2.3',
    'fe80::1%eth0',
    '[::1]',
    'localhost',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('reads back whatever formatAddress writes', () => {
    const word = fc.oneof(fc.constantFrom(0, 1, 0xffff, -1), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), (words) => {
        expect(parseAddress(formatAddress(6, ...words))).toEqual({ ipVersion: 6, words });
        expect(parseAddress(formatAddress(4, 0, 0, 0, words[3]))).toEqual({ ipVersion: 4, words: [0, 0, 0, words[3]] });
      }),
    );
  });
});
