import { describe, expect, it } from 'vitest';
import { EXCHANGE, flowOf, HANDSHAKE, type Line, type Setting, scenario, type Tap } from '../../support/scenario.js';
import { fatesOf } from './told.js';

/** Seven segments. */
const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const lost = { lost: true } as const;

interface Case {
  readonly what: string;
  readonly tap?: Tap;
  readonly setting?: Setting;
  readonly lines: readonly Line[];
  /** Of the segments after the opening; see told.ts. */
  readonly fates: string;
}

const CASES: readonly Case[] = [
  {
    what: 'what is acknowledged has arrived, and what is not is presumed to',
    lines: [
      [1, 'client', 'PSH ACK 100'],
      ['+50us', 'client', 'PSH ACK 100'],
      [1.02, 'server', 'ACK', { ack: 221 }],
    ],
    fates: 'dpp',
  },
  {
    what: 'an acknowledgement of a part proves nothing of the whole',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'PSH ACK 100'],
      [1.02, 'server', 'ACK', { ack: 220 }],
    ],
    fates: 'pp',
  },
  {
    what: 'what a SACK block covers has arrived; what it shows to be missing has not, whatever is acknowledged later',
    lines: [
      [1, 'client', 'PSH ACK 100', lost],
      ['+2ms', 'client', 'PSH ACK 100'],
      ['+2ms', 'client', 'PSH ACK 100'],
      [1.014, 'server', 'ACK', { ack: 121, sack: [[221, 421]] }],
      [1.3, 'client', 'PSH ACK 100', { seq: 121, unseen: true }],
      [1.32, 'server', 'ACK'],
    ],
    fates: 'pddpp',
  },
  {
    what: 'a block that ends within a segment proves nothing of it, nor one that begins there',
    lines: [
      [1, 'client', 'PSH ACK 100', lost],
      ['+2ms', 'client', 'PSH ACK 100'],
      [1.014, 'server', 'ACK', { ack: 121, sack: [[221, 320]] }],
      [1.015, 'server', 'ACK', { ack: 121, sack: [[222, 321]] }],
    ],
    fates: 'pppp',
  },
  {
    what: 'a duplicate SACK is of bytes that had been acknowledged: which copy arrived first, nothing tells',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'PSH ACK 100'],
      [1.3, 'client', 'PSH ACK 100', { seq: 121 }],
      [1.31, 'server', 'ACK', { ack: 221, sack: [[121, 221]] }],
    ],
    fates: 'ppp',
  },
  {
    what: 'of two copies the timestamp names the one',
    lines: [
      [1, 'client', 'PSH ACK 100', lost],
      [1.3, 'client', 'PSH ACK 100', { seq: 121 }],
      ['+30us', 'server', 'ACK'],
    ],
    fates: 'pdp',
  },
  {
    what: 'of two copies without timestamps none is proved, nor of those that overlap',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'PSH ACK 100', lost],
      ['+2ms', 'client', 'PSH ACK 100', lost],
      [1.3, 'client', 'PSH ACK 150', { seq: 121 }],
      [1.5, 'client', 'PSH ACK 50', { seq: 271 }],
      ['+30us', 'server', 'ACK'],
    ],
    fates: 'ppppp',
  },
  {
    what: 'neighbours do not overlap',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'PSH ACK 100'],
      ['+2ms', 'client', 'PSH ACK 100'],
      ['+2ms', 'client', 'PSH ACK 100'],
      [1.1, 'server', 'ACK'],
    ],
    fates: 'dddp',
  },
  {
    what: 'a copy of what had been acknowledged is not proved by the next acknowledgement',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'PSH ACK 100'],
      ['+30us', 'server', 'ACK'],
      [1.3, 'client', 'PSH ACK 100', { seq: 121, lost: true }],
      [1.4, 'server', 'PSH ACK 10'],
      ['+30us', 'client', 'ACK'],
    ],
    fates: 'dppdp',
  },
  {
    what: 'an ACK has arrived where its timestamp is echoed, and no other segment carries it',
    lines: [
      [1, 'server', 'PSH ACK 10'],
      ['+30us', 'client', 'ACK'],
      [2, 'server', 'PSH ACK 10', { tsEcr: 1010 }],
      ['+30us', 'client', 'ACK'],
    ],
    fates: 'dddp',
  },
  {
    what: 'of two ACKs of one millisecond the echo names neither',
    lines: [
      [1, 'client', 'PSH ACK 10'],
      ['+10us', 'client', 'ACK', { window: 400 }],
      ['+10us', 'client', 'ACK', { window: 300 }],
      [2, 'server', 'PSH ACK 10'],
    ],
    fates: 'dppp',
  },
  {
    what: 'a RST that is answered by none occupies nothing that could be acknowledged',
    lines: [
      [1, 'client', 'RST ACK'],
      [1.005, 'server', 'PSH ACK 10'],
    ],
    fates: 'pp',
  },
  {
    what: 'what a SACK block covers has arrived, also where nothing but the block tells',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'PSH ACK 100', lost],
      ['+2ms', 'client', 'PSH ACK 100'],
      ['+2ms', 'client', 'PSH ACK 100', lost],
      [1.014, 'server', 'ACK', { ack: 121, sack: [[221, 321]] }],
    ],
    fates: 'pdpp',
  },
  {
    what: 'what follows a SACK block is not shown to be missing',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'PSH ACK 100', lost],
      ['+2ms', 'client', 'PSH ACK 100'],
      ['+2ms', 'client', 'PSH ACK 100'],
      [1.013, 'server', 'ACK', { ack: 121, sack: [[221, 321]] }],
      [1.3, 'client', 'PSH ACK 100', { seq: 121, unseen: true }],
      [1.32, 'server', 'ACK'],
    ],
    fates: 'pddpp',
  },
  {
    what: 'what is not acknowledged yet may be acknowledged next',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'PSH ACK 100'],
      ['+2ms', 'client', 'PSH ACK 100'],
      [1.011, 'server', 'ACK', { ack: 221 }],
      [1.013, 'server', 'ACK', { ack: 321 }],
    ],
    fates: 'ddpp',
  },
  {
    what: 'new bytes have arrived, whatever acknowledged ones were sent with them',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'PSH ACK 100'],
      ['+30us', 'server', 'ACK'],
      [1.3, 'client', 'PSH ACK 200', { seq: 121 }],
      ['+30us', 'server', 'ACK'],
    ],
    fates: 'dpdp',
  },
  {
    what: 'an acknowledgement that was overtaken takes nothing back',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'PSH ACK 100'],
      [1.01003, 'server', 'ACK', { ack: 221 }],
      [1.00103, 'server', 'ACK', { ack: 121, delayed: '20ms' }],
      [1.3, 'client', 'PSH ACK 100', { seq: 121, lost: true }],
      [1.4, 'server', 'PSH ACK 10'],
      ['+30us', 'client', 'ACK'],
    ],
    fates: 'dpppdp',
  },
  {
    what: 'a segment that a mirror port shows twice is one, and its echo names it',
    lines: [
      [1, 'server', 'PSH ACK 10'],
      ['+30us', 'client', 'ACK', { copied: '10us' }],
      [2, 'server', 'PSH ACK 10', { tsEcr: 1010 }],
      ['+30us', 'client', 'ACK'],
    ],
    fates: 'ddpdp',
  },
  {
    // The client would not have repeated its FIN, had it come: what is acknowledged later is a copy that the capture missed.
    what: 'what a contradiction has told stays',
    setting: { without: ['timestamps'] },
    lines: [
      [1, 'client', 'FIN ACK'],
      ['+30us', 'server', 'PSH ACK 10', lost],
      [1.22, 'client', 'FIN ACK'],
      [1.3, 'server', 'PSH ACK 10', { seq: 401, unseen: true }],
      ['+30us', 'client', 'ACK'],
    ],
    tap: 'middle',
    fates: 'dupp',
  },
];

describe('what became of a segment', () => {
  it.each(CASES)('$what', async ({ tap = 'client', setting = {}, lines, fates }) => {
    const flow = await flowOf(scenario(setting, [...OPENED, ...lines]), tap, { detail: 'full' });
    expect(fatesOf(flow).slice(OPENED.length)).toBe(fates);
  });

  it('behind a run of ordinary segments nothing is proved by an echo or acknowledgement that may be of the run', async () => {
    const busy = Array.from({ length: 12 }, (): readonly Line[] => [
      ['+10us', 'client', 'PSH ACK 100'],
      ['+10us', 'client', 'PSH ACK 100'],
    ]).flat();
    const flow = await flowOf(
      scenario({}, [...OPENED, [100, 'client', 'PSH ACK 100'], ...busy, ['+30us', 'server', 'ACK']]),
      'client',
    );
    const fates = flow.segments.map((s) => (s.run === null ? s.fate : 'run'));
    expect(fates.slice(OPENED.length)).toEqual(['presumed', 'run', 'delivered', 'presumed']);
  });
});
