import {
  ASYMMETRIC_MATCHERS_OBJECT,
  GLOBAL_EXPECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';
import * as chai from 'chai';

/* The part of vitest's interface that the tests of the tracker use, for a runner that keeps their modules loaded. */

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

export const expect = (value, message) => chai.expect(value, message);
Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
globalThis[GLOBAL_EXPECT] = expect;
setState({ assertionCalls: 0 }, expect);

/** Tests in the order of their definition: `{ id, name, run }`. */
export const tests = [];
let path = [];
let setUps = [];
let tearDowns = [];

/** Names the file whose tests are defined next. */
export function beginFile(name) {
  path = [name];
  setUps = [];
  tearDowns = [];
}

export function describe(name, define) {
  const outer = [path, setUps, tearDowns];
  path = [...path, name];
  setUps = [...setUps];
  tearDowns = [...tearDowns];
  define();
  [path, setUps, tearDowns] = outer;
}

/** Around each test rather than around all: what was set up by another mutant counts for nothing. */
export const beforeAll = (run) => setUps.push(run);
export const afterAll = (run) => tearDowns.push(run);

export function it(name, run) {
  const [before, after] = [setUps, tearDowns];
  const full = [...path, name].join(' ');
  const twins = tests.filter((t) => t.name === full).length;
  tests.push({
    id: twins === 0 ? full : `${full} ${twins + 1}`,
    name: full,
    run: async () => {
      for (const setUp of before) await setUp();
      try {
        await run();
      } finally {
        for (const tearDown of after) await tearDown();
      }
    },
  });
}
export const test = it;

const title = (template, row, index) => {
  let i = 0;
  return template
    .replaceAll(/%[sdi]/g, () => String(row[i++]))
    .replaceAll(/\$(\w+)/g, (_, key) => String(row[0]?.[key] ?? `$${key}`))
    .replaceAll('%#', String(index));
};
const each = (define) => (rows) => (template, run) =>
  rows.forEach((row, index) => {
    const values = Array.isArray(row) ? row : [row];
    define(title(template, values, index), () => run(...values));
  });
describe.each = each(describe);
it.each = each(it);
