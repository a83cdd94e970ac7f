import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OrdinaryEnd } from '../../../src/connection/postmortem/ordinary.js';
import { flows, flowsOrOrdinary } from '../../../src/flows.js';
import type { Flow, Options, Tap, TcpState } from '../../../src/index.js';
import {
  CLOSE,
  captureOf,
  type Duration,
  EXCHANGE,
  HANDSHAKE,
  type Line,
  type Setting,
  scenario,
} from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
/** The server closes, then the client. */
const CLOSED_BY_SERVER: readonly Line[] = [
  ['+10ms', 'server', 'FIN ACK'],
  ['+100us', 'client', 'FIN ACK'],
  ['+30us', 'server', 'ACK'],
];

/** The server's application takes its time. */
const closeAfter = (hesitation: Duration): Line[] => [
  ['+1ms', 'client', 'FIN ACK'],
  ['+30us', 'server', 'ACK'],
  [`+${hesitation}`, 'server', 'FIN ACK'],
  ['+30us', 'client', 'ACK'],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-ordinary-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(lines: readonly Line[], setting: Setting): string {
  const path = join(folder, 'capture.pcap');
  writeFileSync(path, captureOf('middle', scenario(setting, lines)));
  return path;
}

interface Case {
  readonly what: string;
  readonly lines: readonly Line[];
  readonly setting?: Setting;
  readonly options?: Options;
}

const SIDES = ['client', 'server'] as const;

/** What a count of connections takes of one. */
interface Counted {
  readonly flow: number;
  readonly start: number;
  readonly states: readonly TcpState[];
  readonly tap: Tap;
  readonly roundTrips: readonly number[];
  readonly closer: string | null;
  readonly timeWait: readonly [from: number, until: number] | null;
  readonly clientUntil: number;
  readonly synTsVal: number;
  readonly addresses: readonly string[];
  readonly serverPort: number;
}

const ofOrdinary = (o: OrdinaryEnd): Counted => ({
  flow: o.flow,
  start: o.start,
  states: [o.clientState, o.serverState],
  tap: o.tap,
  roundTrips: [o.clientRoundTrip, o.serverRoundTrip],
  closer: o.closer,
  timeWait: o.closer === null ? null : [o.timeWaitFrom, o.timeWaitUntil],
  clientUntil: o.clientUntil,
  synTsVal: o.synTsVal,
  addresses: SIDES.map((side) => o.address(side)),
  serverPort: o.serverPort(),
});

/** The same of the whole post-mortem. */
function ofFlow(flow: Flow): Counted {
  const waiting = flow.timeline.find((t) => t.to === 'TIME_WAIT');
  const clientEnd = flow.timeline.findLast((t) => t.endpoint === 'client');
  const [syn] = flow.segments;
  const after = flow.timeline.find((t) => t.endpoint === waiting?.endpoint && t.from === 'TIME_WAIT');
  return {
    flow: flow.flow,
    start: flow.start,
    states: [flow.clientState, flow.serverState],
    tap: flow.tap,
    roundTrips: SIDES.map((side) => (flow.roundTrips[side] ?? Number.NaN) * 1e9),
    closer: waiting?.endpoint ?? null,
    timeWait: waiting ? [waiting.at, after?.at ?? flow.followedUntil] : null,
    clientUntil: clientEnd?.to === 'CLOSED' ? clientEnd.at : flow.followedUntil,
    synTsVal: syn.hasTimestamps ? syn.tsVal : -1,
    addresses: SIDES.map((side) => flow[side].address),
    serverPort: flow.server.port,
  };
}

async function count(path: string, options: Options): Promise<{ ordinary: Counted[]; whole: Flow[] }> {
  const ordinary: Counted[] = [];
  const whole: Flow[] = [];
  const stream = flowsOrOrdinary<never>(path, options, {
    end: (end) => {
      ordinary.push(ofOrdinary(end));
      return null;
    },
  });
  for await (const flow of stream) whole.push(flow);
  return { ordinary, whole };
}

/** Estimates differ by what a round trip's half is worth; a timer's by what it is late. */
const ROUND_TRIP = 20e6;
const near = (a: number, b: number, by: number): void => expect(Math.abs(a - b)).toBeLessThanOrEqual(by);

describe('a connection without incident is told from its record as its post-mortem tells it', () => {
  const cases: readonly Case[] = [
    { what: 'open', lines: OPENED },
    { what: 'open, and the capture goes on', lines: OPENED, setting: { until: 500 } },
    { what: 'closed by the client', lines: [...OPENED, ...CLOSE] },
    { what: 'closed by the client, TIME_WAIT not over', lines: [...OPENED, ...CLOSE], setting: { until: 55 } },
    { what: 'closed by the client, TIME_WAIT over', lines: [...OPENED, ...CLOSE], setting: { until: 200 } },
    { what: 'closed by the server', lines: [...OPENED, ...CLOSED_BY_SERVER] },
    { what: 'closed by the server, TIME_WAIT over', lines: [...OPENED, ...CLOSED_BY_SERVER], setting: { until: 200 } },
    {
      what: 'of the end with the higher address',
      lines: [...OPENED, ...CLOSE],
      setting: { client: '10.0.0.9:40112', server: '10.0.0.2:8080', until: 200 },
    },
    {
      what: 'of the end with the lower port',
      lines: [...OPENED, ...CLOSED_BY_SERVER],
      setting: { client: '10.0.0.1:1000', server: '10.0.0.2:8080', until: 200 },
    },
    {
      what: 'with IPv6',
      lines: [...OPENED, ...CLOSE],
      setting: { client: '[2001:db8::1]:40112', server: '[2001:db8::2]:8080', until: 200 },
    },
    {
      what: 'with IPv6, of two networks',
      lines: [...OPENED, ...CLOSE],
      setting: { client: '[2001:db9::1]:40112', server: '[2001:db8::2]:8080', until: 200 },
    },
    { what: 'without timestamps', lines: [...OPENED, ...CLOSE], setting: { without: ['timestamps'] } },
    {
      what: 'of hosts that wait longer',
      lines: [...OPENED, ...CLOSE],
      setting: { until: 100 },
      options: { profile: 'rfc9293' },
    },
    {
      what: 'in CLOSE_WAIT for less than is worth a finding',
      lines: [...OPENED, ...closeAfter('20s')],
      options: { thresholds: { closeWait: 30 } },
    },
  ];

  it.each(cases)('$what', async ({ lines, setting = {}, options = {} }) => {
    const path = write(lines, setting);
    const { ordinary, whole } = await count(path, options);
    expect(whole).toEqual([]);
    expect(ordinary).toHaveLength(1);
    const [counted] = ordinary;
    const found: Flow[] = [];
    for await (const flow of flows(path, options)) found.push(flow);
    expect(found).toHaveLength(1);
    const told = ofFlow(found[0]);

    expect({ ...counted, timeWait: 0, clientUntil: 0, roundTrips: 0 }).toEqual({
      ...told,
      timeWait: 0,
      clientUntil: 0,
      roundTrips: 0,
    });
    for (const i of [0, 1]) near(counted.roundTrips[i], told.roundTrips[i], 100e3);
    const late = told.states.includes('CLOSED') && setting.until ? 62.3e9 / 16 : 0;
    near(counted.clientUntil, told.clientUntil, ROUND_TRIP + late);
    if (counted.timeWait && told.timeWait) {
      near(counted.timeWait[0], told.timeWait[0], ROUND_TRIP);
      near(counted.timeWait[1], told.timeWait[1], ROUND_TRIP + late);
      expect(counted.timeWait[0]).toBeLessThan(counted.timeWait[1]);
    } else expect(counted.timeWait).toBe(told.timeWait);
  });
});

it('a connection that is not the first of the capture is one, too', async () => {
  const path = join(folder, 'behind.pcap');
  const first = scenario({ client: '10.0.0.7:5000' }, [[0, 'client', 'SYN']]);
  const later = scenario({}, [[50, 'client', 'SYN'], ...OPENED.slice(1), ...CLOSE]);
  writeFileSync(path, captureOf('middle', first, later));
  const { ordinary, whole } = await count(path, {});
  expect(whole).toHaveLength(1);
  expect(ordinary.map((end) => [end.flow, end.states, end.addresses])).toEqual([
    [2, ['TIME_WAIT', 'CLOSED'], ['10.0.0.1', '10.0.0.2']],
  ]);
});

describe('whatever is more needs the whole post-mortem', () => {
  const cases: readonly Case[] = [
    { what: 'an end that has not spoken', lines: HANDSHAKE },
    { what: 'a SYN alone', lines: [[0, 'client', 'SYN']] },
    { what: 'a RST', lines: [...OPENED, ['+1ms', 'client', 'RST ACK']] },
    { what: 'a FIN alone', lines: [...OPENED, ['+1ms', 'client', 'FIN ACK'], ['+30us', 'server', 'ACK']] },
    { what: 'a last ACK that is missing', lines: [...OPENED, ...CLOSE.slice(0, 2)] },
    {
      what: 'FINs that cross',
      lines: [
        ...OPENED,
        [0.5, 'client', 'FIN ACK'],
        [0.505, 'server', 'FIN ACK'],
        [0.51003, 'server', 'ACK'],
        [0.51503, 'client', 'ACK'],
      ],
    },
    {
      what: 'a SYN that was repeated',
      lines: [[0, 'client', 'SYN', { lost: true }], [1, 'client', 'SYN'], ...OPENED.slice(1)],
    },
    {
      what: 'an ACK that was recorded before the SYN+ACK which it answers',
      lines: [
        [0, 'client', 'SYN'],
        ['+30us', 'server', 'SYN ACK', { unseen: true }],
        ['+30us', 'client', 'ACK'],
        [0.019, 'server', 'SYN ACK'],
        ...EXCHANGE,
      ],
    },
    {
      what: 'a handshake that was not seen',
      lines: OPENED.map((line, i): Line => (i < 3 ? ([line[0], line[1], line[2], { unseen: true }] as Line) : line)),
    },
    {
      what: 'a handshake as slow as is worth a finding',
      lines: OPENED,
      setting: { rtt: '100ms' },
      options: { thresholds: { slowHandshake: 0.1 } },
    },
    {
      what: 'a CLOSE_WAIT as long as is worth a finding',
      lines: [...OPENED, ...closeAfter('40s')],
      options: { thresholds: { closeWait: 30 } },
    },
  ];

  it.each(cases)('$what', async ({ lines, setting = {}, options = {} }) => {
    const { ordinary, whole } = await count(write(lines, setting), options);
    expect(ordinary).toEqual([]);
    expect(whole).toHaveLength(1);
  });
});

describe('it tells how far its hosts are, for connections that do not', () => {
  it.each([
    ['IPv4', '10.0.0.1', '10.0.0.2'],
    ['IPv4, the client with the higher address', '10.0.0.9', '10.0.0.2'],
    ['IPv6', '[2001:db8::1]', '[2001:db8::2]'],
  ])('%s', async (_, client, server) => {
    const between = (port: number, lines: readonly Line[]): ReturnType<typeof scenario> =>
      scenario({ client: `${client}:${port}`, server: `${server}:8080` }, lines);
    const path = join(folder, 'two.pcap');
    const refused = between(40_114, [
      [1, 'client', 'SYN'],
      ['+30us', 'server', 'RST ACK refused'],
    ]);
    writeFileSync(path, captureOf('middle', between(40_112, OPENED), refused));
    const { ordinary, whole } = await count(path, {});
    expect(ordinary).toHaveLength(1);
    expect(whole).toHaveLength(1);
    // The tap is at two fifths of the way of 20 ms.
    expect(whole[0].roundTrips.client).toBeCloseTo(0.008, 3);
    expect(whole[0].roundTrips.server).toBeCloseTo(0.012, 3);
    expect(whole[0].tap).toBe('middle');
  });
});
