import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ComparedFlow } from '../../../src/index.js';
import { compareLadder } from '../../../src/report/compare-ladder.js';
import { FlowDetails } from '../../../src/report/html/flow-details.js';
import { type PackedFlow, packComparedFlow, packFlow, unpackFlow } from '../../../src/report/html/flow-pack.js';
import { ladder } from '../../../src/report/ladder.js';
import { clientSide, compared, serverSide } from '../../compare/pairs.js';
import { CLOCK, FlowBuilder } from '../../support/flow-builder.js';
import { closeWait, handshakeAckLost, normalClose, rstAfterRetries } from '../../support/flows.js';

const icmp = () =>
  new FlowBuilder()
    .segment(0, 'client', 'S', 0, 0)
    .segment(0.1, 'client', 'S', 0, 0, { icmp: { type: 3, code: 1, ipVersion: 4 }, fate: 'presumed' })
    .segment(0.2, 'server', 'PA', 1, 1, { length: 9, sack: [3, 4], fate: 'ignored', role: 'keep-alive' })
    .segment(0.3, 'client', 'A', 1, 1, { fate: 'unheeded', retransmission: true, role: 'challenge-ack' })
    .build();

test.each([
  ['a close', normalClose()],
  ['retries', rstAfterRetries()],
  ['a lost ACK', handshakeAckLost()],
  ['CLOSE_WAIT', closeWait()],
  ['an ICMP error and every fate', icmp()],
])('%s survives the way into the page', (_, flow) => {
  const packed = JSON.parse(JSON.stringify(packFlow(flow, flow.segments)));
  const unpacked = unpackFlow(packed, flow.capture, CLOCK);
  const { frameNames: _names, ...plain } = unpacked;
  const { frameNames: _original, ...original } = JSON.parse(JSON.stringify(flow));
  expect(plain).toEqual(original);
  expect(ladder(unpacked, { why: true })).toBe(ladder(flow, { why: true }));
});

test('frames of a connection that spans captures keep their names', () => {
  const nameOf = (number: number) => ({
    capture: number < 4 ? 'a.pcap' : 'b.pcap',
    frame: number < 4 ? number : number - 3,
  });
  const flow = { ...normalClose(), captures: ['a.pcap', 'b.pcap'], frameNames: { nameOf } };
  const unpacked = unpackFlow(JSON.parse(JSON.stringify(packFlow(flow, flow.segments))), flow.capture, CLOCK);
  for (const { frame } of flow.segments) expect(unpacked.frameNames.nameOf(frame)).toEqual(nameOf(frame));
});

test.each(['last-ack-lost', 'injected-reset', 'transfer-loss', 'accept-queue-overflow'])(
  '%s from both sides survives the way into the page',
  async (name) => {
    // The clocks are those of the side named first, here the server's.
    const { flows } = await compared(serverSide(name), clientSide(name), { detail: 'full' });
    for (const flow of flows) {
      const packed: PackedFlow = JSON.parse(JSON.stringify(packComparedFlow(flow, flow.path)));
      const unpacked = unpackFlow(packed, flow.capture, flow.clock) as ComparedFlow;
      expect(compareLadder(unpacked)).toBe(compareLadder(flow));
      expect(unpacked.path.map(({ fate, sentAt, arrivedAt }) => [fate, sentAt, arrivedAt])).toEqual(
        flow.path.map(({ fate, sentAt, arrivedAt }) => [fate, sentAt, arrivedAt]),
      );
    }
  },
);

test('of a very long path its ends are kept, and what is between them as one run', async () => {
  const [flow] = (await compared(clientSide('normal-close'), serverSide('normal-close'), { detail: 'full' })).flows;
  const path = Array.from({ length: 300 }, () => flow.path).flat();
  const details = new FlowDetails();
  expect(details.add({ ...flow, path } as ComparedFlow)).toBe(1);
  const [[, block]] = details.blocks();
  const [packed]: PackedFlow[] = JSON.parse(inflateSync(block).toString());
  const unpacked = unpackFlow(packed, flow.capture, flow.clock) as ComparedFlow;
  expect(unpacked.path).toHaveLength(1001);
  const { run } = unpacked.path[600].segment;
  expect((run?.segments.client ?? 0) + (run?.segments.server ?? 0)).toBe(path.length - 1000);
});
