import { expect, test } from 'vitest';
import { FINDING_KINDS } from '../../src/findings/finding.js';
import { explainKind, explainList } from '../../src/report/explain.js';
import { displayWidth } from '../../src/report/width.js';
import { CATALOGUE } from '../support/catalogue.js';

test('one kind', async () => {
  await expect(explainKind(CATALOGUE['close-wait-long'])).toMatchFileSnapshot('golden/explain.txt');
});

test('the list names every kind, in 80 columns', () => {
  const text = explainList(CATALOGUE);
  for (const kind of FINDING_KINDS) expect(text).toContain(` ${kind} `);
  expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(80);
});
