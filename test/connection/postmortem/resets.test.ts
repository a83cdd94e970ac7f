import { describe, expect, it } from 'vitest';
import type { Flow } from '../../../src/index.js';
import {
  captureOf,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  type Line,
  moment,
  pathOf,
  read,
  type Setting,
  scenario,
  type Tap,
} from '../../support/scenario.js';

const TAPS: readonly Tap[] = ['client', 'middle', 'server'];
/** After it the server's next number is 401, and the client's 121. */
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const CLIENT = 'CLOSED SYN_SENT ESTABLISHED';

const rstOf = (flow: Flow): Flow['segments'][number] => {
  const rst = flow.segments.find((s) => (s.flags & 4) !== 0);
  if (rst === undefined) throw new Error('no RST in this flow');
  return rst;
};

describe.each(TAPS)('which RST is exact (RFC 9293, 3.10.7; RFC 5961, 3.2), from the tap %s', (tap) => {
  const taken = async (lines: readonly Line[], setting: Setting = {}): Promise<boolean> => {
    const flow = await flowOf(scenario({ until: 5, ...setting }, lines), tap);
    expect(rstOf(flow).fate).toBe(flow.clientState === 'CLOSED' ? 'presumed' : 'ignored');
    return flow.clientState === 'CLOSED';
  };

  it.each([
    [401, true],
    [400, false],
    [402, false],
    [1, false],
    [60_000, false],
  ])('after 400 bytes and their ACK, one at %d: %s', async (seq, expected) => {
    expect(await taken([...OPENED, [1, 'server', 'RST', { seq }]])).toBe(expected);
  });

  it.each([
    // The data may have been lost, or have arrived.
    [401, true],
    [501, true],
    [400, false],
    [502, false],
  ])('after 100 bytes more, not acknowledged, one at %d: %s', async (seq, expected) => {
    const lines: readonly Line[] = [
      ...OPENED,
      [1, 'server', 'PSH ACK 100', { ignored: true }],
      [1.01, 'server', 'RST', { seq }],
    ];
    expect(await taken(lines)).toBe(expected);
  });

  it.each([
    // Linux takes one below the FIN that it has received, too (tcp_reset_check).
    [402, true],
    [401, true],
    [400, false],
    [403, false],
  ])('after a FIN and its ACK, one at %d: %s', async (seq, expected) => {
    const lines: readonly Line[] = [
      ...OPENED,
      [1, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
      [2, 'server', 'RST', { seq }],
    ];
    expect(await taken(lines)).toBe(expected);
  });

  it.each([
    ['RST ACK refused', {}, true],
    ['RST ACK refused', { ack: 0 }, false],
    // A RST in SYN_SENT without an acknowledgement is dropped (3.10.7.3, second).
    ['RST', { seq: 0 }, false],
  ] as const)('to a SYN, %s %j: %s', async (what, details, expected) => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      ['+30us', 'server', what, details],
    ];
    expect(await taken(lines, { until: 0.5 })).toBe(expected);
  });

  it('a bare one in answer to an end that was connected before the capture began', async () => {
    const lines: readonly Line[] = [
      ...OPENED.map((line): Line => [line[0], line[1], line[2], { ...line[3], unseen: true }] as Line),
      [0.1, 'client', 'PSH ACK 120', { seq: 121 }],
      ['+30us', 'server', 'RST'],
    ];
    expect(await taken(lines, { until: 1 })).toBe(true);
  });

  it('a bare one in answer to an end whose SYN+ACK the capture missed', async () => {
    const lines: readonly Line[] = [
      [0, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', { unseen: true }],
      ['+30us', 'client', 'ACK'],
      [60, 'client', 'PSH ACK 120'],
      ['+30us', 'server', 'RST'],
    ];
    expect(await taken(lines, { until: 61 })).toBe(true);
  });

  it('where old data was repeated behind what is new', async () => {
    const lines: readonly Line[] = [
      ...OPENED,
      [1, 'server', 'PSH ACK 100', { ignored: true }],
      [1.2, 'server', 'PSH ACK 400', { seq: 1, ignored: true }],
      [1.21, 'server', 'RST', { seq: 501 }],
    ];
    expect(await taken(lines)).toBe(true);
  });

  it('one before anything else to that end', async () => {
    const lines: readonly Line[] = [
      ...OPENED.map((line): Line => [line[0], line[1], line[2], { ...line[3], unseen: true }] as Line),
      [0.1, 'client', 'PSH ACK 120', { seq: 121 }],
      ['+30us', 'server', 'RST ACK'],
    ];
    const flow = await flowOf(scenario({ until: 1 }, lines), tap);
    expect(flow.clientState).toBe('CLOSED');
    expect(flow.serverState).toBe('CLOSED');
  });
});

describe.each(TAPS)('a RST after which its receiver goes on, from the tap %s', (tap) => {
  it('and answers it at once, came and was ignored', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [5, 'server', 'RST', { seq: 1401 }],
        ['+30us', 'client', 'ACK'],
        [6, 'client', 'PSH ACK 100'],
      ]),
      tap,
    );
    expect(flow.clientState).toBe('ESTABLISHED');
    expect(rstOf(flow).fate).toBe('ignored');
  });

  it('much later, may never have come', async () => {
    const flow = await flowOf(
      scenario({}, [...OPENED, [5, 'server', 'RST', { seq: 401 }], [6, 'client', 'PSH ACK 100']]),
      tap,
    );
    expect(flow.clientState).toBe('ESTABLISHED');
    expect(rstOf(flow).fate).toBe('unheeded');
  });

  it('but not for longer than what was on its way, was taken', async () => {
    const flow = await flowOf(
      scenario({}, [...OPENED, [5, 'server', 'RST ACK'], [5.009, 'client', 'PSH ACK 100']]),
      tap,
    );
    expect(pathOf(flow, 'client')).toBe(`${CLIENT} CLOSED`);
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(5.01, 2);
  });

  it('with RST, since it has nothing of the connection left, is proved to have gone', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [5, 'server', 'RST', { seq: 401 }],
        [6, 'server', 'PSH ACK 100'],
        ['+30us', 'client', 'RST'],
      ]),
      tap,
    );
    const gone = flow.timeline.find((t) => t.endpoint === 'client' && t.to === 'CLOSED');
    const proof = flow.segments.findLast((s) => (s.flags & 4) !== 0 && s.from === 'client');
    expect(gone?.confirmedBy).toBe(proof?.frame);
    expect(gone?.latest).toBe(proof?.time);
    expect(gone?.frame).toBe(rstOf(flow).frame);
    expect(gone?.earliest).toBe(rstOf(flow).time);
    expect(gone?.revoked).toEqual([]);
  });
});

describe.each(TAPS)('a RST is judged by what came before it, from the tap %s', (tap) => {
  it('whatever its supposed sender goes on to send', async () => {
    // Forged in the other end's name: inside the window, but not exact; what the other end sends later does not make it so.
    const inWindow = await flowOf(
      scenario({ until: 5.1 }, [
        ...OPENED,
        [5, 'server', 'RST', { seq: 451 }],
        [5.05, 'server', 'PSH ACK 100', { ignored: true }],
      ]),
      tap,
    );
    expect(inWindow.clientState).toBe('ESTABLISHED');
    expect(rstOf(inWindow).fate).toBe('ignored');
    // Exact: its receiver is gone, and what the other end then repeats in vain says nothing of the path before.
    const exact = await flowOf(
      scenario({ until: 6.8 }, [
        ...OPENED,
        [5, 'server', 'RST', { seq: 401 }],
        ...[5.05, 5.27, 5.71, 6.6].map((time): Line => [time, 'server', 'PSH ACK 100', { seq: 401, ignored: true }]),
      ]),
      tap,
    );
    expect(pathOf(exact, 'client')).toBe(`${CLIENT} CLOSED`);
    expect(moment(exact, 'client', 'CLOSED').at).toBeCloseTo(5.01, 2);
  });
});

describe('what swallowed two repetitions has swallowed the RST after them', () => {
  const lost = { lost: true } as const;
  const data = (time: number, seq = 121): Line => [time, 'client', 'PSH ACK 300', { ...lost, seq }];
  const rst: Line = [9, 'client', 'RST ACK', lost];
  const probe = (time: number, what: 'ACK' | 'ACK 1' = 'ACK'): Line => [time, 'client', what, { ...lost, seq: 120 }];

  it.each<[what: string, lines: readonly Line[], server: string]>([
    ['two repetitions', [data(5), data(5.2), data(5.6), rst], 'ESTABLISHED'],
    ['one repetition', [data(5), data(5.2), rst], 'CLOSED'],
    ['new data only', [data(5), data(5.001, 421), data(5.002, 721), rst], 'CLOSED'],
    [
      'two repetitions, and what the other end has sent of itself',
      [data(5), data(5.2), data(5.6), rst, [9.005, 'server', 'PSH ACK 10']],
      'ESTABLISHED',
    ],
    [
      'new bytes, one at a time',
      [
        [5, 'client', 'PSH ACK 1', lost],
        [5.001, 'client', 'PSH ACK 1', lost],
        [5.002, 'client', 'PSH ACK 1', lost],
        [5.1, 'client', 'RST ACK', lost],
      ],
      'CLOSED',
    ],
    ['two keep-alives', [probe(65), probe(75), [80, 'client', 'RST ACK', lost]], 'ESTABLISHED'],
    [
      'two keep-alives with a byte',
      [probe(65, 'ACK 1'), probe(75, 'ACK 1'), [80, 'client', 'RST ACK', lost]],
      'ESTABLISHED',
    ],
    ['one keep-alive', [probe(65), [80, 'client', 'RST ACK', lost]], 'CLOSED'],
    [
      'keep-alives, the last one answered',
      [
        probe(65),
        probe(75),
        [85, 'client', 'ACK', { seq: 120 }],
        ['+30us', 'server', 'ACK'],
        [90, 'client', 'RST ACK'],
      ],
      'CLOSED',
    ],
  ])('%s', async (_, lines, server) => {
    const flow = await flowOf(scenario({}, [...OPENED, ...lines]), 'client');
    expect(flow.clientState).toBe('CLOSED');
    expect(flow.serverState).toBe(server);
    expect(rstOf(flow).fate).toBe(server === 'CLOSED' ? 'presumed' : 'unheeded');
  });
});

it('an acknowledgement that was overtaken does not move back what its sender expects', async () => {
  const flow = await flowOf(
    scenario({ until: 5 }, [
      ...OPENED,
      [1, 'server', 'PSH ACK 100'],
      [1.005, 'client', 'ACK', { ack: 401, delayed: '20ms' }],
      [1.01003, 'client', 'ACK'],
      [2, 'server', 'RST', { seq: 401 }],
    ]),
    'server',
  );
  expect(flow.clientState).toBe('ESTABLISHED');
  expect(rstOf(flow).fate).toBe('ignored');
});

it('where nothing of its receiver was captured, a RST behind what was sent is none that it takes', async () => {
  const lines = OPENED.map(
    ([when, from, what]): Line => [when, from, what, from === 'client' ? { unseen: true } : {}] as Line,
  );
  const flow = await flowOf(scenario({ until: 5 }, [...lines, [2, 'server', 'RST', { seq: 100 }]]), 'server');
  expect(flow.clientState).toBe('ESTABLISHED');
  expect(rstOf(flow).fate).toBe('ignored');
});

describe.each(TAPS)('a bare RST answers a segment, which has arrived, from the tap %s', (tap) => {
  it('the one whose acknowledgement is its number', async () => {
    const flow = await flowOf(
      scenario({}, [...OPENED, [300, 'client', 'PSH ACK 120'], ['+30us', 'server', 'RST']]),
      tap,
    );
    const [data] = flow.segments.slice(-2);
    expect(data.length).toBe(120);
    expect(data.fate).toBe('delivered');
  });

  it('not the one that was still on its way', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [300, 'client', 'PSH ACK 120'],
        // Sent 1 ms before the RST comes back.
        [300.019, 'client', 'PSH ACK 120', { ignored: true }],
        [300.01003, 'server', 'RST'],
      ]),
      tap,
    );
    const fates = flow.segments.filter((s) => s.time / 1e9 > 299 && s.length > 0).map((s) => s.fate);
    expect(fates).toEqual(['delivered', 'presumed']);
  });

  it('a RST that acknowledges was sent by a socket, and answers nothing', async () => {
    const flow = await flowOf(
      scenario({}, [...OPENED, [300, 'client', 'PSH ACK 120', { ignored: true }], [301, 'server', 'RST ACK']]),
      tap,
    );
    expect(flow.segments.find((s) => s.time / 1e9 > 299)?.fate).toBe('presumed');
  });

  it('one with another number answers nothing that was seen', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [300, 'client', 'PSH ACK 120', { ignored: true }],
        [301, 'server', 'RST', { seq: 300 }],
      ]),
      tap,
    );
    expect(flow.segments.find((s) => s.time / 1e9 > 299)?.fate).toBe('presumed');
  });
});

describe('a RST that its supposed sender outlives', () => {
  const goesOn: readonly Line[] = [
    [6, 'server', 'PSH ACK 100'],
    ['+30us', 'client', 'RST'],
  ];
  it.each<[what: string, setting: Setting, rst: Line]>([
    ['with timestamps', {}, [5, 'server', 'RST ACK']],
    ['bare', {}, [5, 'server', 'RST', { seq: 401 }]],
    ['without timestamps', { without: ['timestamps'] }, [5, 'server', 'RST', { seq: 401 }]],
  ])('was sent by another: %s', async (_, setting, rst) => {
    const flow = await flowOf(scenario(setting, [...OPENED, rst, ...goesOn]), 'client');
    expect(flow.findings.map((f) => f.kind)).toContain('injected-reset-suspected');
    expect(moment(flow, 'server', 'CLOSED').at).toBeGreaterThan(6);
  });

  it('but not where what follows is older by its own clock', async () => {
    for (const rst of ['RST ACK', 'RST'] as const) {
      const flow = await flowOf(
        scenario({}, [
          ...OPENED,
          [5, 'server', 'PSH ACK 50'],
          ['+5us', 'server', rst, rst === 'RST' ? { seq: 451 } : {}],
          // Overtaken: sent before the RST, by its TSval.
          ['+1ms', 'server', 'PSH ACK 100', { tsVal: 5000 }],
        ]),
        'client',
      );
      expect(moment(flow, 'server', 'CLOSED').at).toBeCloseTo(5, 2);
      expect(flow.findings.map((f) => f.kind)).not.toContain('injected-reset-suspected');
    }
  });
});

it('a new connection on the same ports is no sign of life of the old one', async () => {
  const [old] = await read(
    captureOf(
      'client',
      scenario({}, [
        ...OPENED,
        [5, 'client', 'RST ACK'],
        [7, 'client', 'SYN', { isn: 700_000_000 }],
        ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000 }],
        ['+30us', 'client', 'ACK'],
      ]),
    ),
  );
  expect(moment(old, 'client', 'CLOSED').at).toBeCloseTo(5, 3);
  expect(old.findings.map((f) => f.kind)).not.toContain('injected-reset-suspected');
});
