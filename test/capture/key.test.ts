import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Flow, flows, type Options } from '../../src/index.js';
import { flowJson } from '../../src/report/flow-json.js';
import { ladder } from '../../src/report/ladder.js';
import { bytes, ethernetFrame, ipPacket, tcpFrame } from '../support/frames.js';
import { writePcap } from '../support/pcap-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'lastack-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Way = (frame: Uint8Array, fromClient: boolean) => Uint8Array;

const tagged =
  (...tags: readonly number[]): Way =>
  (frame) =>
    bytes(frame.subarray(0, 12), ...tags.map((tag) => [0x81, 0, tag >> 8, tag & 0xff]), frame.subarray(12));

function inUdp(port: number, ipId: number, payload: Uint8Array): Uint8Array {
  const length = payload.length + 8;
  const udp = bytes([0xc0, 0, port >> 8, port & 0xff, length >> 8, length & 0xff, 0, 0], payload);
  return ethernetFrame(ipPacket('192.0.2.1', '192.0.2.2', 17, udp, { ipId }));
}

const inVxlan =
  (vni: number): Way =>
  (frame) =>
    inUdp(4789, 7, bytes([8, 0, 0, 0, vni >> 16, (vni >> 8) & 0xff, vni & 0xff, 0], frame));

/** Each end has a tunnel endpoint identifier of its own. */
const inGtp =
  (client: number, server: number): Way =>
  (frame, fromClient) => {
    const packet = frame.subarray(14);
    const teid = fromClient ? server : client;
    return inUdp(2152, 7, bytes([0x30, 0xff, packet.length >> 8, packet.length & 0xff, 0, 0, 0, teid], packet));
  };

const hosts = {
  4: { client: '10.0.0.1:40000', server: '10.0.0.2:80' },
  6: { client: '[2001:db8::1]:40000', server: '[2001:db8::2]:80' },
} as const;

/** Connections of the same addresses and ports, each with numbers of its own, one segment after the other. */
async function read(ways: readonly Way[], options: Options, version: 4 | 6 = 4): Promise<Flow[]> {
  const { client, server } = hosts[version];
  const records = ways.flatMap((way, index) => {
    const isn = 1000 + 100_000 * index;
    const up = (flags: string, seq: number, ack: number, payload = 0, ipId = 1) =>
      way(tcpFrame({ from: client, to: server, flags, seq: isn + seq, ack, payload, ipId: 10 * index + ipId }), true);
    const down = (flags: string, seq: number, ack: number) =>
      way(tcpFrame({ from: server, to: client, flags, seq, ack: isn + ack, ipId: 0 }), false);
    const frames = [
      up('S', 0, 0),
      down('SA', 5000, 1),
      up('A', 1, 5001, 0, 2),
      up('PA', 1, 5001, 100, 3),
      down('A', 5001, 101),
    ];
    return frames.map((data, step) => ({ data, seconds: 1_700_000_000, fraction: 20_000 * step + 1000 * index }));
  });
  const path = join(folder, 'capture.pcap');
  writeFileSync(path, writePcap(records.sort((a, b) => a.fraction - b.fraction)));
  const found: Flow[] = [];
  for await (const flow of flows(path, options)) found.push(flow);
  return found.sort((a, b) => a.flow - b.flow);
}

const packets = (found: readonly Flow[]) => found.map((flow) => [flow.packets.client, flow.packets.server]);
const networks = (found: readonly Flow[]) =>
  found.map((flow) => flowJson(flow)).map(({ vlan, tunnel }) => ({ vlan, tunnel }));

describe.each([4, 6] as const)('the same addresses and ports, IPv%i', (version) => {
  it('on two VLANs are two flows with the key', async () => {
    const found = await read([tagged(10), tagged(20)], { key: ['vlan'] }, version);
    expect(packets(found)).toEqual([
      [3, 2],
      [3, 2],
    ]);
    expect(found.flatMap((flow) => flow.findings)).toEqual([]);
    expect(networks(found)).toEqual([
      { vlan: [10], tunnel: undefined },
      { vlan: [20], tunnel: undefined },
    ]);
  });

  it('in two VXLAN networks are two flows with the key', async () => {
    const found = await read([inVxlan(77), inVxlan(0x012345)], { key: ['tunnel'] }, version);
    expect(packets(found)).toEqual([
      [3, 2],
      [3, 2],
    ]);
    expect(networks(found)).toEqual([
      { vlan: undefined, tunnel: { kind: 'VXLAN', id: 77 } },
      { vlan: undefined, tunnel: { kind: 'VXLAN', id: 0x012345 } },
    ]);
  });
});

it.each(['vlan', 'tunnel'] as const)(
  'one connection inside and outside is two flows with the key %s, and one without',
  async (key) => {
    const way = key === 'vlan' ? tagged(10) : inVxlan(77);
    const twice: Way[] = [(frame) => frame, way];
    const { client, server } = hosts[4];
    const records = twice.flatMap((through, index) =>
      [
        [0, tcpFrame({ from: client, to: server, flags: 'S', seq: 1, ipId: 1 })] as const,
        [1000, tcpFrame({ from: server, to: client, flags: 'SA', seq: 1, ack: 2, ipId: 0 })] as const,
        [2000, tcpFrame({ from: client, to: server, flags: 'A', seq: 2, ack: 2, ipId: 2 })] as const,
      ].map(([fraction, frame]) => ({ data: through(frame, true), seconds: 1, fraction: fraction + 30 * index })),
    );
    const path = join(folder, 'twice.pcap');
    writeFileSync(path, writePcap(records.sort((a, b) => a.fraction - b.fraction)));
    const count = async (options: Options) => {
      const found: Flow[] = [];
      for await (const flow of flows(path, options)) found.push(flow);
      return packets(found);
    };
    expect(await count({ key: [key] })).toEqual([
      [2, 1],
      [2, 1],
    ]);
    expect(await count({})).toEqual([[2, 1]]);
  },
);

it('both tags and the tunnel are named, where both are asked for', async () => {
  const way: Way = (frame, fromClient) => tagged(5, 6)(inVxlan(9)(frame, fromClient), fromClient);
  const [flow] = await read([way], { key: ['vlan', 'tunnel'] });
  expect(networks([flow])).toEqual([{ vlan: [5, 6], tunnel: { kind: 'VXLAN', id: 9 } }]);
  expect(ladder(flow).split('\n').slice(0, 3).join(' ')).toMatch(/VLAN 5\.6 +VXLAN 9/);
});

it('without a tag or tunnel the key says so', async () => {
  expect(networks(await read([(frame) => frame], { key: ['vlan', 'tunnel'] }))).toEqual([{ vlan: [], tunnel: null }]);
});

it('identifiers that each direction has for itself do not part the directions', async () => {
  const found = await read([inGtp(1, 2)], { key: ['tunnel'] });
  expect(packets(found)).toEqual([[3, 2]]);
  expect(networks(found)).toEqual([{ vlan: undefined, tunnel: { kind: 'GTP-U', id: null } }]);
});

it('nothing is told of networks that were not asked for', async () => {
  const [flow] = await read([tagged(10)], {});
  expect(flowJson(flow)).not.toHaveProperty('vlan');
  expect(flowJson(flow)).not.toHaveProperty('tunnel');
});

it('flows in more networks than the table began with are told apart', async () => {
  const ways = Array.from({ length: 1100 }, (_, index) => tagged(1 + index));
  const found = await read(ways, { key: ['vlan'] });
  expect(found.map(({ network }) => network?.vlan)).toEqual(ways.map((_, index) => [1 + index]));
});
