import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CaptureWriter, FrameToWrite } from '../../src/handover/capture-writer.js';
import { PcapWriter } from '../../src/handover/pcap-writer.js';
import { PcapngWriter } from '../../src/handover/pcapng-writer.js';
import { HandoverError } from '../../src/index.js';
import { readPcap, readPcapng } from './capture-files.js';

const frame = fc.record({
  bytes: fc.uint8Array({ maxLength: 200 }),
  offset: fc.constant(0),
  seconds: fc.nat(0xffffffff),
  nanoseconds: fc.nat(999_999_999),
  more: fc.nat(2000),
  linkType: fc.constantFrom(1, 101),
});

const toWrite = ({
  more,
  bytes,
  ...rest
}: { more: number; bytes: Uint8Array } & Omit<
  FrameToWrite,
  'bytes' | 'capturedLength' | 'originalLength'
>): FrameToWrite => ({
  ...rest,
  bytes,
  capturedLength: bytes.length,
  originalLength: bytes.length + more,
});

const origin = (timeDigits: 6 | 9) => ({ path: 'a.pcap', linkType: 1, timeDigits, snapLength: 96 });

describe.each([6, 9] as const)('%d digits', (digits) => {
  const timeOf = ({ seconds, nanoseconds }: FrameToWrite): bigint => {
    const fraction = digits === 9 ? nanoseconds : Math.floor(nanoseconds / 1000) * 1000;
    return BigInt(seconds) * 1_000_000_000n + BigInt(fraction);
  };

  test('pcapng holds what was written, whatever the link types', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(frame, fc.array(fc.string({ unit: 'binary' })))), (written) => {
        const writer = new PcapngWriter('test', 'a section');
        writer.capture(origin(digits));
        for (const [one, comments] of written) writer.frame(toWrite(one), comments);
        const { frames, sectionComment } = readPcapng(Buffer.from(writer.take()));
        expect(sectionComment).toBe('a section');
        expect(frames.map(({ data, ...rest }) => ({ ...rest, data: [...data] }))).toEqual(
          written.map(([one, comments]) => ({
            data: [...one.bytes],
            originalLength: one.bytes.length + one.more,
            time: timeOf(toWrite(one)),
            linkType: one.linkType,
            comments,
          })),
        );
      }),
    );
  });

  test('pcap holds what was written', () => {
    fc.assert(
      fc.property(fc.array(frame), (written) => {
        const writer: CaptureWriter = new PcapWriter();
        writer.capture(origin(digits));
        const ethernet = written.map((one) => toWrite({ ...one, linkType: 1 }));
        for (const one of ethernet) writer.frame(one, []);
        const frames = readPcap(Buffer.from(writer.take()));
        expect(frames.map(({ data, originalLength, time }) => [[...data], originalLength, time])).toEqual(
          ethernet.map((one) => [[...one.bytes], one.originalLength, timeOf(one)]),
        );
      }),
    );
  });
});

test('pcap refuses a second link type', () => {
  const writer: CaptureWriter = new PcapWriter();
  writer.capture(origin(6));
  const other = {
    bytes: new Uint8Array(1),
    offset: 0,
    capturedLength: 1,
    originalLength: 1,
    seconds: 0,
    nanoseconds: 0,
  };
  expect(() => writer.frame({ ...other, linkType: 113 }, [])).toThrow(HandoverError);
});

test('a comment that is longer than an option can be is cut', () => {
  const writer = new PcapngWriter('test');
  writer.capture(origin(6));
  const one = {
    bytes: new Uint8Array(1),
    offset: 0,
    capturedLength: 1,
    originalLength: 1,
    seconds: 0,
    nanoseconds: 0,
    linkType: 1,
  };
  writer.frame(one, ['ü'.repeat(70_000)]);
  const [{ comments }] = readPcapng(Buffer.from(writer.take())).frames;
  expect(comments[0]).toMatch(/^ü{1000,} …$/);
});
