import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { settleHeap } from '../../src/run/warm-up.ts';

test('collects the whole heap when it is called, and leaves no `gc` behind', async () => {
  const kinds: unknown[] = [];
  const observer = new PerformanceObserver((list) => {
    // Node's types know no `detail`, which every entry of this kind has.
    for (const entry of list.getEntries())
      kinds.push((entry as unknown as { readonly detail: { readonly kind: number } }).detail.kind);
  });
  observer.observe({ entryTypes: ['gc'] });
  settleHeap();
  for (let turn = 0; turn < 100 && !kinds.includes(constants.NODE_PERFORMANCE_GC_MAJOR); turn++) await delay(10);
  observer.disconnect();
  expect(kinds).toContain(constants.NODE_PERFORMANCE_GC_MAJOR);
  expect('gc' in globalThis).toBe(false);
});
