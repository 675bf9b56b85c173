import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Namespace and container tests share the machine's kernel: one file at a time keeps their timing honest.
    fileParallelism: false,
  },
});
