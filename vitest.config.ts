import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    maxWorkers: '100%',
    // No module keeps more than caches: loading them once per worker saves a sixth of the time.
    isolate: false,
    // Many tests start the built command or a capture of their own: a busy machine must not fail them.
    testTimeout: 60_000,
  },
});
