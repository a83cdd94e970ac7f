import { defineConfig } from 'vitest/config';

/** The tests that a mutant of the tracker must get past: tables of wire events, fast enough to be run for each. */
export default defineConfig({
  test: {
    include: [
      'test/connection/{cases,postmortem}/**/*.test.ts',
      'test/connection/{state-machine,sequence}.test.ts',
      'test/compared/compared.test.ts',
    ],
    isolate: false,
  },
});
