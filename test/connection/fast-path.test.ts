import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordSpan } from '../../src/capture/record-span.js';
import { I, STRIDE } from '../../src/connection/flow-record.js';
import { SECOND } from '../../src/connection/time.js';
import { Tracker } from '../../src/connection/tracker.js';
import { analyze } from '../../src/index.js';
import { ScratchFile } from '../properties/scratch-file.js';
import { tcpFrame } from '../support/frames.js';
import { type PcapOptions, type PcapRecord, writePcap } from '../support/pcap-writer.js';
import { type PcapngBlock, writePcapng } from '../support/pcapng-writer.js';
import { CLOSE, captureOf, EXCHANGE, HANDSHAKE, type Line, scenario } from '../support/scenario.js';
import { followed, type Told } from './followed-twice.js';

let file: ScratchFile;
beforeAll(() => {
  file = new ScratchFile();
});
afterAll(() => file.remove());

const CAPTURES = join(import.meta.dirname, '../../captures');
const FLOWS = 12;
const ETHERNET_HEADER = 14;
const Link = { ETHERNET: 1, RAW: 101, LINUX_SLL: 113, LINUX_SLL2: 276 } as const;

/** Sound connections, one after the other, and one that has an incident between them. */
function connections(client = '10.0.0.1', server = '10.0.0.2:80'): readonly PcapRecord[] {
  const stories = Array.from({ length: FLOWS }, (_, i) => {
    const [, ...rest] = [...HANDSHAKE, ...EXCHANGE, ...CLOSE];
    const end: readonly Line[] = i === 5 ? [['+1s', 'client', 'RST']] : [];
    return scenario({ client: `${client}:${1000 + i}`, server }, [[i / 10, 'client', 'SYN'], ...rest, ...end]);
  });
  return recordsOf(captureOf('client', ...stories));
}

/** The records of a capture as `writePcap` writes it by default. */
function recordsOf(bytes: Uint8Array): PcapRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const records: PcapRecord[] = [];
  for (let at = 24; at < bytes.length; at += 16 + view.getUint32(at + 8, true)) {
    const data = bytes.subarray(at + 16, at + 16 + view.getUint32(at + 8, true));
    records.push({ data, seconds: view.getUint32(at, true), fraction: view.getUint32(at + 4, true) });
  }
  return records;
}

/** The same with another link layer: so many bytes before the IP packet, its EtherType at `typeAt`. */
function withHeader(records: readonly PcapRecord[], length: number, typeAt: number | null): PcapRecord[] {
  return records.map((record) => {
    const data = new Uint8Array(length + record.data.length - ETHERNET_HEADER);
    data.set(record.data.subarray(ETHERNET_HEADER), length);
    if (typeAt !== null) data.set(record.data.subarray(12, ETHERNET_HEADER), typeAt);
    return { ...record, data };
  });
}

function packetsOf(records: readonly PcapRecord[], unitsPerSecond: number, change: object = {}): PcapngBlock[] {
  return records.map(({ data, seconds = 0, fraction = 0 }, i) => {
    const time = BigInt(seconds * 1e6 + fraction) * BigInt(unitsPerSecond / 1e6);
    return { packet: { data, time, interface: i % 2, ...change } };
  });
}

const NANOSECONDS = { interface: { options: [[9, Uint8Array.of(9)]] } } as const;
const MICROSECONDS = { interface: {} } as const;
const section = { section: {} } as const;

const pcap = (records: readonly PcapRecord[], options: PcapOptions = {}): Promise<Told> =>
  followed(file.write(writePcap(records, options)));
const pcapng = (...blocks: readonly PcapngBlock[]): Promise<Told> => followed(file.write(writePcapng(blocks)));

/** How many frames of so many are decoded: the first one, those of the connection with an incident, and one at its end. */
const MOST_DECODED = 20;

describe('records are walked through', () => {
  const records = connections();
  const all = records.length;
  const nanos = records.map((record) => ({ ...record, fraction: (record.fraction ?? 0) * 1000 + 7 }));

  it.each<[what: string, follow: () => Promise<Told>]>([
    ['of microseconds', () => pcap(records)],
    ['of nanoseconds', () => pcap(nanos, { nano: true })],
    ['of IPv6', () => pcap(connections('[2001:db8::9]', '[2001:db8::2]:80'))],
    ['of Linux cooked', () => pcap(withHeader(records, 16, 14), { linkType: Link.LINUX_SLL })],
    ['of Linux cooked v2', () => pcap(withHeader(records, 20, 0), { linkType: Link.LINUX_SLL2 })],
    ['of pcapng', () => pcapng(section, MICROSECONDS, MICROSECONDS, ...packetsOf(records, 1e6))],
    ['of pcapng, of nanoseconds', () => pcapng(section, NANOSECONDS, NANOSECONDS, ...packetsOf(records, 1e9))],
    [
      'of several sections, each with a clock of its own',
      () =>
        pcapng(
          ...[section, MICROSECONDS, MICROSECONDS, ...packetsOf(records.slice(0, 60), 1e6)],
          ...[section, NANOSECONDS, NANOSECONDS, ...packetsOf(records.slice(60), 1e9)],
        ),
    ],
    [
      'with comments',
      () => pcapng(section, MICROSECONDS, MICROSECONDS, ...packetsOf(records, 1e6, { options: [[1, 'hm']] })),
    ],
  ])('%s', async (_what, follow) => {
    const { deferred, walked } = await follow();
    expect(deferred).toBe(FLOWS - 1);
    expect(walked).toBeGreaterThan(all - MOST_DECODED);
  });

  it.each<[what: string, follow: () => Promise<Told>]>([
    ['in big-endian order', () => pcap(records, { bigEndian: true })],
    ['with long headers', () => pcap(records, { kuznetzov: true })],
    ['of raw IP', () => pcap(withHeader(records, 0, null), { linkType: Link.RAW })],
    [
      'of pcapng in big-endian order',
      () => pcapng({ section: { bigEndian: true } }, MICROSECONDS, MICROSECONDS, ...packetsOf(records, 1e6)),
    ],
    [
      'of interfaces that count time differently',
      () => pcapng(section, MICROSECONDS, NANOSECONDS, ...packetsOf(records, 1e6, { interface: 0 })),
    ],
    [
      'of an interface whose clock counts from another time',
      () => pcapng(section, { interface: { options: [[14, 100n]] } }, ...packetsOf(records, 1e6, { interface: 0 })),
    ],
    [
      'in simple packet blocks',
      () => pcapng(section, MICROSECONDS, ...records.map(({ data }) => ({ simple: { data } }))),
    ],
  ])('not %s', async (_what, follow) => {
    expect((await follow()).walked).toBe(0);
  });

  const [syn, synAck, ...rest] = recordsOf(
    captureOf(
      'client',
      scenario({ client: '10.0.0.1:1000', server: '10.0.0.2:80' }, [...HANDSHAKE, ...EXCHANGE, ...CLOSE]),
    ),
  );
  const opened = [syn, synAck, rest[0]];
  const at = rest[0].fraction ?? 0;
  const data = (fields: object): Uint8Array =>
    tcpFrame({
      from: '10.0.0.1:1000',
      to: '10.0.0.2:80',
      flags: 'PA',
      seq: 1_000_001,
      ack: 4_294_967_001,
      payload: 10,
      ...fields,
    });
  const behind = (frame: Uint8Array, change: Partial<PcapRecord> = {}): PcapRecord => ({
    ...rest[0],
    fraction: at + 10,
    data: frame,
    ...change,
  });

  it.each<[what: string, last: PcapRecord, walked: number]>([
    ['data', behind(data({})), 3],
    ['with padding', behind(Uint8Array.from([...data({}), 0, 0, 0])), 3],
    ['with options in another order', behind(data({ options: { windowScale: 3, mss: 1000, timestamps: [5, 6] } })), 3],
    ['with an option of another length', behind(data({ options: { raw: [2, 3, 1, 0] } })), 2],
    ['with an option of another kind', behind(data({ options: { raw: [32, 1, 1, 1] } })), 2],
    ['with an option of no length', behind(data({ options: { raw: [32, 0, 1, 1] } })), 2],
    ['with an option whose length is not there', behind(data({ options: { raw: [1, 1, 1, 8] } })), 2],
    ['with an option that goes beyond the header', behind(data({ options: { raw: [1, 1, 8, 10] } })), 2],
    ['with a Fast Open option', behind(data({ options: { fastOpen: [] } })), 2],
    ['with SACK blocks', behind(data({ options: { sack: [[1, 2]] } })), 2],
    ['in a VLAN', behind(data({ vlan: 7 })), 3],
    ['in a VLAN of a provider', behind(data({ vlan: [7, 8] })), 3],
    ['cut inside its VLAN tags', behind(data({ vlan: [7, 8] }).subarray(0, 56), { originalLength: 72 }), 2],
    ['with IP options', behind(data({ ipOptions: [1, 1, 1, 0] })), 2],
    ['in a fragment', behind(data({ fragment: 0x2000 })), 2],
    ['not cut into fragments', behind(data({ fragment: 0x4000 })), 3],
    ['whose IP header is silent of its length', behind(data({ ipLength: 0 })), 2],
    ['whose IP header says too little', behind(data({ ipLength: 39 })), 2],
    ['whose TCP header is too short', behind(data({ dataOffset: 4 })), 2],
    ['whose TCP header is longer than the packet', behind(data({ dataOffset: 15, payload: 0 })), 2],
    ['cut inside its TCP header', behind(data({}).subarray(0, 50), { originalLength: 64 }), 2],
    [
      'cut inside its options',
      behind(data({ options: { timestamps: [5, 6] } }).subarray(0, 60), { originalLength: 76 }),
      2,
    ],
    ['cut inside its payload', behind(data({}).subarray(0, 54), { originalLength: 64 }), 3],
    ['that is longer than it was', behind(data({}), { originalLength: 20 }), 2],
    ['of another protocol', behind(Uint8Array.from(data({}), (byte, i) => (i === 23 ? 17 : byte))), 2],
    ['of another EtherType', behind(Uint8Array.from(data({}), (byte, i) => (i === 13 ? 6 : byte))), 2],
    ['of a damaged second', behind(data({}), { fraction: 1_000_000 }), 2],
    [
      'of another flow, from before',
      behind(data({ from: '10.0.0.7:1', flags: 'S', ack: 0, payload: 0 }), { fraction: at - 1 }),
      2,
    ],
    ['from before', behind(data({}), { fraction: at - 1 }), 2],
  ])('up to a segment %s', async (_what, last, walked) => {
    expect((await pcap([...opened, last])).walked).toBe(walked);
  });
});

it('addresses of IPv6 are told apart by each of their words', async () => {
  const [client, server] = ['2001:db8:3:4:5:6:7:8', '2001:db9:3:4:5:6:7:8'].map((address) => address.split(':'));
  const changed = (address: readonly string[], word: number): string =>
    `[${address.map((part, i) => (i >> 1 === word ? 'a' : part)).join(':')}]`;
  const pairs = [0, 1, 2, 3, -1].flatMap((word) => [
    [changed(client, word), changed(server, -1)],
    [changed(client, -1), changed(server, word)],
  ]);
  const stories = pairs
    .slice(0, -1)
    .map(([from, to]) =>
      scenario({ client: `${from}:1000`, server: `${to}:80` }, [...HANDSHAKE, ...EXCHANGE, ...CLOSE]),
    );
  expect((await followed(file.write(captureOf('client', ...stories)))).deferred).toBe(9);
});

it('captures that overlap take turns', async () => {
  const records = connections();
  const of = (rest: number) => writePcap(records.filter((_, i) => Math.floor(i / 7) % 2 === rest));
  const other = new ScratchFile();
  try {
    const { deferred, walked } = await followed([file.write(of(0)), other.write(of(1))]);
    expect(deferred).toBe(FLOWS - 1);
    expect(walked).toBeGreaterThan(records.length / 2);
  } finally {
    other.remove();
  }
});

/** Without the incident, which comes last. */
const sound = connections().slice(0, -1);

it.each([
  ['pcap', () => writePcap(sound)],
  ['pcapng', () => writePcapng([section, MICROSECONDS, MICROSECONDS, ...packetsOf(sound, 1e6)])],
])('a %s file that breaks off is walked through up to there', async (_format, write) => {
  const whole = write();
  const all = (await followed(file.write(whole))).walked;
  for (let cut = 1; cut < 100; cut += 7) {
    const { walked } = await followed(file.write(whole.subarray(0, whole.length - cut)));
    expect(walked).toBeLessThan(all);
  }
});

it('analyses at the same time do not share their memory', async () => {
  const captures = ['soak', 'half-close', 'normal-close', 'soak', 'accept-queue-overflow'].map((name) =>
    join(CAPTURES, `${name}.pcap`),
  );
  const together = await Promise.all(captures.map((path) => analyze(path)));
  for (const [i, path] of captures.entries()) expect(await analyze(path)).toEqual(together[i]);
});

it('walking through damaged captures comes to what is found without it', async () => {
  const captures = [writePcap(connections()), readFileSync(join(CAPTURES, 'half-close.pcap'))];
  const change = fc.record({ at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), byte: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...captures),
      fc.array(change, { minLength: 1, maxLength: 9 }),
      async (whole, changes) => {
        const damaged = Uint8Array.from(whole);
        for (const { at, byte } of changes) damaged[24 + Math.floor(at * (damaged.length - 24))] = byte;
        await followed(file.write(damaged));
      },
    ),
    { seed: 31, numRuns: 100 },
  );
});

/** From the client or not, flags, sequence number and acknowledgement. */
const CONNECTION = [
  [true, 'S', 100, 0],
  [false, 'SA', 500, 101],
  [true, 'A', 101, 501],
  [true, 'FA', 101, 501],
  [false, 'FA', 501, 102],
  [true, 'A', 102, 502],
] as const;

/** Captures longer than the piece of a capture that the fast path takes at once. */
describe('many connections', () => {
  const COUNT = 70_000;

  function ended(bytes: Uint8Array): number[] {
    const numbers: number[] = [];
    const tracker: Tracker = new Tracker({
      detail: 0,
      defers: { handshake: SECOND, closeWait: SECOND, silence: 60 * SECOND },
      linger: 70 * SECOND,
      maxFlows: 100_000,
      onEnd: (flow) => numbers.push(tracker.table.i32[flow * STRIDE + I.number]),
      onGiveUp: () => {},
    });
    const span = Object.assign(new RecordSpan(), {
      bytes: bytes.subarray(24),
      limit: bytes.length - 24,
      typeAt: 12,
      linkHeader: 14,
      until: SECOND,
    });
    for (let pieces = 0; pieces < 100 && span.position < span.limit; pieces++) tracker.walk(span);
    expect(span.position).toBe(span.limit);
    for (const _ of tracker.end());
    tracker.close();
    return numbers;
  }

  it.each([
    ['that are open', 2],
    ['that have closed', CONNECTION.length],
  ])('%s are all followed', (_, segments) => {
    expect(ended(manyConnections(COUNT, segments))).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1));
  });
});

/** The first segments of so many connections, all at one time. */
function manyConnections(count: number, segments: number): Uint8Array {
  const frames = CONNECTION.slice(0, segments).map(([isClient, flags, seq, ack]) => {
    const [from, to] = ['10.0.0.1:1', '10.0.0.2:80'];
    const frame = tcpFrame({ from: isClient ? from : to, to: isClient ? to : from, flags, seq, ack });
    return { frame, hostAt: isClient ? 29 : 33, portAt: isClient ? 34 : 36 };
  });
  const records: PcapRecord[] = [];
  for (let i = 0; i < count; i++) {
    const [port, host] = [1 + (i % 65_000), i < 65_000 ? 1 : 3];
    for (const { frame, hostAt, portAt } of frames) {
      const data = frame.slice();
      data.set([port >> 8, port & 0xff], portAt);
      data[hostAt] = host;
      records.push({ data, seconds: 1, fraction: 0 });
    }
  }
  return writePcap(records);
}
