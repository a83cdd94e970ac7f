import { expect, test } from 'vitest';
import type { FindingFacts } from '../../../src/report/html/embedded.js';
import { verdictOf } from '../../../src/report/html/verdict.js';

const finding = (changes: Partial<FindingFacts>): FindingFacts => ({
  kind: 'accept-queue-overflow',
  severity: 'error',
  flows: 5,
  examples: [1],
  where: '10.0.3.7:5432',
  at: 0,
  message: 'ACKs arrived and were ignored',
  advice: '',
  across: false,
  verdict: null,
  ...changes,
});
const worst = (changes: object) => ({ error: 0, warning: 0, notice: 0, info: 0, ...changes });
const title = (kind: string): string => (kind === 'syn-scan' ? 'One address tried many ports' : 'The queue was full');

test('says how many failed, and of what most', () => {
  expect(verdictOf(9, worst({ error: 5 }), [finding({})], title).text).toBe(
    '5 of 9 connections failed or are stuck: the queue was full, at 10.0.3.7:5432.',
  );
  expect(verdictOf(1200, worst({ error: 7 }), [finding({})], title).text).toBe(
    '7 of 1,200 connections failed or are stuck: the queue was full, at 10.0.3.7:5432 (5 of them).',
  );
});

test('of one connection it tells the story', () => {
  expect(verdictOf(1, worst({ error: 1 }), [finding({ flows: 1 })], title).text).toBe(
    'The connection failed or is stuck: ACKs arrived and were ignored.',
  );
});

test('tells suffering from failing, and what only many connections show', () => {
  const suffered = verdictOf(9, worst({ warning: 2 }), [finding({ severity: 'warning', where: null })], title);
  expect(suffered).toEqual({
    severity: 'warning',
    text: 'None of 9 connections failed, but 2 suffered: the queue was full (5 of them).',
  });
  const scan = finding({ kind: 'syn-scan', severity: 'warning', across: true, where: '10.0.0.9' });
  expect(verdictOf(60, worst({}), [scan], title).text).toBe(
    'Each of 60 connections is well by itself, not all together: one address tried many ports, at 10.0.0.9.',
  );
});

test('says so where nothing is wrong, and where there is nothing', () => {
  expect(verdictOf(3, worst({ info: 2 }), [finding({ severity: 'info' })], title)).toEqual({
    severity: null,
    text: 'Nothing is wrong with these 3 connections.',
  });
  expect(verdictOf(0, worst({}), [], title).severity).toBeNull();
});
