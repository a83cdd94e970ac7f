import { describe, expect, it } from 'vitest';
import type { Flow, LoggedSegment } from '../../../src/index.js';
import { icmpErrorFrame, tcpPacket } from '../../support/frames.js';
import {
  CLOSE,
  captureOf,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  ISN,
  type Line,
  read,
  type Story,
  scenario,
  type Tap,
} from '../../support/scenario.js';

const TAPS: readonly Tap[] = ['client', 'middle', 'server'];
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const FULL = { detail: 'full' } as const;
const LETTERS = ['F', 'S', 'R', 'P', 'A'] as const;

/** As `tcpdump -S` would print it, by its sender. */
function printed(s: LoggedSegment): string {
  const flags = LETTERS.filter((_, bit) => (s.flags & (1 << bit)) !== 0).join('');
  const sack = s.sack === null ? '' : ` sack ${s.sack.join('-')}`;
  return `${s.from} ${flags} ${s.seq} ${s.ack} ${s.length} win ${s.window}${sack}`;
}

/** Relative to the initial numbers, as they stand in the header. */
const c = (n: number): number => ISN.client + n;
const s = (n: number): number => (ISN.server + n) % 2 ** 32;

describe.each(TAPS)('what is kept of a connection, from the tap %s', (tap) => {
  it('has the numbers of the header, also beyond the wrap', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [1, 'server', 'PSH ACK 100', { unseen: true, lost: true }],
        ['+50us', 'server', 'PSH ACK 200'],
        ['+30us', 'client', 'ACK', { sack: [[501, 701]] }],
        [1.3, 'server', 'PSH ACK 100', { seq: 401 }],
        ['+30us', 'client', 'ACK'],
        [2, 'client', 'FIN ACK'],
        ['+100us', 'server', 'FIN ACK'],
        ['+30us', 'client', 'ACK'],
        ['+1s', 'server', 'RST', { seq: 702 }],
      ]),
      tap,
      FULL,
    );
    const scaled = 64_256;
    expect(flow.segments.map(printed)).toEqual([
      `client S ${c(0)} 0 0 win 64240`,
      `server SA ${s(0)} ${c(1)} 0 win 65160`,
      `client A ${c(1)} ${s(1)} 0 win ${scaled}`,
      `client PA ${c(1)} ${s(1)} 120 win ${scaled}`,
      `server A ${s(1)} ${c(121)} 0 win ${scaled}`,
      `server PA ${s(1)} ${c(121)} 400 win ${scaled}`,
      `client A ${c(121)} ${s(401)} 0 win ${scaled}`,
      `server PA ${s(501)} ${c(121)} 200 win ${scaled}`,
      `client A ${c(121)} ${s(401)} 0 win ${scaled} sack ${s(501)}-${s(701)}`,
      `server PA ${s(401)} ${c(121)} 100 win ${scaled}`,
      `client A ${c(121)} ${s(701)} 0 win ${scaled}`,
      `client FA ${c(121)} ${s(701)} 0 win ${scaled}`,
      `server FA ${s(701)} ${c(122)} 0 win ${scaled}`,
      `client A ${c(122)} ${s(702)} 0 win ${scaled}`,
      `server R ${s(702)} 0 0 win 0`,
    ]);
    expect(flow.isn).toEqual({ client: ISN.client, server: ISN.server });
    expect(flow.packets).toEqual({ client: 8, server: 7 });
    expect(flow.bytes).toEqual({ client: 120, server: 700 });
    expect([flow.flow, flow.tcpStream]).toEqual([1, 0]);
    expect(flow.start).toBe(flow.segments[0].time);
    expect(flow.end).toBe(flow.segments[14].time);
    expect(flow.segments.map((x) => x.frame)).toEqual(flow.segments.map((_, i) => i + 1));
  });

  it('has both clocks', async () => {
    const flow = await flowOf(scenario({}, OPENED), tap, FULL);
    const [syn, synAck, ack] = flow.segments;
    expect(syn.hasTimestamps).toBe(true);
    expect(syn.tsEcr).toBe(0);
    expect(synAck.tsEcr).toBe(syn.tsVal);
    expect(ack.tsEcr).toBe(synAck.tsVal);
    expect(ack.tsVal - syn.tsVal).toBe(20);
    const without = await flowOf(scenario({ without: ['timestamps'] }, OPENED), tap, FULL);
    expect(without.segments.map((x) => x.hasTimestamps)).toEqual(Array(7).fill(false));
  });

  it('in mid-life has the numbers of the header, too', async () => {
    const later = OPENED.map(
      (line, i): Line => (i < 3 ? ([line[0], line[1], line[2], { unseen: true }] as Line) : line),
    );
    const flow = await flowOf(scenario({}, [...later, ...CLOSE]), tap, FULL);
    // Unscaled: which scale is in force, only the SYNs tell.
    expect(flow.segments.map(printed)).toEqual([
      `client PA ${c(1)} ${s(1)} 120 win 502`,
      `server A ${s(1)} ${c(121)} 0 win 502`,
      `server PA ${s(1)} ${c(121)} 400 win 502`,
      `client A ${c(121)} ${s(401)} 0 win 502`,
      `client FA ${c(121)} ${s(401)} 0 win 502`,
      `server FA ${s(401)} ${c(122)} 0 win 502`,
      `client A ${c(122)} ${s(402)} 0 win 502`,
    ]);
    expect(flow.isn).toEqual({ client: null, server: null });
    expect(flow.roles).toBe('assumed');
  });

  it('folds ordinary segments into a run, and counts them by side', async () => {
    const talk = Array.from({ length: 10 }, (): Line[] => [
      ['+1ms', 'client', 'PSH ACK 100'],
      ['+30us', 'server', 'PSH ACK 50'],
    ]).flat();
    const story = scenario({}, [...OPENED, ...talk, ...CLOSE]);
    const [folded, full] = [await flowOf(story, tap), await flowOf(story, tap, FULL)];
    const run = folded.segments.find((x) => x.run !== null)?.run;
    if (!run) throw new Error('no run');
    const first = folded.segments.find((x) => x.run !== null);
    const alone = new Set(folded.segments.filter((x) => x.run === null).map((x) => x.frame));
    const inRun = full.segments.filter((x) => !alone.has(x.frame));
    for (const side of ['client', 'server'] as const) {
      const own = inRun.filter((x) => x.from === side);
      expect(run.segments[side]).toBe(own.length);
      expect(run.bytes[side]).toBe(own.reduce((sum, x) => sum + x.length, 0));
    }
    expect(run.segments.client + run.segments.server).toBeGreaterThan(10);
    expect(run.lastTime).toBe(inRun.at(-1)?.time);
    expect(run.lastFrame).toBe(inRun.at(-1)?.frame);
    expect(first?.flags).toBe(0);
    expect(first?.length).toBe(0);
    expect(first?.fate).toBe('presumed');
    // What is shown in a run's place is shown once.
    expect(full.segments.map((x) => x.frame)).toEqual(full.segments.map((_, i) => i + 1));
    expect(full.segments.every((x) => x.run === null)).toBe(true);
    // The numbers after the run go on where it ended.
    expect(printed(folded.segments[folded.segments.length - 1])).toBe(`client A ${c(1122)} ${s(902)} 0 win 64256`);
  });

  it('tells which end is which, whichever address or port is higher', async () => {
    for (const [client, server] of [
      ['10.0.0.1:40112', '10.0.0.2:8080'],
      ['10.0.0.2:40112', '10.0.0.1:8080'],
      ['10.0.0.1:80', '10.0.0.2:50000'],
      ['[2001:db8::1]:40112', '[2001:db8::2]:8080'],
      ['[2001:db8::2]:40112', '[2001:db8::1]:8080'],
    ] as const) {
      const flow = await flowOf(scenario({ client, server }, OPENED), tap);
      const text = (end: Flow['client']): string =>
        end.address.includes(':') ? `[${end.address}]:${end.port}` : `${end.address}:${end.port}`;
      expect([text(flow.client), text(flow.server)]).toEqual([client, server]);
      expect(flow.roles).toBe('observed');
    }
  });
});

describe('windows are scaled only where both SYNs offered it', () => {
  const windows = async (lines: readonly Line[], without: 'window scale'[] = []): Promise<number[]> => {
    const flow = await flowOf(scenario({ without }, lines), 'client', FULL);
    return flow.segments.map((x) => x.window);
  };

  it('both did', async () => {
    expect(await windows(HANDSHAKE)).toEqual([64_240, 65_160, 64_256]);
  });
  it('neither did', async () => {
    expect(await windows(HANDSHAKE, ['window scale'])).toEqual([64_240, 65_160, 64_240]);
  });
  it('one SYN was not captured', async () => {
    const [syn, synAck, ack] = HANDSHAKE;
    const unseen = [synAck[0], synAck[1], synAck[2], { unseen: true }] as Line;
    expect(await windows([syn, unseen, ack])).toEqual([64_240, 502]);
  });
});

describe('retransmissions', () => {
  const marks = async (lines: readonly Line[]): Promise<boolean[]> =>
    (await flowOf(scenario({}, lines), 'client', FULL)).segments.map((x) => x.retransmission);

  it('the first SYN+ACK of a simultaneous open is none, the second is', async () => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      [0.004, 'server', 'SYN'],
      [0.01003, 'server', 'SYN ACK'],
      [0.01403, 'client', 'SYN ACK'],
      [1.02, 'server', 'SYN ACK'],
      [1.03, 'client', 'SYN ACK'],
    ];
    expect(await marks(lines)).toEqual([false, false, false, false, true, true].sort());
  });

  it('SYN, SYN+ACK, data and FIN, the second time', async () => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      [1, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK'],
      [2.1, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
      [3, 'client', 'PSH ACK 100'],
      [3.3, 'client', 'PSH ACK 100', { seq: 1 }],
      ['+30us', 'server', 'ACK'],
      [4, 'client', 'FIN ACK'],
      [4.3, 'client', 'FIN ACK'],
    ];
    expect(await marks(lines)).toEqual([false, true, false, true, false, false, true, false, false, true]);
  });
});

it('an ICMP error is kept with its type, its code and the version of IP', async () => {
  const quoted = { flags: 'S', seq: ISN.client, window: 64_240 };
  const error = (
    ends: { from: string; to: string },
    icmp: { from: string; to: string; type: number; code: number },
  ): Story => {
    const packet = tcpPacket({ ...quoted, ...ends });
    const syn = scenario({ client: ends.from, server: ends.to }, [[0, 'client', 'SYN', { lost: true }]]);
    return () => [...syn('client'), { at: 5e6, data: icmpErrorFrame({ ...icmp, quoted: packet }) }];
  };
  const four = error(
    { from: '10.0.0.1:40112', to: '10.0.0.2:8080' },
    { from: '10.0.9.1', to: '10.0.0.1', type: 3, code: 13 },
  );
  const six = error(
    { from: '[2001:db8::1]:40112', to: '[2001:db8::2]:8080' },
    { from: '2001:db8::9', to: '2001:db8::1', type: 1, code: 4 },
  );
  const found = await read(captureOf('client', four, six));
  const told = found.map((flow) => ({ ...flow.segments[1].icmp, state: flow.clientState }));
  expect(told).toEqual([
    { type: 3, code: 13, ipVersion: 4, state: 'CLOSED' },
    { type: 1, code: 4, ipVersion: 6, state: 'CLOSED' },
  ]);
  expect(found.map((flow) => flow.segments[0].icmp)).toEqual([null, null]);
});

it('copies of a mirror port are kept once, and counted', async () => {
  const copied = OPENED.map((line): Line => [line[0], line[1], line[2], { copied: '8us' }] as Line);
  const flow = await flowOf(scenario({}, copied), 'middle', FULL);
  expect(flow.packets).toEqual({ client: 4, server: 3 });
  expect(flow.findings.map((f) => f.message)).toEqual(['7 frames were captured twice, and counted once']);
});

it('frames keep the order of the capture', async () => {
  const flow = await flowOf(
    scenario({}, [
      ...OPENED,
      ...Array.from({ length: 40 }, (): Line[] => [
        ['+1ms', 'client', 'PSH ACK 100'],
        ['+30us', 'server', 'ACK'],
      ]).flat(),
      ...CLOSE,
    ]),
    'middle',
    FULL,
  );
  const frames = flow.segments.map((x) => x.frame);
  expect(frames).toEqual([...frames].sort((a, b) => a - b));
});
