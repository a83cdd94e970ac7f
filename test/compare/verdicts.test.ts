import { describe, expect, it } from 'vitest';
import type { ComparedFlow } from '../../src/index.js';
import { clientSide, compared, serverSide } from './pairs.js';

const pair = async (name: string): Promise<readonly ComparedFlow[]> =>
  (await compared(clientSide(name), serverSide(name))).flows;

const found = (flows: readonly ComparedFlow[], kind: string) =>
  flows.flatMap((flow) => flow.findings.filter((f) => f.kind === kind));

describe('verdicts', () => {
  it('the last ACK was lost, not ignored', async () => {
    const [finding, ...rest] = found(await pair('last-ack-lost'), 'last-ack-lost');
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ endpoint: 'server', tap: 'server', severity: 'warning' });
    expect(finding.verdict).toBe("the client's answer was lost between the taps at 13:53:39.399");
  });

  it("the handshake's ACK was lost", async () => {
    const flows = await pair('handshake-ack-lost');
    expect(found(flows, 'handshake-ack-lost')).toMatchObject([
      { endpoint: 'server', severity: 'warning', verdict: 'the ACK was lost between the taps at 13:52:58.204' },
    ]);
    expect(found(flows, 'syn-ack-retransmitted')).toEqual([]);
    expect(flows[0].fates?.clientToServer.lost.map((s) => s.class)).toEqual(['handshake ACK']);
  });

  it('the ACKs arrived and were ignored: the accept queue was full', async () => {
    const flows = await pair('accept-queue-overflow');
    const findings = found(flows, 'accept-queue-overflow');
    expect(findings.length).toBe(5);
    for (const { verdict, tap } of findings) {
      expect(tap).toBe('server');
      expect(verdict).toMatch(/^arrived at the server at [\d:., …]+, ignored: accept queue full$/);
    }
    expect(found(flows, 'handshake-ack-lost')).toEqual([]);
    for (const { verdict } of found(flows, 'syn-retransmitted')) expect(verdict).toMatch(/^all \d arrived/);
  });

  it('the RST was sent by neither end', async () => {
    const [finding, ...rest] = found(await pair('injected-reset'), 'injected-reset-suspected');
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ endpoint: 'server', tap: 'server', severity: 'error' });
    expect(finding.verdict).toMatch(/^the RST of 13:53:56\.727 was sent by neither end/);
  });

  it('all FINs were lost', async () => {
    const flows = await pair('fin-blackholed');
    expect(found(flows, 'fin-wait1-stuck')[0].verdict).toMatch(
      /^all 7 FINs were lost between the taps at 13:53:41\.823/,
    );
    expect(flows[0]).toMatchObject({ serverState: 'ESTABLISHED' });
  });

  it('nothing is wrong where nothing was lost', async () => {
    const [flow] = await pair('normal-close');
    expect(flow.findings.filter((f) => f.severity === 'error' || f.severity === 'warning')).toEqual([]);
    expect(flow.fates?.clientToServer).toMatchObject({
      lost: [],
      injected: [],
      duplicated: 0,
      reordered: 0,
      altered: 0,
    });
  });
});

describe('one timeline from both', () => {
  it("takes each end's changes from its own side's capture", async () => {
    const [flow] = await pair('last-ack-lost');
    const path = (side: string): unknown[] =>
      flow.timeline.filter((t) => t.endpoint === side).map((t) => [t.to, t.frame]);
    // Frames as tshark numbers them in either capture.
    expect(path('client')).toEqual([
      ['SYN_SENT', 1],
      ['ESTABLISHED', 2],
      ['FIN_WAIT1', 10],
      ['FIN_WAIT2', 11],
      ['TIME_WAIT', 12],
    ]);
    expect(path('server')).toEqual([
      ['SYN_RECV', 1],
      ['ESTABLISHED', 3],
      ['CLOSE_WAIT', 10],
      ['LAST_ACK', 12],
      ['CLOSED', 14],
    ]);
    expect(flow.taps).toMatchObject({ client: { tcpStream: 0 }, server: { tcpStream: 0 } });
  });

  it('lets both sides name the same client in a simultaneous open', async () => {
    const [flow] = await pair('simultaneous-open');
    expect(flow.client.address).toBe('10.17.17.39');
    expect(flow.timeline.filter((t) => t.endpoint === 'client').map((t) => t.to)).toEqual([
      'SYN_SENT',
      'SYN_RECV',
      'ESTABLISHED',
      'FIN_WAIT1',
      'FIN_WAIT2',
      'TIME_WAIT',
    ]);
  });
});
