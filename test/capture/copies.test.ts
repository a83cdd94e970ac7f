import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type Flow, flows } from '../../src/index.js';
import { flowJson } from '../../src/report/flow-json.js';
import { bytes, ethernetFrame, ipPacket, type TcpFrameFields, tcpFrame } from '../support/frames.js';
import { kindsOf } from '../support/scenario.js';
import { pcap, type Recorded, recordsOf } from './recorded.js';

const folder = mkdtempSync(join(tmpdir(), 'lastack-copies-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MICROSECOND = 1000;
const MILLISECOND = 1000 * MICROSECOND;
const ETHERNET = 1;

async function flowsOf(records: readonly Recorded[], linkType = ETHERNET): Promise<Flow[]> {
  const path = join(folder, 'capture.pcap');
  writeFileSync(path, pcap(records, linkType, true));
  const found: Flow[] = [];
  for await (const flow of flows(path)) found.push(flow);
  return found;
}

const at = ({ seconds, fraction }: Recorded): number => (seconds % 1e5) * 1e9 + fraction;

function later(record: Recorded, nanoseconds: number, data = record.data): Recorded {
  const fraction = record.fraction + nanoseconds;
  return {
    data,
    originalLength: record.originalLength + data.length - record.data.length,
    seconds: record.seconds + Math.floor(fraction / 1e9),
    fraction: fraction % 1e9,
  };
}

/** What a router leaves of a frame: other link addresses, a hop less. */
function routed(frame: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(frame);
  copy[5] ^= 0x10;
  copy[11] ^= 0x10;
  if (copy[12] === 0x86) copy[21]--;
  else copy[22]--;
  return copy;
}

const tagged = (frame: Uint8Array): Uint8Array => bytes(frame.subarray(0, 12), [0x81, 0, 0, 42], frame.subarray(12));

function inVxlan(frame: Uint8Array): Uint8Array {
  const vxlan = bytes([8, 0, 0, 0, 0, 0, 77, 0], frame);
  const length = vxlan.length + 8;
  const udp = bytes([0xc0, 0, 0x12, 0xb5, length >> 8, length & 0xff, 0, 0], vxlan);
  return ethernetFrame(ipPacket('192.0.2.1', '192.0.2.2', 17, udp, { ipId: 7 }));
}

function inGre(frame: Uint8Array): Uint8Array {
  return ethernetFrame(ipPacket('192.0.2.1', '192.0.2.2', 47, bytes([0, 0], frame.subarray(12)), { ipId: 7 }));
}

interface Way {
  readonly copies?: number;
  readonly delay: () => number;
  readonly change?: (frame: Uint8Array) => Uint8Array;
}

/** Each record with its copies, which leave a queue in the order in which they came into it. */
function copied(records: readonly Recorded[], { copies = 1, delay, change = (frame) => frame }: Way): Recorded[] {
  const all: Recorded[] = [];
  let last = 0;
  for (const record of records) {
    all.push(record);
    for (let copy = 0; copy < copies; copy++) {
      const late = Math.max(delay(), last - at(record));
      last = at(record) + late;
      all.push(later(record, late, change(record.data)));
    }
  }
  return all
    .map((record, index) => ({ record, index }))
    .sort((a, b) => at(a.record) - at(b.record) || a.index - b.index)
    .map(({ record }) => record);
}

function random(): () => number {
  let seed = 7;
  return () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed / 2 ** 32;
  };
}

const ways: Readonly<Record<string, () => Way>> = {
  'one at once': () => ({ delay: () => 0 }),
  'two at once': () => ({ delay: () => 0, copies: 2 }),
  'late ones': () => {
    const next = random();
    return { delay: () => (100 + 1900 * next()) * MICROSECOND };
  },
  'copies behind a router': () => {
    const next = random();
    return { delay: () => (20 + 980 * next()) * MICROSECOND, change: routed };
  },
  'copies in a VLAN': () => ({ delay: () => 30 * MICROSECOND, change: tagged }),
  'copies in VXLAN': () => ({ delay: () => 300 * MICROSECOND, change: inVxlan }),
  'copies in GRE': () => ({ delay: () => 300 * MICROSECOND, change: inGre }),
};

/** Of a frame that belongs to no connection, so that copies do not move the end of the capture. */
const ARP = ethernetFrame(new Uint8Array(28), { etherType: 0x0806 });

const told = (flow: Flow) => {
  const { timeline, findings, packets, bytes: payload, retransmissions } = flowJson(flow);
  return {
    timeline: timeline.map(({ endpoint, from, to, at, earliest, latest, basis }) => ({
      endpoint,
      from,
      to,
      at,
      earliest,
      latest,
      basis,
    })),
    findings: findings
      .filter(({ kind }) => kind !== 'duplicate-frames')
      .map(({ kind, endpoint, at, message }) => ({ kind, endpoint, at, message })),
    packets,
    payload,
    retransmissions,
  };
};

const captures = fileURLToPath(new URL('../../captures/', import.meta.url));
// In the soak test the path itself has duplicated packets, which are known for copies only among others.
const names = readdirSync(captures).filter((name) => name.endsWith('.pcap') && name !== 'soak.pcap');

describe.each(Object.entries(ways))('%s change nothing', (_, way) => {
  it.each(names)('in %s', async (name) => {
    const { records, linkType } = await recordsOf(captures + name);
    expect(linkType).toBe(ETHERNET);
    const end = later(records[records.length - 1], 500 * MILLISECOND, ARP);
    const expected = (await flowsOf([...records, end])).map(told);
    expect((await flowsOf([...copied(records, way()), end])).map(told)).toEqual(expected);
  });
});

/** A connection in the middle of its life, told segment by segment: microseconds, and what differs from the segment before. */
class Story {
  readonly records: Recorded[] = [];
  constructor(private readonly hosts: { readonly near: string; readonly far: string }) {}

  segment(microseconds: number, from: 'near' | 'far', fields: Partial<TcpFrameFields>): this {
    const { near, far } = this.hosts;
    const data = tcpFrame({ from: from === 'near' ? near : far, to: from === 'near' ? far : near, ...fields });
    this.records.push(
      later({ data, originalLength: data.length, seconds: 1_700_000_000, fraction: 0 }, microseconds * MICROSECOND),
    );
    return this;
  }

  async flow(): Promise<Flow> {
    const found = await flowsOf(this.records);
    expect(found).toHaveLength(1);
    return found[0];
  }
}

const IPV4 = { near: '10.0.0.1:40000', far: '10.0.0.2:80' };
const IPV6 = { near: '[2001:db8::1]:40000', far: '[2001:db8::2]:80' };
const clock = (value: number, echo: number) => ({ timestamps: [value, echo] as const });
const total = ({ retransmissions }: Flow): number => retransmissions.client + retransmissions.server;

/** The handshake, and its copies behind a router where they are wanted. */
function opened(hosts: typeof IPV4, withCopies: boolean): Story {
  const story = new Story(hosts);
  for (const [delay, ttl] of withCopies
    ? ([
        [0, 64],
        [40, 63],
      ] as const)
    : ([[0, 64]] as const)) {
    story.segment(delay, 'near', { flags: 'S', seq: 1000, ipId: 100, ttl, options: clock(1, 0) });
    story.segment(1000 + delay, 'far', { flags: 'SA', seq: 9000, ack: 1001, ipId: 0, ttl, options: clock(1, 1) });
    story.segment(1100 + delay, 'near', { seq: 1001, ack: 9001, ipId: 101, ttl, options: clock(2, 1) });
  }
  story.records.sort((a, b) => at(a) - at(b));
  return story;
}

describe('several copies under way', () => {
  const burst = (story: Story, start: number): Story => {
    for (const [wait, ttl] of [
      [0, 64],
      [200, 63],
    ] as const) {
      [0, 1, 2].forEach((index) => {
        story.segment(start + wait + 10 * index, 'near', {
          flags: 'PA',
          seq: 1001 + 1000 * index,
          ack: 9001,
          ipId: 102 + index,
          ttl,
          payload: 1000,
          options: clock(3, 1),
        });
      });
    }
    return story;
  };

  it('are no retransmissions, though they are the first frames of the capture', async () => {
    const flow = await burst(new Story(IPV4), 0).flow();
    expect([flow.packets.client, total(flow)]).toEqual([3, 0]);
    expect(kindsOf(flow)).toContain('duplicate-frames');
  });

  it.each([IPV4, IPV6])('are no retransmissions behind the handshake of $near', async (hosts) => {
    const flow = await burst(opened(hosts, true), 2000).flow();
    expect([flow.packets.client, total(flow)]).toEqual([5, 0]);
  });
});

describe('beside copies', () => {
  it('what is sent again with a new identification is a retransmission', async () => {
    const story = opened(IPV4, true);
    const data = { flags: 'PA', seq: 1001, ack: 9001, payload: 500 };
    story.segment(2000, 'near', { ...data, ipId: 102, options: clock(3, 1) });
    story.segment(2050, 'near', { ...data, ipId: 102, ttl: 63, options: clock(3, 1) });
    // A tail-loss probe, then the retransmission timer.
    story.segment(5000, 'near', { ...data, ipId: 103, options: clock(6, 1) });
    story.segment(5050, 'near', { ...data, ipId: 103, ttl: 63, options: clock(6, 1) });
    story.segment(206_000, 'near', { ...data, ipId: 104, options: clock(207, 1) });
    story.segment(206_050, 'near', { ...data, ipId: 104, ttl: 63, options: clock(207, 1) });
    const flow = await story.flow();
    expect([flow.packets.client, flow.retransmissions.client]).toEqual([5, 2]);
  });

  it.each([IPV4, IPV6])('a fast retransmission to $far is one, though its clock stands still', async (hosts) => {
    const story = opened(hosts, true);
    const twice = (time: number, from: 'near' | 'far', fields: Partial<TcpFrameFields>) =>
      story.segment(time, from, fields).segment(time + 10, from, { ...fields, ttl: 63 });
    const data = (index: number, ipId: number) => ({
      flags: 'A',
      seq: 1001 + 1000 * index,
      ack: 9001,
      ipId,
      payload: 1000,
      options: clock(3, 1),
    });
    [0, 1, 2, 3].forEach((index) => {
      twice(2000 + 20 * index, 'near', data(index, 102 + index));
    });
    [1, 2, 3].forEach((index) => {
      twice(2200 + 20 * index, 'far', {
        flags: 'A',
        seq: 9001,
        ack: 1001,
        ipId: 50 + index,
        options: { ...clock(2, 2), sack: [[2001, 2001 + 1000 * index]] },
      });
    });
    twice(2300, 'near', data(0, 106));
    const flow = await story.flow();
    expect([flow.packets.client, flow.packets.server, flow.retransmissions.client]).toEqual([7, 4, 1]);
  });

  it('equal acknowledgements seen at one place, with copies at another, are as many as were sent', async () => {
    const story = opened(IPV6, true);
    const ack = { flags: 'A', seq: 9001, ack: 1001, options: clock(2, 2) };
    for (const index of [0, 1, 2]) {
      story.segment(2000 + 100 * index, 'far', ack).segment(2040 + 100 * index, 'far', { ...ack, ttl: 63 });
    }
    expect((await story.flow()).packets.server).toBe(4);
  });

  it('each RST that answers a segment of its own is one', async () => {
    const story = opened(IPV6, true);
    for (const [time, seq] of [
      [2000, 1001],
      [87_000, 1101],
    ] as const) {
      for (const [delay, ttl] of [
        [0, 64],
        [40, 63],
      ] as const) {
        story.segment(time + delay, 'near', {
          flags: 'PA',
          seq,
          ack: 9001,
          ttl,
          payload: 100,
          options: clock(time / 1000, 1),
        });
        story.segment(time + 20 + delay, 'far', { flags: 'R', seq: 9001, ttl });
      }
    }
    story.records.sort((x, y) => at(x) - at(y));
    const flow = await story.flow();
    expect([flow.packets.client, flow.packets.server]).toEqual([4, 3]);
  });
});

describe('without copies', () => {
  it('equal acknowledgements without an identification are duplicate ones', async () => {
    const story = opened(IPV6, false);
    story.segment(2000, 'near', { flags: 'PA', seq: 1001, ack: 9001, payload: 10, options: clock(3, 1) });
    for (const index of [0, 1, 2, 3])
      story.segment(3000 + 100 * index, 'far', { flags: 'A', seq: 9001, ack: 1011, options: clock(3, 3) });
    const flow = await story.flow();
    expect(flow.packets.server).toBe(5);
    expect(kindsOf(flow)).not.toContain('duplicate-frames');
  });

  it('a retransmission that later segments have overtaken is one', async () => {
    const story = opened(IPV4, false);
    [0, 1, 2, 3, 4].forEach((index) => {
      story.segment(2000 + 10 * index, 'near', {
        flags: 'A',
        seq: 1001 + 1000 * index,
        ack: 9001,
        ipId: 102 + index,
        payload: 1000,
        options: clock(3, 1),
      });
    });
    // Sent as packet 107, before 108.
    story.segment(2800, 'near', { flags: 'A', seq: 6001, ack: 9001, ipId: 108, payload: 1000, options: clock(4, 1) });
    story.segment(2810, 'near', { flags: 'A', seq: 1001, ack: 9001, ipId: 107, payload: 1000, options: clock(4, 1) });
    const flow = await story.flow();
    expect(flow.retransmissions.client).toBe(1);
    expect(kindsOf(flow)).not.toContain('duplicate-frames');
  });
});
