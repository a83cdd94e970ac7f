import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze, type Flow, flows } from '../../../src/index.js';
import { OUTCOMES } from '../../../src/report/html/embedded.js';
import { closerOf, FlowRows } from '../../../src/report/html/flow-rows.js';
import { Rows } from '../../../src/report/html/page/rows.js';
import { CLOCK, FlowBuilder } from '../../support/flow-builder.js';
import { closeWait, normalClose } from '../../support/flows.js';

const SOAK = join(import.meta.dirname, '../../../captures/soak.pcap');

const read = (rows: FlowRows): Rows => new Rows(rows.tables(), rows.bytes());

describe('a real capture, as the page reads it', async () => {
  const rows = new FlowRows();
  const all: Flow[] = [];
  for await (const flow of flows(SOAK, { detail: 'full' })) {
    all.push(flow);
    if (rows.hasRoom(flow)) rows.add(flow, flow.clock, 1);
  }
  all.sort((a, b) => a.flow - b.flow);
  const page = read(rows);

  test('has a row for each connection, in their order', () => {
    expect(page.count).toBe(all.length);
    expect([...page.columns.flow]).toEqual(all.map(({ flow }) => flow));
    expect(all.map(({ flow }) => page.indexOf(flow))).toEqual([...all.keys()]);
    expect(page.indexOf(all.length + 1)).toBe(-1);
  });

  test('says of each what the connection says', () => {
    for (const [row, flow] of all.entries()) {
      expect(page.clientAddress(row)).toBe(flow.client.address);
      expect(page.columns.serverPort[row]).toBe(flow.server.port);
      expect(page.clientState(row)).toBe(flow.clientState);
      expect(page.serverState(row)).toBe(flow.serverState);
      expect(new Set(page.kinds(row))).toEqual(new Set(flow.findings.map(({ kind }) => kind)));
      expect(page.severity(row)).toBe(flow.findings[0]?.severity ?? null);
      expect(page.capture(row)).toBe(SOAK);
      expect(Math.abs(page.columns.start[row] * 1e3 - flow.start)).toBeLessThan(1e3);
    }
  });

  test('counts outcomes as analyze does', async () => {
    const { outcomes } = await analyze(SOAK);
    for (const outcome of OUTCOMES) {
      const found = all.filter((_, row) => page.outcome(row) === outcome).length;
      expect(found, outcome).toBe(outcomes[outcome]);
    }
  });
});

test('a full table still takes connections with findings', () => {
  const rows = new FlowRows(2);
  for (let flow = 1; flow <= 5; flow++) {
    const connection = { ...normalClose(), flow };
    if (rows.hasRoom(connection)) rows.add(connection, CLOCK, 0);
  }
  const stuck = { ...closeWait(), flow: 6 };
  expect(rows.hasRoom(stuck)).toBe(true);
  rows.add(stuck, CLOCK, 0);
  expect([...read(rows).columns.flow]).toEqual([1, 2, 6]);
  expect(rows.tables().leftOut).toBe(3);
});

describe('who closed first', () => {
  const base = () => new FlowBuilder().segment(0, 'client', 'S', 0, 0).state('client', 'CLOSED', 'SYN_SENT');

  test('is the end whose FIN came first', () => {
    const flow = base()
      .segment(1, 'server', 'FA', 1, 1)
      .state('server', 'ESTABLISHED', 'FIN_WAIT1')
      .segment(2, 'client', 'R', 1, 1)
      .build();
    expect(closerOf(flow)).toBe('server');
  });

  test('is the sender of the first RST where there was no FIN', () => {
    expect(closerOf(base().segment(1, 'client', 'R', 1, 1).segment(2, 'server', 'R', 1, 1).build())).toBe('client');
  });

  test('is nobody while both keep it open', () => {
    expect(closerOf(base().build())).toBe('nobody');
  });
});
