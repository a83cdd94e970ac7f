import { describe, expect, it } from 'vitest';
import { FrameDecoder, SKIPPED } from '../../src/decode/decoder.js';
import { isSupportedLinkType, LinkType, linkTypeName } from '../../src/decode/link-type.js';
import { frameOf } from '../support/frames.js';

describe('linkTypeName', () => {
  it.each([
    [0, 'NULL/Loopback'],
    [1, 'Ethernet'],
    [101, 'Raw IP'],
    [113, 'Linux cooked-mode capture v1'],
    [127, 'IEEE 802.11 plus radiotap radio header'],
    [228, 'Raw IPv4'],
    [276, 'Linux cooked-mode capture v2'],
  ])('calls %i what capinfos calls it', (linkType, name) => {
    expect(linkTypeName(linkType)).toBe(name);
  });

  it('gives the number of what it does not know', () => {
    expect(linkTypeName(9999)).toBe('link type 9999');
  });
});

describe('isSupportedLinkType', () => {
  it('is true of exactly those that the decoder does not call unknown', () => {
    const supported: number[] = [];
    for (let linkType = 0; linkType < 400; linkType++) {
      const decoder = new FrameDecoder();
      expect(decoder.decode(frameOf(new Uint8Array(0), { linkType }))).toBe(SKIPPED);
      const isKnown = decoder.skippedByReason()['unknown-link-type'] === undefined;
      expect(isSupportedLinkType(linkType)).toBe(isKnown);
      if (isKnown) supported.push(linkType);
    }
    expect(supported).toEqual(Object.values(LinkType).sort((a, b) => a - b));
  });
});
