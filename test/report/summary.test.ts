import { expect, test } from 'vitest';
import type { CaptureSummary } from '../../src/findings/analysis.js';
import { analysisJson } from '../../src/report/analysis-json.js';
import { COLOURED } from '../../src/report/style.js';
import { summary } from '../../src/report/summary.js';
import { displayWidth } from '../../src/report/width.js';
import { ANALYSIS, BROKEN, CAPTURE } from '../support/analysis.js';

test('the first screen', async () => {
  await expect(summary(ANALYSIS)).toMatchFileSnapshot('golden/summary.txt');
});

test('a capture without TCP, and one that broke off', async () => {
  const nothing = {
    flows: 0,
    findings: [],
    acrossFlows: [],
    worst: [],
    tap: 'unknown',
    tapRtt: null,
    statesAtEnd: { client: {}, server: {} },
  } as const;
  const empty = {
    ...CAPTURE,
    path: 'a very long name of a capture.pcap',
    frames: 0,
    tcpSegments: 0,
    skipped: {},
    clock: null,
    firstFrameAt: null,
    lastFrameAt: null,
  };
  await expect(summary({ ...ANALYSIS, ...nothing, captures: [empty, BROKEN] })).toMatchFileSnapshot(
    'golden/summary-broken.txt',
  );
});

test('all is well', async () => {
  const well = {
    ...ANALYSIS,
    findings: [],
    acrossFlows: [],
    worst: [],
    statesAtEnd: { client: { CLOSED: 2 }, server: { CLOSED: 2 } },
    flows: 2,
  };
  const outcomes = { 'closed in order': 2, reset: 0, 'still open': 0, 'never opened': 0 };
  await expect(summary({ ...well, outcomes })).toMatchFileSnapshot('golden/summary-well.txt');
});

test.each([80, 100, 120])('at %i columns nothing but a command is wider', (width) => {
  const wide = summary({ ...ANALYSIS, captures: [CAPTURE, BROKEN] }, { width })
    .split('\n')
    .filter((line) => !line.includes('lastack ') && displayWidth(line) > width);
  expect(wide).toEqual([]);
});

test('a thousand captures are counted, and those that broke off named', () => {
  const text = summary({ ...ANALYSIS, captures: [...Array.from({ length: 1000 }, () => ({ ...CAPTURE })), BROKEN] });
  expect(text).toContain('1,000 more captures');
  expect(text).toContain('evil\\x1b[2J.pcap');
  expect(text.split('\n').length).toBeLessThan(50);
});

test('colour changes nothing but colour', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the escapes that colour is made of
  expect(summary(ANALYSIS, { style: COLOURED }).replace(/\x1b\[\d+m/g, '')).toBe(summary(ANALYSIS));
});

test('a name with blanks can be typed again', () => {
  expect(summary({ ...ANALYSIS, captures: [{ ...CAPTURE, path: 'my dump.pcap' }] })).toContain(
    "lastack timeline 'my dump.pcap' --flow 7",
  );
  expect(summary({ ...ANALYSIS, captures: [{ ...CAPTURE, path: '-' }] })).toContain('lastack timeline FILE --flow 7');
});

test('as JSON', () => {
  const json = analysisJson({ ...ANALYSIS, captures: [CAPTURE, BROKEN] });
  expect(json.captures[0]).toMatchObject({
    path: 'dump.pcap',
    format: 'pcap',
    linkType: 'Ethernet',
    frames: 1_284_113,
    tcpSegments: 1_281_990,
    complete: true,
    error: null,
  });
  expect(json.captures[1].error).toMatchObject({ code: 'truncated-record', frame: 31, offset: 4096 });
  expect(json.flows).toBe(41_207);
  expect(json.findings[0]).toMatchObject({
    kind: 'close-wait-at-end-of-capture',
    severity: 'error',
    flows: 312,
    examples: [12, 31],
  });
  expect(json.findings[0].firstAt).toBe('2026-11-20T12:00:08.000000Z');
});

const DROPPING: CaptureSummary = {
  ...CAPTURE,
  format: 'pcapng',
  linkType: 'Ethernet, Linux cooked-mode capture v1',
  interfaces: [
    { name: 'eth0', linkType: 1, snapLength: 0, timeDigits: 6, received: 1_284_200, dropped: 80 },
    { name: null, linkType: 113, snapLength: 96, timeDigits: 9, received: null, dropped: 7 },
  ],
  fragments: { packets: 12, reassembled: 11, overlapping: 2 },
};

test('what the capture itself lost, and what became of fragments, is told', () => {
  const text = summary({ ...ANALYSIS, captures: [DROPPING] }).replace(/\s+/g, ' ');
  expect(text).toContain('pcapng, Ethernet, Linux cooked-mode capture v1');
  expect(text).toContain('87 frames were lost while capturing');
  expect(text).toContain('11 of 12 packets in fragments put together');
  expect(text).toContain('2 fragments overlap others (the first copy was taken)');
  const [json] = analysisJson({ ...ANALYSIS, captures: [DROPPING] }).captures;
  expect(json).toMatchObject({
    dropped: 87,
    fragments: { packets: 12 },
    interfaces: [{ name: 'eth0' }, { dropped: 7 }],
  });
  expect(analysisJson(ANALYSIS).captures[0].dropped).toBeNull();
});
