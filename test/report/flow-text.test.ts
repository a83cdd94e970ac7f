import { expect, test } from 'vitest';
import { flowJson } from '../../src/report/flow-json.js';
import { framesText } from '../../src/report/flow-text.js';
import { rstAfterRetries } from '../support/flows.js';

const flow = rstAfterRetries();
/** The same flow, of which frames from 7 on are in a second file. */
const spanning = {
  ...flow,
  segments: flow.segments,
  captures: ['ring/a\x1b.pcap', 'ring/b.pcap'],
  frameNames: {
    nameOf: (number: number) =>
      number < 7 ? { capture: 'ring/a\x1b.pcap', frame: number } : { capture: 'ring/b.pcap', frame: number - 6 },
  },
};

test('frames are numbers in a flow of one capture, and numbers of files in a flow of several', () => {
  expect(framesText(flow, [14])).toBe('frame 14');
  expect(framesText(flow, [14, 15, 17], 2)).toBe('frames 14, 15, …');
  expect(framesText(spanning, [2, 8])).toBe('frames 2 of a\\x1b.pcap, 2 of b.pcap');
});

test('in JSON, each frame of a flow of several captures names its own', () => {
  const json = flowJson(spanning);
  expect(json.captures).toEqual(spanning.captures);
  expect(json.timeline.at(-1)).toMatchObject({ frame: 3, frameCapture: 'ring/b.pcap' });
  const reset = json.findings.find(({ kind }) => kind === 'rst-after-synack-retries');
  expect(reset).toMatchObject({ frames: [2, 3], frameCaptures: ['ring/b.pcap', 'ring/b.pcap'] });
  expect(flowJson(flow).timeline[0]).not.toHaveProperty('frameCapture');
});
