import { describe, expect, test } from 'vitest';
import type { Flow } from '../../../../src/findings/finding.js';
import { FlowRows } from '../../../../src/report/html/flow-rows.js';
import { Rows } from '../../../../src/report/html/page/rows.js';
import { countKinds, select, selectInTime } from '../../../../src/report/html/page/selection.js';
import { INITIAL, type ViewState } from '../../../../src/report/html/page/view-state.js';
import { CLOCK, seconds } from '../../../support/flow-builder.js';
import { closeWait, normalClose, rstAfterRetries } from '../../../support/flows.js';

const at = (flow: Flow, number: number, address: string, start: number): Flow => ({
  ...flow,
  flow: number,
  client: { address, port: 40_000 + number },
  start: seconds(start),
  end: seconds(start) + (flow.end - flow.start),
});

const FLOWS = [
  at(normalClose(), 1, '10.0.1.10', 0),
  at(rstAfterRetries(), 2, '10.0.1.9', 10),
  at(closeWait(), 3, '2001:db8::5', 20),
  at(normalClose(), 4, '10.0.2.1', 30),
];
const table = new FlowRows();
for (const flow of FLOWS) if (table.hasRoom(flow)) table.add(flow, CLOCK, 0);
const rows = new Rows(table.tables(), table.bytes());

const found = (changes: Partial<ViewState>): number[] =>
  [...select(rows, { ...INITIAL, ...changes }).rows].map((row) => rows.columns.flow[row]);

describe('conditions', () => {
  test('none: all', () => expect(found({})).toEqual([1, 2, 3, 4]));
  test("the command line's words", () => {
    expect(found({ filter: 'src net 10.0.1.0/24' })).toEqual([1, 2]);
    expect(found({ filter: 'not ip6 and dst port 5432' })).toEqual([1, 2, 4]);
    expect(found({ filter: 'port 40003 or 40004' })).toEqual([3, 4]);
  });
  test('a finding', () => expect(found({ finding: closeWait().findings[0].kind })).toEqual([3]));
  test('a state at the end, of either', () => expect(found({ state: 'CLOSE_WAIT' })).toEqual([3]));
  test('who closed first', () => {
    const closers = FLOWS.map(({ timeline }) => timeline.find(({ to }) => to === 'FIN_WAIT1')?.endpoint);
    expect(found({ closer: 'client' })).toEqual([1, 2, 3, 4].filter((_, index) => closers[index] === 'client'));
  });
  test('a least duration', () => {
    const long = FLOWS.filter(({ start, end }) => end - start >= 5e9).map(({ flow }) => flow);
    expect(long.length).toBeGreaterThan(0);
    expect(long.length).toBeLessThan(4);
    expect(found({ longer: '5s' })).toEqual(long);
  });
  test('a stretch of time: what was there then, and sockets that stayed', () => {
    // The first one's client is still in TIME_WAIT.
    expect(found({ from: 29e6, to: 31e6 })).toEqual([1, 3, 4]);
    expect(found({ from: -5e6, to: -1e6 })).toEqual([]);
  });
});

describe('order', () => {
  test('by address: by number, not by text; IPv6 after IPv4', () => {
    expect(found({ sort: 'client' })).toEqual([2, 1, 4, 3]);
    expect(found({ sort: 'client', descending: true })).toEqual([3, 4, 1, 2]);
  });
  test('the worst findings first', () => expect(found({ sort: 'severity' }).slice(0, 2)).toEqual([2, 3]));
  test('by number, backwards', () => expect(found({ descending: true })).toEqual([4, 3, 2, 1]));
});

test('what cannot be understood is told, with the column', () => {
  expect(select(rows, { ...INITIAL, filter: 'host nowhere' }).problem).toMatch(/^column 6: expected an address/);
  expect(select(rows, { ...INITIAL, longer: 'soon' }).problem).toContain('a duration');
});

test('findings are counted by connection', () => {
  const counts = countKinds(rows, selectInTime(rows, INITIAL));
  for (const { kind } of closeWait().findings) expect(counts.get(kind)).toBe(1);
});
