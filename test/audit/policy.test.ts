import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compare } from '../../src/audit/baseline/compare.js';
import { DEFAULT_POLICY } from '../../src/audit/policy/default-policy.js';
import { type Evidence, judge, type Verdict } from '../../src/audit/policy/judge.js';
import { loadPolicy, PolicyError } from '../../src/audit/policy/load.js';
import { scopeOf } from '../../src/audit/policy/scope.js';
import type { AcrossSummary } from '../../src/audit/results/summary.js';
import { Sketch } from '../../src/audit/work/sketch.js';
import type { ServiceCount } from '../../src/audit/work/tally.js';
import { FINDING_KINDS, type FindingKind, SEVERITIES, type Severity } from '../../src/findings/finding.js';
import { DEFAULT_THRESHOLDS } from '../../src/findings/thresholds.js';
import { Scratch } from './scratch.js';

const scratch = new Scratch();
afterAll(() => scratch.remove());

const load = (text: string) => loadPolicy(scratch.write('policy.yaml', text));

function mistake(text: string): PolicyError {
  try {
    load(text);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error('no mistake was found');
}

describe('the published schema', () => {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schema/policy.schema.json'), 'utf8'));

  test('knows every kind, severity and threshold', () => {
    expect(schema.definitions.kind.enum).toEqual(FINDING_KINDS);
    expect(schema.definitions.severity.enum).toEqual(SEVERITIES);
    expect(Object.keys(schema.properties.thresholds.properties)).toEqual(Object.keys(DEFAULT_THRESHOLDS));
  });

  test('is shipped', () => {
    const { files } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect(files).toContain('schema');
  });
});

describe('mistakes are told with file, line, and what was expected', () => {
  test.each([
    [
      'a kind that is none',
      'version: 1\nlimits:\n  - kind: close-wait-lng\n    max: 1',
      3,
      /a kind of finding.*"close-wait-lng"/,
    ],
    ['another version', '# ours\nversion: 2', 2, /expected 1, the version of this format, found 2/],
    ['no version', 'limits: []', 1, /expected version in the policy/],
    [
      'an unknown word',
      'version: 1\nlimits:\n  - kind: syn-timeout\n    max: 1\n    prt: 80',
      5,
      /one of kind, .*port.*"prt"/,
    ],
    [
      'no subject',
      'version: 1\nlimits:\n  - port: 80\n    max: 1',
      3,
      /one of kind, severity and handshake in limits 1/,
    ],
    ['no measure', 'version: 1\nlimits:\n\n  - kind: syn-timeout', 4, /one of max and maxShare in limits 1/],
    [
      'two measures',
      'version: 1\nlimits:\n  - {kind: syn-timeout, max: 1, maxShare: 1%}',
      3,
      /one of max and maxShare/,
    ],
    ['a handshake with max', 'version: 1\nlimits:\n  - handshake: p99\n    below: 1s\n    max: 1', 5, /no max beside/],
    ['a duration without a unit', 'version: 1\nlimits:\n  - handshake: p99\n    below: fast', 4, /a duration .*"fast"/],
    ['a share above all', 'version: 1\nlimits:\n  - {severity: error, maxShare: 120%}', 3, /a share .*"120%"/],
    ['a number below none', 'version: 1\nlimits:\n  - severity: error\n    max: -1', 4, /whole number, found -1/],
    [
      'no such network',
      'version: 1\nlimits:\n  - severity: error\n    max: 1\n    address: 10.0.0.0/33',
      5,
      /a network/,
    ],
    [
      'a service without a port',
      'version: 1\nlimits:\n  - severity: error\n    max: 1\n    service: 10.0.0.1',
      5,
      /a service/,
    ],
    ['an ignore without an end', 'version: 1\nignore:\n  - kind: half-close\n    reason: x', 3, /until in ignore 1/],
    [
      'no such day',
      'version: 1\nignore:\n  - {kind: half-close, reason: x, until: 2027-02-30}',
      3,
      /a day of the calendar/,
    ],
    ['a threshold that is none', 'version: 1\nthresholds:\n  closeWat: 1s', 3, /one of closeWait/],
    ['no YAML', 'version: 1\nlimits: [', 2, /YAML or JSON/],
    ['a word twice', 'version: 1\nlimits: []\nlimits: []', 3, /YAML or JSON.*unique/],
    ['nothing', '', 1, /a policy: .*found null/],
    ['JSON', '{"version": 1,\n "limits": [\n  {"kind": "syn-timout", "max": 1}]}', 3, /a kind of finding/],
  ])('%s', (_, text, line, message) => {
    const error = mistake(text);
    expect(error.line).toBe(line);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`policy.yaml:${line}: `);
    expect(error.message.split('\n')).toHaveLength(1);
  });

  test('a file that is not there', () => {
    expect(() => loadPolicy(scratch.path('none.yaml'))).toThrow(/none\.yaml: expected a policy, found nothing/);
  });

  test('aliases that grow without bound are refused', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`);
    expect(() => load(`a0: &a0 [1]\n${levels.join('\n')}\nversion: 1`)).toThrow(PolicyError);
  });
});

test('what --init writes can be read, in full', () => {
  const policy = load(DEFAULT_POLICY);
  expect(policy.limits).toMatchObject([
    { subject: { kind: 'synack-retries-exhausted' }, most: { unit: 'findings', value: 0 } },
    { subject: { kind: 'close-wait-long' }, most: { unit: 'share', value: 0.001 }, each: true, minFlows: 100 },
    { subject: { severity: 'error' }, most: { unit: 'share', value: 0.01 } },
    { subject: { quantile: 0.99 }, most: { unit: 'seconds', value: 0.2 } },
  ]);
  expect(policy.baseline).toEqual({ significance: 0.05, fail: 'error' });
  // What it shows in comments is right, too.
  expect(
    load(DEFAULT_POLICY.replace(/ \[\]| \{\}/g, '').replace(/^# {1,3}(?=[ -] |\w+: \d)/gm, '  ')).ignores,
  ).toHaveLength(1);
});

test.each([
  [{ service: '10.0.3.7:8080' }, ['10.0.3.7:8080'], ['10.0.3.7:80', '10.0.3.70:8080', '10.0.3.7']],
  [{ service: '[2001:db8::7]:443' }, ['[2001:db8::7]:443'], ['[2001:db8::7]:80']],
  [{ port: 8080 }, ['10.0.3.7:8080', '[2001:db8::7]:8080'], ['10.0.3.7:80', '10.0.3.7']],
  [{ address: '10.0.3.0/24' }, ['10.0.3.7:8080', '10.0.3.255'], ['10.0.4.7:8080', '[2001:db8::7]:443']],
  [{ address: '2001:db8::/32', port: 443 }, ['[2001:db8::7]:443'], ['[2001:db9::7]:443', '[2001:db8::7]:80']],
  [{}, ['10.0.3.7:8080', '10.0.3.7'], []],
])('the scope %j', (words, inside, outside) => {
  const { holds } = scopeOf(words);
  expect(inside.filter((name) => !holds(name))).toEqual([]);
  expect(outside.filter(holds)).toEqual([]);
});

describe('judging', () => {
  function service(name: string | null, flows: number, found: Partial<Record<FindingKind, number>>): ServiceCount {
    const findings = Object.entries(found).map(([kind, n]) => ({
      kind: kind as FindingKind,
      severity: (kind === 'half-close' ? 'info' : 'error') as Severity,
      flows: n,
    }));
    const sketch = new Sketch();
    for (let i = 1; i <= 100; i++) sketch.add(i / 1000);
    return { service: name, flows, findings, handshakes: sketch.json() };
  }
  const scan: AcrossSummary = {
    capture: 'c0',
    kind: 'syn-scan',
    severity: 'notice',
    subject: '10.0.9.9',
    flows: 40,
    at: '',
    message: '',
    advice: '',
  };
  const evidence: Evidence = {
    services: [
      service('10.0.0.1:80', 1000, { 'syn-timeout': 10, 'half-close': 3 }),
      service('10.0.0.2:80', 100, { 'syn-timeout': 5 }),
      service('10.0.0.2:443', 10, { 'half-open-reset': 1 }),
      service(null, 90, { 'syn-timeout': 1 }),
    ],
    across: [scan],
    baseline: null,
    today: '2026-11-20',
  };
  const verdict = (limits: string, more: Partial<Evidence> = {}): Verdict =>
    judge(load(`version: 1\n${limits}`), { ...evidence, ...more });
  const limit = (words: string): Verdict => verdict(`limits:\n  - {${words}}`);

  test.each([
    ['kind: syn-timeout, max: 16', true, '16 in 1,200 flows (1.33 %)'],
    ['kind: syn-timeout, max: 15', false, '16 in 1,200 flows (1.33 %)'],
    ['kind: syn-timeout, maxShare: 1.4%', true, '16 in 1,200 flows (1.33 %)'],
    ['kind: syn-timeout, maxShare: 1.3%', false, '16 in 1,200 flows (1.33 %)'],
    ['kind: syn-timeout, max: 14, port: 80', false, '15 in 1,100 flows (1.36 %)'],
    ['kind: syn-timeout, max: 5, address: 10.0.0.2', true, '5 in 110 flows (4.55 %)'],
    ['kind: syn-timeout, maxShare: 2%, each: service', false, '10.0.0.2:80: 5 in 100 flows (5 %)'],
    ['kind: syn-timeout, maxShare: 5%, each: service', true, undefined],
    ['severity: error, max: 16', false, '17 in 1,200 flows (1.42 %)'],
    ['kind: half-open-reset, maxShare: 1%, each: service, minFlows: 11', true, undefined],
    ['kind: syn-scan, max: 0', false, '1 in 1,200 flows (0.0833 %)'],
    ['kind: syn-scan, max: 0, address: 10.0.9.9', false, '1 in 0 flows (100 %)'],
    ['kind: syn-scan, max: 0, port: 80', true, '0 in 1,100 flows (0 %)'],
  ])('%s: holds %s', (words, holds, measured) => {
    const [result] = limit(words).limits;
    expect(result.holds).toBe(holds);
    expect(result.measured[0]).toBe(measured);
  });

  test('a percentile of the handshake', () => {
    expect(limit('handshake: p99, below: 102ms').violated).toBe(false);
    const { limits } = limit('handshake: p50, below: 40ms, port: 443');
    expect(limits).toMatchObject([{ holds: false, limit: 'p50 of the handshake below 40 ms on port 443' }]);
    expect(limits[0].measured[0]).toMatch(/^(49|50)\.?\d* ms over 100 handshakes$/);
  });

  test('an ignored finding does not count until the day is over, and both are told', () => {
    const ignore = (until: string) =>
      `limits:\n  - {kind: syn-timeout, max: 6}\nignore:\n  - {kind: syn-timeout, service: "10.0.0.1:80", reason: known, until: ${until}}`;
    expect(verdict(ignore('2026-11-20'))).toMatchObject({
      violated: false,
      ignored: [{ line: 5, kind: 'syn-timeout', findings: 10, reason: 'known' }],
      expired: [],
    });
    expect(verdict(ignore('2026-11-19'))).toMatchObject({
      violated: true,
      ignored: [],
      expired: [{ line: 5, kind: 'syn-timeout', until: '2026-11-19' }],
    });
  });

  test('changes against the baseline, as the policy wants them', () => {
    const before = { flows: 1000, services: [service('10.0.0.1:80', 1000, {})] };
    const now = { flows: 1000, services: [service('10.0.0.1:80', 1000, { 'syn-timeout': 30 })] };
    const baseline = compare('old', before, now, 0.05);
    const { violated, regressions } = verdict('baseline:\n  fail: warning', { baseline });
    expect(violated).toBe(true);
    expect(regressions[0]).toMatch(
      /^new: syn-timeout on 10\.0\.0\.1:80: 0 of 1,000 flows before, 30 of 1,000 now \(p = \d/,
    );
    expect(verdict('baseline:\n  fail: never', { baseline }).violated).toBe(false);
    const ignored = 'ignore:\n  - {kind: syn-timeout, reason: known, until: 2027-01-01}\nbaseline:\n  fail: error';
    expect(verdict(ignored, { baseline }).violated).toBe(false);
  });
});
