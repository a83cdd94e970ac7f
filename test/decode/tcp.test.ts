import { describe, expect, it } from 'vitest';
import { FrameDecoder, SKIPPED, TCP, TCP_UNUSABLE } from '../../src/decode/decoder.js';
import { frameOf, type TcpFrameFields, tcpFrame } from '../support/frames.js';

const TCP_OFFSET = 34;
const frame = (fields: Partial<TcpFrameFields>) => tcpFrame({ from: '10.0.0.1:40000', to: '10.0.0.2:80', ...fields });

function decode(whole: Uint8Array, captured = whole.length) {
  const decoder = new FrameDecoder();
  const result = decoder.decode(frameOf(whole.slice(0, captured), { originalLength: whole.length }));
  return { result, segment: decoder.segment, reasons: Object.keys(decoder.skippedByReason()) };
}

const optionsOf = (raw: number[]) => decode(frame({ options: { raw } })).segment;

describe('the fixed fields', () => {
  it('are read as unsigned numbers, but sequence numbers as signed words', () => {
    const { result, segment } = decode(
      frame({ from: '10.0.0.1:65535', seq: 0xffffffff, ack: 0x80000000, window: 65535, flags: 0x1ff, payload: 4 }),
    );
    expect(result).toBe(TCP);
    expect(segment).toMatchObject({ sourcePort: 65535, destinationPort: 80, seq: -1, ack: -(2 ** 31) });
    expect(segment).toMatchObject({ window: 65535, flags: 0x1ff, length: 4 });
  });

  it('leave out the reserved bits (RFC 9293, section 3.1)', () => {
    expect(decode(frame({ flags: 0xe10 })).segment.flags).toBe(0x10);
  });

  it.each([0, 4])('with a data offset of %i cannot be used', (dataOffset) => {
    expect(decode(frame({ dataOffset, payload: 40 }))).toMatchObject({
      result: TCP_UNUSABLE,
      reasons: ['tcp-malformed'],
      segment: { sourcePort: 40000, length: 0 },
    });
  });

  it('with a data offset beyond the packet cannot be used', () => {
    expect(decode(frame({ dataOffset: 6, payload: 3 }))).toMatchObject({
      result: TCP_UNUSABLE,
      reasons: ['tcp-malformed'],
    });
    expect(decode(frame({ dataOffset: 6, payload: 4 }))).toMatchObject({ result: TCP, segment: { length: 0 } });
  });
});

describe('a segment cut by the snap length', () => {
  const whole = frame({ seq: 7, ack: 8, flags: 'SA', window: 9, options: { mss: 1460, windowScale: 7 }, payload: 50 });
  it.each([
    [3, SKIPPED, ['truncated'], {}],
    [4, TCP_UNUSABLE, ['tcp-truncated'], { sourcePort: 40000, destinationPort: 80, seq: 0, ack: 0, flags: 0 }],
    [8, TCP_UNUSABLE, ['tcp-truncated'], { seq: 7, ack: 0, flags: 0 }],
    [13, TCP_UNUSABLE, ['tcp-truncated'], { seq: 7, ack: 8, flags: 0 }],
    [14, TCP, [], { seq: 7, ack: 8, flags: 0x12, window: 0, length: 50, mss: -1, optionsComplete: false }],
    [16, TCP, [], { window: 9, length: 50, mss: -1, optionsComplete: false }],
    [20, TCP, [], { window: 9, length: 50, mss: -1, optionsComplete: false }],
    [23, TCP, [], { mss: -1, optionsComplete: false }],
    [24, TCP, [], { mss: 1460, windowScale: -1, optionsComplete: false }],
    [28, TCP, [], { mss: 1460, windowScale: 7, length: 50, optionsComplete: true }],
  ])('to %i bytes', (captured, result, reasons, fields) => {
    const decoded = decode(whole, TCP_OFFSET + captured);
    expect([decoded.result, decoded.reasons]).toEqual([result, reasons]);
    expect(decoded.segment).toMatchObject(fields);
  });

  it('has complete options where the header has none', () => {
    expect(decode(frame({ payload: 9 }), TCP_OFFSET + 14)).toMatchObject({
      result: TCP,
      segment: { optionsComplete: true, length: 9 },
    });
  });

  it('is no less malformed', () => {
    expect(decode(frame({ dataOffset: 4, payload: 9 }), TCP_OFFSET + 14).reasons).toEqual(['tcp-malformed']);
    expect(decode(frame({ dataOffset: 9, payload: 9 }), TCP_OFFSET + 14).reasons).toEqual(['tcp-malformed']);
  });
});

describe('options', () => {
  it('of a SYN', () => {
    const options = { mss: 1460, sackPermitted: true, timestamps: [0xfffffffe, 3], windowScale: 7 } as const;
    expect(decode(frame({ flags: 'S', options })).segment).toMatchObject({
      mss: 1460,
      sackPermitted: true,
      hasTimestamps: true,
      tsVal: -2,
      tsEcr: 3,
      windowScale: 7,
      fastOpen: false,
      sackCount: 0,
      length: 0,
    });
  });

  it('of an ACK with SACK blocks', () => {
    const sack = [
      [0xfffffff0, 16],
      [32, 48],
      [64, 80],
    ] as const;
    const { segment } = decode(frame({ options: { timestamps: [1, 2], sack } }));
    expect([segment.sackCount, ...segment.sack]).toEqual([3, 0xfffffff0, 16, 32, 48, 64, 80, 0, 0]);
    expect([segment.tsVal, segment.tsEcr]).toEqual([1, 2]);
    const four = [...sack, [96, 112]] as const;
    expect(decode(frame({ options: { sack: four } })).segment).toMatchObject({ sackCount: 4, tsVal: 0 });
  });

  it('timestamps are found wherever they stand', () => {
    expect(optionsOf([8, 10, 0, 0, 0, 5, 0, 0, 0, 6, 1, 1])).toMatchObject({ hasTimestamps: true, tsVal: 5, tsEcr: 6 });
    expect(optionsOf([1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6, 0])).toMatchObject({ hasTimestamps: true, tsVal: 5, tsEcr: 6 });
  });

  it.each([
    ['with a cookie', [34, 10, 1, 2, 3, 4, 5, 6, 7, 8], true],
    ['that asks for a cookie', [34, 2], true],
    ['experimental, with its magic', [254, 4, 0xf9, 0x89], true],
    ['experimental, of the other kind', [253, 6, 0xf9, 0x89, 1, 2], true],
    ['another experiment', [254, 4, 0xf9, 0x88], false],
    ['an experiment without room for the magic', [254, 3, 0xf9, 1], false],
  ])('Fast Open: %s', (_, raw, fastOpen) => {
    expect(optionsOf(raw).fastOpen).toBe(fastOpen);
  });

  it('a window scale is 14 at most (RFC 7323, section 2.3)', () => {
    expect(optionsOf([3, 3, 14]).windowScale).toBe(14);
    expect(optionsOf([3, 3, 15]).windowScale).toBe(14);
    expect(optionsOf([3, 3, 0]).windowScale).toBe(0);
  });

  it('unknown kinds are stepped over', () => {
    expect(optionsOf([30, 4, 0, 0, 19, 3, 9, 2, 4, 5, 0xb4]).mss).toBe(1460);
  });

  it.each([
    ['the end of options', [0, 2, 4, 5, 0xb4]],
    ['a length of 0', [30, 0, 2, 4, 5, 0xb4]],
    ['a length of 1', [30, 1, 2, 4, 5, 0xb4]],
    ['a length beyond the header', [30, 40, 2, 4, 5, 0xb4]],
  ])('end at %s', (_, raw) => {
    expect(optionsOf([3, 3, 5, ...raw])).toMatchObject({ windowScale: 5, mss: -1, optionsComplete: true });
  });

  it('end at a kind without a length in the last byte', () => {
    expect(optionsOf([3, 3, 5, 2])).toMatchObject({ windowScale: 5, mss: -1 });
  });

  it.each([
    ['MSS', [2, 3, 5]],
    ['window scale', [3, 4, 5, 5]],
    ['SACK permitted', [4, 3, 0]],
    ['timestamps', [8, 6, 0, 0, 0, 1]],
    ['SACK of half a block', [5, 6, 0, 0, 0, 1]],
    ['SACK of no block', [5, 2]],
    ['SACK with a byte too many', [5, 11, 0, 0, 0, 1, 0, 0, 0, 2, 0]],
  ])('of a wrong length are passed over: %s', (_, raw) => {
    const fresh = decode(frame({})).segment;
    expect(optionsOf([...raw, 0])).toEqual(fresh);
  });
});

it('nothing of a segment shows in the next one', () => {
  const decoder = new FrameDecoder();
  const bare = frame({});
  decoder.decode(
    frameOf(
      frame({ options: { timestamps: [1, 2], sack: [[3, 4]], fastOpen: [] }, flags: 'SFPU', seq: 1, payload: 9 }),
    ),
  );
  decoder.decode(frameOf(frame({ options: { mss: 1, windowScale: 2, sackPermitted: true } })));
  decoder.decode(frameOf(bare));
  expect(decoder.segment).toEqual(decode(bare).segment);
});
