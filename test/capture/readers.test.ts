import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { parse } from 'pcap-parser';
import { describe, expect, it } from 'vitest';
import { NativeSource } from '../../src/capture/native-source.js';
import { openCapture } from '../../src/capture/open.js';
import { PcapFramer } from '../../src/capture/pcap-framer.js';
import { parsePcapHeader } from '../../src/capture/pcap-header.js';
import { PcapParserSource } from '../../src/capture/pcap-parser-source.js';
import type { CaptureInfo, PacketSource } from '../../src/capture/source.js';
import { type PcapOptions, writePcap } from '../support/pcap-writer.js';
import { anyRecords, bodyChunks, cutAt, drain, expectedFrames, lendingSource } from './frames.js';

const REAL_CAPTURES = fileURLToPath(new URL('../../captures/', import.meta.url));

const READERS: ReadonlyArray<[name: string, open: (capture: Uint8Array, cuts?: readonly number[]) => PacketSource]> = [
  [
    'native',
    (capture, cuts = []) => {
      const header = parsePcapHeader(capture, 'x.pcap');
      return new NativeSource(
        infoOf(capture),
        new PcapFramer(header, 'x.pcap'),
        lendingSource(bodyChunks(capture, cuts)),
      );
    },
  ],
  [
    'pcap-parser',
    (capture, cuts = []) =>
      new PcapParserSource(
        infoOf(capture),
        parsePcapHeader(capture, 'x.pcap'),
        lendingSource(cutAt(capture, cuts)),
        parse,
      ),
  ],
];

function infoOf(capture: Uint8Array): CaptureInfo {
  const { linkType, timeDigits, snapLength } = parsePcapHeader(capture, 'x.pcap');
  return { path: 'x.pcap', format: 'pcap', compression: null, linkType, timeDigits, snapLength };
}

describe.each(READERS)('the %s reader', (_, open) => {
  it('gives the frames of any microsecond capture, however its bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, fc.array(fc.nat(500)), fc.boolean(), async (records, cuts, bigEndian) => {
        const source = open(writePcap(records, { bigEndian }), cuts);
        expect(await drain(source)).toEqual(expectedFrames(records));
        expect(source.error).toBeNull();
      }),
    );
  });

  const records = [{ data: Uint8Array.of(1, 2, 3) }, { data: Uint8Array.of() }, { data: Uint8Array.of(4) }];
  const capture = writePcap(records);
  const starts = [24, 43, 59, 76];

  it.each([[[]], [[30, 50, 70]]])('tells of a tail that is cut anywhere (chunks end at %j)', async (cuts) => {
    for (let end = 24; end <= capture.length; end++) {
      const whole = starts.filter((start) => start <= end).length - 1;
      const source = open(capture.subarray(0, end), cuts);
      expect(await drain(source)).toEqual(expectedFrames(records.slice(0, whole)));
      if (starts.includes(end)) expect(source.error).toBeNull();
      else expect(source.error).toMatchObject({ code: 'truncated-record', offset: end, frame: whole + 1 });
      expect(await source.advance()).toBe(false);
    }
  });

  it('refuses a length that is not sane, behind the frames before it', async () => {
    const damaged = writePcap([...records, { data: Uint8Array.of(5), capturedLength: 0x7fff_ffff }, ...records]);
    for (const cuts of [[], [80], [90], [60, 88]]) {
      const source = open(damaged, cuts);
      expect(await drain(source)).toEqual(expectedFrames(records));
      expect(source.error).toMatchObject({ code: 'record-length', offset: 76 + 8, frame: 4, found: '2147483647' });
      expect(await source.advance()).toBe(false);
    }
  });

  it('refuses a length that is not sane also where the bytes are there', async () => {
    const before = { data: Uint8Array.of(1) };
    const capture = writePcap([before, { data: new Uint8Array(262_145) }, before]);
    for (const cuts of [[], [1000, 100_000, 200_000]]) {
      const source = open(capture, cuts);
      expect(await drain(source)).toEqual(expectedFrames([before]));
      expect(source.error).toMatchObject({ code: 'record-length', frame: 2, found: '262145' });
    }
  });

  it('does not read on over frames that were not taken', async () => {
    const source = open(writePcap([{ data: Uint8Array.of(1) }, { data: Uint8Array.of(2) }]), [41]);
    await source.advance();
    await expect(source.advance()).rejects.toThrow('before next() returned false');
    await source.close();
  });
});

it.each<[string, PcapOptions, object]>([
  ['nanoseconds', { nano: true }, { code: 'unsupported-format', found: 'nanosecond timestamps' }],
  ['modified headers', { kuznetzov: true }, { code: 'unsupported-format' }],
  ['version 2.2', { version: [2, 2] }, { code: 'unsupported-version' }],
  ['version 2.3', { version: [2, 3] }, { code: 'unsupported-version' }],
])('pcap-parser refuses %s, which it would misread', (_, options, expected) => {
  const capture = writePcap([], options);
  const open = () =>
    new PcapParserSource(infoOf(capture), parsePcapHeader(capture, 'x.pcap'), lendingSource([capture]), parse);
  expect(open).toThrow(expect.objectContaining(expected));
});

describe('real captures', () => {
  const names = readdirSync(REAL_CAPTURES).filter((name) => name.endsWith('.pcap'));

  it('are there', () => {
    expect(names.length).toBeGreaterThan(0);
  });

  it.each(names)('%s is the same frame by frame to both readers', async (name) => {
    const native = await openCapture(REAL_CAPTURES + name);
    const frames = await drain(native);
    expect(frames.length).toBeGreaterThan(0);

    const opening = openCapture(REAL_CAPTURES + name, { reader: 'pcap-parser' });
    if (native.info.timeDigits === 9) {
      await expect(opening).rejects.toMatchObject({ code: 'unsupported-format' });
      return;
    }
    const pcapParser = await opening;
    expect(pcapParser.info).toEqual(native.info);
    expect(await drain(pcapParser)).toEqual(frames);
    expect(pcapParser.error).toEqual(native.error);
  });
});
