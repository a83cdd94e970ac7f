import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type Flow, flows } from '../../src/index.js';
import { flowJson } from '../../src/report/flow-json.js';
import { type PcapngBlock, writePcapng } from '../support/pcapng-writer.js';
import { pcap, type Recorded, recordsOf } from './recorded.js';

const directory = fileURLToPath(new URL('../../captures/', import.meta.url));
const names = readdirSync(directory).filter((name) => name.endsWith('.pcap'));

const folder = mkdtempSync(join(tmpdir(), 'lastack-same-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** In a section per half of the records, of either byte order, and on two interfaces. */
function pcapng(records: readonly Recorded[], linkType: number, nano: boolean): Uint8Array {
  const half = Math.floor(records.length / 2);
  const resolution = Uint8Array.of(nano ? 9 : 6);
  const head = (bigEndian: boolean): PcapngBlock[] => [
    { section: { bigEndian } },
    { interface: { linkType, options: [[9, resolution]] } },
    { interface: { linkType, options: [[9, resolution]] } },
  ];
  const packets = records.map(({ data, originalLength, seconds, fraction }, index): PcapngBlock => {
    const time = BigInt(seconds) * (nano ? 1_000_000_000n : 1_000_000n) + BigInt(nano ? fraction : fraction / 1000);
    return { packet: { data, originalLength, time, interface: index % 2 } };
  });
  return writePcapng([...head(false), ...packets.slice(0, half), ...head(true), ...packets.slice(half)]);
}

async function flowsOf(paths: string | readonly string[]): Promise<Flow[]> {
  const stream = flows(paths);
  const found: Flow[] = [];
  for await (const flow of stream) found.push(flow);
  expect(stream.captures.every(({ complete }) => complete)).toBe(true);
  return found;
}

/** What is told of a flow, but for the name of its capture. */
const told = (flow: Flow) => ({ ...flowJson(flow), capture: '', captures: [] });

describe.each(names)('%s gives the same flows', (name) => {
  it('as pcapng, in gzip, and in five files', async () => {
    const { records, linkType, nano } = await recordsOf(directory + name);
    const expected = (await flowsOf(directory + name)).map(told);

    expect((await flowsOf(file('same.pcapng', pcapng(records, linkType, nano)))).map(told)).toEqual(expected);
    expect((await flowsOf(file('same.gz', gzipSync(readFileSync(directory + name))))).map(told)).toEqual(expected);

    const length = Math.ceil(records.length / 5);
    const parts = [0, 1, 2, 3, 4].map((part) => records.slice(part * length, (part + 1) * length));
    const starts = new Map<string | null, number>();
    const ring = parts.map((part, index) => {
      const path = file(`same-${index}.pcap`, pcap(part, linkType, nano));
      starts.set(path, index * length);
      return path;
    });
    const inParts = await flowsOf(ring);
    const whole = { nameOf: (frame: number) => ({ capture: name, frame }) };
    expect(inParts.map((flow) => told({ ...withSegments(flow), captures: [name], frameNames: whole }))).toEqual(
      expected,
    );
    for (const flow of inParts) {
      expect(flow.captures[0]).toBe(flow.capture);
      for (const { frame } of flow.timeline) {
        const named = flow.frameNames.nameOf(frame);
        expect(flow.captures).toContain(named.capture);
        expect(named.frame + (starts.get(named.capture) ?? Number.NaN)).toBe(frame);
      }
    }
  });
});

/** A copy of a flow, whose segments are made on demand. */
function withSegments(flow: Flow): Flow {
  return { ...flow, segments: flow.segments };
}

it('frames of a flow that spans captures are named by capture and number', async () => {
  const { records, linkType, nano } = await recordsOf(`${directory}normal-close.pcap`);
  const half = Math.floor(records.length / 2);
  const paths = [records.slice(0, half), records.slice(half)].map((part, i) =>
    file(`half-${i}.pcap`, pcap(part, linkType, nano)),
  );
  const [flow] = await flowsOf(paths);
  const json = flowJson(flow);
  expect(json.captures).toEqual(paths);
  const changes = json.timeline.map(({ frame, frameCapture }) => [frame, paths.indexOf(frameCapture ?? '')]);
  const [alone] = await flowsOf(`${directory}normal-close.pcap`);
  expect(changes).toEqual(alone.timeline.map(({ frame }) => (frame <= half ? [frame, 0] : [frame - half, 1])));
});
