import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Flow, flows } from '../../../src/index.js';
import { csvHeader, csvRow } from '../../../src/report/export/csv.js';
import { ocsfEvent } from '../../../src/report/export/ocsf.js';
import { type TraceEvent, traceEvents } from '../../../src/report/export/perfetto.js';
import { closeWait, normalClose, rstAfterRetries } from '../../support/flows.js';

const CAPTURES = join(import.meta.dirname, '../../../captures');
const NAMES = readdirSync(CAPTURES, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.pcap') && name !== 'soak.pcap',
);

async function flowsOf(name: string): Promise<Flow[]> {
  const found: Flow[] = [];
  for await (const flow of flows(join(CAPTURES, name), { detail: 'full' })) found.push(flow);
  return found;
}

describe('csv', () => {
  test('a header and a line, as wide as each other', () => {
    const [header, row] = [csvHeader(), csvRow(rstAfterRetries())].map((line) => line.trimEnd().split(','));
    const cells = Object.fromEntries(header.map((name, index) => [name, row[index]]));
    expect(row).toHaveLength(header.length);
    expect(cells).toMatchObject({
      flow: '7',
      clientAddress: '10.0.1.9',
      serverPort: '5432',
      clientPath: 'CLOSED SYN_SENT ESTABLISHED CLOSED',
      serverPath: 'LISTEN SYN_RECV CLOSED',
      severity: 'error',
      findings: 'rst-after-synack-retries handshake-ack-lost',
    });
    expect(cells.communityId).toMatch(/^1:[\w+/]{27}=$/);
  });

  test('the name of a capture can break neither line nor spreadsheet', () => {
    const row = csvRow({ ...rstAfterRetries(), capture: '=cmd|\n"x",y' });
    expect(row.split('\n')).toHaveLength(2);
    expect(row).toContain(`"'=cmd|\\x0a""x"",y"`);
  });
});

describe('OCSF', () => {
  test.each([
    ['connection-refused', 5, 'Refuse'],
    ['syn-timeout', 4, 'Fail'],
    ['abortive-close', 3, 'Reset'],
    ['normal-close', 2, 'Close'],
    ['close-wait-at-end-of-capture', 1, 'Open'],
  ])('%s: activity %d', async (name, id, activity) => {
    const [flow] = await flowsOf(`${name}.pcap`);
    expect(ocsfEvent(flow, '1.2.3')).toMatchObject({
      class_uid: 4001,
      category_uid: 4,
      activity_id: id,
      activity_name: activity,
      type_uid: 400_100 + id,
    });
  });

  test('the attributes that the schema requires, and who talked to whom', () => {
    const event = ocsfEvent(closeWait(), '1.2.3');
    for (const name of [
      'activity_id',
      'category_uid',
      'class_uid',
      'metadata',
      'severity_id',
      'time',
      'type_uid',
      'dst_endpoint',
    ]) {
      expect(event).toHaveProperty(name);
    }
    expect(event).toMatchObject({
      severity_id: 4,
      time: 1_795_176_000_000,
      duration: 61,
      metadata: { version: '1.6.0', product: { name: 'lastack', version: '1.2.3' } },
      src_endpoint: { ip: '10.0.1.9', port: 57_469 },
      dst_endpoint: { ip: '10.0.3.7', port: 5432 },
      connection_info: { protocol_num: 6, protocol_ver_id: 4 },
      traffic: { bytes_out: 120, bytes_in: 2048, bytes: 2168 },
      unmapped: { serverState: 'CLOSE_WAIT' },
    });
  });
});

/** What is wrong with a trace by the Trace Event format's rules, and by those that the exporter sets itself. */
function traceFaults(events: readonly TraceEvent[]): string[] {
  const faults: string[] = [];
  const slices = new Map<string, TraceEvent[]>();
  const arrows = new Map<string, TraceEvent[]>();
  for (const event of events) {
    const { ph, ts, dur, id, pid, tid } = event;
    if (!Number.isInteger(pid) || !Number.isInteger(tid)) faults.push(`ids: ${pid} ${tid}`);
    if (ph !== 'M' && !Number.isFinite(ts)) faults.push(`${event.name}: no time`);
    if (ph === 'X') {
      if (!(dur !== undefined && dur >= 0)) faults.push(`${event.name}: lasts ${dur}`);
      const key = `${pid} ${tid}`;
      slices.set(key, [...(slices.get(key) ?? []), event]);
    }
    if (ph === 's' || ph === 'f') arrows.set(id ?? '', [...(arrows.get(id ?? '') ?? []), event]);
    if (ph === 'i' && event.s !== 't' && event.s !== 'p') faults.push(`${event.name}: no scope`);
  }
  const us = (event: TraceEvent): number => Math.round((event.ts ?? 0) * 1000);
  const end = (event: TraceEvent): number => Math.round(((event.ts ?? 0) + (event.dur ?? 0)) * 1000);
  for (const [thread, on] of slices) {
    on.forEach((slice, index) => {
      if (index > 0 && us(slice) !== end(on[index - 1]))
        faults.push(`${thread}: ${slice.name} does not follow at once`);
    });
  }
  for (const [id, pair] of arrows) {
    const [start, finish] = pair;
    if (pair.length !== 2 || start.ph !== 's' || finish.ph !== 'f') faults.push(`arrow ${id}`);
    else {
      if (us(finish) < us(start)) faults.push(`arrow ${id} goes back in time`);
      if (start.tid === finish.tid || start.pid !== finish.pid) faults.push(`arrow ${id} goes nowhere`);
      for (const at of pair) {
        const on = slices.get(`${at.pid} ${at.tid}`) ?? [];
        if (!on.some((slice) => us(slice) <= us(at) && us(at) <= end(slice)))
          faults.push(`arrow ${id} hangs in the air`);
      }
    }
  }
  return faults;
}

describe('Perfetto', () => {
  test.each(NAMES)('%s', async (name) => {
    const all = await flowsOf(name);
    const events = all.flatMap((flow) => traceEvents(flow, all[0].clock.epochSeconds));
    expect(traceFaults(events)).toEqual([]);
    for (const flow of all) {
      const own = events.filter(({ pid }) => pid === flow.flow);
      const states = own.filter(({ ph, tid }) => ph === 'X' && tid === 2).map((event) => event.name);
      const first = flow.timeline.find(({ endpoint }) => endpoint === 'server');
      const path = flow.timeline.filter(({ endpoint }) => endpoint === 'server').map(({ to }) => to);
      expect(states).toEqual([...(first?.from == null ? [] : [first.from]), ...(first ? path : [flow.serverState])]);
      expect(own.filter(({ ph, cat }) => ph === 'i' && cat !== 'segment').map((event) => event.name)).toEqual(
        flow.findings.map(({ kind }) => kind),
      );
    }
  });

  test('the checks find what is wrong', () => {
    const events = traceEvents(normalClose(), 1_795_176_000);
    const broken = events.map((event) =>
      event.ph === 'X' && event.name === 'ESTABLISHED' ? { ...event, dur: 1e9 } : event,
    );
    expect(traceFaults(broken)).not.toEqual([]);
    expect(traceFaults(events.filter(({ ph }) => ph !== 'f'))).not.toEqual([]);
  });
});
