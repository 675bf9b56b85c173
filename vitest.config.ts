import { defineConfig } from 'vitest/config';

/** Namespace tests that know nothing of engines: they run on the best one with all other tests, and once more on each of the others. */
const ON_EVERY_ENGINE = [
  'findings',
  'firewall',
  'firewall-state',
  'forged',
  'handshake',
  'interrupt',
  'local',
  'loss',
  'mss',
  'nmap',
  'path',
  'permission',
  'responder',
  'states',
  'wire',
];

const shared = { testTimeout: 20_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Namespace and container tests share the machine's kernel: one file at a time keeps their timing honest.
    fileParallelism: false,
    maxWorkers: 1,
    projects: [
      { test: { name: 'all', include: ['test/**/*.test.ts'], ...shared } },
      {
        test: {
          name: 'raw-cap',
          include: ON_EVERY_ENGINE.map((file) => `test/netns/${file}.test.ts`),
          env: { SYNSCOPE_ENGINE: 'raw-cap' },
          ...shared,
        },
      },
    ],
  },
});
