import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LinkType } from '../../src/decode/link-type.js';
import { PrefixPreserving } from '../../src/handover/anonymize/prefix-preserving.js';
import { anonymizationKey, type Flow } from '../../src/index.js';
import { flowJson } from '../../src/report/flow-json.js';
import { icmpErrorFrame, ipPacket, tcpFrame, tcpPacket } from '../support/frames.js';
import { writePcap } from '../support/pcap-writer.js';
import { readPcap } from './capture-files.js';
import { capture, extracted, flowsOf, NO_TSHARK, scratchFolder, wireshark } from './tools.js';

const folder = scratchFolder();
const KEY = anonymizationKey('a secret for this test only');

const timeline = (flow: Flow) =>
  flowJson(flow).timeline.map(({ confirmedBy: _, frame: __, revoked: ___, ...rest }) => rest);
const bytesOf = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('prefix-preserving addresses', () => {
  // Of the sample trace that comes with Crypto-PAn (Xu et al.), with its key.
  const PUBLISHED = Buffer.from([
    21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131, 121, 121, 101, 39, 98, 87,
    76, 45, 42, 132, 34, 2,
  ]);
  test.each([
    ['128.11.68.132', '135.242.180.132'],
    ['129.118.74.4', '134.136.186.123'],
    ['130.132.252.244', '133.68.164.234'],
    ['141.223.7.43', '141.167.8.160'],
    ['156.29.3.236', '147.225.12.42'],
    ['192.102.249.13', '252.138.62.131'],
  ])('%s becomes %s', (address, image) => {
    expect([...new PrefixPreserving(PUBLISHED).map(bytesOf(address))].join('.')).toBe(image);
  });

  test.each([4, 16])('of %d bytes: as long a common prefix as before, and no longer', (length) => {
    const map = new PrefixPreserving(KEY);
    const bits = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const common = (a: string, b: string) => [...a].findIndex((bit, i) => bit !== b[i]);
    const address = fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(address, address, (a, b) => {
        expect(common(bits(map.map(a)), bits(map.map(b)))).toBe(common(bits(a), bits(b)));
      }),
    );
  });

  test('a key of 64 hexadecimal digits is taken as it is, any other is hashed; a short one is refused', () => {
    expect(anonymizationKey(`${'0f'.repeat(32)}\n`)).toEqual(Buffer.alloc(32, 0x0f));
    expect(anonymizationKey('sixteen letters.')).toHaveLength(32);
    expect(() => anonymizationKey('short')).toThrow(expect.objectContaining({ code: 'key' }));
  });
});

/** All that must not be found again: in any place, in either byte order, as text. */
function secretsOf(addresses: readonly string[]): Buffer[] {
  return addresses.flatMap((address) => {
    const bytes = bytesOf(address);
    return [bytes, Buffer.from(bytes).reverse(), Buffer.from(address)];
  });
}

test('nothing of the addresses and of the payload is left, wherever it stood', async () => {
  const [client, server, router, gateway] = ['10.1.2.3', '172.16.31.77', '192.168.99.254', '203.0.113.200'];
  const segment = { from: `${client}:40000`, to: `${server}:80` } as const;
  const route = [7, 7, 8, ...bytesOf(router), 0];
  const mptcp = [30, 8, 0x30, 1, ...bytesOf(gateway)];
  const md5 = [19, 18, ...Buffer.from('0123456789abcdef')];
  const cookie = [...Buffer.from('cookie!!')];
  const quoted = tcpPacket({ ...segment, flags: 'S', seq: 100, ipOptions: route });
  const redirect = icmpErrorFrame({ from: router, to: client, type: 5, code: 1, quoted });
  redirect.set(bytesOf(gateway), 14 + 20 + 4);
  const frames = [
    tcpFrame({ ...segment, flags: 'S', seq: 100, options: { mss: 1460, fastOpen: cookie }, payload: 'GET /secret' }),
    tcpFrame({
      ...segment,
      flags: 'A',
      seq: 112,
      options: { raw: mptcp },
      ipOptions: route,
      payload: `visit ${server}`,
    }),
    tcpFrame({ ...segment, flags: 'A', seq: 140, options: { raw: [...md5, 1, 1] } }),
    Buffer.concat([tcpFrame({ ...segment, flags: 'A', seq: 140 }), Buffer.from('padding')]),
    redirect,
  ];
  const input = file('secrets.pcap', writePcap(frames.map((data, fraction) => ({ data, fraction }))));
  const { bytes, frames: count } = await extracted(input, { to: 'pcap', anonymize: KEY });
  expect(count).toBe(frames.length);
  const secrets = [
    ...secretsOf([client, server, router, gateway]),
    ...['secret', 'GET', 'visit', 'cookie', '01234567', 'padding'].map((text) => Buffer.from(text)),
    Buffer.from([2, 0, 0, 0, 0, 1]),
    Buffer.from([2, 0, 0, 0, 0, 2]),
  ];
  const before = readFileSync(input);
  for (const secret of secrets) {
    expect(bytes.includes(secret)).toBe(false);
  }
  // The test would be worth nothing if they had not been there.
  for (const secret of [client, server, router, gateway].map(bytesOf)) expect(before.includes(secret)).toBe(true);
  const written = readPcap(bytes);
  expect(written.map(({ originalLength }) => originalLength)).toEqual(frames.map(({ length }) => length));
  expect(Buffer.from(written[0].data).includes(Buffer.from([34, 10, 0, 0, 0, 0, 0, 0, 0, 0]))).toBe(true);
});

test('IPv6: addresses, flow label and extension headers', async () => {
  const [from, to] = ['2001:db8:77:1::abcd', '2001:db8:77:2::ef01'];
  const routing = [6, 2, 4, 1, 0, 0, 0, 0, ...Buffer.from('20010db80077000300000000deadbeef', 'hex')];
  const data = tcpFrame({
    from: `[${from}]:40000`,
    to: `[${to}]:80`,
    flags: 'S',
    extensions: { first: 43, bytes: routing },
  });
  data.set([0x6a, 0xbc, 0xde], 14);
  const { bytes } = await extracted(file('six.pcap', writePcap([{ data }])), { to: 'pcap', anonymize: KEY });
  const [frame] = readPcap(bytes);
  for (const part of ['20010db8', 'abcd', 'ef01', 'deadbeef', 'abcde'])
    expect(Buffer.from(frame.data).toString('hex')).not.toContain(part);
  expect(frame.data).toHaveLength(data.length);
  expect([...frame.data.subarray(14, 18)]).toEqual([0x6a, 0xb0, 0, 0]);
});

test.each([
  ['Linux cooked', LinkType.LINUX_SLL, [0, 0, 0, 1, 0, 6, 0xde, 0xad, 0xbe, 0xef, 0, 1, 0, 0, 8, 0], 'deadbeef'],
  [
    'Linux cooked 2',
    LinkType.LINUX_SLL2,
    [8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 0xde, 0xad, 0xbe, 0xef, 0, 1, 0, 0],
    'deadbeef',
  ],
  ['raw IP', LinkType.RAW, [], 'nothing'],
])('%s', async (_, linkType, header, secret) => {
  const packet = tcpPacket({ from: '10.1.2.3:1000', to: '10.1.2.4:80', flags: 'S' });
  const input = file('link.pcap', writePcap([{ data: Uint8Array.from([...header, ...packet]) }], { linkType }));
  const { bytes } = await extracted(input, { to: 'pcap', anonymize: KEY });
  const [frame] = readPcap(bytes);
  expect(frame.data).toHaveLength(header.length + packet.length);
  expect(bytes.toString('hex')).not.toContain(secret);
});

test('what is not understood is not written', async () => {
  const other = ipPacket('10.1.2.3', '10.1.2.4', 17, Buffer.from('udp payload'), {});
  const input = file('udp.pcap', writePcap([{ data: other }], { linkType: LinkType.RAW }));
  expect(await extracted(input, { anonymize: KEY })).toMatchObject({ frames: 0 });
});

describe.each([
  'accept-queue-overflow',
  'challenge-ack',
  'close-wait-long',
  'fast-open',
  'half-close',
  'injected-reset',
  'last-ack-lost',
  'rst-after-synack-retries',
  'simultaneous-open',
  'soak',
  'syn-scan',
  'time-wait-reuse',
  'zero-window-stall',
  'compared/administratively-prohibited',
])('%s', (name) => {
  test('both ends have the timelines they had', async () => {
    const { bytes } = await extracted(capture(name), { to: 'pcap', anonymize: KEY });
    const after = await flowsOf(file('anonymous.pcap', bytes));
    const before = await flowsOf(capture(name));
    expect(after.map(timeline)).toEqual(before.map(timeline));
    expect(after.map(({ packets, retransmissions }) => [packets, retransmissions])).toEqual(
      before.map(({ packets, retransmissions }) => [packets, retransmissions]),
    );
    const addresses = new Set(before.flatMap(({ client, server }) => [client.address, server.address]));
    for (const { client, server } of after) {
      expect(addresses.has(client.address) || addresses.has(server.address)).toBe(false);
    }
  });
});

test.skipIf(NO_TSHARK)('checksums are right, and tshark has nothing to say', async () => {
  const out = file('sums.pcap', (await extracted(capture('soak'), { to: 'pcap', anonymize: KEY })).bytes);
  const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
  const bad = ['-Y', 'tcp.checksum.status == 0 || ip.checksum.status == 0 || icmp.checksum.status == 0'];
  expect(wireshark('tshark', ['-r', out, ...checks, ...bad])).toEqual({ out: '', err: '' });
  const good = wireshark('tshark', [
    '-r',
    out,
    ...checks,
    '-Y',
    'tcp.checksum.status == 1',
    '-T',
    'fields',
    '-e',
    'frame.number',
  ]);
  expect(good.out.split('\n').length).toBeGreaterThan(100);
});
