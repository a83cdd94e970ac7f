import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameDecoder, ICMP_ERROR, TCP } from '../../src/decode/decoder.js';
import { LinkType } from '../../src/decode/link-type.js';
import { Anonymizer } from '../../src/handover/anonymize/anonymizer.js';
import { anonymizationKey, type Flow } from '../../src/index.js';
import { flowJson } from '../../src/report/flow-json.js';
import { LINK_LAYERS, TUNNELS } from '../decode/encapsulations.js';
import { bytes, frameOf, icmpErrorFrame, ipPacket, tcpPacket } from '../support/frames.js';
import { writePcap } from '../support/pcap-writer.js';
import { readPcap } from './capture-files.js';
import { capture, extracted, flowsOf, NO_TSHARK, scratchFolder, wireshark } from './tools.js';

const folder = scratchFolder();
const KEY = anonymizationKey('a secret for this test only');
const anonymizer = new Anonymizer(KEY);

function file(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const u16 = (value: number): number[] => [value >>> 8, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** What a frame becomes; empty where it is not written. */
function anonymized(
  frame: Uint8Array,
  linkType: number = LinkType.ETHERNET,
  originalLength = frame.length,
): Uint8Array {
  const cursor = frameOf(frame, { linkType, originalLength });
  const decoder = new FrameDecoder();
  decoder.decode(cursor);
  const { bytes: written, offset, capturedLength } = anonymizer.rewrite(cursor, decoder.segment);
  return written.slice(offset, offset + capturedLength);
}

/** Between other addresses than the packet inside; what nobody is to see again differs with `secret`. */
class Wrapping {
  constructor(readonly secret: number) {}

  hidden = (count: number): number[] => Array.from({ length: count }, (_, i) => 0x80 | ((this.secret + 7 * i) & 0x7f));

  ethernet = (type: number, ...payload: ArrayLike<number>[]): Uint8Array =>
    bytes(this.hidden(12), u16(type), ...payload);

  frame = (packet: Uint8Array): Uint8Array => this.ethernet(packet[0] >>> 4 === 6 ? 0x86dd : 0x0800, packet);

  ip = (protocol: number, ...payload: ArrayLike<number>[]): Uint8Array =>
    this.frame(
      ipPacket('198.51.100.7', '203.0.113.9', protocol, bytes(...payload), {
        ipOptions: [7, 7, 4, ...this.hidden(4), 0],
      }),
    );

  ip6 = (protocol: number, ...payload: ArrayLike<number>[]): Uint8Array =>
    this.frame(ipPacket('2001:db8:a1b2::c3d4', '2001:db8:e5f6::9786', protocol, bytes(...payload), {}));

  udp = (port: number, ...payload: ArrayLike<number>[]): number[] => {
    const data = bytes(...payload);
    return [...u16(51_000), ...u16(port), ...u16(8 + data.length), ...this.hidden(2), ...data];
  };
}

const etherTypeOf = (packet: Uint8Array): number => (packet[0] >>> 4 === 6 ? 0x86dd : 0x0800);
const pppOf = (packet: Uint8Array): number[] => (packet[0] >>> 4 === 6 ? [0, 0x57] : [0, 0x21]);

/** Each way to carry an IP packet that is to be kept. */
const WRAPPINGS: Readonly<Record<string, (w: Wrapping, packet: Uint8Array) => Uint8Array>> = {
  VXLAN: (w, p) => w.ip(17, w.udp(4789, [8], w.hidden(2), [0], u32(4242 << 8), w.frame(p))),
  'VXLAN over IPv6': (w, p) => w.ip6(17, w.udp(4789, [8, 0, 0, 0], u32(4242 << 8), w.frame(p))),
  Geneve: (w, p) =>
    w.ip(
      17,
      w.udp(6081, [2, 0, 0x65, 0x58], u32(6 << 8), w.hidden(8), w.ethernet(0x8100, u16(12), u16(etherTypeOf(p)), p)),
    ),
  GRE: (w, p) => w.ip(47, [0, 0], u16(etherTypeOf(p)), p),
  'GRE with checksum and key': (w, p) =>
    w.ip(47, [0xb0, 0], u16(etherTypeOf(p)), w.hidden(2), [0, 0], u32(77), u32(1), p),
  'ERSPAN II': (w, p) => w.ip(47, [0x10, 0, 0x88, 0xbe], u32(1), [0x10, 1, 0, 1], w.hidden(4), w.frame(p)),
  'GTP-U': (w, p) =>
    w.ip(17, w.udp(2152, [0x34, 255], u16(p.length + 8), u32(7), [0, 0, 0, 0x85, 1], w.hidden(2), [0], p)),
  'IP in IP': (w, p) => w.ip(p[0] >>> 4 === 6 ? 41 : 4, p),
  'IP in IPv6': (w, p) => w.ip6(p[0] >>> 4 === 6 ? 41 : 4, p),
  MPLS: (w, p) => w.ethernet(0x8847, [0, 1, 0x10, 64, 0, 2, 0x11, 64], p),
  'Ethernet over MPLS': (w, p) => w.ethernet(0x8847, [0, 1, 0x11, 64], [0, 0], w.hidden(2), w.frame(p)),
  PPPoE: (w, p) => w.ethernet(0x8864, [0x11, 0, 0, 9], u16(p.length + 2), pppOf(p), p),
  'two VLANs': (w, p) => w.ethernet(0x88a8, u16(100), [0x81, 0], u16(7), u16(etherTypeOf(p)), p),
  'a provider backbone': (w, p) => w.ethernet(0x88e7, u32(99), w.hidden(12), u16(etherTypeOf(p)), p),
  'L2TP in IPv6': (w, p) =>
    w.ip6(17, w.udp(1701, [0x42, 2], u16(p.length + 16), u16(1), u16(2), u16(4), w.hidden(4), [0xff, 3], pppOf(p), p)),
  'VXLAN in 6in4 in GRE': (w, p) =>
    w.ip(
      47,
      [0, 0, 8, 0],
      ipPacket(
        '198.51.100.7',
        '203.0.113.9',
        41,
        ipPacket(
          '2001:db8:a1b2::c3d4',
          '2001:db8:e5f6::9786',
          17,
          bytes(w.udp(4789, [8, 0, 0, 0], u32(5 << 8), w.frame(p))),
          {},
        ),
        {},
      ),
    ),
};

const ADDRESSES = [
  [10, 1, 2, 3],
  [172, 16, 31, 77],
  [198, 51, 100, 7],
  [203, 0, 113, 9],
  [0x20, 0x01, 0x0d, 0xb8],
  [0xa1, 0xb2, 0, 0],
  [0xc3, 0xd4],
  [0xe5, 0xf6, 0, 0],
  [0x97, 0x86],
].map((address) => Buffer.from(address));

const segment = { from: '10.1.2.3:40000', to: '172.16.31.77:80', seq: 1000, flags: 'SA' } as const;
const packets = (w: Wrapping): Uint8Array[] => [
  tcpPacket({ ...segment, payload: bytes(w.hidden(40)), options: { mss: 1460, raw: [19, 18, ...w.hidden(16)] } }),
  tcpPacket({ from: '[2001:db8:a1b2::3]:1', to: '[2001:db8:e5f6::4]:2', seq: 5, ack: 9, payload: bytes(w.hidden(9)) }),
];

describe.each(Object.entries(WRAPPINGS))('%s', (_, wrap) => {
  const frames = (secret: number) => {
    const w = new Wrapping(secret);
    return packets(w).map((packet) => wrap(w, packet));
  };

  test('no address is left, nor anything else that was to be left out: cut anywhere, what is written does not depend on it', () => {
    const [plain, other] = [frames(1), frames(58)];
    for (const [index, frame] of plain.entries()) {
      const whole = anonymized(frame);
      expect(whole.length).toBeGreaterThan(50);
      for (let end = 0; end <= frame.length; end++) {
        const cut = anonymized(frame.subarray(0, end), LinkType.ETHERNET, frame.length);
        expect(cut).toEqual(anonymized(other[index].subarray(0, end), LinkType.ETHERNET, frame.length));
        for (const address of ADDRESSES) expect(Buffer.from(cut).includes(address)).toBe(false);
      }
    }
  });

  test('is decoded as before', () => {
    for (const frame of frames(1)) {
      const [before, after] = [new FrameDecoder(), new FrameDecoder()];
      before.decode(frameOf(frame));
      expect(after.decode(frameOf(anonymized(frame), { originalLength: frame.length }))).toBe(TCP);
      const fields = ({ seq, ack, length, mss, vlan, innerVlan, tunnel, tunnelId }: FrameDecoder['segment']) => ({
        seq,
        ack,
        length,
        mss,
        vlan,
        innerVlan,
        tunnel,
        tunnelId,
      });
      expect(fields(after.segment)).toEqual(fields(before.segment));
    }
  });

  test.each(['half-close', 'last-ack-lost', 'compared/administratively-prohibited'])(
    'around %s: timelines are equal, and the addresses are those that the capture alone gets',
    async (story) => {
      const w = new Wrapping(3);
      const wrapped = readPcap(readFileSync(capture(story))).map(({ data, originalLength, time }) => ({
        data: wrap(w, data.subarray(14)),
        seconds: Number(time / 1_000_000_000n),
        fraction: Number((time % 1_000_000_000n) / 1000n),
        cut: originalLength - data.length,
      }));
      expect(wrapped.every(({ cut }) => cut === 0)).toBe(true);
      const input = file('wrapped.pcap', writePcap(wrapped));
      const before = await flowsOf(input);
      const result = await extracted(input, { to: 'pcap', anonymize: KEY });
      const after = await flowsOf(file('after.pcap', result.bytes));
      expect(before.length).toBeGreaterThan(0);
      expect(after.map(timeline)).toEqual(before.map(timeline));
      const alone = await extracted(capture(story), { to: 'pcap', anonymize: KEY });
      const unwrapped = await flowsOf(file('alone.pcap', alone.bytes));
      expect(after.map(({ client, server }) => [client, server])).toEqual(
        unwrapped.map(({ client, server }) => [client, server]),
      );
      const headers = await extracted(input, { to: 'pcap', headersOnly: true });
      expect((await flowsOf(file('headers.pcap', headers.bytes))).map(timeline)).toEqual(before.map(timeline));
      expect(headers.bytes.length).toBe(result.bytes.length);
    },
  );
});

const timeline = (flow: Flow) =>
  flowJson(flow).timeline.map(({ confirmedBy: _, frame: __, revoked: ___, ...rest }) => rest);

/** They carry something that is not known to be harmless, or that only their makers describe. */
const NOT_WRITTEN: ReadonlySet<string> = new Set([
  'TRILL',
  'TRILL with options',
  'a network service header',
  'a network service header around Ethernet',
  "Cisco's metadata",
  'MACsec that only authenticates',
]);

describe('all that the decoder reads in Ethernet', () => {
  const all = [...LINK_LAYERS, ...TUNNELS].filter(({ linkType }) => linkType === LinkType.ETHERNET);

  test.each(all.map((one) => [one.name, one] as const))('%s', (name, { frame }) => {
    const result = anonymized(frame);
    if (NOT_WRITTEN.has(name)) {
      expect(result).toHaveLength(0);
      return;
    }
    expect(result.length).toBeGreaterThan(0);
    for (const secret of [
      [10, 0, 0, 1],
      [10, 0, 0, 2],
      [192, 0, 2, 1],
      [0x20, 1, 0x0d, 0xb8],
      [0x1b, 0x21],
      [0x61, 0x62, 0x63],
    ])
      expect(Buffer.from(result).includes(Buffer.from(secret))).toBe(false);
  });

  test('damaged in any way: never an error, and what is written is decoded as it was', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...all), damage, ({ frame }, changes) => {
        const damaged = Uint8Array.from(frame);
        for (const [at, value] of changes) damaged[at % damaged.length] = value;
        const [before, after] = [new FrameDecoder(), new FrameDecoder()];
        const found = before.decode(frameOf(damaged));
        if (found !== TCP && found !== ICMP_ERROR) return;
        const result = anonymized(damaged);
        if (result.length === 0) return;
        expect(after.decode(frameOf(result, { originalLength: damaged.length }))).toBe(found);
        expect(after.segment.seq).toBe(before.segment.seq);
      }),
      { numRuns: 3000 },
    );
  });
});

test('link layers whose headers are not known: nothing is written', () => {
  const others = LINK_LAYERS.filter(({ linkType }) => linkType !== LinkType.ETHERNET && linkType !== LinkType.NULL);
  expect(others.length).toBeGreaterThan(20);
  for (const { frame, linkType } of others) expect(anonymized(frame, linkType)).toHaveLength(0);
});

test('an ICMP error about a segment in a tunnel', () => {
  const w = new Wrapping(1);
  const [quoted] = packets(w);
  const outer = WRAPPINGS.VXLAN(w, quoted).subarray(14);
  const error = icmpErrorFrame({ from: '198.51.100.7', to: '203.0.113.9', type: 11, code: 0, quoted: outer });
  const result = Buffer.from(anonymized(error));
  for (const address of ADDRESSES) expect(result.includes(address)).toBe(false);
  const decoder = new FrameDecoder();
  expect(decoder.decode(frameOf(result, { originalLength: error.length }))).toBe(ICMP_ERROR);
  expect([decoder.segment.seq, decoder.segment.icmpType]).toEqual([1000, 11]);
});

describe('IP fragments', () => {
  const secret = 'SECRET'.repeat(20);
  const whole = tcpPacket({ ...segment, payload: secret }).subarray(20);
  const piece = (from: number, to: number): Uint8Array => {
    const more = to < whole.length ? 0x2000 : 0;
    return bytes(
      new Array(12).fill(2),
      [8, 0],
      ipPacket('10.1.2.3', '172.16.31.77', 6, whole.subarray(from, to), { fragment: more | (from >>> 3) }),
    );
  };
  const pieces = [piece(0, 64), piece(64, 120), piece(120, whole.length)];
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
  ];

  test.each(orders)('in the order %d, %d, %d: no byte of the payload passes for a header', async (...order) => {
    const input = file(
      'fragments.pcap',
      writePcap(order.map((index, fraction) => ({ data: pieces[index], fraction }))),
    );
    for (const options of [{ anonymize: KEY }, { headersOnly: true }]) {
      const { bytes: written, frames } = await extracted(input, { to: 'pcap', ...options });
      expect(frames).toBe(1);
      for (const part of ['SE', 'EC', 'CR', 'RE', 'ET', 'TS']) expect(written.subarray(24).includes(part)).toBe(false);
    }
  });

  test('of a packet that carries a tunnel', async () => {
    const inner = bytes(
      new Wrapping(1).udp(
        4789,
        [8, 0, 0, 0],
        u32(1 << 8),
        new Wrapping(1).frame(tcpPacket({ ...segment, payload: secret })),
      ),
    );
    const parts = [0, 96].map((from, index) =>
      bytes(
        new Array(12).fill(2),
        [8, 0],
        ipPacket('198.51.100.7', '203.0.113.9', 17, inner.subarray(from, index === 0 ? 96 : undefined), {
          fragment: index === 0 ? 0x2000 : from >>> 3,
        }),
      ),
    );
    const input = file('tunnel.pcap', writePcap(parts.map((data, fraction) => ({ data, fraction }))));
    const { bytes: written, frames } = await extracted(input, { to: 'pcap', anonymize: KEY });
    expect(frames).toBe(1);
    expect(written.subarray(24).includes('SEC')).toBe(false);
    for (const address of ADDRESSES) expect(written.subarray(24).includes(address)).toBe(false);
  });
});

test.skipIf(NO_TSHARK)('tshark finds every checksum right, and nothing malformed', async () => {
  const w = new Wrapping(1);
  // It looks for Ethernet under a label only where the link addresses are those of a maker that it knows.
  const { 'Ethernet over MPLS': _, ...wrappings } = WRAPPINGS;
  const frames = Object.values(wrappings).flatMap((wrap) => packets(w).map((packet) => wrap(w, packet)));
  const input = file('all.pcap', writePcap(frames.map((data, fraction) => ({ data, fraction }))));
  const { bytes: written, frames: count } = await extracted(input, { to: 'pcap', anonymize: KEY });
  expect(count).toBe(frames.length);
  const out = file('all-after.pcap', written);
  const checks = ['tcp', 'udp', 'ip'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]);
  const bad =
    '_ws.malformed || tcp.checksum.status == 0 || udp.checksum.status == 0 || ip.checksum.status == 0 || gre.checksum.status == 0';
  expect(wireshark('tshark', ['-r', out, ...checks, '-Y', bad])).toEqual({ out: '', err: '' });
  const tcp = wireshark('tshark', ['-r', out, '-Y', 'tcp', '-T', 'fields', '-e', 'frame.number']);
  expect(tcp.out.trim().split('\n')).toHaveLength(frames.length);
});
