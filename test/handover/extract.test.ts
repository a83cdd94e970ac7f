import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LinkType } from '../../src/decode/link-type.js';
import { type Flow, flows } from '../../src/index.js';
import { flowJson } from '../../src/report/flow-json.js';
import { ethernetFrame, tcpFrame, tcpPacket } from '../support/frames.js';
import { writePcap } from '../support/pcap-writer.js';
import { CLOSE, captureOf, EXCHANGE, HANDSHAKE, scenario } from '../support/scenario.js';
import { type ReadFrame, readPcap, readPcapng } from './capture-files.js';
import { capture, extracted, flowsOf, NO_TSHARK, scratchFolder, wireshark } from './tools.js';

const folder = scratchFolder();

/** Written to a file of its own; gives its path. */
function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The timeline without the numbers of frames, which an extract counts anew. */
const timeline = (flow: Flow) =>
  flowJson(flow).timeline.map(({ endpoint, from, to, at, earliest, latest, basis }) => [
    endpoint,
    from,
    to,
    at,
    earliest,
    latest,
    basis,
  ]);
const path = (flow: Flow) => flow.timeline.map(({ endpoint, to }) => `${endpoint} ${to}`);

/** Frames that are in the capture twice within 5 ms. */
const copies = (frames: readonly ReadFrame[]): number =>
  frames.filter((one, i) =>
    frames
      .slice(0, i)
      .some((before) => one.time - before.time < 5_000_000n && Buffer.compare(one.data, before.data) === 0),
  ).length;

const CASES = [
  'abortive-close',
  'accept-queue-overflow',
  'challenge-ack',
  'close-wait-at-end-of-capture',
  'close-wait-long',
  'connection-refused',
  'fast-open',
  'fin-wait2-timeout',
  'half-close',
  'handshake-ack-lost',
  'injected-reset',
  'keepalive-timeout',
  'last-ack-lost',
  'last-ack-stuck',
  'retransmission-timeout',
  'rst-after-synack-retries',
  'simultaneous-close',
  'simultaneous-open',
  'syn-timeout',
  'time-wait-assassination',
  'time-wait-reuse',
  'zero-window-stall',
  'compared/time-wait-refuses',
  'compared/one-fin-only',
  'compared/close-wait-for-an-hour',
];

describe.each(CASES)('%s', (name) => {
  test('each connection alone has as many frames as packets, and the timeline it had', async () => {
    const original = readPcap(readFileSync(capture(name)));
    for (const flow of await flowsOf(capture(name))) {
      const { bytes, ...said } = await extracted(capture(name), {
        to: 'pcap',
        select: { flows: new Set([flow.flow]) },
      });
      const frames = readPcap(bytes);
      expect(frames).toHaveLength(said.frames);
      const own = frames.length - said.successors - said.endMarks;
      expect(own - copies(frames)).toBe(flow.packets.client + flow.packets.server);
      for (const one of frames.slice(0, own + said.successors)) expect(original).toContainEqual(one);
      const [again] = await flowsOf(file('again.pcap', bytes));
      expect(timeline(again)).toEqual(timeline(flow));
    }
  });
});

describe('a connection that borrows from others, alone', () => {
  const SOURCES = ['soak', 'pairs/accept-queue-overflow.client', 'pairs/accept-queue-overflow.server'];
  /**
   * The client of this one gave up behind the tap. Which timer did it is told by the round trip to its host, of which the
   * connection has no sample: alone, no timer is claimed, and the bounds are others.
   */
  const NO_TIMER = ['soak 88'];
  const estimates: string[] = [];
  const bounds: string[] = [];

  test.each(SOURCES)('%s: the same states; estimates move within the same bounds', async (name) => {
    const all = await flowsOf(capture(name));
    const borrowing = all.filter(({ handshakeRtt }, index) => handshakeRtt === null || index % 30 === 0);
    for (const flow of borrowing) {
      const { bytes } = await extracted(capture(name), { to: 'pcap', select: { flows: new Set([flow.flow]) } });
      const [again] = await flowsOf(file('alone.pcap', bytes));
      const what = `${name} ${flow.flow}`;
      expect(path(again), what).toEqual(path(flow));
      const [before, after] = [flow, again].map((one) => flowJson(one).timeline);
      for (const { at, earliest, latest } of again.timeline) {
        expect(at, what).toBeGreaterThanOrEqual(earliest ?? at);
        expect(at, what).toBeLessThanOrEqual(latest ?? at);
      }
      const known = (rows: typeof before) => rows.map(({ earliest, latest, basis }) => [earliest, latest, basis]);
      if (JSON.stringify(known(before)) !== JSON.stringify(known(after))) bounds.push(what);
      else if (JSON.stringify(timeline(flow)) !== JSON.stringify(timeline(again))) estimates.push(what);
      if (flow.handshakeRtt !== null) expect(timeline(again), what).toEqual(timeline(flow));
    }
  });

  test('which these are', () => {
    expect(bounds).toEqual(NO_TIMER);
    expect(estimates.length).toBeGreaterThan(10);
  });
});

test('all connections together keep their timelines, without a single exception', async () => {
  const { bytes, flows: count, frames } = await extracted(capture('soak'), { to: 'pcap' });
  const before = await flowsOf(capture('soak'));
  const after = await flowsOf(file('all.pcap', bytes));
  expect(count).toBe(before.length);
  expect(readPcap(bytes)).toHaveLength(frames);
  expect(after.map(timeline)).toEqual(before.map(timeline));
});

describe('which frames', () => {
  const close: typeof CLOSE = [...HANDSHAKE, ...EXCHANGE, ...CLOSE];
  const first = scenario({ client: '10.0.0.1:40112' }, close);
  const second = scenario({ client: '10.0.0.1:40113', until: 500 }, close);

  test('the connection of a frame', async () => {
    const input = file('two.pcap', captureOf('client', first, second));
    const [one, two] = await flowsOf(input);
    const frames = [one, two].map((flow) => flow.timeline[0].frame);
    for (const [index, flow] of [one, two].entries()) {
      const { bytes, flows: count } = await extracted(input, {
        to: 'pcap',
        select: { frames: new Set([frames[index]]) },
      });
      expect(count).toBe(1);
      expect((await flowsOf(file('around.pcap', bytes)))[0].client).toEqual(flow.client);
    }
    expect((await extracted(input, { select: { frames: new Set([10_000]) } })).flows).toBe(0);
  });

  test('two incarnations of the same ports are told apart, and the SYN that ends a TIME_WAIT comes along', async () => {
    const [one, two] = await flowsOf(capture('time-wait-reuse'));
    const of = (flow: Flow) =>
      extracted(capture('time-wait-reuse'), { to: 'pcap', select: { flows: new Set([flow.flow]) } });
    expect(await of(one)).toMatchObject({ frames: one.packets.client + one.packets.server + 2, successors: 2 });
    expect(await of(two)).toMatchObject({ frames: two.packets.client + two.packets.server, successors: 0 });
  });

  test('the ICMP error about a connection', async () => {
    const { bytes } = await extracted(capture('compared/administratively-prohibited'), {
      to: 'pcap',
      select: { flows: new Set([1]) },
    });
    expect(readPcap(bytes).map(({ data }) => data[23])).toEqual([6, 1]);
  });

  test('of a capture without a connection, nothing', async () => {
    const input = file(
      'nothing.pcap',
      writePcap([{ data: ethernetFrame(new Uint8Array(20), { etherType: 0x0806 }), seconds: 9 }]),
    );
    expect(await extracted(input)).toMatchObject({ flows: 0, frames: 0, endMarks: 0 });
  });

  test('where what is said rests on silence, an empty record says until when the capture went on', async () => {
    const story = scenario({ until: 300 }, [
      ...HANDSHAKE,
      ...EXCHANGE,
      ['+10ms', 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
    ]);
    const input = file('silence.pcap', captureOf('server', story));
    const { bytes, endMarks } = await extracted(input, { to: 'pcap' });
    const last = readPcap(bytes).at(-1);
    expect(endMarks).toBe(1);
    expect(last).toMatchObject({ data: Buffer.alloc(0), originalLength: 42, time: 1_795_176_300_000_000_000n });
    const [before] = await flowsOf(input);
    const [after] = await flowsOf(file('silence-again.pcap', bytes));
    expect(timeline(after)).toEqual(timeline(before));
    expect(after.findings.map(({ message }) => message)).toEqual(before.findings.map(({ message }) => message));
  });
});

describe('formats', () => {
  test('captures of two link types go into one pcapng, each frame with its own', async () => {
    const segment = { from: '10.0.0.1:40000', to: '10.0.0.2:80', flags: 'S' } as const;
    const inputs = [
      file('ethernet.pcap', writePcap([{ data: tcpFrame(segment), seconds: 5 }])),
      file(
        'raw.pcap',
        writePcap([{ data: tcpPacket(segment), seconds: 6, fraction: 7 }], { linkType: LinkType.RAW, nano: true }),
      ),
    ];
    const { frames } = readPcapng((await extracted(inputs)).bytes);
    expect(frames.map(({ linkType, time }) => [linkType, time])).toEqual([
      [LinkType.ETHERNET, 5_000_000_000n],
      [LinkType.RAW, 6_000_000_007n],
    ]);
    await expect(extracted(inputs, { to: 'pcap' })).rejects.toMatchObject({
      name: 'HandoverError',
      code: 'link-types',
    });
  });

  test('headers only: the payload is cut off, and its length stays', async () => {
    const { bytes } = await extracted(capture('half-close'), { to: 'pcap', headersOnly: true });
    const frames = readPcap(bytes);
    expect(frames.some(({ data, originalLength }) => originalLength > data.length)).toBe(true);
    for (const { data } of frames) {
      const view = Buffer.from(data);
      const ip = 14;
      const isV6 = view[ip] >>> 4 === 6;
      const tcp = ip + (isV6 ? 40 : (view[ip] & 15) * 4);
      expect(data).toHaveLength(tcp + (view[tcp + 12] >>> 4) * 4);
    }
    const before = await flowsOf(capture('half-close'));
    expect((await flowsOf(file('headers.pcap', bytes))).map(timeline)).toEqual(before.map(timeline));
  });

  test('padding is not a header', async () => {
    const data = ethernetFrame(tcpPacket({ from: '10.0.0.1:1', to: '10.0.0.2:2', flags: 'S' }));
    const padded = Buffer.concat([data, Buffer.from('secret')]);
    const { bytes } = await extracted(file('padded.pcap', writePcap([{ data: padded }])), {
      to: 'pcap',
      headersOnly: true,
    });
    expect(bytes.includes('secret')).toBe(false);
  });

  test('a capture that breaks off: what was read is written, and the error is told', async () => {
    const whole = readFileSync(capture('normal-close'));
    const { bytes, captures } = await extracted(file('broken.pcap', whole.subarray(0, -10)), { to: 'pcap' });
    expect(captures[0].error?.code).toBe('truncated-record');
    expect(readPcap(bytes)).toHaveLength(readPcap(whole).length - 1);
  });

  test.skipIf(NO_TSHARK)('tshark and capinfos read it without a word', async () => {
    const out = file('soak.pcapng', (await extracted(capture('soak'), { filter: 'port 22' })).bytes);
    const shown = wireshark('tshark', ['-r', out, '-T', 'fields', '-e', 'frame.number']);
    expect(shown.err).toBe('');
    const { frames } = readPcapng(readFileSync(out));
    expect(shown.out.trim().split('\n')).toHaveLength(frames.length);
    expect(wireshark('capinfos', ['-Tmc', out]).out).toContain(`,${frames.length}`);
  });
});

test('flows() itself can be asked for the connection of a frame', async () => {
  const found: number[] = [];
  for await (const flow of flows(capture('soak'), { select: { frames: new Set([1, 2000]) } })) found.push(flow.flow);
  const all = await flowsOf(capture('soak'), { detail: 'full' });
  const expected = all.filter(({ segments }) => segments.some(({ frame }) => frame === 1 || frame === 2000));
  expect(found.sort((a, b) => a - b)).toEqual(expected.map(({ flow }) => flow));
  expect(found).toHaveLength(2);
});
