import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TcpState } from '../../src/connection/state.js';
import type { Flow } from '../../src/findings/finding.js';
import { MOST_ROWS, StateSeries, TooManyRowsError } from '../../src/report/state-series.js';
import { StateCounter, type StateOptions } from '../../src/report/states.js';
import { countRows, countsText, rowsCsv, seriesText, sparkline } from '../../src/report/states-text.js';
import { CLOCK, FlowBuilder, seconds } from '../support/flow-builder.js';
import { closeWait, handshakeAckLost, normalClose, rstAfterRetries } from '../support/flows.js';

const FLOWS = [normalClose(), handshakeAckLost(), rstAfterRetries(), closeWait(), closeWait()];

function count(flows: readonly Flow[], options: StateOptions = {}) {
  const counter = new StateCounter(options);
  for (const flow of flows) counter.add(flow);
  return counter.rows();
}

describe('at one moment', () => {
  test('the end of the capture prints what the netstat one-liner prints', () => {
    expect(countsText(count(FLOWS))).toBe('CLOSE_WAIT 2\nESTABLISHED 2\nTIME_WAIT 1\n');
  });

  test('of one side', () => {
    expect(countsText(count(FLOWS, { side: 'client' }))).toBe('ESTABLISHED 1\nTIME_WAIT 1\n');
  });

  test('at a time, before the first change there is no socket', () => {
    const at = (time: number) => countsText(count([rstAfterRetries()], { at: () => seconds(time) }));
    expect(at(-1)).toBe('');
    expect(at(0)).toBe('SYN_SENT 1\n');
    expect(at(5)).toBe('ESTABLISHED 1\nSYN_RECV 1\n');
    expect(at(7.3)).toBe('ESTABLISHED 1\n');
    expect(at(8)).toBe('');
  });

  test('by the address that holds the socket, and by port of the server', () => {
    expect(countsText(count(FLOWS, { by: 'address' }))).toBe(
      '10.0.3.7 CLOSE_WAIT 2\n10.0.1.9 ESTABLISHED 1\n10.0.3.7 ESTABLISHED 1\n10.0.1.9 TIME_WAIT 1\n',
    );
    expect(countRows(count(FLOWS, { by: 'port' }), 'port')[0]).toEqual({ port: 5432, state: 'CLOSE_WAIT', count: 2 });
  });

  test('as CSV', () => {
    expect(
      rowsCsv(countRows(count(FLOWS, { by: 'address', side: 'server' }), 'address'), ['address', 'state', 'count']),
    ).toBe('address,state,count\r\n10.0.3.7,CLOSE_WAIT,2\r\n10.0.3.7,ESTABLISHED,1\r\n');
  });
});

describe('over time', () => {
  test('a table and a sparkline per state', async () => {
    const series = new StateSeries(seconds(1));
    for (const flow of [handshakeAckLost(), rstAfterRetries(), normalClose()]) series.add(flow);
    await expect(seriesText(series.samples(), CLOCK)).toMatchFileSnapshot('golden/states-every.txt');
  });

  test('each sample is what would have been counted at that moment', () => {
    const states = fc.constantFrom<TcpState>('SYN_SENT', 'ESTABLISHED', 'CLOSE_WAIT', 'CLOSED');
    const steps = fc.array(fc.record({ at: fc.integer({ min: 0, max: 30_000 }), to: states }), {
      minLength: 1,
      maxLength: 6,
    });
    const flow = steps.map((changes) => {
      const builder = new FlowBuilder().segment(0, 'client', 'S', 0, 0);
      for (const { at, to } of [...changes].sort((a, b) => a.at - b.at))
        builder.state('client', null, to, { at: at / 1000 });
      return builder.build({ followedUntil: seconds(30) });
    });
    fc.assert(
      fc.property(
        fc.array(flow, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 100, max: 7000 }),
        (flows, every) => {
          const series = new StateSeries(every * 1e6);
          for (const one of flows) series.add(one);
          for (const { at, counts } of series.samples()) {
            const expected = Object.fromEntries(
              count(flows, { at: () => at }).map(({ state, count }) => [state, count]),
            );
            expect(counts).toEqual(expected);
          }
        },
      ),
    );
  });

  test('samples lie on whole multiples of the interval, and the last one at the end', () => {
    const series = new StateSeries(seconds(5));
    series.add(handshakeAckLost());
    expect(series.samples().map(({ at }) => at / 1e9)).toEqual([0, 5, 10, 12]);
  });

  test('refuses more rows than anyone reads', () => {
    const series = new StateSeries(1000);
    series.add(closeWait());
    expect(() => series.samples()).toThrow(TooManyRowsError);
    expect(451.2 / 1e-6).toBeGreaterThan(MOST_ROWS);
  });

  test('sparklines keep peaks', () => {
    expect(sparkline([0, 1, 2, 4, 8], 10)).toBe(' ▁▂▄█');
    expect(sparkline([0, 0, 0, 9, 0, 0, 0, 0], 4)).toBe(' █  ');
  });
});
