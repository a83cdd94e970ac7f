import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptureError } from '../../src/capture/error.js';
import { PcapFramer } from '../../src/capture/pcap-framer.js';
import { PCAP_HEADER_LENGTH, parsePcapHeader } from '../../src/capture/pcap-header.js';
import { type PcapOptions, type PcapRecord, writePcap } from '../support/pcap-writer.js';
import { anyRecords, bodyChunks, copyOf, expectedFrames, type FrameCopy } from './frames.js';

interface Framed {
  frames: FrameCopy[];
  error: CaptureError | null;
}

/** Frames a capture that is pushed in chunks, cut at these offsets; each chunk is spoilt once the framer is through. */
function frame(capture: Uint8Array, cuts: readonly number[] = []): Framed {
  const framer = new PcapFramer(parsePcapHeader(capture, 'x.pcap'), 'x.pcap');
  const frames: FrameCopy[] = [];
  for (const chunk of bodyChunks(capture, cuts)) {
    if (framer.error !== null) break;
    const lent = chunk.slice();
    framer.push(lent);
    while (framer.next()) frames.push(copyOf(framer.frame));
    lent.fill(0xee);
  }
  framer.end();
  return { frames, error: framer.error };
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const THREE: PcapRecord[] = [
  { data: bytes(1, 2, 3), seconds: 1_700_000_000, fraction: 5, originalLength: 60 },
  { data: bytes(), seconds: 1_700_000_000, fraction: 6 },
  { data: bytes(7, 8, 9, 10), seconds: 0xffff_ffff, fraction: 999_999 },
];

const FORMATS = [false, true].flatMap((bigEndian): PcapOptions[] => [
  { bigEndian },
  { bigEndian, nano: true },
  { bigEndian, kuznetzov: true },
]);

describe.each(FORMATS)('records of %j', (options) => {
  const capture = writePcap(THREE, options);
  const expected = expectedFrames(THREE, options.nano ? 1e9 : 1e6);

  it('are framed', () => {
    expect(frame(capture)).toEqual({ frames: expected, error: null });
  });

  it('are the same wherever the bytes are cut in two', () => {
    for (let cut = PCAP_HEADER_LENGTH; cut < capture.length; cut++) {
      expect(frame(capture, [cut]), `cut at ${cut}`).toEqual({ frames: expected, error: null });
    }
  });

  it('are the same byte by byte', () => {
    expect(frame(capture, [...capture.keys()])).toEqual({ frames: expected, error: null });
  });
});

it('frames any records the same however the bytes are cut', () => {
  fc.assert(
    fc.property(anyRecords, fc.array(fc.nat(500)), fc.boolean(), (records, cuts, bigEndian) => {
      const framed = frame(writePcap(records, { bigEndian }), cuts);
      expect(framed).toEqual({ frames: expectedFrames(records), error: null });
    }),
  );
});

it('puts together a record that spans many chunks', () => {
  const data = Uint8Array.from({ length: 10_000 }, (_, index) => index & 0xff);
  const records = [{ data }, { data: bytes(1) }];
  const cuts = Array.from({ length: 1000 }, (_, index) => index * 11);
  expect(frame(writePcap(records), cuts)).toEqual({ frames: expectedFrames(records), error: null });
});

it.each([
  [{}, 2_000_001, { seconds: 12, nanoseconds: 1000 }],
  [{}, 0xffff_ffff, { seconds: 10 + 4294, nanoseconds: 967_295_000 }],
  [{ nano: true }, 1_000_000_000, { seconds: 11, nanoseconds: 0 }],
])('carries a fraction that is out of range into the seconds', (options, fraction, expected) => {
  const { frames } = frame(writePcap([{ data: bytes(), seconds: 10, fraction }], options));
  expect(frames).toEqual([expect.objectContaining(expected)]);
});

describe('the two lengths of a record', () => {
  const cut = [{ data: bytes(1, 2), originalLength: 900 }];
  it.each<[string, PcapOptions]>([
    ['2.2, original length first', { version: [2, 2] }],
    ['2.3, captured length first', { version: [2, 3] }],
    ['2.3 that was written as 2.2', { version: [2, 3], originalFirst: true }],
    ['2.4, captured length first', { version: [2, 4] }],
  ])('are told apart in version %s', (_, options) => {
    expect(frame(writePcap(cut, options))).toEqual({ frames: expectedFrames(cut), error: null });
  });

  it('are believed in version 2.4 where the captured length is the larger', () => {
    const padded = [{ data: bytes(1, 2, 3), originalLength: 2 }];
    expect(frame(writePcap(padded))).toEqual({ frames: expectedFrames(padded), error: null });
  });
});

it('tells of a tail that is cut anywhere, behind the frames before it', () => {
  for (const options of FORMATS) {
    const capture = writePcap(THREE, options);
    const headerLength = options.kuznetzov ? 24 : 16;
    const starts = [24, 24 + headerLength + 3, 24 + 2 * headerLength + 3, capture.length];
    for (let end = 24; end < capture.length; end++) {
      const whole = starts.filter((start) => start <= end).length - 1;
      const start = starts[whole];
      const framed = frame(capture.subarray(0, end), [end - 2]);
      expect(framed.frames).toEqual(expectedFrames(THREE, options.nano ? 1e9 : 1e6).slice(0, whole));
      if (end === start) expect(framed.error).toBeNull();
      else expect(framed.error).toMatchObject({ code: 'truncated-record', offset: end, frame: whole + 1 });
    }
  }
});

it('says of a cut record which part of it is missing', () => {
  const capture = writePcap(THREE);
  expect(frame(capture.subarray(0, 24 + 19 + 7)).error?.message).toBe(
    'x.pcap: frame 2, byte 50: expected a record header of 16 bytes from byte 43, found the end of the capture after 7',
  );
  expect(frame(capture.subarray(0, capture.length - 1)).error?.message).toBe(
    'x.pcap: frame 3, byte 78: expected 4 captured bytes from byte 75, found the end of the capture after 3',
  );
});

describe('a length that is not sane', () => {
  const insane = (capturedLength: number, options: PcapOptions = {}): Uint8Array =>
    writePcap([{ data: bytes(1) }, { data: bytes(2), capturedLength }, { data: bytes(3) }], options);

  it('ends the capture behind the frames before it, wherever the bytes are cut', () => {
    const capture = insane(0x7fff_ffff);
    for (let cut = 24; cut <= capture.length; cut++) {
      const { frames, error } = frame(capture, [cut]);
      expect(frames).toEqual(expectedFrames([{ data: bytes(1) }]));
      expect(error).toMatchObject({ code: 'record-length', frame: 2, offset: 24 + 17 + 8, found: '2147483647' });
    }
  });

  it('is found where older versions hold it', () => {
    const { error } = frame(insane(0xffff_ffff, { version: [2, 2] }));
    expect(error).toMatchObject({ code: 'record-length', offset: 24 + 17 + 12 });
  });

  it.each([
    [0, 262_144],
    [96, 262_144],
    [1_000_000, 1_000_000],
    [0xffff_ffff, 16 * 1024 * 1024],
  ])('is with snap length %d one above %d', (snaplen, bound) => {
    expect(frame(insane(bound, { snaplen })).error?.code).toBe('truncated-record');
    expect(frame(insane(bound + 1, { snaplen })).error?.code).toBe('record-length');
  });

  it('stays the error however often the framer is asked', () => {
    const capture = insane(0x7fff_ffff);
    const framer = new PcapFramer(parsePcapHeader(capture, 'x.pcap'), 'x.pcap');
    framer.push(capture.subarray(PCAP_HEADER_LENGTH));
    expect(framer.next()).toBe(true);
    expect(framer.next()).toBe(false);
    const { error } = framer;
    expect(error).not.toBeNull();
    expect(framer.next()).toBe(false);
    framer.end();
    expect(framer.error).toBe(error);
  });
});

it('refuses more bytes while it still holds some', () => {
  const capture = writePcap(THREE);
  const framer = new PcapFramer(parsePcapHeader(capture, 'x.pcap'), 'x.pcap');
  framer.push(capture.subarray(24));
  expect(() => framer.push(capture.subarray(24))).toThrow('before next() returned false');
});
