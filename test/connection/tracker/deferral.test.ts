import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { I, STRIDE } from '../../../src/connection/flow-record.js';
import { type History, readHistory } from '../../../src/connection/postmortem/history.js';
import { MILLISECOND, SECOND } from '../../../src/connection/time.js';
import { Tracker } from '../../../src/connection/tracker.js';
import { ACK, FIN, RST, Segment, SYN } from '../../../src/decode/segment.js';
import type { Side } from '../../../src/index.js';
import { ScratchFile } from '../../properties/scratch-file.js';
import { capture, type WireSegment } from '../../properties/wire.js';
import { CLOSE, captureOf, EXCHANGE, HANDSHAKE, type Line, type Setting, scenario } from '../../support/scenario.js';
import { expectSame } from '../followed-twice.js';

let file: ScratchFile;
beforeAll(() => {
  file = new ScratchFile();
});
afterAll(() => file.remove());

const hosts = (client: string, server = '10.0.0.2:80', changes: Partial<Setting> = {}): Setting => ({
  client,
  server,
  ...changes,
});
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const SOUND: readonly Line[] = [...OPENED, ...CLOSE];
const STUCK: readonly Line[] = [
  [0, 'client', 'SYN'],
  ['+30us', 'server', 'SYN ACK'],
  ['+30us', 'client', 'ACK', { ignored: true }],
  [1.02, 'server', 'SYN ACK'],
  ['+30us', 'client', 'ACK'],
];
/** The same lines, the first of them at another time. */
const moved = ([[, ...first], ...rest]: readonly Line[], at: number): readonly Line[] => [
  [at, ...first] as Line,
  ...rest,
];
const closedBy = (side: 'client' | 'server', at: number, what: Line[2] = 'FIN ACK'): readonly Line[] => [
  later(at, what, side),
  ['+30us', side === 'client' ? 'server' : 'client', 'ACK'],
];
const pieces = (count: number): readonly Line[] =>
  Array.from({ length: count }, (_, i) => later(1 + i / 100, 'PSH ACK 9'));
const later = (at: number, what: Line[2], from: 'client' | 'server' = 'client'): Line => [at, from, what] as Line;

describe('a flow that was deferred is told as one that was not', () => {
  it.each<[what: string, setting: Setting, lines: readonly Line[], deferred: number]>([
    ['is sound', hosts('10.0.0.1:1'), SOUND, 1],
    ['is sound, of IPv6', hosts('[2001:db8::9]:1', '[2001:db8::2]:80'), SOUND, 1],
    ['is opened by the higher address', hosts('10.0.0.9:1'), SOUND, 1],
    ['has no timestamps', hosts('10.0.0.1:1', '10.0.0.2:80', { without: ['timestamps'] }), SOUND, 1],
    ['is open', hosts('10.0.0.1:1'), OPENED, 1],
    ['never came to be open', hosts('10.0.0.1:1'), [[0, 'client', 'SYN']], 1],
    ['is silent for a minute', hosts('10.0.0.1:1'), [...HANDSHAKE, later(60.00006, 'PSH ACK 10')], 1],
    ['is silent for two minutes before it speaks', hosts('10.0.0.1:1'), [...HANDSHAKE, later(130, 'PSH ACK 10')], 1],
    ['is silent for two minutes before it closes', hosts('10.0.0.1:1'), [...OPENED, ...moved(CLOSE, 130)], 1],
    ['sends as much as an IP packet holds', hosts('10.0.0.1:1'), [...OPENED, later(1, 'PSH ACK 65535')], 1],
    [
      'says two things at one time',
      hosts('10.0.0.1:1'),
      [...OPENED, later(1, 'PSH ACK 9'), ['+0us', 'client', 'PSH ACK 9']],
      1,
    ],
    ['sends 63 segments before it is answered', hosts('10.0.0.1:1'), [...HANDSHAKE, ...pieces(60)], 1],
    ['sends 64 segments before it is answered', hosts('10.0.0.1:1'), [...HANDSHAKE, ...pieces(61)], 0],
    ['sends hundreds of segments', hosts('10.0.0.1:1'), [...OPENED, ...pieces(500)], 1],
    [
      'closes without a word, as does its server later',
      hosts('10.0.0.1:1'),
      [
        ...HANDSHAKE,
        later(1, 'FIN ACK'),
        later(1.1, 'ACK', 'server'),
        later(1.2, 'FIN ACK', 'server'),
        later(1.3, 'ACK'),
      ],
      1,
    ],
    [
      'is acknowledged in part, later than its host is far, before its FIN is',
      hosts('10.0.0.1:1'),
      [
        ...OPENED,
        later(1, 'PSH ACK 100', 'server'),
        later(1, 'FIN ACK', 'server'),
        [1.0102, 'client', 'ACK', { ack: 501, delayed: '15ms' }],
        [1.0103, 'client', 'FIN ACK', { ack: 502, delayed: '25ms' }],
        later(1.1, 'ACK', 'server'),
      ],
      1,
    ],
    [
      'has echoed what its peer says later',
      hosts('10.0.0.1:1'),
      [
        ...OPENED,
        [0.5, 'client', 'PSH ACK 10', { tsEcr: 1500 }],
        [1, 'client', 'FIN ACK'],
        [1.5, 'server', 'ACK', { tsVal: 1500 }],
        [1.6, 'server', 'FIN ACK', { tsVal: 1600 }],
        [1.7, 'client', 'ACK', { tsEcr: 1600 }],
      ],
      1,
    ],
    [
      'closes after it has sent one byte among much else',
      hosts('10.0.0.1:1'),
      [...OPENED, later(1, 'PSH ACK 1'), later(1.1, 'PSH ACK 50', 'server'), later(1.2, 'ACK'), ...moved(CLOSE, 2)],
      1,
    ],
    [
      'says more before it is answered, and is acknowledged in parts, than is copied',
      hosts('10.0.0.1:1'),
      [
        ...HANDSHAKE,
        ...pieces(31),
        later(2, 'ACK', 'server'),
        ...pieces(2).map(([, ...rest], i) => [3 + i / 1000, ...rest] as Line),
        later(3.01, 'FIN ACK'),
        [3.1, 'server', 'ACK', { ack: 289 }],
        [3.2, 'server', 'ACK', { ack: 298 }],
        later(3.3, 'ACK', 'server'),
        ...closedBy('server', 3.4),
      ],
      1,
    ],
    ['opens its window', hosts('10.0.0.1:1'), [...OPENED, [2, 'client', 'ACK', { window: 1000 }]], 1],
    [
      'opens its window after it has closed',
      hosts('10.0.0.1:1'),
      [...OPENED, later(2, 'FIN ACK'), later(2.1, 'ACK', 'server'), [2.2, 'server', 'ACK', { window: 1000 }]],
      0,
    ],
    [
      'opens its window before it is established',
      hosts('10.0.0.1:1'),
      [...HANDSHAKE, [2, 'client', 'ACK', { window: 1000 }]],
      0,
    ],
    ['sends data with its SYN', hosts('10.0.0.1:1'), [[0, 'client', 'SYN 100']], 0],
    ['sends a SACK block with its SYN', hosts('10.0.0.1:1'), [[0, 'client', 'SYN', { sack: [[500, 600]] }]], 0],
    ['begins with a bare FIN', hosts('10.0.0.1:1'), [[0, 'client', 'FIN']], 0],
    [
      'begins in mid-life',
      hosts('10.0.0.1:1'),
      [
        [0, 'client', 'PSH ACK 10'],
        ['+30us', 'server', 'ACK'],
      ],
      0,
    ],
    ['is silent for more than a minute', hosts('10.0.0.1:1'), [...OPENED, later(70, 'ACK')], 0],
    ['is reset', hosts('10.0.0.1:1'), [...OPENED, later(2, 'RST ACK')], 0],
    ['is told of by ICMP', hosts('10.0.0.1:1'), [...HANDSHAKE, [1, 'router', 'ICMP 3/1']], 0],
    ['closes its window', hosts('10.0.0.1:1'), [...OPENED, [2, 'client', 'ACK', { window: 0 }]], 0],
    ['repeats its SYN', hosts('10.0.0.1:1'), [[0, 'client', 'SYN', { lost: true }], later(1, 'SYN')], 0],
    ['is spoken to after its end', hosts('10.0.0.1:1'), [...SOUND, later(20, 'RST')], 0],
    [
      'is followed by another one of its addresses and ports',
      hosts('10.0.0.1:1'),
      [...SOUND, [20, 'client', 'SYN', { isn: 8_000_000 }], [20.1, 'server', 'SYN ACK', { isn: 9_000_000 }]],
      0,
    ],
  ])('that %s', async (_what, setting, lines, deferred) => {
    expect(await expectSame(file.write(captureOf('client', scenario(setting, lines))))).toBe(deferred);
  });

  it('whose FIN is acknowledged within the tick of what was sent before it came', async () => {
    const lines: readonly Line[] = [
      ...OPENED,
      [0.99, 'client', 'FIN ACK', { ack: 401 }],
      [0.9998, 'server', 'PSH ACK 100', { tsVal: 1000 }],
      [1.0001, 'server', 'ACK', { tsVal: 1000 }],
      [1.011, 'client', 'ACK', { ack: 501, tsEcr: 1000 }],
      [1.03, 'server', 'FIN ACK'],
      [1.05, 'client', 'ACK'],
    ];
    expect(await expectSame(file.write(captureOf('server', scenario(hosts('10.0.0.1:1'), lines))))).toBe(1);
  });

  it.each<[what: string, lines: readonly Line[]]>([
    ['a minute and more of silence', [...OPENED, later(70, 'PSH ACK 10'), ...moved(CLOSE, 72)]],
    ['two minutes and more of silence', [...OPENED, ...moved(CLOSE, 140)]],
    ['a window that is closed', [...OPENED, [2, 'client', 'PSH ACK 10', { window: 0 }], ...moved(CLOSE, 4)]],
    ['a SACK block', [...OPENED, [2, 'client', 'PSH ACK 10', { sack: [[500, 600]] }], ...moved(CLOSE, 4)]],
    ['an acknowledgement that goes back', [...OPENED, [2, 'client', 'PSH ACK 10', { ack: 1 }], ...moved(CLOSE, 4)]],
    ['an ACK of nothing new', [...OPENED, later(2, 'ACK'), ...moved(CLOSE, 4)]],
    ['a SYN+ACK with data', [HANDSHAKE[0], ['+30us', 'server', 'SYN ACK 10'], HANDSHAKE[2], ...EXCHANGE, ...CLOSE]],
    [
      'a Fast Open option in the SYN+ACK',
      [HANDSHAKE[0], ['+30us', 'server', 'SYN ACK', { fastOpen: [1, 2, 3, 4] }], HANDSHAKE[2], ...EXCHANGE, ...CLOSE],
    ],
    [
      'data after the other end closed',
      [
        ...OPENED,
        later(2, 'FIN ACK'),
        ['+30us', 'server', 'PSH ACK 10'],
        later(2.1, 'ACK'),
        ...closedBy('server', 2.2),
      ],
    ],
    ['data with the second FIN', [...OPENED, later(2, 'FIN ACK'), ...closedBy('server', 2.2, 'FIN PSH ACK 10')]],
    ['a FIN that knows nothing of the other', [...OPENED, later(2, 'FIN ACK'), ...closedBy('server', 2.000001)]],
  ])('with %s before it closes', async (_what, lines) => {
    const bytes = captureOf('client', scenario(hosts('10.0.0.1:1'), lines));
    expect(await expectSame(file.write(bytes))).toBe(0);
  });

  it('with frames that are older than those before them', async () => {
    const wire = (
      at: number,
      from: 'near' | 'far',
      flags: string,
      seq: number,
      ack: number,
      length = 0,
    ): WireSegment => ({
      at,
      from,
      flags,
      seq,
      ack,
      length,
      window: 500,
      timestamps: null,
    });
    const segments = [
      wire(0, 'near', 'S', 0, 0),
      wire(50, 'far', 'SA', 0, 1),
      wire(60, 'near', 'A', 1, 1),
      wire(70, 'near', 'PA', 1, 1, 10),
      wire(65, 'far', 'A', 1, 11),
      wire(80, 'near', 'FA', 11, 1),
      wire(90, 'far', 'FA', 1, 12),
      wire(99, 'near', 'A', 12, 2),
    ];
    expect(await expectSame(file.write(capture(segments)))).toBe(0);
  });

  it.each([5, 6, 7, 8, 14, 15, 16, 61, 62, 63, 64, 65, 70, 200])('after %i segments and then a RST', async (count) => {
    const data = Array.from({ length: count - 3 }, (_, i) => later(1 + i / 100, i % 2 === 0 ? 'PSH ACK 9' : 'ACK 7'));
    const capture = captureOf('client', scenario(hosts('10.0.0.1:1'), [...HANDSHAKE, ...data, later(30, 'RST ACK')]));
    await expectSame(file.write(capture));
  });

  it('whatever its ordinary segments are, and whatever ends it', async () => {
    const step = fc.tuple(fc.constantFrom('client', 'server'), fc.constantFrom(9, 600, 1448, 65_000), fc.nat(3));
    const ends: readonly (readonly Line[])[] = [
      [],
      [later(90, 'RST ACK')],
      [[90, 'client', 'ACK', { ack: 1 }]],
      [later(90, 'FIN ACK'), later(90.1, 'ACK', 'server'), later(90.2, 'FIN ACK', 'server'), later(90.3, 'ACK')],
      [later(90, 'FIN ACK', 'server'), later(90.00001, 'PSH ACK 10'), later(90.1, 'RST', 'server')],
      [later(90, 'FIN PSH ACK 10', 'server'), later(90.1, 'FIN ACK'), later(90.2, 'ACK', 'server'), later(91, 'RST')],
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.constantFrom(...ends), async (steps, end) => {
        const lines = steps.map(([from, bytes, wait], i): Line => [1 + 4 * i + wait, from, `PSH ACK ${bytes}`] as Line);
        const story = scenario(hosts('10.0.0.1:1'), [...OPENED, ...lines, ...end]);
        await expectSame(file.write(captureOf('client', story)));
      }),
      { seed: 41, numRuns: 120 },
    );
  });

  it('that sends more than sequence numbers can count', () => {
    const ends = [true, false].map((defers) => {
      frame = 0;
      const told: History[] = [];
      const tracker = trackerOf(defers, (flow) => {
        expect(tracker.table.i32[flow * STRIDE + I.logCount] < 0).toBe(defers);
        tracker.recall(flow);
        told.push(readHistory(tracker, flow));
      });
      const flow = new SoundFlow(tracker, 40_000, 0);
      flow.open();
      flow.exchange(1, 100);
      flow.send(140_000, 0xffff);
      flow.close();
      for (const _ of tracker.end());
      tracker.close();
      return told;
    });
    expect(ends[0]).toEqual(ends[1]);
    expect(ends[0][0].bytes.client).toBe(100 + 140_000 * 0xffff);
  });

  it.each<[what: string, lines: readonly Line[], deferred: number]>([
    ['is sound', SOUND, 2],
    ['lacks the last acknowledgement', SOUND.slice(0, -1), 2],
    ['lacks that of the other end', [...OPENED, later(2, 'FIN ACK', 'server'), later(2.1, 'FIN ACK')], 2],
    ['is spoken to later', [...SOUND, later(20, 'RST')], 1],
  ])('that %s, and leaves while others go on', async (_what, lines, deferred) => {
    const others = [100, 200, 300].map((at) => later(at, 'PSH ACK 10', at === 200 ? 'server' : 'client'));
    const bytes = captureOf(
      'client',
      scenario(hosts('10.0.0.1:1'), lines),
      scenario(hosts('10.0.0.3:1'), [
        ...OPENED,
        ...[50, ...others.map(([at]) => at as number)].map((at) => later(at, 'PSH ACK 10')),
      ]),
      scenario(
        hosts('10.0.0.4:1'),
        SOUND.map((line, i) => (i === 0 ? later(90, 'SYN') : line)),
      ),
    );
    expect(await expectSame(file.write(bytes))).toBe(deferred);
  });

  it('beside others that come and go, its memory used again and again', async () => {
    const many = Array.from({ length: 40 }, (_, i) => {
      const data = Array.from({ length: i }, (_, k) => later(1 + i + k / 10, 'PSH ACK 100'));
      const lines = [...HANDSHAKE, ...EXCHANGE, ...data, ...(i % 3 === 0 ? [later(9 + i, 'RST ACK')] : [])];
      return scenario(hosts(`10.0.0.1:${1000 + i}`), lines);
    });
    const next = many.map((_, i) =>
      scenario(hosts(`10.0.0.3:${1000 + i}`), [later(300 + i, 'SYN'), ...SOUND.slice(1)]),
    );
    expect(await expectSame(file.write(captureOf('client', ...many, ...next)))).toBeGreaterThan(30);
  });

  it.each([
    ['data', [later(1.8, 'PSH ACK 100', 'server')]],
    ['a FIN', [later(1.8, 'FIN ACK', 'server')]],
  ] as const)('whose server shows by %s that it accepts again', async (_what, sign) => {
    const beside = [...HANDSHAKE.map((line, i) => (i === 0 ? later(0.5, 'SYN') : line)), ...sign];
    const capture = captureOf(
      'server',
      scenario(hosts('10.0.0.1:1'), STUCK),
      scenario(hosts('10.0.0.1:2'), beside),
      scenario(hosts('10.0.0.1:3', '10.0.0.2:81'), beside),
    );
    expect(await expectSame(file.write(capture))).toBe(2);
  });

  it('whose server shows by what it says to others, and when, that it accepts again', async () => {
    const others = [
      // The client is the first to speak, and the server answers twice.
      [later(2, 'PSH ACK 100'), ['+1ms', 'server', 'PSH ACK 10'], ['+1ms', 'server', 'PSH ACK 10']],
      // It acknowledges before it answers.
      [later(2.1, 'PSH ACK 100'), ['+1ms', 'server', 'ACK'], ['+1ms', 'server', 'PSH ACK 10']],
      [later(2.2, 'FIN ACK'), ['+1ms', 'server', 'ACK'], ['+9ms', 'server', 'FIN ACK'], ['+1ms', 'client', 'ACK']],
      [later(2.3, 'PSH ACK 10', 'server'), ['+1ms', 'client', 'ACK']],
    ] as const satisfies readonly (readonly Line[])[];
    const beside = others.map((lines, i) =>
      scenario(hosts(`10.0.0.1:${2 + i}`), [
        ...HANDSHAKE.map((line, at) => (at === 0 ? later(0.5 + i / 10, 'SYN') : line)),
        ...lines,
      ]),
    );
    const capture = captureOf('server', scenario(hosts('10.0.0.1:1'), STUCK), ...beside);
    expect(await expectSame(file.write(capture))).toBe(others.length);
  });

  it('where there is room for few at a time', async () => {
    const many = Array.from({ length: 30 }, (_, i) => {
      const [, ...rest] = i % 2 === 0 ? OPENED : SOUND;
      return scenario(hosts(`10.0.0.1:${1000 + i}`), [later(i, 'SYN'), ...rest]);
    });
    const bytes = captureOf('client', ...many);
    expect(await expectSame(file.write(bytes), 8)).toBeLessThan(30);
    expect(await expectSame(file.write(bytes), 30)).toBe(30);
  });

  it('that sends more at once than an IP packet holds, as a network card takes it', () => {
    const ends = [true, false].map((defers) => {
      frame = 0;
      const histories: History[] = [];
      const tracker = trackerOf(defers, (flow) => {
        tracker.recall(flow);
        histories.push(readHistory(tracker, flow));
      });
      soundFlow(tracker, 40_000, 0, 4, 100_000);
      for (const _ of tracker.end());
      tracker.close();
      return histories;
    });
    expect(ends[0]).toEqual(ends[1]);
    expect(ends[0][0].bytes).toEqual({ client: 400_000, server: 0 });
  });

  it('that begins with a SYN whose acknowledgement is no 0, seen twice', () => {
    const copies = [true, false].map((defers) => {
      const tracker = trackerOf(defers, () => {});
      const syn = Object.assign(new Segment(), { source3: 1, destination3: 2, sourcePort: 3, destinationPort: 4 });
      Object.assign(syn, { frame: 1, seq: 9, ack: 77, flags: SYN, window: 500, ipId: 5 });
      tracker.segment(syn);
      tracker.segment(Object.assign(syn, { frame: 2, time: 1000 }));
      const [flow] = tracker.table.records();
      return tracker.table.i32[flow * STRIDE + I.copies];
    });
    expect(copies).toEqual([1, 1]);
  });

  it('that stays while thousands of others come and go', () => {
    const ends = [true, false].map((defers) => {
      frame = 0;
      const told: (readonly [boolean, History])[] = [];
      const tracker = trackerOf(defers, (flow) => {
        const isDeferred = tracker.table.i32[flow * STRIDE + I.logCount] < 0;
        if ((tracker.table.i32[flow * STRIDE + I.ports] & 0xffff) === 80) return;
        tracker.recall(flow);
        told.push([isDeferred, readHistory(tracker, flow)]);
      });
      const staying = Array.from({ length: 20 }, (_, i) => new SoundFlow(tracker, 60_000 + i, 0, 443));
      for (const flow of staying) flow.open();
      // So many that their memory is used again, and again.
      for (let i = 0; i < 16_000; i++) {
        if (i % 1600 === 0) for (const flow of staying.slice(0, 10)) flow.exchange(1, 10 + (i % 7));
        soundFlow(tracker, 20_000 + i, i * MILLISECOND, 1, 100);
      }
      for (const [i, flow] of staying.entries()) {
        if (i % 2 === 0) flow.reset();
        else flow.close();
      }
      for (const _ of tracker.end());
      tracker.close();
      return told;
    });
    const [deferred, followed] = ends.map((told) => told.map(([, history]) => history));
    expect(deferred).toEqual(followed);
    expect(ends[0].filter(([isDeferred]) => isDeferred)).toHaveLength(10);
    expect(deferred).toHaveLength(20);
  });

  it('leaves no memory behind', () => {
    let ended = 0;
    const tracker = trackerOf(true, () => ended++);
    const flows = 8000;
    const bytes = (): number => process.memoryUsage().arrayBuffers + (tracker.memory?.buffer.byteLength ?? 0);
    const grown = (from: number): number => {
      const before = bytes();
      for (let i = from; i < from + flows; i++) soundFlow(tracker, 20_000 + (i % 40_000), i * SECOND, 6, 100);
      return bytes() - before;
    };
    grown(0);
    let sum = 0;
    for (let i = 1; i < 4; i++) sum += grown(i * flows);
    expect(sum).toBeLessThan(flows * 160);
    for (const _ of tracker.end());
    tracker.close();
    expect([ended, tracker.table.size]).toEqual([4 * flows, 0]);
  });
});

it('flows that are over by the same time are told a few at a time, where whoever takes them holds no more', () => {
  let [held, told] = [0, 0];
  const tracker = new Tracker({
    detail: 0,
    defers: { handshake: SECOND, closeWait: SECOND, silence: 60 * SECOND },
    linger: 70 * SECOND,
    maxFlows: 1000,
    onDeferredEnd: () => {
      held++;
      told++;
      return true;
    },
    holdsEnough: () => held === 5,
    onEnd: () => {},
    onGiveUp: () => {},
  });
  for (let port = 1; port <= 22; port++) soundFlow(tracker, port, 0, 1, 100);
  const later = 7200 * SECOND;
  const turns: number[] = [];
  while (tracker.isDue(later)) {
    tracker.endDone(later);
    turns.push(held);
    held = 0;
  }
  expect(turns).toEqual([5, 5, 5, 5, 2]);
  expect(told).toBe(22);
});

function trackerOf(defers: boolean, onEnd: (flow: number) => void): Tracker {
  return new Tracker({
    detail: 0,
    ...(defers && { defers: { handshake: SECOND, closeWait: SECOND, silence: 60 * SECOND } }),
    linger: 70 * SECOND,
    maxFlows: 1000,
    onEnd,
    onGiveUp: () => {},
  });
}

let frame = 0;

/** A connection that opens, sends so many segments of so many bytes, and closes. */
function soundFlow(tracker: Tracker, port: number, at: number, count: number, length: number): void {
  const flow = new SoundFlow(tracker, port, at);
  flow.open();
  flow.exchange(count, length);
  flow.close();
}

class SoundFlow {
  readonly #segment = new Segment();
  readonly #next = { client: 1000, server: 5000 };

  constructor(
    readonly tracker: Tracker,
    readonly clientPort: number,
    readonly at: number,
    readonly serverPort = 80,
  ) {}

  open(): void {
    this.#send('client', SYN);
    this.#send('server', SYN | ACK);
    this.#send('client', ACK);
  }

  exchange(count: number, length: number): void {
    for (let i = 0; i < count; i++) {
      this.#send('client', ACK, length);
      this.#send('server', ACK);
    }
  }

  /** Data that nobody acknowledges. */
  send(count: number, length: number): void {
    for (let i = 0; i < count; i++) this.#send('client', ACK, length);
  }

  close(): void {
    this.#send('client', FIN | ACK);
    this.#send('server', FIN | ACK);
    this.#send('client', ACK);
  }

  reset(): void {
    this.#send('server', RST | ACK);
  }

  #send(from: Side, flags: number, bytes = 0): void {
    const next = this.#next;
    const [client, server] = [0x0a000001, 0x0a000002];
    Object.assign(this.#segment, {
      frame: ++frame,
      time: this.at + frame,
      source3: from === 'client' ? client : server,
      destination3: from === 'client' ? server : client,
      sourcePort: from === 'client' ? this.clientPort : this.serverPort,
      destinationPort: from === 'client' ? this.serverPort : this.clientPort,
      seq: next[from],
      ack: (flags & ACK) === 0 ? 0 : next[from === 'client' ? 'server' : 'client'],
      flags,
      window: 500,
      length: bytes,
    });
    next[from] = (next[from] + bytes + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) | 0;
    this.tracker.segment(this.#segment);
  }
}
