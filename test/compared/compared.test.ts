import { describe, expect, it } from 'vitest';
import type { Flow } from '../../src/index.js';
import { kindsOf, moment, pathOf, read } from '../support/scenario.js';
import { captureOfCase, caseOf } from './cases.js';

/*
 * What happened in each capture, as its story tells: the times are those of the hosts, not of the tap. A millisecond is
 * more than the tap's place leaves open; what only a timer ends is known to the timer's precision (see docs/compared.md).
 */

const ends = (flow: Flow): Record<'client' | 'server', string> => ({
  client: pathOf(flow, 'client'),
  server: pathOf(flow, 'server'),
});

/** The last of six SYN+ACKs went at 31.4 s; 32 s later its timer, which runs late, finds the retries used up. */
function expectGone(flow: Flow): void {
  const { at, earliest, latest, basis } = moment(flow, 'server', 'CLOSED');
  expect(basis).toBe('timer');
  expect(at).toBeGreaterThan(63.4);
  expect(at).toBeLessThan(65.4);
  // Where Linux was measured: 63.9 to 64.5 s.
  expect(earliest).toBeLessThanOrEqual(63.9);
  expect(latest).toBeGreaterThanOrEqual(64.5);
}

async function theFlowOf(name: string): Promise<Flow> {
  const found = await read(captureOfCase(caseOf(name)));
  expect(found).toHaveLength(1);
  return found[0];
}

describe('opening', () => {
  it('a SYN+ACK that nobody answers makes no client ESTABLISHED', async () => {
    const flow = await theFlowOf('syn-ack-unanswered');
    expect(pathOf(flow, 'client')).toMatch(/^CLOSED SYN_SENT( CLOSED)?$/);
    expect(pathOf(flow, 'server')).toBe('LISTEN SYN_RECV CLOSED');
    expect(kindsOf(flow)[0]).toBe('synack-retries-exhausted');
    expectGone(flow);
  });

  it('ACKs that are lost leave the client ESTABLISHED and the server in SYN_RECV', async () => {
    const flow = await theFlowOf('handshake-acks-lost');
    expect(ends(flow)).toEqual({
      client: 'CLOSED SYN_SENT ESTABLISHED CLOSED',
      server: 'LISTEN SYN_RECV CLOSED',
    });
    expect(kindsOf(flow)[0]).toBe('synack-retries-exhausted');
    expect(kindsOf(flow)).toContain('rst-after-synack-retries');
    expect(moment(flow, 'client', 'ESTABLISHED').at).toBeCloseTo(0.02, 3);
    expectGone(flow);
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(91.52, 3);
  });

  it('a full accept queue ignores what was seen to arrive', async () => {
    const flow = await theFlowOf('accept-queue-full');
    expect(ends(flow)).toEqual({
      client: 'CLOSED SYN_SENT ESTABLISHED CLOSED',
      server: 'LISTEN SYN_RECV CLOSED',
    });
    expect(kindsOf(flow)[0]).toBe('accept-queue-overflow');
    expect(flow.findings[0].excluded.join()).toContain('loss');
    expectGone(flow);
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(117.62, 3);
  });

  it('two SYNs that cross open one connection', async () => {
    const flow = await theFlowOf('simultaneous-open');
    const path = 'CLOSED SYN_SENT SYN_RECV ESTABLISHED';
    expect(ends(flow)).toEqual({ client: path, server: path });
    expect(kindsOf(flow)).toEqual(['simultaneous-open']);
    expect(moment(flow, 'server', 'SYN_RECV').at).toBeCloseTo(0.04, 3);
    expect(moment(flow, 'client', 'SYN_RECV').at).toBeCloseTo(0.05, 3);
    expect(moment(flow, 'client', 'ESTABLISHED').at).toBeCloseTo(0.08, 3);
    expect(moment(flow, 'server', 'ESTABLISHED').at).toBeCloseTo(0.09, 3);
  });

  it('an ICMP error ends the connection attempt whose SYN it quotes', async () => {
    const flow = await theFlowOf('administratively-prohibited');
    expect(ends(flow)).toEqual({ client: 'CLOSED SYN_SENT CLOSED', server: '' });
    expect(kindsOf(flow)[0]).toBe('connection-unreachable');
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(0.01, 3);
  });
});

describe('established', () => {
  it('a RST that is not exact is challenged and changes nothing', async () => {
    const flow = await theFlowOf('reset-challenged');
    expect(ends(flow)).toEqual({ client: 'CLOSED SYN_SENT ESTABLISHED', server: 'LISTEN SYN_RECV ESTABLISHED' });
    expect(kindsOf(flow)[0]).toBe('challenge-ack');
  });

  it('keep-alive probes without an answer end one end only', async () => {
    const flow = await theFlowOf('keepalive-death');
    expect(ends(flow)).toEqual({
      client: 'CLOSED SYN_SENT ESTABLISHED CLOSED',
      server: 'LISTEN SYN_RECV ESTABLISHED',
    });
    expect(kindsOf(flow)[0]).toBe('keepalive-timeout');
    expect(moment(flow, 'client', 'CLOSED').at).toBeCloseTo(7875.1, 3);
  });
});

describe('closing', () => {
  it('one FIN leaves the other end in CLOSE_WAIT', async () => {
    const flow = await theFlowOf('one-fin-only');
    expect(ends(flow)).toEqual({
      client: 'CLOSED SYN_SENT ESTABLISHED CLOSE_WAIT',
      server: 'LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2',
    });
    expect(kindsOf(flow)[0]).toBe('close-wait-at-end-of-capture');
    expect(flow.findings[0].endpoint).toBe('client');
    expect(moment(flow, 'client', 'CLOSE_WAIT').at).toBeCloseTo(0.51, 3);
  });

  it('an hour of CLOSE_WAIT is one connection', async () => {
    const flow = await theFlowOf('close-wait-for-an-hour');
    expect(ends(flow)).toEqual({
      client: 'CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSED',
      server: 'LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED',
    });
    expect(kindsOf(flow)[0]).toBe('close-wait-long');
    expect(flow.findings[0].endpoint).toBe('server');
    expect(moment(flow, 'server', 'CLOSE_WAIT').at).toBeCloseTo(0.51, 3);
    expect(moment(flow, 'server', 'LAST_ACK').at).toBeCloseTo(3600.5, 3);
    const forgotten = moment(flow, 'client', 'CLOSED');
    expect(forgotten.basis).toBe('timer');
    expect(forgotten.at).toBeGreaterThanOrEqual(60.5);
    expect(forgotten.at).toBeLessThanOrEqual(63);
  });

  it('a FIN sent seven times is stuck in LAST_ACK', async () => {
    const flow = await theFlowOf('last-ack-lost');
    expect(pathOf(flow, 'server')).toBe('LISTEN SYN_RECV ESTABLISHED CLOSE_WAIT LAST_ACK');
    expect(kindsOf(flow)[0]).toBe('last-ack-stuck');
    // Whether the FINs arrived and their ACKs were lost, or the FINs themselves, the tap behind the loss cannot tell.
    expect(pathOf(flow, 'client')).toMatch(/^CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 FIN_WAIT2( TIME_WAIT)?$/);
    expect(flow.timeline.findLast((t) => t.endpoint === 'client' && t.to === 'TIME_WAIT')?.latest ?? null).toBeNull();
  });

  it('two FINs that cross close both ends alike', async () => {
    const flow = await theFlowOf('simultaneous-close');
    expect(ends(flow)).toEqual({
      client: 'CLOSED SYN_SENT ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT',
      server: 'LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT',
    });
    expect(kindsOf(flow)).toEqual(['simultaneous-close']);
    expect(moment(flow, 'server', 'CLOSING').at).toBeCloseTo(0.54, 3);
    expect(moment(flow, 'client', 'CLOSING').at).toBeCloseTo(0.55, 3);
    expect(moment(flow, 'client', 'TIME_WAIT').at).toBeCloseTo(0.58, 3);
    expect(moment(flow, 'server', 'TIME_WAIT').at).toBeCloseTo(0.59, 3);
  });

  it('a SYN refused by TIME_WAIT and taken later makes two connections', async () => {
    const [old, next, ...others] = await read(captureOfCase(caseOf('time-wait-refuses')));
    expect(others).toEqual([]);
    expect(ends(old)).toEqual({
      client: 'CLOSED SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED',
      server: 'LISTEN SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSED',
    });
    // The RST that answers its challenge ends TIME_WAIT.
    expect(moment(old, 'server', 'CLOSED').at).toBeCloseTo(20.03, 3);
    expect(ends(next)).toEqual({ client: 'CLOSED SYN_SENT ESTABLISHED', server: 'LISTEN SYN_RECV ESTABLISHED' });
    expect(moment(next, 'client', 'SYN_SENT').at).toBeCloseTo(20, 3);
    expect(moment(next, 'server', 'SYN_RECV').at).toBeCloseTo(21.02, 3);
    expect(kindsOf(next)[0]).toBe('time-wait-refused');
  });
});
