import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/index.js';
import { EXCHANGE, flowOf, HANDSHAKE, type Line, scenario } from '../../support/scenario.js';

/** Seven segments, the last one at 0.05 s. */
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
/** Sixteen ordinary segments from `start` on. */
const talk = (start: number): Line[] =>
  Array.from({ length: 8 }, (_, i): Line[] => [
    [start + i / 10, 'client', 'PSH ACK 100'],
    [start + i / 10 + 0.0101, 'server', 'PSH ACK 50'],
  ]).flat();

/** Frames in the order of the log; a run as its number of segments. */
const keptOf = (flow: Flow): string[] =>
  flow.segments.map((s) => (s.run === null ? String(s.frame) : `(${s.run.segments.client + s.run.segments.server})`));

/** Whether what comes between two talks is kept as an entry of its own, rather than counted in a run. */
async function isKept(line: Line): Promise<boolean> {
  const flow = await flowOf(scenario({}, [...OPENED, ...talk(1), line, ...talk(2.5)]), 'client');
  return flow.segments.some((s) => s.run === null && s.frame === OPENED.length + 17);
}

describe('ordinary segments are counted in a run', () => {
  it.each<[what: string, line: Line]>([
    ['data', [2, 'client', 'PSH ACK 100']],
    ['an ACK of more', [2, 'client', 'ACK']],
    ['data with another window', [2, 'client', 'PSH ACK 100', { window: 400 }]],
    ['an ACK that opens the window', [2, 'server', 'ACK', { window: 400 }]],
    ['data after nearly a minute', [2, 'client', 'PSH ACK 100', { delayed: '400ms' }]],
  ])('%s', async (_, line) => {
    expect(await isKept(line)).toBe(false);
  });
});

describe('what may tell of more is kept', () => {
  it.each<[what: string, line: Line]>([
    ['an ACK of the same', [2, 'server', 'ACK']],
    ['a block of SACK', [2, 'server', 'ACK', { window: 400, sack: [[2000, 2100]] }]],
    ['a closed window', [2, 'client', 'ACK', { window: 0 }]],
    ['a repetition', [2, 'client', 'PSH ACK 100', { seq: 821 }]],
    ['a hole', [2, 'client', 'PSH ACK 100', { seq: 1000 }]],
    ['an ACK of less', [2, 'client', 'PSH ACK 100', { ack: 401 }]],
    ['an ACK of what was not seen', [2, 'client', 'PSH ACK 100', { ack: 900 }]],
    ['a SYN', [2, 'client', 'SYN']],
    ['a FIN', [2, 'client', 'FIN ACK']],
    ['a RST', [2, 'client', 'RST ACK', { seq: 900 }]],
  ])('%s', async (_, line) => {
    expect(await isKept(line)).toBe(true);
  });

  /** Data of the server: it goes on at `pause` after so many segments, a hundredth of a second apart. */
  const paused = (count: number, pause: number): Line[] =>
    Array.from({ length: 2 * count }, (_, i): Line => [1 + i / 100 + (i < count ? 0 : pause), 'server', 'PSH ACK 50']);
  const firstAfterPause = async (before: readonly Line[], pause: number): Promise<boolean> => {
    const flow = await flowOf(scenario({}, [...OPENED, ...before, ...paused(50, pause)]), 'client');
    return flow.segments.some((s) => s.run === null && s.frame === OPENED.length + before.length + 51);
  };

  it('what comes after more than a minute of silence', async () => {
    expect(await firstAfterPause([], 59.9)).toBe(false);
    expect(await firstAfterPause([], 60.1)).toBe(true);
  });
  it('what comes after more than half a second, where one end has closed', async () => {
    const closed: readonly Line[] = [[0.9, 'client', 'FIN ACK']];
    expect(await firstAfterPause(closed, 0.45)).toBe(false);
    expect(await firstAfterPause(closed, 0.55)).toBe(true);
  });
});

describe('how much is kept of one connection', () => {
  const kept = async (lines: readonly Line[]): Promise<number> =>
    (await flowOf(scenario({}, [...OPENED, ...lines]), 'client')).segments.length;
  const many = (count: number, line: (i: number) => Line): Line[] => Array.from({ length: count }, (_, i) => line(i));

  it('256 entries of data and ACKs, however lossy', async () => {
    const duplicates = (count: number): Line[] =>
      many(count, (i) => [1 + i / 100, 'client', 'ACK', { sack: [[801, 901]] }]);
    expect(await kept(duplicates(200))).toBe(207);
    const all = await kept(duplicates(2000));
    expect(all).toBeGreaterThanOrEqual(256);
    expect(all).toBeLessThan(262);
  });
  it('256 entries of silences, however many', async () => {
    const silent = (count: number): Line[] => many(count, (i) => [1 + 61 * i, 'server', 'PSH ACK 50']);
    expect(await kept(silent(100))).toBe(107);
    const all = await kept(silent(600));
    expect(all).toBeGreaterThanOrEqual(256);
    expect(all).toBeLessThan(262);
  });
  it('1024 entries of SYN, FIN and RST', async () => {
    const resets = (count: number): Line[] => many(count, (i) => [1 + i / 100, 'client', 'RST', { seq: 5000 + i }]);
    expect(await kept(resets(900))).toBe(907);
    const all = await kept(resets(3000));
    expect(all).toBeGreaterThanOrEqual(1024);
    expect(all).toBeLessThan(1030);
  });
  it('and errors of routers within these', async () => {
    const errors = (count: number): Line[] => many(count, (i) => [1 + i / 100, 'router', 'ICMP 3/1']);
    expect(await kept(errors(900))).toBe(907);
    expect(await kept(errors(1500))).toBe(1024);
  });
  it('32 entries of a half-closed connection one by one, then runs', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [1, 'client', 'FIN ACK'],
        ...many(100, (i) => [1.1 + i / 100, 'server', 'PSH ACK 100']),
      ]),
      'client',
    );
    const alone = Array.from({ length: 33 }, (_, i) => String(i + 1));
    expect(keptOf(flow)).toEqual([...alone, '(74)', '108']);
  });
  it.each<[what: string, line: Line]>([
    ['a closed window', [2.2, 'client', 'ACK', { window: 0 }]],
    ['a RST', [2.2, 'client', 'RST ACK', { seq: 122 }]],
  ])('and each one behind %s of the end that has closed', async (_, line) => {
    for (const setting of [{}, { client: '10.0.0.9:40112', server: '10.0.0.2:8080' }]) {
      const flow = await flowOf(
        scenario(setting, [
          ...OPENED,
          [1, 'client', 'FIN ACK'],
          ...many(100, (i) => [1.1 + i / 100, 'server', 'PSH ACK 100']),
          line,
          ...many(20, (i) => [2.3 + i / 100, 'server', 'PSH ACK 100']),
        ]),
        'client',
      );
      const alone = Array.from({ length: 22 }, (_none, i) => String(i + 108));
      expect(keptOf(flow).slice(-22)).toEqual(alone);
    }
  });
  it('and a run of a connection that was met in mid-life', async () => {
    const later = OPENED.map(([when, from, what], i) => [when, from, what, i < 3 ? { unseen: true } : {}] as Line);
    const flow = await flowOf(scenario({}, [...later, ...talk(1)]), 'client');
    const runs = flow.segments.flatMap((s) => s.run ?? []);
    expect(runs).toHaveLength(1);
    expect(runs[0].segments.client + runs[0].segments.server).toBeGreaterThan(10);
  });
  it('all but the last segment of each direction is in the run', async () => {
    expect(keptOf(await flowOf(scenario({}, [...OPENED, ...talk(1)]), 'client'))).toEqual([
      ...['1', '2', '3', '4', '5'],
      '(16)',
      ...['22', '23'],
    ]);
  });
});

describe('a run goes from its first frame to its last one, whichever end sent them', () => {
  const burst = (from: 'client' | 'server', at: number): Line[] =>
    Array.from({ length: 5 }, (_, i): Line => [at + i / 1000, from, 'PSH ACK 50']);

  it.each<[what: string, lines: readonly Line[]]>([
    ['a request and a long answer', [[1, 'client', 'PSH ACK 10'], ...burst('server', 1.02), [1.5, 'client', 'ACK']]],
    ['a long request and an answer', [...burst('client', 1), [1.1, 'server', 'PSH ACK 10'], ...burst('client', 1.2)]],
    ['both in turn', talk(1)],
  ])('%s', async (_, lines) => {
    const flow = await flowOf(scenario({}, [...OPENED, ...lines]), 'client');
    const alone = new Set(flow.segments.filter((s) => s.run === null).map((s) => s.frame));
    const folded = [...OPENED, ...lines].map((_line, index) => index + 1).filter((frame) => !alone.has(frame));
    const runs = flow.segments.filter((s) => s.run !== null);
    expect(runs.map((s) => [s.frame, s.run?.lastFrame])).toEqual([[folded[0], folded.at(-1)]]);
  });
});
