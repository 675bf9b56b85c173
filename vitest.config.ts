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
  'mss-links',
  'mss-responder',
  'nmap',
  'path',
  'path-responder',
  'permission',
  'responder',
  'states',
  'wire',
];

/** Tests that measure time or fill queues: one file at a time, with nothing beside it. */
const TIMED = [
  'test/engine/**/*.test.ts',
  'test/container/**/*.test.ts',
  ...['fast-senders', 'firewall-rate', 'loss', 'packet-ring-upsets', 'rtt'].map((file) => `test/netns/${file}.test.ts`),
];

const shared = { testTimeout: 20_000, hookTimeout: 60_000, maxWorkers: 2 };

/** Groups of projects run one after the other; two files of a group side by side. Namespaces of two files know nothing of each other. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: ['test/netns/**', ...TIMED],
          sequence: { groupOrder: 0 },
          ...shared,
        },
      },
      {
        test: {
          name: 'timed',
          include: TIMED,
          sequence: { groupOrder: 1 },
          ...shared,
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'netns',
          include: ['test/netns/**/*.test.ts'],
          exclude: TIMED,
          sequence: { groupOrder: 2 },
          ...shared,
        },
      },
      {
        test: {
          name: 'raw-cap',
          include: ON_EVERY_ENGINE.map((file) => `test/netns/${file}.test.ts`),
          env: { SYNSCOPE_ENGINE: 'raw-cap' },
          sequence: { groupOrder: 3 },
          ...shared,
        },
      },
    ],
  },
});
