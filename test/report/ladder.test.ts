import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoggedSegment, Transition } from '../../src/connection/model.js';
import { TCP_STATES } from '../../src/connection/state.js';
import { FINDING_KINDS, type Flow, SEVERITIES } from '../../src/findings/finding.js';
import { ladder } from '../../src/report/ladder.js';
import { COLOURED } from '../../src/report/style.js';
import { displayWidth } from '../../src/report/width.js';
import { FlowBuilder, seconds } from '../support/flow-builder.js';
import { closeWait, handshakeAckLost, normalClose, rstAfterRetries } from '../support/flows.js';

describe('what people see', () => {
  test.each([
    ['normal-close', normalClose()],
    ['handshake-ack-lost', handshakeAckLost()],
    ['rst-after-retries', rstAfterRetries()],
    ['close-wait', closeWait()],
  ])('%s at 80 columns', async (name, flow) => {
    await expect(ladder(flow)).toMatchFileSnapshot(`golden/ladder-${name}.txt`);
  });

  test('with room, absolute time, window and timestamps', async () => {
    await expect(ladder(rstAfterRetries(), { width: 120 })).toMatchFileSnapshot('golden/ladder-wide.txt');
  });

  test('with --why, the reasons', async () => {
    await expect(ladder(handshakeAckLost(), { why: true })).toMatchFileSnapshot('golden/ladder-why.txt');
  });

  test('refused, by ICMP, over IPv6', async () => {
    const flow = new FlowBuilder()
      .segment(0, 'client', 'S', 0, 0)
      .state('client', 'CLOSED', 'SYN_SENT', { earliest: null })
      .segment(0.0021, 'client', 'S', 0, 0, { icmp: { type: 1, code: 1, ipVersion: 6 } })
      .state('client', 'SYN_SENT', 'CLOSED', { basis: 'inferred' })
      .build({
        client: { address: '2001:db8:85a3:1111:2222:8a2e:370:7334', port: 57469 },
        server: { address: '2001:db8:85a3:1111:2222:8a2e:370:7335', port: 443 },
        serverState: 'LISTEN',
      });
    await expect(ladder(flow)).toMatchFileSnapshot('golden/ladder-icmp.txt');
  });
});

describe('order', () => {
  test('a change never stands above an earlier one of the same side', () => {
    // Simultaneous close: the server's FIN passes the tap first, and reaches the client after it has sent its own.
    const flow = new FlowBuilder()
      .segment(0, 'server', 'FA', 1, 1)
      .state('server', 'ESTABLISHED', 'FIN_WAIT1')
      .segment(0.001, 'client', 'FA', 1, 1)
      .state('client', 'ESTABLISHED', 'FIN_WAIT1', { at: 0.0005 })
      .state('client', 'FIN_WAIT1', 'CLOSING', { at: 0.002, frame: 1, basis: 'inferred' })
      .build();
    const text = ladder(flow);
    expect(text.indexOf('FIN_WAIT1', text.indexOf('FIN_WAIT1') + 1)).toBeLessThan(text.indexOf('CLOSING'));
  });

  test('all states of one segment are shown', () => {
    const flow = new FlowBuilder()
      .segment(0, 'client', 'FA', 1, 1)
      .state('server', 'SYN_RECV', 'ESTABLISHED')
      .state('server', 'ESTABLISHED', 'CLOSE_WAIT')
      .build();
    expect(ladder(flow)).toMatch(/SYN_RECV[\s\S]*FIN ACK.*ESTABLISHED\n.*CLOSE_WAIT/);
  });
});

test('folds what is ordinary, and tells how much it was', () => {
  expect(ladder(normalClose())).toMatch(/… \d+ segments, [^…]+ to the client, [^…]+ …/);
});

test('a message cannot reach the terminal unescaped', () => {
  const flow = new FlowBuilder()
    .segment(0, 'client', 'S', 0, 0)
    .finding('syn-timeout', 'error', 'client', 0, [1], 'red \x1b[31m and \u202e back', 'tab\there')
    .build();
  const text = ladder(flow);
  expect(text).toContain('\\x1b[31m');
  expect(text).toContain('\\u202e');
  expect(text).toContain('tab\\x09here');
});

test('colour changes nothing but colour', () => {
  for (const flow of [normalClose(), rstAfterRetries(), closeWait()]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the escapes that colour is made of
    expect(ladder(flow, { style: COLOURED }).replace(/\x1b\[\d+m/g, '')).toBe(ladder(flow));
  }
});

const side = fc.constantFrom('client' as const, 'server' as const);
const time = fc.oneof(fc.integer({ min: 0, max: 2_000_000_000 }), fc.integer({ min: 0, max: seconds(8_000_000) }));
const u32 = fc.nat(0xffffffff);
const perSide = fc.record({ client: fc.nat(1e9), server: fc.nat(1e9) });
const text = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: 'grapheme', maxLength: 100 }), fc.lorem());

const segment: fc.Arbitrary<LoggedSegment> = fc.record({
  frame: fc.nat(60),
  time,
  from: side,
  flags: fc.nat(0x1ff),
  seq: u32,
  ack: u32,
  length: fc.nat(65535),
  window: fc.nat(2 ** 30),
  hasTimestamps: fc.boolean(),
  tsVal: u32,
  tsEcr: u32,
  sack: fc.option(fc.tuple(u32, u32)),
  role: fc.constantFrom(
    'segment',
    'keep-alive',
    'keep-alive-ack',
    'window-probe',
    'duplicate-ack',
    'challenge-ack',
    'icmp',
    'run',
  ),
  retransmission: fc.boolean(),
  fate: fc.constantFrom('delivered', 'presumed', 'unheeded', 'ignored'),
  run: fc.option(fc.record({ segments: perSide, bytes: perSide, lastFrame: fc.nat(1e9), lastTime: time })),
  icmp: fc.option(
    fc.record({ type: fc.nat(255), code: fc.nat(255), ipVersion: fc.constantFrom(4 as const, 6 as const) }),
  ),
});

const transition: fc.Arbitrary<Transition> = fc.record({
  endpoint: side,
  from: fc.option(fc.constantFrom(...TCP_STATES)),
  to: fc.constantFrom(...TCP_STATES),
  at: time,
  earliest: fc.option(time),
  latest: fc.option(time),
  frame: fc.nat(60),
  basis: fc.constantFrom('observed', 'inferred', 'timer', 'assumed'),
  reason: text,
  confirmedBy: fc.option(fc.nat(60)),
  revoked: fc.array(fc.nat(1e9), { maxLength: 20 }),
});

const finding = fc.record({
  kind: fc.constantFrom(...FINDING_KINDS),
  severity: fc.constantFrom(...SEVERITIES),
  endpoint: fc.option(side),
  at: time,
  frames: fc.array(fc.nat(60)),
  message: text,
  advice: text,
  causes: fc.array(text, { maxLength: 2 }),
  excluded: fc.array(text, { maxLength: 2 }),
});

const address = fc.oneof(fc.ipV4(), fc.constant('2001:db8:85a3:1111:2222:8a2e:370:7334'));
const endpoint = fc.record({ address, port: fc.nat(65535) });

const flow: fc.Arbitrary<Flow> = fc
  .record({
    segments: fc.array(segment, { maxLength: 40 }),
    timeline: fc.array(transition, { maxLength: 12 }),
    findings: fc.array(finding, { maxLength: 4 }),
    flow: fc.integer({ min: 1, max: 1e7 }),
    tcpStream: fc.nat(1e7),
    client: endpoint,
    server: endpoint,
    capture: text,
    roles: fc.constantFrom('observed' as const, 'assumed' as const),
    clientState: fc.constantFrom(...TCP_STATES),
    serverState: fc.constantFrom(...TCP_STATES),
    isn: fc.record({ client: fc.option(u32), server: fc.option(u32) }),
  })
  .map(({ segments, timeline, ...rest }) =>
    new FlowBuilder().build({
      ...rest,
      segments: [...segments].sort((a, b) => a.time - b.time),
      timeline: [...timeline].sort((a, b) => a.at - b.at),
      end: Math.max(0, ...segments.map((one) => one.time)),
      followedUntil: seconds(8_000_000),
    }),
  );

test.each([80, 100, 119, 120, 160])('no line is wider than %i columns', (width) => {
  fc.assert(
    fc.property(flow, fc.boolean(), (any, why) => {
      const wide = ladder(any, { width, why, showCapture: true })
        .split('\n')
        .filter((line) => displayWidth(line) > width);
      expect(wide).toEqual([]);
    }),
  );
});
