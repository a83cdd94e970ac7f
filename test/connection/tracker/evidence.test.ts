import { describe, expect, it } from 'vitest';
import {
  CLOSE,
  captureOf,
  EXCHANGE,
  flowOf,
  HANDSHAKE,
  kindsOf,
  type Line,
  read,
  type Setting,
  scenario,
} from '../../support/scenario.js';

const OPENED: readonly Line[] = [...HANDSHAKE, ...EXCHANGE];
const NEXT: readonly Line[] = [
  [3, 'client', 'SYN', { isn: 8_000_000 }],
  ['+30us', 'server', 'SYN ACK', { isn: 3_000_000_000 }],
  ['+30us', 'client', 'ACK'],
  ...EXCHANGE,
];
const HOSTS: readonly Setting[] = [{}, { client: '10.0.0.9:40112', server: '10.0.0.2:8080' }];
const unseen = (lines: readonly Line[]): Line[] =>
  lines.map(([when, from, what]) => [when, from, what, { unseen: true }] as Line);

/* What findings know of a connection only from the record that the tracker keeps of it. */
describe.each(HOSTS)('the client at %j', (setting) => {
  describe('a new connection knows how the one before had ended', () => {
    it.each<[what: string, before: readonly Line[], kind: string | undefined]>([
      ['there was none', [], undefined],
      ['by both FINs', [...OPENED, ...CLOSE], 'time-wait-reuse'],
      ['by the client’s FIN alone', [...OPENED, [1, 'client', 'FIN ACK'], ['+30us', 'server', 'ACK']], 'port-reused'],
      ['by the server’s FIN alone', [...OPENED, [1, 'server', 'FIN ACK'], ['+30us', 'client', 'ACK']], 'port-reused'],
      ['not at all', OPENED, 'port-reused'],
      ['by both FINs, its handshake not captured', [...unseen(HANDSHAKE), ...EXCHANGE, ...CLOSE], 'time-wait-reuse'],
    ])('%s', async (_, before, kind) => {
      const flow = (await read(captureOf('client', scenario(setting, [...before, ...NEXT])))).at(-1);
      if (flow === undefined) throw new Error('no flow');
      expect(kindsOf(flow).filter((k) => k === 'port-reused' || k === 'time-wait-reuse')).toEqual(kind ? [kind] : []);
    });
  });

  it.each<[what: string, syn: Line, asked: boolean]>([
    ['asks for a cookie', [0, 'client', 'SYN', { fastOpen: [] }], true],
    ['brings one', [0, 'client', 'SYN', { fastOpen: [1, 2, 3, 4, 5, 6, 7, 8] }], true],
    ['has no such option', [0, 'client', 'SYN'], false],
  ])('Fast Open is told where a SYN without data %s', async (_, syn, asked) => {
    const flow = await flowOf(scenario(setting, [syn, ...OPENED.slice(1)]), 'client');
    expect(kindsOf(flow).includes('fast-open')).toBe(asked);
  });

  it('an old copy of a SYN is answered with a challenge ACK (RFC 5961, section 4)', async () => {
    const lines = (late: Line): Line[] => [
      [1, 'client', 'SYN', { isn: 8_000_000 }],
      ['+30us', 'server', 'SYN ACK'],
      ['+30us', 'client', 'ACK'],
      ...EXCHANGE,
      late,
      ['+30us', 'server', 'ACK'],
    ];
    const old = await flowOf(
      scenario(setting, lines([1.5, 'client', 'SYN', { seq: -7_000_000, tsVal: 10 }])),
      'client',
    );
    expect(kindsOf(old)).toContain('challenge-ack');
    const ordinary = await flowOf(scenario(setting, lines([1.5, 'client', 'PSH ACK 10'])), 'client');
    expect(kindsOf(ordinary)).not.toContain('challenge-ack');
  });
});
