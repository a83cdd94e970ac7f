import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_PACKET } from '../../src/capture/frame.js';
import { PcapngFramer } from '../../src/capture/pcapng-framer.js';
import { type PcapngBlock, type PcapngOptions, writePcapng } from '../support/pcapng-writer.js';
import { copyOf, cutAt, type FrameCopy } from './frames.js';

/** Frames a capture that is pushed in chunks, cut at these offsets; each chunk is spoilt once the framer is through. */
function frame(capture: Uint8Array, cuts: readonly number[] = []) {
  const framer = new PcapngFramer('x.pcapng');
  const frames: FrameCopy[] = [];
  for (const chunk of cutAt(capture, cuts)) {
    if (framer.error !== null) break;
    const lent = chunk.slice();
    framer.push(lent);
    while (framer.next()) frames.push(copyOf(framer.frame));
    lent.fill(0xee);
  }
  framer.end();
  return { frames, error: framer.error, interfaces: framer.interfaces };
}

const data = (...values: number[]): Uint8Array => Uint8Array.from(values);
const section = (bigEndian = false): PcapngBlock => ({ section: { bigEndian } });
const ethernet: PcapngBlock = { interface: {} };

/** Two sections of different byte orders, three interfaces, and every kind of block. */
const EVERYTHING: readonly PcapngBlock[] = [
  section(),
  { interface: { snaplen: 4, options: [[2, 'eth0']] } },
  {
    interface: {
      linkType: 113,
      options: [
        [9, data(9)],
        [14, 10n],
      ],
    },
  },
  { packet: { data: data(1, 2, 3), time: 1_700_000_000_123_456n, originalLength: 60, options: [[1, 'comment']] } },
  { raw: { type: 4, body: data(0, 0, 0, 0) } },
  { packet: { data: data(4), interface: 1, time: 1_700_000_000_123_456_789n } },
  { simple: { data: data(5, 6, 7, 8), originalLength: 90 } },
  { packet: { data: data(9), interface: 1, time: 1_700_000_001_000_000_000n, obsolete: true } },
  { raw: { type: 0x0bad, body: data(1, 2, 3, 4) } },
  { raw: { type: 0x7777, body: data() } },
  {
    statistics: {
      interface: 0,
      options: [
        [4, 1000n],
        [5, 3n],
        [7, 4n],
      ],
    },
  },
  section(true),
  { interface: { linkType: 101, options: [[9, data(0x8a)]] } },
  { packet: { data: data(10), time: (1_700_000_000n << 10n) + 512n } },
];

const plain = { originalLength: 1, linkType: 1 };
/** As tshark shows them, the simple packet's time apart, which it leaves out. */
const FRAMES: readonly FrameCopy[] = [
  { ...plain, number: 1, seconds: 1_700_000_000, nanoseconds: 123_456_000, originalLength: 60, data: [1, 2, 3] },
  { ...plain, number: 2, seconds: 1_700_000_010, nanoseconds: 123_456_789, linkType: 113, data: [4] },
  { ...plain, number: 3, seconds: 1_700_000_010, nanoseconds: 123_456_789, originalLength: 90, data: [5, 6, 7, 8] },
  { ...plain, number: 4, seconds: 1_700_000_011, nanoseconds: 0, linkType: 113, data: [9] },
  { number: 5, seconds: 1_700_000_011, nanoseconds: 0, originalLength: 4, linkType: NO_PACKET, data: [1, 2, 3, 4] },
  { ...plain, number: 6, seconds: 1_700_000_000, nanoseconds: 500_000_000, linkType: 101, data: [10] },
];

describe('a capture with every kind of block', () => {
  const capture = writePcapng(EVERYTHING);

  it('is framed', () => {
    expect(frame(capture)).toMatchObject({ frames: FRAMES, error: null });
  });

  it('is the same wherever its bytes are cut', () => {
    for (let cut = 1; cut < capture.length; cut++) {
      expect(frame(capture, [cut]), `cut at ${cut}`).toMatchObject({ frames: FRAMES, error: null });
    }
    expect(frame(capture, [...capture.keys()])).toMatchObject({ frames: FRAMES, error: null });
  });

  it('tells of its interfaces, and of what they dropped', () => {
    expect(frame(capture).interfaces).toMatchObject([
      { name: 'eth0', linkType: 1, snapLength: 4, timeDigits: 6, received: 1000, dropped: 7 },
      { name: null, linkType: 113, snapLength: 0, timeDigits: 9, received: null, dropped: null },
      { name: null, linkType: 101, timeDigits: 9, dropped: null },
    ]);
  });

  it('that is cut short gives the frames before', () => {
    for (let end = 1; end < capture.length; end++) {
      const { frames, error } = frame(capture.subarray(0, end));
      expect(frames).toEqual(FRAMES.slice(0, frames.length));
      if (error !== null) expect(error).toMatchObject({ code: 'truncated-record', offset: end });
    }
  });
});

it('a simple packet is cut to the snap length of its interface', () => {
  const blocks = [
    section(),
    { interface: { snaplen: 4 } },
    { simple: { data: data(1, 2, 3, 4), originalLength: 1500 } },
  ];
  expect(frame(writePcapng(blocks)).frames).toMatchObject([{ originalLength: 1500, data: [1, 2, 3, 4] }]);
});

it('a block whose length is no multiple of four is taken with its padding', () => {
  const capture = writePcapng([section(), ethernet, { packet: { data: data(1), time: 1n } }]);
  const packet = capture.length - 36;
  const view = new DataView(capture.buffer);
  view.setUint32(packet + 4, 33, true);
  view.setUint32(capture.length - 4, 33, true);
  expect(frame(capture)).toMatchObject({ frames: [{ data: [1] }], error: null });
});

describe('timestamps', () => {
  const at = (options: PcapngOptions, time: bigint) => {
    const [{ seconds, nanoseconds }] = frame(
      writePcapng([section(), { interface: { options } }, { packet: { data: data(), time } }]),
    ).frames;
    return [seconds, nanoseconds];
  };

  it.each<[string, PcapngOptions, bigint, number[]]>([
    ['seconds', [[9, data(0)]], 1_700_000_000n, [1_700_000_000, 0]],
    ['milliseconds', [[9, data(3)]], 1_700_000_000_007n, [1_700_000_000, 7_000_000]],
    ['microseconds, by default', [], 1_700_000_000_000_001n, [1_700_000_000, 1000]],
    ['nanoseconds', [[9, data(9)]], 1_700_000_000_999_999_999n, [1_700_000_000, 999_999_999]],
    ['picoseconds', [[9, data(12)]], 1_700_000_000_001_999n, [1700, 1]],
    ['2^-20 seconds', [[9, data(0x94)]], (1_700_000_000n << 20n) + 1n, [1_700_000_000, 953]],
    ['an offset', [[14, -100n]], 1_700_000_000_000_000n, [1_699_999_900, 0]],
    ['what is before 1970', [[14, -2_000_000_000n]], 1_700_000_000_000_000n, [0, 0]],
    ['what is after 9999', [[9, data(0)]], 0xffff_ffff_ffff_ffffn, [253_402_300_799, 0]],
    ['an impossible resolution', [[9, data(127)]], 5n, [0, 0]],
  ])('in %s', (_, options, time, expected) => {
    expect(at(options, time)).toEqual(expected);
  });

  it('are exact, of any resolution up to nanoseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (digits, time) => {
        const units = 10n ** BigInt(digits);
        fc.pre(time / units <= 253_402_300_799n);
        const expected = [Number(time / units), Number((time % units) * 10n ** BigInt(9 - digits))];
        expect(at([[9, data(digits)]], time)).toEqual(expected);
      }),
    );
  });
});

describe('what is damaged is told of, with its place, behind the frames before', () => {
  const before: readonly PcapngBlock[] = [section(), ethernet, { packet: { data: data(1, 2, 3, 4), time: 5n } }];
  const start = writePcapng(before).length;
  const damaged = (blocks: readonly PcapngBlock[], at = 0, value = 0): Uint8Array => {
    const capture = writePcapng([...before, ...blocks]);
    if (at > 0) new DataView(capture.buffer).setUint32(start + at, value, true);
    return capture;
  };
  const packet: PcapngBlock = { packet: { data: data(1, 2, 3, 4) } };

  it.each<[string, Uint8Array, object]>([
    ['a length below the least', damaged([packet], 4, 8), { code: 'damaged-block', offset: start + 4, found: '8' }],
    ['an insane length', damaged([packet], 4, 0x7fff_fff0), { code: 'damaged-block', offset: start + 4 }],
    ['the largest length', damaged([packet], 4, 0xffff_ffff), { code: 'damaged-block', offset: start + 4 }],
    ['two lengths that differ', damaged([packet], 32, 40), { code: 'damaged-block', offset: start + 32, found: '40' }],
    ['a packet longer than its block', damaged([packet], 20, 5), { code: 'damaged-block', offset: start + 20 }],
    ['a packet of insane length', damaged([packet], 20, 1 << 30), { code: 'record-length', offset: start + 20 }],
    ['an unknown interface', damaged([packet], 8, 1), { code: 'damaged-block', found: 'interface 1' }],
    ['a packet without any interface', damaged([section(), packet]), { code: 'damaged-block', found: 'interface 0' }],
    ['a block without room', damaged([{ raw: { type: 6, body: data(0, 0, 0, 0) } }]), { code: 'damaged-block' }],
    ['an unknown byte order', damaged([section()], 8, 0x11223344), { code: 'damaged-block', found: '44332211' }],
    ['another version', damaged([{ section: { version: [2, 0] } }]), { code: 'unsupported-version' }],
  ])('%s', (_, capture, expected) => {
    const { frames, error } = frame(capture);
    expect(frames).toMatchObject([{ data: [1, 2, 3, 4] }]);
    expect(error).toMatchObject({ frame: 2, ...expected });
    expect(frame(capture, [...capture.keys()]).error).toEqual(error);
  });
});

it('interfaces are bounded', () => {
  const many = writePcapng([section(), ...new Array<PcapngBlock>(1000).fill(ethernet)]);
  const framer = new PcapngFramer('x.pcapng');
  for (let i = 0; i < 70 && framer.error === null; i++) {
    framer.push(i === 0 ? many : many.subarray(28));
    framer.next();
  }
  expect(framer.error).toMatchObject({ code: 'damaged-block', expected: 'at most 65536 interfaces' });
});
