import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, type Side } from '../../src/audit/baseline/compare.js';
import { adjust } from '../../src/audit/baseline/false-discovery.js';
import { fisherExact } from '../../src/audit/baseline/fisher.js';
import { Sketch } from '../../src/audit/work/sketch.js';

describe("Fisher's exact test", () => {
  /** By definition, in whole numbers: the share of all tables of the same margins that are no more likely. */
  function byDefinition(a: [number, number], b: [number, number]): number {
    const choose = (n: number, k: number): bigint => {
      let result = 1n;
      for (let i = 1; i <= k; i++) result = (result * BigInt(n - k + i)) / BigInt(i);
      return result;
    };
    const hits = a[0] + b[0];
    const ways = (k: number): bigint =>
      k > a[1] || hits - k > b[1] || k < 0 || hits - k < 0 ? 0n : choose(a[1], k) * choose(b[1], hits - k);
    let rare = 0n;
    for (let k = 0; k <= hits; k++) if (ways(k) <= ways(a[0])) rare += ways(k);
    return Number((rare * 10n ** 15n) / choose(a[1] + b[1], hits)) / 1e15;
  }

  const proportion = fc
    .integer({ min: 1, max: 120 })
    .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));

  test('is what the definition says', () => {
    fc.assert(
      fc.property(proportion, proportion, (a, b) => {
        const p = fisherExact({ findings: a[0], flows: a[1] }, { findings: b[0], flows: b[1] });
        expect(p).toBeCloseTo(byDefinition(a, b), 9);
      }),
    );
  });

  test("on the tea that Fisher's lady tasted: three of four right gives 0.4857", () => {
    expect(fisherExact({ findings: 3, flows: 4 }, { findings: 1, flows: 4 })).toBeCloseTo(34 / 70, 12);
  });

  test('with millions of flows', () => {
    const a = { findings: 1000, flows: 1_000_000 };
    expect(fisherExact(a, { findings: 1010, flows: 1_000_000 })).toBeGreaterThan(0.5);
    expect(fisherExact(a, { findings: 1400, flows: 1_000_000 })).toBeLessThan(1e-10);
    expect(fisherExact({ findings: 0, flows: 1 }, { findings: 0, flows: 1 })).toBe(1);
  });
});

test("Benjamini and Hochberg's own example of 1995: at q = 0.05 the four smallest of fifteen", () => {
  const values = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
  ];
  expect(adjust([...values].reverse()).filter((p) => p <= 0.05)).toHaveLength(4);
  expect(adjust([])).toEqual([]);
});

describe('quantiles', () => {
  test('to 1 % of the value, whatever the order and the parts', () => {
    const values = fc.array(fc.double({ min: 1e-6, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), fc.nat(), (all, q, cut) => {
        const one = new Sketch();
        for (const value of all) one.add(value);
        const parts = [new Sketch(), new Sketch()];
        for (const [i, value] of [...all].reverse().entries()) parts[i <= cut % all.length ? 0 : 1].add(value);
        const joined = Sketch.of(parts[1].json());
        joined.merge(parts[0].json());
        expect(joined.json()).toEqual(one.json());
        const exact = [...all].sort((a, b) => a - b)[Math.max(1, Math.ceil(q * all.length)) - 1];
        expect(Math.abs((one.quantile(q) ?? 0) / exact - 1)).toBeLessThan(0.0101);
      }),
    );
  });

  test('of nothing there is none', () => expect(new Sketch().quantile(0.5)).toBeNull());
});

describe('against a baseline', () => {
  const side = (...services: [service: string, flows: number, kinds: Record<string, number>][]): Side => ({
    flows: services.reduce((sum, [, flows]) => sum + flows, 0),
    services: services.map(([service, flows, kinds]) => ({
      service,
      flows,
      findings: Object.entries(kinds).map(([kind, n]) => ({
        kind: kind as 'syn-timeout',
        severity: 'error' as const,
        flows: n,
      })),
    })),
  });

  test('change is told from noise, with the counts', () => {
    const before = side(
      ['a:1', 1000, { 'syn-timeout': 10, 'half-open-reset': 50, 'last-ack-stuck': 40 }],
      ['gone:1', 10, { 'syn-timeout': 5 }],
    );
    const now = side(
      ['a:1', 1000, { 'syn-timeout': 13, 'half-open-reset': 120, 'connection-refused': 30, 'keepalive-timeout': 1 }],
      ['fresh:1', 10, { 'syn-timeout': 5 }],
    );
    const report = compare('old', before, now, 0.05);
    expect(report.changes.map(({ service, kind, change }) => `${service} ${kind} ${change}`).sort()).toEqual([
      'a:1 connection-refused new',
      'a:1 half-open-reset worse',
      'a:1 last-ack-stuck gone',
      'fresh:1 syn-timeout incomparable',
      'gone:1 syn-timeout incomparable',
    ]);
    // Thirteen after ten, and one after none, are chance.
    expect(report.counts).toMatchObject({ unchanged: 2, new: 1, worse: 1, gone: 1, incomparable: 2 });
    const worse = report.changes.find(({ change }) => change === 'worse');
    expect(worse).toMatchObject({ before: { findings: 50, flows: 1000 }, now: { findings: 120, flows: 1000 } });
    expect(worse?.p).toBeLessThan(1e-6);
    expect(compare('old', now, before, 0.05).changes.find(({ kind }) => kind === 'half-open-reset')?.change).toBe(
      'better',
    );
  });

  test('the same on both sides is unchanged', () => {
    const same = side(['a:1', 100, { 'syn-timeout': 10 }]);
    expect(compare('old', same, same, 0.05)).toMatchObject({ changes: [], counts: { unchanged: 1 } });
  });
});
