import { defineConfig } from 'vitest/config';

/** Namespace tests that know nothing of engines: they run on the best one, and once more on each of the others. */
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
  'path-responder',
  'permission',
  'responder',
  'states',
  'wire',
];

/** Tests that share the machine's kernel, its namespaces, interfaces and ports. */
const KERNEL = ['test/netns/**/*.test.ts', 'test/engine/**/*.test.ts', 'test/container/**/*.test.ts', 'test/run/**/*.test.ts'];

const shared = { testTimeout: 20_000, hookTimeout: 60_000 };
/** One file at a time keeps the timing of those honest; groups of projects run one after the other. */
const alone = { fileParallelism: false, maxWorkers: 1 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: KERNEL,
          sequence: { groupOrder: 0 },
          maxWorkers: 2,
          ...shared,
        },
      },
      { test: { name: 'kernel', include: KERNEL, sequence: { groupOrder: 1 }, ...alone, ...shared } },
      {
        test: {
          name: 'raw-cap',
          include: ON_EVERY_ENGINE.map((file) => `test/netns/${file}.test.ts`),
          env: { SYNSCOPE_ENGINE: 'raw-cap' },
          sequence: { groupOrder: 2 },
          ...alone,
          ...shared,
        },
      },
    ],
  },
});
