import { describe, expect, it } from 'vitest';
import { type PcapHeader, parsePcapHeader, startsLikePcap } from '../../src/capture/pcap-header.js';
import { type PcapOptions, writePcap } from '../support/pcap-writer.js';

const parsed = (options: PcapOptions): PcapHeader => parsePcapHeader(writePcap([], options), 'x.pcap');

describe.each([{ bigEndian: false }, { bigEndian: true }])('the global header, $bigEndian', ({ bigEndian }) => {
  it.each<[string, PcapOptions, Partial<PcapHeader>]>([
    ['microseconds', {}, { timeDigits: 6, recordHeaderLength: 16 }],
    ['nanoseconds', { nano: true }, { timeDigits: 9, recordHeaderLength: 16 }],
    ['the modified format', { kuznetzov: true }, { timeDigits: 6, recordHeaderLength: 24 }],
  ])('tells %s by the magic number', (_, options, expected) => {
    expect(parsed({ ...options, bigEndian, snaplen: 65_535, linkType: 113 })).toEqual({
      ...expected,
      littleEndian: !bigEndian,
      lengthOrder: 'captured-first',
      snapLength: 65_535,
      linkType: 113,
    });
  });

  it('leaves the FCS bits out of the link type', () => {
    expect(parsed({ bigEndian, linkType: 0x2400_0001 }).linkType).toBe(1);
    expect(parsed({ bigEndian, linkType: 0xffff_0114 }).linkType).toBe(0x114);
  });

  it.each([
    [0, 'original-first'],
    [2, 'original-first'],
    [3, 'smaller-is-captured'],
    [4, 'captured-first'],
  ] as const)('knows the order of lengths in version 2.%d', (minor, order) => {
    expect(parsed({ bigEndian, version: [2, minor] }).lengthOrder).toBe(order);
  });

  it.each([
    [1, 4],
    [2, 5],
    [3, 0],
    [543, 0],
  ])('refuses version %d.%d', (major, minor) => {
    expect(() => parsed({ bigEndian, version: [major, minor] })).toThrow(
      expect.objectContaining({
        code: 'unsupported-version',
        offset: 4,
        frame: null,
        found: `version ${major}.${minor}`,
      }),
    );
  });
});

it('reads a header that does not start at the beginning of its buffer', () => {
  const shifted = Buffer.concat([Buffer.alloc(3), writePcap([], { linkType: 276 })]).subarray(3);
  expect(parsePcapHeader(shifted, 'x.pcap').linkType).toBe(276);
});

it('says where a cut header ends', () => {
  expect(() => parsePcapHeader(writePcap([]).subarray(0, 23), 'x.pcap')).toThrow(
    'x.pcap: byte 23: expected a file header of 24 bytes, found the end of the capture after 23',
  );
});

it.each<[number[], boolean]>([
  [[0xd4, 0xc3, 0xb2, 0xa1], true],
  [[0xa1, 0xb2, 0xc3, 0xd4, 0x00], true],
  [[0xa1, 0xb2], true],
  [[0x34, 0xcd], true],
  [[0xa1, 0xb2, 0xc3, 0xd5], false],
  [[0xb2, 0xa1], false],
  [[0x0a, 0x0d, 0x0d, 0x0a], false],
])('%j may start a pcap file: %s', (head, expected) => {
  expect(startsLikePcap(Uint8Array.from(head))).toBe(expected);
});
