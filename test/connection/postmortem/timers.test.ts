import { describe, expect, it } from 'vitest';
import type { Flow, Options, Side, TcpState, Transition } from '../../../src/index.js';
import {
  captureOf,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  type Line,
  pathOf,
  read,
  type Setting,
  scenario,
  type Tap,
} from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const lost = { lost: true } as const;

const inSeconds = (time: number | null): number => (time === null ? Number.NaN : time / 1e9);

/** How a state ended. */
function endOf(flow: Flow, side: Side, state: TcpState): Transition {
  const end = flow.timeline.find((t) => t.endpoint === side && t.from === state);
  if (end === undefined) throw new Error(`the ${side} stays in ${state}: ${pathOf(flow, side)}`);
  return end;
}

interface Expiry {
  readonly what: string;
  readonly lines: readonly Line[];
  readonly setting?: Setting;
  readonly options?: Options;
  readonly tap?: Tap;
  readonly side: Side;
  readonly state: TcpState;
  /** The soonest and the latest that the host may have ended it. Timers run late, by up to an eighth, and never early. */
  readonly soonest: number;
  /** Null where nothing proved that the state had begun. */
  readonly latest: number | null;
  /** When its timer runs out if it is not late at all; an application may end its connection before. */
  readonly due: number;
  /** Number of the frame that started the timer. */
  readonly frame: number;
  readonly reason: string;
  /** Nothing tells how far from the tap it is. */
  readonly anywhere?: true;
}

const EXPIRIES: readonly Expiry[] = [
  {
    // Documentation/networking/ip-sysctl.rst: 1, 3, 7, 15, 31, 63 s, and the end at 127 s.
    what: 'SYNs that double their interval',
    lines: [0, 1.02, 3.05, 7.14].map((time): Line => [time, 'client', 'SYN', lost]),
    options: { sysctl: { client: 'net.ipv4.tcp_syn_linear_timeouts = 0\nnet.ipv4.tcp_syn_retries = 3' } },
    side: 'client',
    state: 'SYN_SENT',
    soonest: 7.15,
    due: 15.14,
    latest: 16.14,
    frame: 4,
    reason: 'no answer to its SYNs: it had sent 4, and the next never came',
    anywhere: true,
  },
  {
    // The application's own timeout: after the third SYN, each of which comes a second after the one before since Linux 6.5.
    what: 'SYNs at a linear interval',
    lines: [0, 1.02, 2.05].map((time): Line => [time, 'client', 'SYN', lost]),
    side: 'client',
    state: 'SYN_SENT',
    soonest: 2.06,
    due: 3.05,
    latest: 3.17,
    frame: 3,
    reason: 'no answer to its SYNs: it had sent 3, and the next never came',
    anywhere: true,
  },
  {
    // tcp_retransmit_timer doubles from the fifth timeout on: four linear ones let five SYNs pass, and the sixth is due after a second.
    what: 'the last SYN at a linear interval',
    lines: [0, 1, 2, 3, 4].map((time): Line => [time, 'client', 'SYN', lost]),
    side: 'client',
    state: 'SYN_SENT',
    soonest: 4.01,
    due: 5,
    latest: 5.13,
    frame: 5,
    reason: 'no answer to its SYNs: it had sent 5, and the next never came',
    anywhere: true,
  },
  {
    // tcp_retransmit_timer: the fifth timeout set the timer to two seconds.
    what: 'the first SYN behind the linear ones',
    lines: [0, 1, 2, 3, 4, 5].map((time): Line => [time, 'client', 'SYN', lost]),
    side: 'client',
    state: 'SYN_SENT',
    soonest: 5.01,
    due: 7,
    latest: 7.26,
    frame: 6,
    reason: 'no answer to its SYNs: it had sent 6, and the next never came',
    anywhere: true,
  },
  {
    what: 'SYNs of a host without linear timeouts',
    lines: [0, 1.02].map((time): Line => [time, 'client', 'SYN', lost]),
    options: { sysctl: { client: 'net.ipv4.tcp_syn_linear_timeouts = 0' } },
    side: 'client',
    state: 'SYN_SENT',
    soonest: 1.03,
    due: 3.02,
    latest: 3.27,
    frame: 2,
    reason: 'no answer to its SYNs: it had sent 2, and the next never came',
    anywhere: true,
  },
  {
    // Windows waits three seconds, then twice as long.
    what: 'SYNs three seconds apart are not linear',
    lines: [0, 3, 9].map((time): Line => [time, 'client', 'SYN', lost]),
    side: 'client',
    state: 'SYN_SENT',
    soonest: 9.01,
    due: 21,
    latest: 22.5,
    frame: 3,
    reason: 'no answer to its SYNs: it had sent 3, and the next never came',
    anywhere: true,
  },
  {
    // reqsk_timer_handler: measured at 63.9 to 64.5 s.
    what: 'SYN+ACKs',
    lines: [
      [0, 'client', 'SYN'],
      ...[0.01003, 1.03, 3.05, 7.11, 15.31, 31.41].map((time): Line => [time, 'server', 'SYN ACK', lost]),
    ],
    tap: 'server',
    side: 'server',
    state: 'SYN_RECV',
    soonest: 63.9,
    due: 63.41,
    latest: 67.4,
    frame: 7,
    reason: 'no acknowledgement of its SYN+ACKs was taken: it had sent 6, and the next never came',
  },
  {
    // tcp_synack_retries = 0.
    what: 'a SYN+ACK alone',
    lines: [
      [0, 'client', 'SYN'],
      [0.01003, 'server', 'SYN ACK', lost],
    ],
    tap: 'server',
    side: 'server',
    state: 'SYN_RECV',
    soonest: 1.02,
    due: 1.01,
    latest: 1.13,
    frame: 2,
    reason: 'no acknowledgement of its SYN+ACKs was taken: it had sent one, and the next never came',
  },
  {
    // tcp_check_req: an extra SYN+ACK that a repeated SYN drew is none of the timer's, and sets it anew to what it was.
    what: 'SYN+ACKs with an echo at the end',
    lines: [
      [0, 'client', 'SYN'],
      ...[0.01003, 1.03, 3.05, 7.1].map((time): Line => [time, 'server', 'SYN ACK', lost]),
      [7.2, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', lost],
    ],
    tap: 'server',
    side: 'server',
    state: 'SYN_RECV',
    soonest: 15.22,
    due: 15.21,
    latest: 16.22,
    frame: 7,
    reason: 'no acknowledgement of its SYN+ACKs was taken: it had sent 5, and the next never came',
  },
  {
    // The client's SYNs at 0, 1, 3, 7, 15, 31 and 63 s: the last one comes just before the request would have been dropped.
    what: 'SYN+ACKs, where a late SYN gives the request as long again',
    lines: [
      [0, 'client', 'SYN'],
      ...[0.01003, 1.03, 3.05, 7.1, 15.2, 31.3].map((time): Line => [time, 'server', 'SYN ACK', lost]),
      [63, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', lost],
    ],
    tap: 'server',
    side: 'server',
    state: 'SYN_RECV',
    soonest: 95.02,
    due: 95.01,
    latest: 99.02,
    frame: 9,
    reason: 'no acknowledgement of its SYN+ACKs was taken: it had sent 7, and the next never came',
  },
  {
    // reqsk_timer_handler doubles what the echo at 2.01 s had set anew: 2 s, then 4 s.
    what: 'SYN+ACKs with an echo between them',
    lines: [
      [0, 'client', 'SYN'],
      ...[0.01003, 1.03].map((time): Line => [time, 'server', 'SYN ACK', lost]),
      [2, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', lost],
      [4.04, 'server', 'SYN ACK', lost],
    ],
    tap: 'server',
    side: 'server',
    state: 'SYN_RECV',
    soonest: 8.05,
    due: 8.04,
    latest: 8.55,
    frame: 6,
    reason: 'no acknowledgement of its SYN+ACKs was taken: it had sent 4, and the next never came',
  },
  {
    what: 'SYN+ACKs of which only an echo was repeated',
    lines: [
      [0, 'client', 'SYN'],
      [0.01003, 'server', 'SYN ACK', lost],
      [0.8, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK', lost],
    ],
    tap: 'server',
    side: 'server',
    state: 'SYN_RECV',
    soonest: 1.82,
    due: 1.81,
    latest: 1.94,
    frame: 4,
    reason: 'no acknowledgement of its SYN+ACKs was taken: it had sent 2, and the next never came',
  },
  {
    what: 'SYN+ACKs, where the first SYN was lost and the second answered',
    lines: [
      [0, 'client', 'SYN', { lost: true }],
      [1.02, 'client', 'SYN'],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { ignored: true }],
      [2.031, 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK', { ignored: true }],
    ],
    options: { sysctl: { server: 'net.ipv4.tcp_synack_retries = 1' } },
    tap: 'middle',
    side: 'server',
    state: 'SYN_RECV',
    soonest: 4.05,
    due: 4.031,
    latest: 4.28,
    frame: 5,
    reason: 'no acknowledgement of its SYN+ACKs was taken: it had sent 2, and the next never came',
  },
  {
    what: 'FINs in FIN_WAIT1',
    lines: [...OPENED, ...[0.1, 0.3, 0.7, 1.5].map((time): Line => [time, 'client', 'FIN ACK', lost])],
    side: 'client',
    state: 'FIN_WAIT1',
    soonest: 1.501,
    due: 3.1,
    latest: 3.3,
    frame: 11,
    reason: 'its FIN was never acknowledged: it had sent 4, and the next never came',
  },
  {
    what: 'FINs in LAST_ACK',
    lines: [
      ...OPENED,
      [0.1, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
      ...[0.2, 0.4, 0.8, 1.6].map((time): Line => [time, 'server', 'FIN ACK', lost]),
    ],
    tap: 'server',
    side: 'server',
    state: 'LAST_ACK',
    soonest: 1.601,
    due: 3.2,
    latest: 3.4,
    frame: 13,
    reason: 'its FIN was never acknowledged: it had sent 4, and the next never came',
  },
  {
    what: 'FINs in CLOSING',
    lines: [
      ...OPENED,
      [0.1, 'client', 'FIN ACK', lost],
      [0.1, 'server', 'FIN ACK'],
      // Numbers beyond the FIN that the server has not got.
      ['+30us', 'client', 'ACK'],
      ...[0.3, 0.7, 1.5].map((time): Line => [time, 'client', 'FIN ACK', lost]),
    ],
    side: 'client',
    state: 'CLOSING',
    soonest: 1.501,
    due: 3.1,
    latest: 3.3,
    frame: 13,
    reason: 'its FIN was never acknowledged: it had sent 4, and the next never came',
  },
  {
    // tcp_time_wait(sk, TCP_FIN_WAIT2, tcp_fin_timeout), which begins when the ACK of the FIN comes.
    what: 'an orphan in FIN_WAIT2',
    lines: [
      ...OPENED,
      [0.1, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
      [100, 'server', 'PSH ACK 10'],
      ['+30us', 'client', 'RST'],
    ],
    side: 'client',
    state: 'FIN_WAIT2',
    soonest: 60.1201,
    due: 60.12,
    latest: null,
    frame: 9,
    reason: 'FIN_WAIT2 timed out (60 s)',
  },
  {
    what: 'TIME_WAIT',
    lines: [...OPENED, [0.1, 'client', 'FIN ACK'], [0.2, 'server', 'FIN ACK'], ['+30us', 'client', 'ACK']],
    setting: { until: 200 },
    side: 'client',
    state: 'TIME_WAIT',
    soonest: 60.211,
    due: 60.21,
    latest: 67.7,
    frame: 9,
    reason: '2 MSL are over (60 s)',
  },
  {
    // The FIN had come long before, in FIN_WAIT1.
    what: 'TIME_WAIT after CLOSING',
    lines: [
      ...OPENED,
      [0.1, 'client', 'FIN ACK', lost],
      [0.1, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
      ...[0.3, 0.7, 1.5].map((time): Line => [time, 'client', 'FIN ACK', lost]),
      [3.1, 'client', 'FIN ACK'],
      ['+30us', 'server', 'ACK'],
    ],
    setting: { until: 200 },
    side: 'client',
    state: 'TIME_WAIT',
    soonest: 63.1201,
    due: 63.12,
    latest: null,
    frame: 15,
    reason: '2 MSL are over (60 s)',
  },
  {
    what: 'TIME_WAIT that a repeated FIN started anew',
    lines: [
      ...OPENED,
      [0.1, 'client', 'FIN ACK'],
      [0.2, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK', lost],
      [20, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
    ],
    setting: { until: 200 },
    side: 'client',
    state: 'TIME_WAIT',
    soonest: 80.011,
    due: 80.01,
    latest: 87.5,
    frame: 11,
    reason: '2 MSL are over (60 s)',
  },
];

/** How much wider the bounds may be than what is known of timers. */
const SLACK = 0.6;
/** The longest round trip that is allowed for where nothing tells it. */
const ANYWHERE = 3;

describe('a state that a timer ends', () => {
  it.each(EXPIRIES)('$what', async (expiry) => {
    const { lines, setting = { until: 150 }, options = {}, tap = 'client', side, state } = expiry;
    const flow = await flowOf(scenario(setting, lines), tap, options);
    const end = endOf(flow, side, state);
    expect(end.to).toBe('CLOSED');
    expect(end.basis).toBe('timer');
    expect(end.reason).toBe(expiry.reason);
    expect(end.frame).toBe(expiry.frame);
    const { soonest, due, latest, anywhere } = expiry;
    expect(inSeconds(end.earliest)).toBeLessThanOrEqual(soonest);
    expect(inSeconds(end.earliest)).toBeGreaterThanOrEqual(soonest - SLACK - (anywhere ? ANYWHERE : 0));
    if (latest === null) {
      expect(end.latest).toBeNull();
    } else {
      expect(inSeconds(end.latest)).toBeGreaterThanOrEqual(latest);
      expect(inSeconds(end.latest)).toBeLessThanOrEqual(latest + SLACK);
    }
    expect(inSeconds(end.at)).toBeGreaterThanOrEqual(due);
    expect(inSeconds(end.at)).toBeLessThanOrEqual(due + (latest === null ? 3 : (latest - due) / 2));
    expect(end.confirmedBy).toBeNull();
    expect(end.revoked).toEqual([]);
  });
});

describe('a single SYN', () => {
  const alone = scenario({ client: '10.0.0.1:40114', until: 30 }, [[1, 'client', 'SYN', lost]]);

  it('on a tap of unknown place says nothing of those that may have followed', async () => {
    expect(pathOf(await flowOf(alone, 'client'), 'client')).toBe('CLOSED SYN_SENT');
  });

  it('on the tap of its own host is the only one: its sender gave up before the next was due', async () => {
    const [, flow] = await read(captureOf('client', scenario({}, OPENED), alone));
    const end = endOf(flow, 'client', 'SYN_SENT');
    expect(end.reason).toBe('no answer to its SYNs: it had sent one, and the next never came');
    expect(inSeconds(end.earliest)).toBeLessThanOrEqual(1);
    expect(inSeconds(end.latest)).toBeGreaterThanOrEqual(2.1);
    expect(inSeconds(end.latest)).toBeLessThanOrEqual(2.3);
    expect(inSeconds(end.at)).toBeGreaterThanOrEqual(2);
  });
});

describe('no timer ends', () => {
  it.each<[what: string, lines: readonly Line[], side: Side, state: TcpState]>([
    ['ESTABLISHED', OPENED, 'client', 'ESTABLISHED'],
    ['CLOSE_WAIT', [...OPENED, [0.1, 'client', 'FIN ACK'], ['+30us', 'server', 'ACK']], 'server', 'CLOSE_WAIT'],
    ['a FIN_WAIT1 of which one FIN was seen', [...OPENED, [0.1, 'client', 'FIN ACK', lost]], 'client', 'FIN_WAIT1'],
  ])('%s', async (_, lines, side, state) => {
    const flow = await flowOf(scenario({ until: 100_000 }, lines), 'client');
    expect(pathOf(flow, side).split(' ').at(-1)).toBe(state);
  });

  it('what goes on sending', async () => {
    const flow = await flowOf(
      scenario({}, [
        ...OPENED,
        [0.1, 'client', 'FIN ACK'],
        ['+30us', 'server', 'ACK'],
        [100, 'server', 'PSH ACK 10'],
        ['+30us', 'client', 'ACK'],
        [400, 'server', 'PSH ACK 10'],
      ]),
      'client',
    );
    // Held by its application.
    expect(flow.clientState).toBe('FIN_WAIT2');
  });

  it('what would end after the capture', async () => {
    const closed: readonly Line[] = [
      ...OPENED,
      [0.1, 'client', 'FIN ACK'],
      [0.2, 'server', 'FIN ACK'],
      ['+30us', 'client', 'ACK'],
    ];
    // 60 s, an eighth more at the most, and a tenth of a second for the scheduler.
    for (const [until, state] of [
      [60.1, 'TIME_WAIT'],
      [67.5, 'TIME_WAIT'],
      [68.1, 'CLOSED'],
    ] as const) {
      expect((await flowOf(scenario({ until }, closed), 'client')).clientState, `until ${until}`).toBe(state);
    }
  });
});
