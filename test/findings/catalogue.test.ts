import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/findings/catalogue/index.js';
import { FINDING_KINDS, PHASES, SEVERITIES } from '../../src/findings/finding.js';

const LINUX_NAMES = new Set(
  readFileSync(new URL('linux-6.18-names.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
);
const REMOVED = 'net.ipv4.tcp_tw_recycle';

it('has exactly one entry for every kind, in the order of the kinds', () => {
  expect(Object.keys(CATALOGUE)).toEqual([...FINDING_KINDS]);
});

it('keeps the phases together, in their order', () => {
  const phases = FINDING_KINDS.map((kind) => CATALOGUE[kind].phase);
  expect([...new Set(phases)]).toEqual([...PHASES]);
  expect(phases).toEqual([...phases].sort((a, b) => PHASES.indexOf(a) - PHASES.indexOf(b)));
});

describe.each(FINDING_KINDS)('%s', (kind) => {
  const entry = CATALOGUE[kind];
  const sentences = [
    entry.title,
    entry.meaning,
    ...entry.causes,
    ...entry.checks.flatMap(({ command, why }) => [command, why]),
    ...entry.settings.flatMap(({ name, effect }) => [name, effect]),
  ];
  const text = sentences.join('\n');

  it('stands under its own kind, with a known severity', () => {
    expect(entry.kind).toBe(kind);
    expect(SEVERITIES).toContain(entry.severity);
  });

  it('has a headline that fits the summary', () => {
    expect(entry.title.length).toBeLessThanOrEqual(60);
    expect(entry.title).not.toMatch(/[.\s]$/);
  });

  it('explains itself in two to six plain sentences', () => {
    const ends = entry.meaning.match(/[.?](?= |$)/g) ?? [];
    expect(ends.length).toBeGreaterThanOrEqual(2);
    expect(ends.length).toBeLessThanOrEqual(6);
  });

  it('names causes, what to run and where, and references', () => {
    expect(entry.causes.length).toBeGreaterThan(0);
    expect(entry.references.length).toBeGreaterThan(0);
    expect(entry.checks.length).toBeGreaterThan(0);
    for (const { command, why } of entry.checks) {
      expect(command).not.toBe('');
      expect(why).not.toBe('');
    }
  });

  it('has no blanks at the edges of its texts, and none doubled', () => {
    for (const sentence of sentences) expect(sentence).not.toMatch(/^\s|\s$| {2}/);
  });

  it('uses counters that Linux has', () => {
    const counters = text.match(/\bTcp(?:Ext)?[A-Z]\w+/g) ?? [];
    expect(counters.filter((name) => !LINUX_NAMES.has(name))).toEqual([]);
  });

  it('names settings that Linux has', () => {
    const settings = [...(text.match(/\bnet\.\w+\.\w+/g) ?? []), ...entry.settings.map(({ name }) => name)];
    expect(settings.filter((name) => !LINUX_NAMES.has(name) && name !== REMOVED)).toEqual([]);
  });
});

it('mentions tcp_tw_recycle only to recognise it, saying that it is gone', () => {
  const mentioning = FINDING_KINDS.filter((kind) => JSON.stringify(CATALOGUE[kind]).includes('tcp_tw_recycle'));
  expect(mentioning).toEqual(['timestamp-drop-suspected']);
  const { settings } = CATALOGUE['timestamp-drop-suspected'];
  expect(settings.find(({ name }) => name === REMOVED)?.effect).toMatch(
    /^Removed in Linux 4\.12\. Where it still exists it must stay 0/,
  );
});

it('never offers tcp_fin_timeout as a cure for TIME_WAIT or CLOSE_WAIT', () => {
  for (const kind of ['time-wait-accumulation', 'close-wait-long'] as const) {
    const setting = CATALOGUE[kind].settings.find(({ name }) => name === 'net.ipv4.tcp_fin_timeout');
    expect(setting?.effect).toMatch(/^Does (?:not|nothing)/);
  }
});

it.each([
  ['error', ['syn-timeout', 'synack-retries-exhausted', 'half-open-reset', 'retransmission-timeout', 'last-ack-stuck']],
  ['warning', ['syn-retransmitted', 'handshake-ack-lost', 'close-wait-long', 'zero-window-stall', 'last-ack-lost']],
  // These are found on sound connections, which must never carry a warning.
  ['info', ['defer-accept', 'fast-open', 'simultaneous-open', 'simultaneous-close', 'half-close', 'time-wait-reuse']],
  ['info', ['mid-stream', 'duplicate-frames', 'reordered-frames']],
] as const)('gives the severity %s to %j', (severity, kinds) => {
  for (const kind of kinds) expect(CATALOGUE[kind].severity).toBe(severity);
});
